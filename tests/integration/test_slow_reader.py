"""Applications that read slowly or not at all: nobody else notices, nor does the call."""

import asyncio
import statistics
import time

import pytest



@pytest.mark.instance(WEBSOCKET_WRITE_TIMEOUT=5000)
async def test_one_that_does_not_read_delays_nobody(case):
    """Three hundred calls past an application that never reads; each is offered and claimed at once."""
    await case.deaf_app()
    live = await case.app("live")
    late = []
    for _ in range(300):
        began = time.monotonic()
        call = await case.call("20000")
        offer = await live.offered(call.id)
        late.append(offer["at"] - began)
        assert await live.claim(call.id) == 204
        await live.started(call.id)
        await call.hangup()
    # A connection that does not read costs Asterisk 5 s for each event once its buffers are full.
    assert statistics.median(late) < 0.5, late
    assert max(late) < 4, max(late)


@pytest.mark.instance(WEBSOCKET_WRITE_TIMEOUT=5000)
async def test_twenty_that_do_not_read_delay_nobody(case):
    await asyncio.gather(*(case.deaf_app() for _ in range(20)))
    live = await case.app("live")
    began = time.monotonic()
    for _ in range(150):
        call = await case.call("20000,,,yes")
        await live.offered(call.id)
        assert await live.claim(call.id) == 204
        await live.started(call.id)
        await call.hangup()
    assert time.monotonic() - began < 60
    await case.flush(live)
    assert len(live.of("CallClaimed")) == 150


@pytest.mark.instance(WEBSOCKET_WRITE_TIMEOUT=5000)
async def test_one_that_does_not_read_does_not_hold_up_the_dialplan(case):
    """The deaf application alone is on offer: the timeout ends on time all the same."""
    await case.deaf_app()
    for _ in range(100):
        call = await case.call("0")
        await call.result()
    began = time.monotonic()
    call = await case.call("200")
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    assert time.monotonic() - began < 4


@pytest.mark.instance(WEBSOCKET_WRITE_TIMEOUT=5000)
async def test_order_for_the_live_one_holds_beside_one_that_does_not_read(case):
    await case.deaf_app()
    live = await case.app("live")
    call = await case.call("20,,,yes", extension="numbered", TIMES="60")
    await call.result("numbered-done")
    await case.flush(live)
    numbers = [int(event["caller"]) for event in live.of("CallBroadcast", call.id)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 10
