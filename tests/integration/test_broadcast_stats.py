"""GET /ari/broadcastStats (SPEC section 5): the counters of the command line, as JSON."""

import asyncio
import datetime

import pytest

from harness.raw_http import send

OUTCOMES = {
    "claimed", "timeout", "noapps", "declined", "hangup", "withdrawn", "replaced", "invalidfilter", "congestion",
    "error",
}  # fmt: skip


async def stats(case, **params):
    answer = await case.ari.get("/broadcastStats", **params)
    assert answer.status == 200, answer
    return answer.json


def grown(before, after):
    """What has become more of a group of counts."""
    return {key: after[key] - before[key] for key in after if after[key] != before[key]}


async def test_counts_go_with_the_calls(case):
    app, other = await case.apps(2)
    before = await stats(case)
    won = await case.call("10000,,,yes,q(sales)")
    await app.offered(won.id)
    assert await app.claim(won.id) == 204
    assert await other.claim(won.id) == 409
    await app.started(won.id)
    taken_back = await case.call("10000,,,yes")
    await app.offered(taken_back.id)
    assert await other.decline(taken_back.id) == 204
    assert (await case.ari.delete(f"/broadcasts/{taken_back.id}")).status == 204
    await app.event("CallWithdrawn", taken_back.id)
    assert await (await case.call("50")).status() == ("TIMEOUT", "TIMEOUT")
    waits = await case.call("10000")
    await app.offered(waits.id)
    after = await stats(case)
    assert after["opened"] - before["opened"] == 4
    assert grown(before["outcomes"], after["outcomes"]) == {"claimed": 1, "withdrawn": 1, "timeout": 1}
    assert set(after["outcomes"]) == OUTCOMES
    assert grown(before["claims"], after["claims"]) == {"ok": 1, "taken": 1}
    assert grown(before["declines"], after["declines"]) == {"ok": 1}
    assert after["now"]["open"] == 1
    assert after["claim_ms"]["p50"] > 0
    counted = {item["name"]: item for item in after["applications"]}
    assert (counted[app.app]["won"], counted[app.app]["connections"]) == (1, 1)
    assert (counted[other.app]["too_late"], counted[other.app]["declined"]) == (1, 1)
    (sales,) = [queue for queue in after["queues"] if queue["name"] == "sales"]
    assert sales["offered"] >= 1 and sales["claimed"] >= 1
    since = datetime.datetime.strptime(after["since"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert since <= datetime.datetime.now(datetime.timezone.utc)


async def test_bids_and_circles(case):
    app, other = await case.apps(2)
    before = await stats(case)
    call = await case.call(f"200&20000,^{app.app}$&^app,,,b(5000)")
    await asyncio.gather(app.offered(call.id), other.offered(call.id))
    for bidder, score in (app, "700"), (other, "20"):
        answer = await case.ari.post(f"/broadcasts/{call.id}/bid", application=bidder.app, score=score)
        assert answer.status == 202
    await app.started(call.id)
    after = await stats(case)
    assert grown(before["bids"], after["bids"]) == {"ok": 2} and after["claims"] == before["claims"]
    assert after["awards"] - before["awards"] == 1 and after["award_scores"] - before["award_scores"] == 700
    assert after["widenings"] - before["widenings"] == 1
    assert [now - then for now, then in zip(after["rounds"], before["rounds"])] == [0, 1, 0, 0, 0, 0, 0, 0]
    counted = {item["name"]: (item["bids"], item["awarded"], item["won"]) for item in after["applications"]}
    assert counted[app.app] == (1, 1, 1) and counted[other.app] == (1, 0, 0)


async def test_described_as_it_is_answered(case):
    described = (await case.ari.get("/api-docs/broadcasts.json")).json["models"]["BroadcastStats"]["properties"]
    assert set(await stats(case)) == set(described)


async def test_as_the_command_line_shows_it(case):
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    told = (await case.ami.cli("broadcast show stats")).splitlines()
    after = await stats(case)
    for kind in OUTCOMES:
        (line,) = [line for line in told if line.split()[:1] == [kind]]
        assert int(line.split()[1]) == after["outcomes"][kind], line


async def test_limit(case):
    await case.apps(3)
    call = await case.call("100")
    await call.result()
    assert len((await stats(case, limit="2"))["applications"]) == 2
    assert len((await stats(case))["applications"]) >= 3
    for value in ("0", "-1", "1e9", "5x", "", "10001"):
        answer = await case.ari.get("/broadcastStats", limit=value)
        assert (answer.status, answer.message) == (400, "Parameter limit is not a whole number from 1 to 10000")
    answer = await send(case.asterisk.port("HTTP"), "GET", b"/ari/broadcastStats?limit=1&limit=1")
    assert (answer.status, answer.message) == (400, "Parameter limit is given 2 times, give it once")


@pytest.mark.parametrize("user, status", [(("reader", "reader"), 200), (("ari", "wrong"), 401), (None, 401)])
async def test_who_may_ask(case, user, status):
    assert (await case.ari.request("GET", "/broadcastStats", user=user)).status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_can_be_changed(case, method):
    assert (await case.ari.request(method, "/broadcastStats")).status == 405


@pytest.mark.instance(modules="none")
async def test_without_the_module(case):
    """501 if our REST module is there, 404 if it is not, as with the list."""
    answer = await case.ari.get("/broadcastStats")
    assert answer.status == (await case.ari.get("/broadcasts")).status
    assert answer.status in (404, 501) and answer.message
