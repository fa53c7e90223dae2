"""Bids: the call goes to the most suitable application, and not to the fastest (SPEC section 8)."""

import asyncio
import json
import re
import time
from collections import Counter

import pytest
from harness.events import until
from harness.plain import LOGIN
from test_filter import process_cost
from test_reoffer import LOST, ghost
from test_rest import over_websocket
from test_settings import conf  # noqa: F401, pylint: disable=unused-import
from test_take_next import take


async def bid(case, call, app, score):
    """The answer's status."""
    answer = await case.ari.post(f"/broadcasts/{call.id}/bid", application=app, score=str(score))
    return answer.status


async def collecting(case, *apps, options="b(5000)", offer="30000"):
    call = await case.call(f"{offer},,,,{options}" if "," not in offer else f"{offer},,,{options}")
    await asyncio.gather(*(app.offered(call.id) for app in apps))
    return call


async def end_of(call):
    result = await call.result()
    return result["BROADCASTSTATUS"], result["BROADCASTWINNER"], result["BROADCASTSCORE"]


async def won(case, call, app, score):
    """That an application has a call, by its score."""
    await app.started(call.id)
    await app.proceed(call.id)
    assert await end_of(call) == ("CLAIMED", app.app, str(score))


async def test_highest_score_wins_as_soon_as_all_have_bid(case):
    low, high, middle = await case.apps(3)
    call = await collecting(case, low, high, middle)
    assert await bid(case, call, low.app, 10) == 202
    assert await bid(case, call, high.app, 30) == 202
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    before = time.monotonic()
    assert await bid(case, call, middle.app, 20) == 202
    await high.started(call.id)
    assert time.monotonic() - before < 2
    # A retry of the winner's, and the others'.
    assert await bid(case, call, high.app, 30) == 202
    assert await high.claim(call.id) == 204
    assert await bid(case, call, low.app, 999) == 409
    assert await middle.claim(call.id) == 409
    await won(case, call, high, 30)


async def test_offer_tells_of_the_window(case):
    app = await case.app()
    call = await collecting(case, app, options="b(250)")
    assert app.of("CallBroadcast", call.id)[0]["bid_window"] == 250
    await call.hangup()
    call = await case.call("30000")
    assert "bid_window" not in await app.offered(call.id)


async def test_window_runs_from_the_first_bid_on(case):
    app, silent = await case.apps(2)
    call = await collecting(case, app, silent, options="b(600)")
    await asyncio.sleep(0.8)
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    before = time.monotonic()
    assert await bid(case, call, app.app, 0) == 202
    await app.started(call.id)
    assert 0.5 < time.monotonic() - before < 20
    assert await bid(case, call, silent.app, 1000) == 409
    await won(case, call, app, 0)


async def test_deadline_ends_the_window(case):
    app, _ = await case.apps(2)
    call = await collecting(case, app, offer="2000")
    assert await bid(case, call, app.app, 5) == 202
    await won(case, call, app, 5)


async def test_without_bids_it_is_a_timeout(case):
    app = await case.app()
    call = await collecting(case, app, offer="300")
    assert await end_of(call) == ("TIMEOUT", "", "")


async def test_declines_and_bids_of_all_decide(case):
    app, other, third = await case.apps(3)
    call = await collecting(case, app, other, third)
    assert await bid(case, call, app.app, 700) == 202
    assert await bid(case, call, other.app, 3) == 202
    # A decline takes the bid back.
    assert await app.decline(call.id) == 204
    assert (await case.ari.broadcast(call.id))["declined"] == [app.app]
    assert await third.decline(call.id) == 204
    await won(case, call, other, 3)


async def test_decline_of_all_after_a_bid(case):
    app, other = await case.apps(2)
    call = await collecting(case, app, other)
    assert await bid(case, call, app.app, 700) == 202
    assert await app.decline(call.id) == 204
    assert await other.decline(call.id) == 204
    assert await end_of(call) == ("DECLINED", "", "")


async def test_last_score_counts(case):
    app, other = await case.apps(2)
    call = await collecting(case, app, other)
    for score in (900, 900, 5):
        assert await bid(case, call, app.app, score) == 202
    assert await bid(case, call, other.app, 6) == 202
    await won(case, call, other, 6)


