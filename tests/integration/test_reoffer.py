"""A winner that is gone before it has the call: the others are offered it (no SPEC row; docs/REFERENCE.md).

Asterisk keeps an application registered whose WebSocket is gone while it still has a channel. A claim
in its name wins, and then Asterisk refuses to hand the call over: a lost winner without a race.
"""

import asyncio

import pytest
from harness.events import until

LOST = r"application '.*' claimed the call but was gone before it had it"


async def ghost(case, word="ghost"):
    """An application that is registered, has a channel, and is not there any more."""
    app = await case.app(word)
    call = await case.call(f"20000,^{app.app}$")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.disconnect()
    assert await case.ari.registered(app.app)
    case.at_end(call.hangup)
    return app


async def test_call_of_a_lost_winner_is_offered_to_the_others(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("20000")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await other.wait(lambda _: len(other.of("CallBroadcast", call.id)) == 2)
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await other.proceed(call.id)
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert result["BROADCASTWINNER"] == other.app
    assert result["BROADCASTLOST"] == gone.app


async def test_lost_winner_cannot_claim_again(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("20000")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await other.wait(lambda _: len(other.of("CallBroadcast", call.id)) == 2)
    assert await case.ari.claim(call.id, gone.app) == 404
    answer = await case.ari.post(f"/broadcasts/{call.id}/claim", application=gone.app)
    assert answer.status == 403
    assert "it had the call and lost it" in answer.message
    assert gone.app not in (await case.ari.broadcast(call.id))["recipients"]
    assert await other.claim(call.id) == 204
    await other.started(call.id)


async def test_lost_winner_with_nobody_else_leaves_the_call_in_the_dialplan(case):
    case.expect_log(LOST)
    gone = await ghost(case)
    call = await case.call(f"20000,^{gone.app}$")
    assert await claim_when_open(case, call, gone.app) == 204
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("FAILED", "NOAPPS")
    assert result["BROADCASTWINNER"] == "" and result["BROADCASTTIME"] == ""
    assert result["BROADCASTLOST"] == gone.app


async def test_others_get_time_though_the_timeout_is_nearly_over(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")

    async def is_claimed():
        """Whether a call could be claimed in its time, which is short: a busy machine may need another call."""
        nonlocal call
        call = await case.call("249")
        await other.offered(call.id)
        return await case.ari.claim(call.id, gone.app) == 204

    call = None
    await until(is_claimed, "a call is claimed")
    again = await other.wait(lambda event: event.get("timeout") == 250)
    assert again["channel"]["id"] == call.id
    assert await call.status() == ("FAILED", "TIMEOUT")


async def test_no_more_than_three_more_rounds(case):
    case.expect_log(LOST)
    gone = [await ghost(case, f"ghost{number}") for number in range(5)]
    other = await case.app("other")
    call = await case.call("20000")
    for number, app in enumerate(gone[:4], 1):
        await other.wait(lambda _, number=number: len(other.of("CallBroadcast", call.id)) == number)
        assert await case.ari.claim(call.id, app.app) == 204
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("FAILED", "CLAIMED")
    assert result["BROADCASTLOST"] == "&".join(app.app for app in gone[:4])
    assert len(other.of("CallBroadcast", call.id)) == 4


async def test_rounds_share_one_timeout(case):
    """What the lost winner took is not given to the others, and counts in BROADCASTTIME."""
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("20000")
    first = await other.offered(call.id)
    assert first["timeout"] == 20000
    await asyncio.sleep(0.6)
    assert await case.ari.claim(call.id, gone.app) == 204
    again = await offered_again(other, call)
    assert 250 < again["timeout"] <= 20000 - 600
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await other.proceed(call.id)
    assert 600 <= int((await call.result())["BROADCASTTIME"]) <= 20000


async def test_filter_is_a_fence_in_every_round(case):
    case.expect_log(LOST)
    gone, inside, outside = await ghost(case), await case.app("inside"), await case.app("outside")
    call = await case.call("20000,^(ghost|inside)-")
    await inside.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await offered_again(inside, call)
    item = await case.ari.broadcast(call.id)
    assert (item["app_filter"], item["recipients"]) == ("^(ghost|inside)-", [inside.app])
    assert await outside.claim(call.id) == 404
    assert await inside.claim(call.id) == 204
    await inside.started(call.id)
    await case.flush(outside)
    assert not outside.of("CallBroadcast", call.id)


@pytest.mark.parametrize("notify", ["yes", "no"])
async def test_winner_of_a_later_round_is_told_if_it_is_to_be(case, notify):
    case.expect_log(LOST)
    gone, other, third = await ghost(case), await case.app("other"), await case.app("third")
    call = await case.call(f"20000,,,{notify}")
    # Both: an offer that is still queued when its broadcast closes is not sent.
    await asyncio.gather(other.offered(call.id), third.offered(call.id))
    assert await case.ari.claim(call.id, gone.app) == 204
    await asyncio.gather(offered_again(other, call), offered_again(third, call))
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await case.flush(other, third)
    for app in (other, third):
        # Nothing of the lost winner comes behind the offer of the next round.
        later = [event for event in app.events_but_last_flush() if event["type"] in ("CallBroadcast", "CallClaimed")]
        second = [event["type"] for event in later].index("CallBroadcast", 1)
        winners = [event["winner_app"] for event in later[second + 1 :]]
        assert winners == ([other.app] if notify == "yes" else [])


async def test_lost_winner_is_forgotten_by_the_next_broadcast(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call(f"20000,^{gone.app}$", extension="twice", OFFER2="100,^other-")
    assert await claim_when_open(case, call, gone.app) == 204
    assert (await call.result("first"))["BROADCASTLOST"] == gone.app
    await other.offered(call.id)
    second = await call.result("second")
    assert (second["STASISSTATUS"], second["BROADCASTSTATUS"]) == ("TIMEOUT", "TIMEOUT")
    assert second["BROADCASTLOST"] == ""


async def test_lost_winner_with_an_odd_name_in_the_log(case):
    """Who connects chooses an application's name."""
    case.expect_log(LOST)
    gone = await ghost(case, "ghost\x1b\x07")
    call = await case.call("20000,^ghost")
    assert await claim_when_open(case, call, gone.app) == 204
    await call.result()
    (line,) = await case.our_log()
    assert "application 'ghost\\x1b\\x07-" in line.text
    assert b"\x1b" not in line.raw and b"\x07" not in line.raw, line.raw


async def offered_again(app, call):
    """Wait for the second offer of a call."""
    await app.wait(lambda _: len(app.of("CallBroadcast", call.id)) == 2)
    return app.of("CallBroadcast", call.id)[1]


async def claim_when_open(case, call, app):
    """Claim as soon as the call is on offer; the claimant hears of no offer."""
    await case.ami.wait(
        lambda event: event.get("Event") == "Newexten"
        and event["Uniqueid"] == call.id
        and event["Application"] == "StasisBroadcast"
    )
    while True:
        status = await case.ari.claim(call.id, app)
        if status != 404:
            return status
        await asyncio.sleep(0)
