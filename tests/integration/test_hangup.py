"""Hang-ups while on offer: noticed at once, and nobody gets a dead call."""

import asyncio
import statistics

import pytest


async def test_caller_cancels(case):
    app = await case.app()
    call = await case.sip(scenario="cancel", offer="60000", pause_ms=1500)
    await app.offered(call.id)
    result = await call.result("h")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("TIMEOUT", "HANGUP")
    assert "next" not in call.results()
    await call.ended_well()
    assert await app.claim(call.id) == 404


async def test_caller_says_bye(case):
    app = await case.app()
    call = await case.sip("sip-answered", scenario="bye", offer="60000", pause_ms=1500)
    await app.offered(call.id)
    result = await call.result("h")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("TIMEOUT", "HANGUP")
    assert "next" not in call.results()
    await call.ended_well()
    assert await app.claim(call.id) == 404


@pytest.mark.parametrize("side", ["offered", "caller"])
async def test_hangup_is_noticed_at_once(case, side):
    """Twenty calls, hung up at other moments of their offer each: asking every 200 ms needs 100 ms."""
    app = await case.app()
    delays = []
    for number in range(20):
        call = await case.call("60000")
        await app.offered(call.id)
        await app.subscribe(call.id)
        # Spread over the 200 ms of one that asks from time to time.
        await asyncio.sleep(number * 0.01)
        answer = await case.ari.delete(f"/channels/{call.id.replace('offered', side)}")
        assert answer.status == 204
        request = await app.event("ChannelHangupRequest", call.id)
        over = await app.wait(
            lambda event: event["type"] == "ChannelUserevent"
            and event["userevent"].get("Where") == "h"
            and event["channel"]["id"] == call.id
        )
        assert over["userevent"]["BROADCASTSTATUS"] == "HANGUP"
        delays.append(over["at"] - request["at"])
    assert statistics.median(delays) < 0.08, delays


async def test_call_that_is_over_is_offered_to_nobody(case):
    app = await case.app()
    call = await case.call("5000", extension="over")
    await case.ami.wait(lambda event: event.get("Event") == "Newexten" and event["Uniqueid"] == call.id
                        and event["Application"] == "Wait")  # fmt: skip
    await call.hangup()
    result = await call.result("after-h")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("TIMEOUT", "HANGUP")
    await case.flush(app)
    assert not app.of("CallBroadcast", call.id)


async def test_hangup_of_everybody_at_once(case):
    app = await case.app()
    calls = [await case.call("60000") for _ in range(30)]
    for call in calls:
        await app.offered(call.id)
    for call in calls:
        await call.hangup()
    for call in calls:
        assert (await call.result("h"))["BROADCASTSTATUS"] == "HANGUP"


async def test_claim_against_hangup_has_one_outcome(case):
    """Rule 2: a claim that got 204 shows in the dialplan, whenever the caller hangs up."""
    app = await case.app()
    for _ in range(20):
        call = await case.call("60000")
        await app.offered(call.id)
        claimed, _ = await asyncio.gather(app.claim(call.id), call.hangup())
        result = await call.result("h")
        if claimed == 204:
            assert result["BROADCASTSTATUS"] == "CLAIMED"
            assert result["BROADCASTWINNER"] == app.app
        else:
            assert claimed == 404
            assert result["BROADCASTSTATUS"] == "HANGUP"
