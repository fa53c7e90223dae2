"""Who may ask: the log-in and the read-only rule of ARI, on every path of ours."""

import pytest

from harness.conf import ari_conf
from harness.raw_http import send

PATHS = {
    "list": ("GET", "/ari/broadcasts", 200),
    "get": ("GET", "/ari/broadcasts/no-such-channel", 404),
    "withdraw": ("DELETE", "/ari/broadcasts/no-such-channel", 404),
    "claim": ("POST", "/ari/broadcasts/no-such-channel/claim?application=x", 404),
    "decline": ("POST", "/ari/broadcasts/no-such-channel/decline?application=x", 404),
    "bid": ("POST", "/ari/broadcasts/no-such-channel/bid?application=x&score=1", 404),
    "take": ("POST", "/ari/broadcasts?application=no-such-application", 403),
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
    ("ari", "ar"), ("ari", "xri"), ("ari", "axi"), ("ari", "arx"),
], ids=[
    "none", "wrong", "empty", "unknown-user", "nothing", "crypt-wrong", "longer", "shorter",
    "other-first-letter", "other-letter", "other-last-letter",
])  # fmt: skip
@pytest.mark.parametrize("path", PATHS)
async def test_no_entry(case, path, user):
    answer = await ask(case, path, user)
    assert answer.status == 401, answer
    assert answer.message
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("path", PATHS)
async def test_hash_of_a_password_is_none(case, path):
    """Who has read ari.conf does not get in with what stands there."""
    lines = (case.asterisk.folder / "etc" / "ari.conf").read_text().partition("[crypted]")[2].splitlines()
    (crypted,) = (line.partition("=")[2].strip() for line in lines if line.startswith("password ="))
    assert crypted.startswith("$") and ":" not in crypted
    for user, query in ((("crypted", crypted), ""), (None, f"api_key=crypted:{crypted}")):
        answer = await ask(case, path, user, query)
        assert answer.status == 401, answer


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
async def test_read_only_user_may_read(case, path):
    assert (await ask(case, path, READER)).status == PATHS[path][2]


@pytest.mark.parametrize("path", ["withdraw", "claim", "decline", "own-claim"])
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


@pytest.mark.parametrize("name", ["ARI", "Ari", "ari ", " ari"])
async def test_user_name_is_compared_as_ari_does(case, name):
    native = await ask(case, "claim", (name, "ari"))
    assert (await ask(case, "own-claim", (name, "ari"))).status == native.status


PAGE = b"Origin: https://page.example"


@pytest.mark.parametrize("method, headers", [
    ("POST", (PAGE,)),
    ("POST", (b"Origin: https://foreign.example",)),
    ("OPTIONS", (PAGE, b"Access-Control-Request-Method: POST")),
    ("OPTIONS", (PAGE, b"Access-Control-Request-Method: POST", b"Access-Control-Request-Headers: X-Mine")),
    ("OPTIONS", (PAGE, b"Access-Control-Request-Method: DELETE")),
    ("OPTIONS", (PAGE,)),
], ids=["page", "foreign-page", "preflight", "preflight-headers", "preflight-delete", "no-preflight"])  # fmt: skip
async def test_web_page_may_claim_on_either_path_alike(case, method, headers):
    async with ari_conf(case, "[general]", "[general]\nallowed_origins = https://page.example"):
        allowed = []
        for path in ("claim", "own-claim"):
            answer = await send(case.asterisk.port("HTTP"), method, PATHS[path][1].encode(), headers=headers)
            assert answer.status in (200, 204, 404), answer
            found = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
            allowed.append((answer.status, found))
        native, own = allowed
        assert own == native
        assert bool(own[1]) == (PAGE in headers)