async def test_equal_scores_go_by_chance(case):
    """By an order that is another one for each call: ten times the same of two is as likely as 1 in 500."""
    app, other = await case.apps(2)
    winners = set()
    for _ in range(20):
        call = await collecting(case, app, other)
        assert [await bid(case, call, app.app, 5), await bid(case, call, other.app, 5)] == [202, 202]
        winner = (await case.ari.broadcast(call.id))["winner_app"]
        winners.add(winner)
        await call.hangup()
        await call.result("h")
    assert winners == {app.app, other.app}


async def test_claim_is_a_bid_of_0_whose_answer_waits(case):
    app, other, third = await case.apps(3)
    call = await collecting(case, app, other, third)
    claim = asyncio.create_task(app.claim(call.id))
    await asyncio.sleep(0.3)
    assert not claim.done()
    assert await third.decline(call.id) == 204
    assert await bid(case, call, other.app, 1) == 202
    assert await claim == 409
    await won(case, call, other, 1)


async def test_claim_that_waits_when_its_application_declines(case):
    """Nobody has the call then, and the answer does not say so; it may claim again."""
    app, other = await case.apps(2)
    call = await collecting(case, app, other)
    claim = asyncio.create_task(case.ari.post(f"/broadcasts/{call.id}/claim", application=app.app))
    await has_bids(case, call, 1)
    assert await app.decline(call.id) == 204
    answer = await claim
    assert answer.status == 409
    assert "has declined" in answer.message
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    again = asyncio.create_task(app.claim(call.id))
    await has_bids(case, call, 1)
    assert await other.decline(call.id) == 204
    assert await again == 204
    await won(case, call, app, 0)


async def test_claim_alone_wins_at_the_end_of_the_window(case):
    app, _ = await case.apps(2)
    call = await collecting(case, app, options="b(300)")
    assert await app.claim(call.id) == 204
    await won(case, call, app, 0)


async def test_claim_that_waits_when_the_caller_hangs_up(case):
    app, _ = await case.apps(2)
    call = await collecting(case, app)
    claim = asyncio.create_task(app.claim(call.id))
    await asyncio.sleep(0.2)
    before = time.monotonic()
    await call.hangup()
    assert await claim == 404
    assert time.monotonic() - before < 2


async def test_sixty_five_claims_that_wait(case):
    """One of them is too many; the others wait on, and everybody else's requests are answered."""
    apps = await case.app_named(*(f"many-{number}" for number in range(65)))
    call = await collecting(case, apps)
    path = f"/broadcasts/{call.id}/claim"
    claims = [asyncio.create_task(case.ari.post(path, application=name)) for name in apps.names]
    done, waiting = await asyncio.wait(claims, return_when=asyncio.FIRST_COMPLETED, timeout=4)
    (refused,) = [task.result() for task in done]
    assert (refused.status, len(waiting)) == (409, 64)
    assert "Too many claims wait" in refused.message
    # The path that Asterisk brings has no other word for it than "taken".
    assert await case.ari.claim(call.id, apps.names[0]) == 409
    # Who asks for any call is told the same, and not that there is none; one that has bid for the only one is told that.
    busy = await case.ari.post("/broadcasts", application=apps.names[claims.index(*done)])
    assert (busy.status, "too many claims wait" in busy.message) == (409, True)
    assert (await case.ari.post("/broadcasts", application=apps.names[claims.index(waiting.copy().pop())])).status == 404
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    answers = [await task for task in waiting]
    assert sorted(answer.status for answer in answers) == [204] + [409] * 63
    assert {answer.message for answer in answers if answer.status == 409} == {
        "An application has claimed this channel already"
    }


async def test_next_best_has_it_when_the_winner_is_lost(case):
    case.expect_log(LOST)
    gone, app, other = await ghost(case), await case.app(), await case.app("other")
    call = await collecting(case, app, other)
    assert await bid(case, call, app.app, 20) == 202
    assert await bid(case, call, other.app, 10) == 202
    assert await bid(case, call, gone.app, 30) == 202
    # Three recipients, and the one that is gone is among them.
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTWINNER"], result["BROADCASTSCORE"]) == (app.app, "20")
    assert result["BROADCASTLOST"] == gone.app
    await case.flush(app, other)
    assert [len(one.of("CallBroadcast", call.id)) for one in (app, other)] == [1, 1]


