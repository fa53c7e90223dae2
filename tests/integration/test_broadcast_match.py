"""GET /ari/broadcastMatch (SPEC section 5): what the command `broadcast match` tells, as JSON."""

import pytest
from harness.raw_http import send
from test_settings import conf  # noqa: F401, pylint: disable=unused-import


async def match(case, **params):
    answer = await case.ari.get("/broadcastMatch", **params)
    assert answer.status == 200, answer
    return answer.json


async def test_who_would_hear(case):
    one, two = await case.app("sales"), await case.app("sales")
    other = await case.app("billing")
    names = sorted([one.app, two.app])
    assert await match(case, filter="^sales-") == {
        "matched": 2, "there": 3, "is_complete": True, "applications": names,
    }  # fmt: skip
    everybody = await match(case)
    assert (everybody["matched"], everybody["applications"]) == (3, sorted([*names, other.app]))
    assert (await match(case, filter="^nobody"))["applications"] == []
    few = await match(case, filter="^sales-", limit="1")
    assert (few["matched"], len(few["applications"])) == (2, 1)


async def test_as_an_offer_goes(case):
    """It is asked of what offers are made with: an offer goes to those that were told."""
    apps = [await case.app(word) for word in ("gold", "silver", "golden")]
    told = (await match(case, filter="^gold"))["applications"]
    call = await case.call("10000,^gold")
    await apps[0].offered(call.id)
    recipients = (await case.ari.get(f"/broadcasts/{call.id}")).json["recipients"]
    assert sorted(recipients) == sorted(told) == sorted([apps[0].app, apps[2].app])


@pytest.mark.parametrize("text", ["^(", "a{2,1}", "[z-a]", "((a{1,100}){1,100}){1,100}"])
async def test_a_filter_that_cannot_be_used(case, text):
    answer = await case.ari.get("/broadcastMatch", filter=text)
    assert answer.status == 400
    assert answer.message.startswith("Parameter filter cannot be used: ") and text not in answer.message


@pytest.mark.parametrize("params, told", [
    ({"filter": ""}, "Parameter filter is empty"),
    ({"filter": "a" * 257}, "Parameter filter is longer than 256 bytes"),
    ({"limit": "0"}, "Parameter limit is not a whole number from 1 to 10000"),
])  # fmt: skip
async def test_parameters(case, params, told):
    answer = await case.ari.get("/broadcastMatch", **params)
    assert (answer.status, answer.message) == (400, told)


async def test_given_twice(case):
    answer = await send(case.asterisk.port("HTTP"), "GET", b"/ari/broadcastMatch?filter=a&filter=b")
    assert (answer.status, answer.message) == (400, "Parameter filter is given 2 times, give it once")


async def test_described_as_it_is_answered(case):
    models = (await case.ari.get("/api-docs/broadcasts.json")).json["models"]
    assert set(await match(case)) == set(models["BroadcastMatch"]["properties"])


async def test_watchers_do_not_count(case, conf):  # noqa: F811
    """They hear of all calls and take none: how a console finds out that it is one."""
    await conf.use("watchers = ^watch-")
    watcher = await case.app("watch")
    worker = await case.app("sales")
    assert (await match(case))["applications"] == [worker.app]
    assert (await match(case, filter=f"^{watcher.app}$"))["matched"] == 0
    await conf.use("")
    assert (await match(case, filter=f"^{watcher.app}$"))["matched"] == 1


@pytest.mark.parametrize("user, status", [(("reader", "reader"), 200), (("ari", "wrong"), 401), (None, 401)])
async def test_who_may_ask(case, user, status):
    assert (await case.ari.request("GET", "/broadcastMatch", user=user)).status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_can_be_changed(case, method):
    assert (await case.ari.request(method, "/broadcastMatch")).status == 405


@pytest.mark.instance(modules="none")
async def test_without_the_module(case):
    """501 if our REST module is there, 404 if it is not, as with the list."""
    answer = await case.ari.get("/broadcastMatch")
    assert answer.status == (await case.ari.get("/broadcasts")).status
    assert answer.status in (404, 501) and answer.message
