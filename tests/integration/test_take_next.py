"""POST /ari/broadcasts?application=: the first call in line that an application may have (SPEC sections 5 and 8)."""

import asyncio

import pytest
from harness.events import until
from harness.raw_http import send
from test_reoffer import LOST, ghost
from test_rest import FIELDS, over_websocket
from test_settings import Conf


async def take(case, app):
    return await case.ari.post("/broadcasts", application=app)


async def take_id(case, app):
    """The channel of the call that an application takes."""
    answer = await take(case, app)
    assert answer.status == 200, answer
    return answer.json["channel_id"]


async def in_line(case, app, *options, offer="30000,"):
    """Calls on offer, with these options each, in the order in which they came."""
    calls = []
    for option in options:
        call = await case.call(f"{offer},,,{option}")
        await app.offered(call.id)
        calls.append(call)
    return calls


async def test_longest_waiting_call_comes_first(case):
    app = await case.app()
    calls = await in_line(case, app, "", "", "")
    for call in calls:
        assert await take_id(case, app.app) == call.id
        await app.started(call.id)
    answer = await take(case, app.app)
    assert answer.status == 404 and answer.message
    for call in calls:
        await app.proceed(call.id)
        assert await call.status() == ("SUCCESS", "CLAIMED")
        assert (await call.result())["BROADCASTWINNER"] == app.app


async def test_higher_priority_comes_before_a_longer_wait(case):
    app = await case.app()
    low, none, high, late = await in_line(case, app, "p(-1)", "", "p(7)", "p(7)")
    assert [await take_id(case, app.app) for _ in range(4)] == [call.id for call in (high, late, none, low)]


async def test_wait_counts_from_the_first_offer(case):
    """Who was offered before, in vain, is in front of who came meanwhile."""
    app = await case.app()
    early = await case.call("1500,^app", extension="twice", OFFER2="30000,^app")
    await app.offered(early.id)
    (late,) = await in_line(case, app, "")
    await app.wait_count(2, lambda event: event in app.of("CallBroadcast", early.id))
    assert await take_id(case, app.app) == early.id
    assert await take_id(case, app.app) == late.id


async def test_lost_call_keeps_its_place(case):
    """Its winner is gone: it is on offer again, in front of who came meanwhile."""
    case.expect_log(LOST)
    gone, app = await ghost(case), await case.app()
    early, late = await in_line(case, app, "", "")
    assert await case.ari.claim(early.id, gone.app) == 204
    await app.wait(lambda _: len(app.of("CallBroadcast", early.id)) == 2)
    assert [await take_id(case, app.app) for _ in range(2)] == [early.id, late.id]


async def test_calls_that_are_over_are_not_in_line(case):
    """Who hung up, was withdrawn, or waited to the end is passed by."""
    app = await case.app()
    expired = await case.call("300,,,,p(9)")
    hung_up, withdrawn, there = await in_line(case, app, "p(8)", "p(7)", "")
    await hung_up.hangup()
    assert (await hung_up.result("h"))["BROADCASTSTATUS"] == "HANGUP"
    assert (await case.ari.request("DELETE", f"/broadcasts/{withdrawn.id}")).status == 204
    assert await expired.status() == ("TIMEOUT", "TIMEOUT")
    assert await take_id(case, app.app) == there.id
    assert (await take(case, app.app)).status == 404


async def test_answer_is_the_broadcast(case):
    app = await case.app()
    (call,) = await in_line(case, app, "p(3)q(vip)")
    got = (await take(case, app.app)).json
    assert set(got) == FIELDS
    assert (got["channel_id"], got["state"], got["winner_app"]) == (call.id, "claimed", app.app)
    assert (got["priority"], got["queue"], got["round"]) == (3, "vip", 1)
    assert got == await case.ari.broadcast(call.id)


async def test_only_what_it_may_have(case):
    sales, support = await case.app("sales"), await case.app("support")
    (other,) = await in_line(case, support, "p(9)", offer="30000,^support-")
    (own,) = await in_line(case, sales, "", offer="30000,^sales-")
    assert await take_id(case, sales.app) == own.id
    assert (await take(case, sales.app)).status == 404
    assert (await case.ari.broadcast(other.id))["state"] == "open"


async def test_only_from_circles_that_are_open(case):
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("20000&20000,^gold-&^sales-")
    await gold.offered(call.id)
    assert (await take(case, sales.app)).status == 404
    assert await gold.decline(call.id) == 204
    await sales.offered(call.id)
    assert await take_id(case, sales.app) == call.id


async def test_without_having_heard_of_it(case):
    app = await case.app()
    (call,) = await in_line(case, app, "")
    late = await case.app("late")
    assert await take_id(case, late.app) == call.id
    await late.started(call.id)
    assert not late.of("CallBroadcast")


async def test_what_it_has_already_is_not_taken_again(case):
    """Two requests at the same time get two calls, and a retry gets another one."""
    app = await case.app()
    calls = await in_line(case, app, *[""] * 12)
    answers = await asyncio.gather(*(take(case, app.app) for _ in range(16)))
    got = sorted(answer.json["channel_id"] for answer in answers if answer.status == 200)
    assert got == sorted(call.id for call in calls)
    assert sorted(answer.status for answer in answers) == [200] * 12 + [404] * 4


