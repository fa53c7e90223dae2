"""Applications that read slowly or not at all: nobody else notices, nor does the call."""

import asyncio
import os
import statistics
import time

import pytest
from harness.events import until
from test_settings import thread_count

# Events of 12 kB each, and 5 s that Asterisk waits for each that it cannot write: people set it so who
# have slow clients that should not be cut off.
slow_clients = pytest.mark.instance(WEBSOCKET_WRITE_TIMEOUT=5000, CHANNELVARS="BULK1,BULK2,BULK3,BULK4")


async def claim_one(case, live):
    """A call that the live application claims; how late its offer came, in seconds."""
    began = time.monotonic()
    call = await case.call("20000,,,yes", extension="bulky")
    offer = await live.offered(call.id)
    assert len(offer["channel"]["channelvars"]["BULK4"]) == 3000
    assert await live.claim(call.id) == 204
    await live.started(call.id)
    await call.hangup()
    return offer["at"] - began


@slow_clients
async def test_one_that_does_not_read_delays_nobody(case):
    """Three hundred calls past an application that never reads; each is offered and claimed at once."""
    await case.deaf_app()
    live = await case.app("live")
    late = [await claim_one(case, live) for _ in range(300)]
    assert statistics.median(late) < 0.5, late
    assert max(late) < 4, max(late)


@slow_clients
async def test_twenty_that_do_not_read_delay_nobody(case):
    await asyncio.gather(*(case.deaf_app() for _ in range(20)))
    live = await case.app("live")
    late = [await claim_one(case, live) for _ in range(150)]
    assert statistics.median(late) < 0.5, late
    assert max(late) < 4, max(late)
    await case.flush(live)
    assert len(live.of("CallClaimed")) == 150


@slow_clients
async def test_one_that_does_not_read_does_not_hold_up_the_dialplan(case):
    """The deaf application alone is on offer: each timeout ends on time all the same."""
    await case.deaf_app()
    late = []
    for _ in range(200):
        began = time.monotonic()
        call = await case.call("30", extension="bulky")
        await call.result()
        late.append(time.monotonic() - began)
    assert max(late) < 4, max(late)


@slow_clients
async def test_order_for_the_live_one_holds_beside_one_that_does_not_read(case):
    deaf, live = await case.deaf_app(), await case.app("live")
    for _ in range(100):
        await claim_one(case, live)
    assert await case.ari.registered(deaf.app)
    call = await case.call("20,,,yes", extension="numbered", TIMES="60")
    await call.result("numbered-done")
    await case.flush(live)
    numbers = [int(event["caller"]) for event in live.of("CallBroadcast", call.id)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 10


async def has_threads_at_most(case, count, seconds):
    async def reached():
        return await thread_count(case) <= count

    await until(reached, f"there are {count} threads", seconds)


@slow_clients
async def test_threads_that_are_not_needed_go_while_calls_go_on(case):
    """Those that stood in for stuck ones are not kept by 30 offers a second that one thread could send."""
    base = min(max(os.cpu_count(), 2), 8)
    await has_threads_at_most(case, base, 40)
    deaf = [await case.deaf_app() for _ in range(20)]
    most = 0
    while most < base + len(deaf) / 2:
        # Until the buffers of many of them are full. What has not been sent when an offer ends fills none.
        burst = [await case.call("30", extension="bulky") for _ in range(10)]
        await asyncio.gather(*(call.result() for call in burst))
        most = await thread_count(case)
    for app in deaf:
        await case.leave(app)
    live = await case.app("live")
    # Longer than a thread stays without work, and each of them would have some within that time.
    call = await case.call("33", extension="again", TIMES="600")
    await live.offered(call.id)
    await has_threads_at_most(case, base, 18)
    assert not call.results()
