"""A winner that is gone before it has the call: the others are offered it (no SPEC row; README).

Asterisk keeps an application registered whose WebSocket is gone while it still has a channel. A claim
in its name wins, and then Asterisk refuses to hand the call over: a lost winner without a race.
"""

import asyncio

LOST = r"application '.*' claimed the call but was gone before it had it"


async def ghost(case, word="ghost"):
    """An application that is registered, has a channel, and is not there any more."""
    app = await case.app(word)
    call = await case.call(f"5000,^{app.app}$")
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
    call = await case.call("5000")
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
    call = await case.call("5000")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await other.wait(lambda _: len(other.of("CallBroadcast", call.id)) == 2)
    assert await case.ari.claim(call.id, gone.app) == 404
    answer = await case.ari.post(f"/broadcasts/{call.id}/claim", application=gone.app)
    assert answer.status == 403
    assert gone.app not in (await case.ari.broadcast(call.id))["recipients"]
    assert await other.claim(call.id) == 204
    await other.started(call.id)


async def test_lost_winner_with_nobody_else_leaves_the_call_in_the_dialplan(case):
    case.expect_log(LOST)
    gone = await ghost(case)
    call = await case.call(f"5000,^{gone.app}$")
    assert await claim_when_open(case, call, gone.app) == 204
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("FAILED", "NOAPPS")
    assert result["BROADCASTWINNER"] == ""
    assert result["BROADCASTLOST"] == gone.app


async def test_others_get_time_though_the_timeout_is_nearly_over(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("100")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    again = await other.wait(lambda event: event.get("timeout") == 250)
    assert again["channel"]["id"] == call.id
    assert await call.status() == ("FAILED", "TIMEOUT")


async def test_no_more_than_three_more_rounds(case):
    case.expect_log(LOST)
    gone = [await ghost(case, f"ghost{number}") for number in range(5)]
    other = await case.app("other")
    call = await case.call("5000")
    for number, app in enumerate(gone[:4], 1):
        await other.wait(lambda _, number=number: len(other.of("CallBroadcast", call.id)) == number)
        assert await case.ari.claim(call.id, app.app) == 204
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("FAILED", "CLAIMED")
    assert result["BROADCASTLOST"] == "&".join(app.app for app in gone[:4])
    assert len(other.of("CallBroadcast", call.id)) == 4


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