async def test_many_workers_get_one_each(case):
    """Nobody gets 404 while there is a call, and no call has two workers."""
    workers = await case.apps(10)
    for _ in range(5):
        await in_line(case, workers[0], *[""] * 10)
        taken = await asyncio.gather(*(take(case, app.app) for app in workers))
        assert [answer.status for answer in taken] == [200] * 10
        ids = {answer.json["channel_id"] for answer in taken}
        assert len(ids) == 10
        for app, answer in zip(workers, taken):
            channel_id = answer.json["channel_id"]
            await app.started(channel_id)
            await app.proceed(channel_id)


async def test_not_registered_gets_403(case):
    app = await case.app()
    (call,) = await in_line(case, app, "")
    answer = await take(case, "nobody-of-this-name")
    assert answer.status == 403 and answer.message
    assert (await case.ari.broadcast(call.id))["state"] == "open"


@pytest.mark.parametrize("step", ["claim", "decline", "bid?score=1"])
async def test_request_that_has_lost_the_channels_id_takes_no_call(case, step):
    """It is answered as one for a channel that there is not, though ARI reads a path up to its first empty part."""
    app = await case.app()
    (call,) = await in_line(case, app, "b(500)")
    target = f"{step}{'&' if '?' in step else '?'}application={app.app}"
    lost = await send(case.asterisk.port("HTTP"), "POST", f"/ari/broadcasts//{target}".encode())
    unknown = await send(case.asterisk.port("HTTP"), "POST", f"/ari/broadcasts/no-such-channel/{target}".encode())
    assert (lost.status, lost.message) == (unknown.status, unknown.message)
    assert lost.status == 404
    assert (await case.ari.broadcast(call.id))["state"] == "open"


async def test_excluded_gets_403(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use("exclude=^app")
    app, other = await case.app(), await case.app("other")
    (call,) = await in_line(case, other, "")
    assert (await take(case, app.app)).status == 403
    assert await take_id(case, other.app) == call.id


async def test_any_policy(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use("claim_policy=any")
    app, other = await case.app(), await case.app("other")
    (call,) = await in_line(case, app, "", offer="30000,^app")
    assert await take_id(case, other.app) == call.id


@pytest.mark.parametrize("params", [{}, {"application": ""}, {"application": "x" * 3000}])
async def test_bad_application_gets_400(case, params):
    answer = await case.ari.post("/broadcasts", **params)
    assert answer.status == 400
    assert "application" in answer.message


async def test_application_in_the_body(case):
    app = await case.app()
    (call,) = await in_line(case, app, "")
    answer = await case.ari.request("POST", "/broadcasts", json={"application": app.app})
    assert (answer.status, answer.json["channel_id"]) == (200, call.id)


@pytest.mark.only(22)
async def test_over_the_websocket(case):
    app = await case.app()
    (call,) = await in_line(case, app, "")
    assert await over_websocket(app, 1, "POST", f"broadcasts?application={app.app}") == 200
    await app.started(call.id)
    assert await over_websocket(app, 2, "POST", f"broadcasts?application={app.app}") == 404


async def test_watcher_gets_403_for_both(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use("watchers=^wall", "claim_policy=any")
    wall, app = await case.app("wall"), await case.app()
    (call,) = await in_line(case, app, "b(5000)")
    assert (await take(case, wall.app)).status == 403
    answer = await case.ari.post(f"/broadcasts/{call.id}/bid", application=wall.app, score="1000")
    assert answer.status == 403, answer
    answer = await case.ari.post(f"/broadcasts/{call.id}/bid", application=app.app, score="0")
    assert answer.status == 202, answer
    await app.started(call.id)


async def test_one_that_does_not_get_it_has_not_claimed_too_late(case):
    """The first in line goes to a better bid while the request waits: that was for no call in particular."""
    app, other = await case.apps(2)
    call = await case.call("30000,^app,,,b(5000)")
    await asyncio.gather(app.offered(call.id), other.offered(call.id))
    before = (await case.ari.get("/broadcastStats")).json
    asks = asyncio.create_task(take(case, app.app))

    async def has_bid():
        return (await case.ami.cli(f"broadcast show channel {call.id}")).count("Bids:") == 1

    await until(has_bid, "the request is a bid")
    answer = await case.ari.post(f"/broadcasts/{call.id}/bid", application=other.app, score="5")
    assert answer.status == 202
    assert (await asks).status == 404
    await other.started(call.id)
    after = (await case.ari.get("/broadcastStats")).json
    assert after["claims"] == before["claims"] and after["declines"] == before["declines"]
    assert [item["too_late"] for item in after["applications"] if item["name"] == app.app] == [0]
    # What it gets is a claim as any other.
    call = await case.call("30000,^app")
    await app.offered(call.id)
    assert await take_id(case, app.app) == call.id
    assert (await case.ari.get("/broadcastStats")).json["claims"]["ok"] == before["claims"]["ok"] + 1