async def has_bids(case, call, count):
    async def noted():
        shown = await case.ami.cli(f"broadcast show channel {call.id}")
        return re.search(rf"^Bids: +{count}\b", shown, re.MULTILINE)

    await until(noted, f"{count} bids are noted")


async def lost_by_another(case, call, other):
    """A call for which one has bid already goes to another that has bid more, and is gone then."""
    gone = await ghost(case)
    await has_bids(case, call, 1)
    assert await bid(case, call, gone.app, 900) == 202
    assert await other.decline(call.id) == 204


async def offered_again(call, *apps):
    for app in apps:
        await app.wait_count(2, lambda event, app=app: event in app.of("CallBroadcast", call.id))


async def test_claim_that_was_told_no_is_no_bid_when_the_winner_is_lost(case):
    case.expect_log(LOST)
    app, other = await case.apps(2)
    call = await collecting(case, app, other)
    claim = asyncio.create_task(app.claim(call.id))
    await lost_by_another(case, call, other)
    assert await claim == 409
    await offered_again(call, app, other)
    assert await bid(case, call, other.app, 1) == 202
    assert await app.decline(call.id) == 204
    await won(case, call, other, 1)
    assert not app.of("StasisStart")


async def test_who_has_taken_another_call_does_not_get_the_one_before_when_its_winner_is_lost(case):
    """Who takes has one call, the one that the answer names: the other one, or the one before when that is on offer again."""
    case.expect_log(LOST)
    app, other = await case.apps(2)
    call = await collecting(case, app, other, options="b(1000)")
    following = await case.call("30000")
    await app.offered(following.id)
    takes = asyncio.create_task(take(case, app.app))
    await lost_by_another(case, call, other)
    taken = (await takes).json["channel_id"]
    if taken == following.id:
        await offered_again(call, app, other)
        assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
        await call.result()
    await app.started(taken)
    assert [event["channel"]["id"] for event in app.of("StasisStart")] == [taken]


async def test_without_b_a_bid_is_a_claim(case):
    app, other = await case.apps(2)
    call = await collecting(case, app, other, options="")
    assert await bid(case, call, app.app, 0) == 202
    assert await bid(case, call, other.app, 1000) == 409
    assert await bid(case, call, app.app, 7) == 202
    await app.started(call.id)
    await app.proceed(call.id)
    assert await end_of(call) == ("CLAIMED", app.app, "")


async def test_application_that_came_late_may_bid(case):
    app = await case.app()
    call = await collecting(case, app)
    late = await case.app("late")
    assert await bid(case, call, late.app, 2) == 202
    assert await bid(case, call, app.app, 1) == 202
    await won(case, call, late, 2)


async def test_bids_in_circles(case):
    """Who has bid is awarded when all that have been asked have answered; a circle that comes meanwhile is asked, too."""
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("300&20000,^gold-&^sales-,,,b(3000)")
    await asyncio.gather(gold.offered(call.id), sales.offered(call.id))
    assert await bid(case, call, gold.app, 1) == 202
    assert await bid(case, call, sales.app, 2) == 202
    await sales.started(call.id)
    await sales.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTWINNER"], result["BROADCASTROUND"], result["BROADCASTSCORE"]) == (sales.app, "2", "2")


async def test_take_the_next_bids_0(case):
    app, silent = await case.apps(2)
    call = await collecting(case, app, silent, options="b(300)")
    answer = await take(case, app.app)
    assert (answer.status, answer.json["channel_id"]) == (200, call.id)
    await won(case, call, app, 0)


