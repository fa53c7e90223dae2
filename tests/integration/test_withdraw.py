"""DELETE /ari/broadcasts/{channelId} (SPEC section 5): an operator takes a call off offer."""

import asyncio
import random

import pytest

from harness.raw_http import send
from test_reoffer import LOST, ghost
from test_rest import over_websocket

TIMES = 120


async def withdraw(case, channel_id, **options):
    return await case.ari.request("DELETE", f"/broadcasts/{channel_id}", **options)


async def test_dialplan_goes_on(case):
    app, other = await case.apps(2)
    call = await case.call("30000")
    await asyncio.gather(app.offered(call.id), other.offered(call.id))
    answer = await withdraw(case, call.id)
    assert (answer.status, answer.body) == (204, b"")
    assert await call.status() == ("TIMEOUT", "WITHDRAWN")
    result = await call.result()
    assert result["BROADCASTWINNER"] == "" and result["BROADCASTTIME"] == ""
    assert await app.claim(call.id) == 404
    assert (await withdraw(case, call.id)).status == 404
    assert (await case.ari.get(f"/broadcasts/{call.id}")).status == 404


async def test_call_by_sip(case):
    app = await case.app()
    call = await case.sip(offer="30000")
    await app.offered(call.id)
    assert (await withdraw(case, call.id)).status == 204
    assert await call.status() == ("TIMEOUT", "WITHDRAWN")


async def test_claimed_call_stays_the_winner_s(case):
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    for _ in range(2):
        answer = await withdraw(case, call.id)
        assert answer.status == 409 and "claimed" in answer.message
    await app.started(call.id)
    assert await app.claim(call.id) == 204
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_second_offer_of_a_call_whose_winner_was_lost(case):
    case.expect_log(LOST)
    gone, app = await ghost(case), await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await app.wait_count(2, lambda event: event["type"] == "CallBroadcast" and event["channel"]["id"] == call.id)
    assert (await withdraw(case, call.id)).status == 204
    assert (await call.result())["BROADCASTSTATUS"] == "WITHDRAWN"


async def test_offer_that_is_over(case):
    await case.app()
    call = await case.call("100", extension="test-and-wait")
    await call.result()
    answer = await withdraw(case, call.id)
    assert answer.status == 404 and answer.message


IDS = [b"no-such-channel", b"%20", b"%00", b"%0a%1b%5b31m", b"%ff%fe", b"x" * 2000, b"%2e%2e%2f", b"1%2F2"]


@pytest.mark.parametrize("channel_id", IDS, ids=[ascii(one[:20]) for one in IDS])
async def test_unknown_call(case, channel_id):
    """404, and nothing of it is logged."""
    answer = await send(case.asterisk.port("HTTP"), "DELETE", b"/ari/broadcasts/" + channel_id)
    assert answer.status in (400, 404), answer
    assert await case.our_log() == []


async def test_whole_list_cannot_be_withdrawn(case):
    assert (await case.ari.request("DELETE", "/broadcasts")).status == 405


@pytest.mark.parametrize("user, status", [(("reader", "reader"), 403), (("ari", "wrong"), 401), (None, 401)])
async def test_who_may_not(case, user, status):
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    assert (await withdraw(case, call.id, user=user)).status == status
    assert await app.claim(call.id) == 204
    await app.started(call.id)


@pytest.mark.only(22)
async def test_over_the_websocket(case):
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    assert await over_websocket(app, 1, "DELETE", f"broadcasts/{call.id}") == 204
    assert await call.status() == ("TIMEOUT", "WITHDRAWN")
    assert await over_websocket(app, 2, "GET", "broadcasts?limit=0") == 400
    assert await over_websocket(app, 3, "GET", "broadcasts?limit=1") == 200


async def test_withdrawal_that_races_a_claim(case):
    """Each call's history: who was answered 204 is who the dialplan names, and nobody else is."""
    app = await case.app()
    calls = [await case.call("30000,,,yes", extension="test-and-wait") for _ in range(TIMES)]
    await asyncio.gather(*(app.offered(call.id) for call in calls))

    async def race(call):
        async def claim():
            await asyncio.sleep(random.random() * 0.004)
            return await app.claim(call.id)

        async def take():
            await asyncio.sleep(random.random() * 0.004)
            return (await withdraw(case, call.id)).status

        return await asyncio.gather(claim(), take(), claim(), take())

    claimed = 0
    for start in range(0, TIMES, 10):
        batch = calls[start : start + 10]
        for call, answers in zip(batch, await asyncio.gather(*(race(call) for call in batch))):
            claims, takes = answers[::2], answers[1::2]
            if 204 in claims:
                claimed += 1
                assert claims == [204, 204] and set(takes) == {409}, answers
                await app.started(call.id)
                await app.event("CallClaimed", call.id)
                await app.proceed(call.id)
                assert await call.status() == ("SUCCESS", "CLAIMED"), answers
            else:
                # Again while it is being cleaned up, or after.
                assert claims == [404, 404] and 204 in takes and set(takes) <= {204, 404}, answers
                assert (await app.event("CallWithdrawn", call.id))["reason"] == "withdrawn"
                assert await call.status() == ("TIMEOUT", "WITHDRAWN"), answers
    await case.flush(app)
    for call in calls:
        ends = [event["type"] for event in app.events if event["type"] in ("CallClaimed", "CallWithdrawn")
                and event["channel"]["id"] == call.id]  # fmt: skip
        assert len(ends) == 1, (call.id, ends)
    assert 0 < claimed < TIMES, f"no race: {claimed} of {TIMES} were claimed"
