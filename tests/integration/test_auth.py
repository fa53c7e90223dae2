"""Who may ask: the log-in and the read-only rule of ARI, on every path of ours."""

import pytest

from harness.raw_http import send

PATHS = {
    "list": ("GET", "/ari/broadcasts", 200),
    "get": ("GET", "/ari/broadcasts/no-such-channel", 404),
    "claim": ("POST", "/ari/broadcasts/no-such-channel/claim?application=x", 404),
    "decline": ("POST", "/ari/broadcasts/no-such-channel/decline?application=x", 404),
    "own-claim": ("POST", "/ari/events/claim?channelId=no-such-channel&application=x", 404),
}
READER = ("reader", "reader")
CRYPTED = ("crypted", "crypted")


async def ask(case, path, user, query=""):
    method, target, _ = PATHS[path]
    if query:
        target += ("&" if "?" in target else "?") + query
    return await send(case.asterisk.port("HTTP"), method, target.encode(), user=user)


@pytest.mark.parametrize("user", [("ari", "ari"), CRYPTED], ids=["plain", "crypt"])
@pytest.mark.parametrize("path", PATHS)
async def test_right_password(case, path, user):
    assert (await ask(case, path, user)).status == PATHS[path][2]


@pytest.mark.parametrize("user", [
    None, ("ari", "wrong"), ("ari", ""), ("nobody", "ari"), ("", ""), ("crypted", "wrong"), ("ari", "ari2"),
    ("ari", "ar"),
], ids=["none", "wrong", "empty", "unknown-user", "nothing", "crypt-wrong", "longer", "shorter"])  # fmt: skip
@pytest.mark.parametrize("path", PATHS)
async def test_no_entry(case, path, user):
    answer = await ask(case, path, user)
    assert answer.status == 401, answer
    assert answer.message
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("key", ["ari:ari", "crypted:crypted"])
@pytest.mark.parametrize("path", PATHS)
async def test_api_key(case, path, key):
    assert (await ask(case, path, None, f"api_key={key}")).status == PATHS[path][2]


@pytest.mark.parametrize("key", ["ari:wrong", "nobody:ari", "ari", ":", "", "ari:ari:ari"])
@pytest.mark.parametrize("path", PATHS)
async def test_wrong_api_key(case, path, key):
    answer = await ask(case, path, None, f"api_key={key}")
    assert answer.status == 401, answer
    assert answer.message


@pytest.mark.parametrize("path", ["list", "get"])
async def test_read_only_user_may_look(case, path):
    assert (await ask(case, path, READER)).status == PATHS[path][2]


@pytest.mark.parametrize("path", ["claim", "decline", "own-claim"])
async def test_read_only_user_may_not_touch(case, path):
    answer = await ask(case, path, READER)
    assert answer.status == 403, answer
    assert answer.message


async def test_refused_claim_leaves_the_call_on_offer(case):
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    for target in (
        f"/ari/broadcasts/{call.id}/claim?application={app.app}",
        f"/ari/events/claim?channelId={call.id}&application={app.app}",
    ):
        for user, status in ((READER, 403), (None, 401), (("ari", "wrong"), 401)):
            answer = await send(case.asterisk.port("HTTP"), "POST", target.encode(), user=user)
            assert answer.status == status
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await app.claim(call.id) == 204
    await app.started(call.id)


@pytest.mark.parametrize("path", PATHS)
async def test_options_need_a_log_in_too_and_say_what_is_allowed(case, path):
    method, target, _ = PATHS[path]
    answer = await send(case.asterisk.port("HTTP"), "OPTIONS", target.encode())
    assert answer.status in (200, 204), answer
    assert method in answer.headers["allow"]