async def test_unregistered_and_unmatched_get_403(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await collecting(case, inside, offer="30000,^sales-")
    assert await bid(case, call, outside.app, 1) == 403
    assert await bid(case, call, "nobody-of-this-name", 1) == 403
    assert await bid(case, call, inside.app, 1) == 202
    await inside.started(call.id)


@pytest.mark.parametrize("setting", ["exclude", "watchers"])
@pytest.mark.parametrize("policy", ["recipient", "any"])
async def test_excluded_and_watcher_get_403(case, conf, setting, policy):  # noqa: F811
    """Whatever the policy; and the highest score there is, of one that may not bid, is no bid."""
    await conf.use(f"{setting} = ^aside-", f"claim_policy = {policy}")
    aside, app, silent = await case.app("aside"), await case.app(), await case.app("silent")
    call = await collecting(case, app, silent)
    assert await bid(case, call, aside.app, 1000) == 403
    assert await bid(case, call, app.app, 1) == 202
    assert await bid(case, call, aside.app, 1000) == 403
    assert sorted((await case.ari.broadcast(call.id))["recipients"]) == sorted([app.app, silent.app])
    assert await silent.decline(call.id) == 204
    await won(case, call, app, 1)


async def test_unknown_and_over_get_404(case):
    app = await case.app()
    answer = await case.ari.post("/broadcasts/no-such-channel/bid", application=app.app, score="1")
    assert answer.status == 404 and answer.message
    call = await case.call("300,,,,b(100)", extension="test-and-wait")
    await call.result()
    assert await bid(case, call, app.app, 1) == 404


@pytest.mark.parametrize("score", ["-1", "1001", "5.5", "", "x", "1e2", "0x10", " 5", "99999999999999999999", None])
async def test_bad_scores_get_400(case, score):
    app = await case.app()
    call = await collecting(case, app)
    params = {"application": app.app} | ({} if score is None else {"score": score})
    answer = await case.ari.post(f"/broadcasts/{call.id}/bid", **params)
    assert answer.status == 400, answer
    assert "score" in answer.message
    assert (await case.ari.broadcast(call.id))["state"] == "open"


async def test_score_given_twice_gets_400(case):
    app = await case.app()
    call = await collecting(case, app)
    params = [("application", app.app), ("score", "1"), ("score", "2")]
    answer = await case.ari.request("POST", f"/broadcasts/{call.id}/bid", params)
    assert answer.status == 400, answer


@pytest.mark.parametrize("score, status", [("7", 202), (7, 202), (7.5, 400), (None, 400), ([7], 400), (1001, 400)])
async def test_score_in_the_body(case, score, status):
    app, _ = await case.apps(2)
    call = await collecting(case, app)
    body = {"application": app.app, "score": score}
    answer = await case.ari.request(
        "POST", f"/broadcasts/{call.id}/bid", data=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status == status, answer


async def flood(case, target, scores):
    """Bids one behind the other on one connection, without waiting for an answer: how many answers of each status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", case.ari.port)
    head = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {LOGIN}\r\nContent-Length: 0\r\n\r\n"
    writer.write("".join(f"POST {target}&score={score}{head}" for score in scores).encode())
    statuses = Counter()
    for _ in scores:
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        statuses[int(answer.split(b" ", 2)[1])] += 1
    writer.close()
    return statuses


async def test_ten_thousand_bids_for_one_call(case):
    """As fast as they come, from four sides: all are answered, one a side is kept, and the last of each counts."""
    apps, silent = await case.apps(4), await case.app("silent")
    call = await collecting(case, *apps, silent, offer="60000")
    target = f"/ari/broadcasts/{call.id}/bid?application="
    cpu, memory, _ = process_cost(case.asterisk.pid)
    # Those that end low begin higher than the best one ends.
    ends = {apps[0].app: 1, apps[1].app: 2, apps[2].app: 500, apps[3].app: 3}
    floods = [flood(case, target + app, [*(1000 - end for _ in range(2499)), end]) for app, end in ends.items()]
    answers = await asyncio.gather(*floods)
    assert answers == [Counter({202: 2500})] * 4
    cpu_after, memory_after, _ = process_cost(case.asterisk.pid)
    assert cpu_after - cpu < 10
    assert memory_after - memory < 16 * 1024
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await silent.decline(call.id) == 204
    await won(case, call, apps[2], 500)


@pytest.mark.only(22)
async def test_over_the_websocket(case):
    app, other = await case.apps(2)
    call = await collecting(case, app, other)
    assert await over_websocket(app, 1, "POST", f"broadcasts/{call.id}/bid?application={app.app}&score=4") == 202
    assert await over_websocket(other, 2, "POST", f"broadcasts/{call.id}/bid?application={other.app}&score=5") == 202
    await other.started(call.id)
    assert await over_websocket(app, 3, "POST", f"broadcasts/{call.id}/bid?application={app.app}&score=6") == 409
