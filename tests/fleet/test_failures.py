"""When something breaks: NATS, a part of it, an Asterisk, a worker, a message. Calls end as they should, whatever does."""

import asyncio
import os
import random
import signal
import statistics
import time

import pytest
from harness.conf import load
from harness.events import until
from harness.fleet import MODULE
from harness.nats import token
from raw_worker import RawWorker

# NATS servers that have all been away try to reach each other once a second.
RETURN_SECONDS = 15.0


async def gets_through(world, worker):
    call = await world.cases[0].call(f"2000,^{worker.app}$")
    return (await world.ended(call))[1] == "CLAIMED"


async def no_longer_there(case, app):
    """Wait until a call for an application finds nobody, at once."""

    async def finds_nobody():
        started = time.monotonic()
        call = await case.call(f"1000,^{app}$")
        status = await call.status()
        return status[1] == "NOAPPS" and time.monotonic() - started < 1

    await until(finds_nobody, f"{app} is no recipient any more")


async def test_nats_away_and_back(world):
    """Applications of ARI do not notice; those of the fleet are no recipients at once, and again soon after."""
    worker = await world.worker()
    case = world.cases[0]
    local = await case.app("local")
    with world.nats_away():
        await no_longer_there(case, worker.app)
        call = await case.call(f"10000,^({local.app}|{worker.app})$")
        await local.offered(call.id)
        assert await local.claim(call.id) == 204
        await local.started(call.id)
    world.bus = await world.client()
    await until(lambda: gets_through(world, worker), "calls get through again", RETURN_SECONDS)


async def test_one_server_of_three_is_killed(world):
    """Calls on offer, calls in progress and calls that come: nothing is lost."""
    workers = [await world.worker("--capacity", "20") for _ in range(2)]
    pool = "|".join(worker.app for worker in workers)
    victim = world.fleet.servers[1]
    calls = []

    async def place() -> None:
        for number in range(30):
            calls.append(await world.cases[number % 3].call(f"10000,^({pool})$"))
            await asyncio.sleep(0.05)

    load = asyncio.create_task(place())
    await asyncio.sleep(0.5)
    victim.kill()
    try:
        await load
        for call in calls:
            assert await world.ended(call) == ("SUCCESS", "CLAIMED"), call.id
        started = [line["channel"] for worker in workers for line in worker.lines("start")]
        assert sorted(started) == sorted(call.id for call in calls)
    finally:
        victim.start()


async def test_partition(world):
    """NATS stands still, and nobody closes anything: the nodes notice by themselves, and when it goes on all is well."""
    worker = await world.worker()
    case = world.cases[0]
    for server in world.fleet.servers:
        server.pause()
    try:
        await until(lambda: no_recipient(case, worker.app), "the node notices that NATS is silent", 60)
    finally:
        for server in world.fleet.servers:
            server.go_on()
    world.bus = await world.client()
    await until(lambda: gets_through(world, worker), "calls get through again")


async def test_claim_during_a_partition(world):
    """Nobody answers it, and nobody has the call; asked again when NATS goes on, it succeeds."""
    raw = await world.raw()
    call = await world.cases[0].call(f"60000,^{raw.app}$")
    offer = await raw.offered(call.id)
    answers = []
    await raw.client.subscribe("_INBOX.partition", answers.append)
    for server in world.fleet.servers:
        server.pause()
    try:
        body = {"channel_id": call.id, "offer": offer["offer"], "worker": raw.worker}
        raw.client.publish(f"sb.v1.claim.node-1.{raw.app}", body, "_INBOX.partition")
        with pytest.raises(AssertionError):
            await until(lambda: answers, "there is an answer", 1)
        assert not call.results()
    finally:
        for server in world.fleet.servers:
            server.go_on()

    async def is_ours():
        return ((await raw.claim(offer)) or {}).get("status") == 204

    await until(is_ours, "the same worker is told that the call is its own")
    await (await world.cases[0].app_named(raw.app)).started(call.id)


async def no_recipient(case, app):
    call = await case.call(f"200,^{app}$")
    return (await call.status())[1] == "NOAPPS"


async def test_worker_that_stands_still(world):
    """It says nothing any more, but its connection stays: after its ttl it is no recipient."""
    raw = await world.raw()
    call = await world.cases[0].call(f"10000,^{raw.app}$")
    await raw.offered(call.id)
    await raw.hello(1000)
    await call.hangup()
    await no_longer_there(world.cases[0], raw.app)


async def test_winner_that_cannot_come(world):
    """It has claimed or taken the call, and ARI does not let it in: the call goes to another one."""
    lost, other = await world.worker("--password", "wrong"), await world.raw()
    call = await world.cases[0].call(f"30000,^({lost.app}|{other.app})$")
    await lost.told("failed", call.id)
    await until(lambda: len(other.offers(call.id)) == 2, "the call is offered again")
    assert (await other.claim(other.offers(call.id)[-1]))["status"] == 204
    app = await world.cases[0].app_named(other.app)
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTSTATUS"], result["BROADCASTWINNER"], result["BROADCASTLOST"]) == ("CLAIMED", other.app, lost.app)


@pytest.mark.parametrize("language", ["node", "c"])
async def test_worker_dies_with_a_call(world, language):
    """As in ARI: the call stays in Stasis, until somebody hangs it up; and the name is free for a new worker.

    Asterisk counts the dead application as there until another WebSocket comes or goes after the call.
    """
    worker = await world.worker(*(["--then", "keep"] if language == "node" else []), language=language)
    call = await world.cases[0].call(f"20000,^{worker.app}$")
    await worker.told("start", call.id)
    await worker.kill()
    await call.hangup()
    assert await world.ended(call) == ("SUCCESS", "CLAIMED")
    other = await world.cases[0].app("other")
    await world.cases[0].leave(other)
    # Or its hello would be taken for the new one's.
    await RawWorker(world.bus, worker.app, worker.events[0]["worker"]).hello(0)
    await world.gone(worker.app)
    again = await world.worker(app=worker.app)
    call = await world.cases[0].call(f"20000,^{worker.app}$")
    await again.told("start", call.id)


async def test_asterisk_is_killed_with_offers_open(world):
    """The worker forgets them when their time is over, and hears of the node again when it is back."""
    worker = await world.worker("--policy", "ignore")
    number = 2
    victim = world.cases[number]
    calls = [await victim.call(f"2000,^{worker.app}$") for _ in range(3)]
    for call in calls:
        await worker.told("offer", call.id)
    os.kill(victim.asterisk.pid, signal.SIGKILL)
    victim.expect_log(".*")
    for call in calls:
        await worker.told("forgotten", call.id)
    other = await world.cases[0].call(f"10000,^{worker.app}$")
    await worker.told("offer", other.id)
    victim = await world.started_again(number)
    await world.known(worker.app)
    call = await victim.call(f"10000,^{worker.app}$")
    await worker.told("offer", call.id)


async def seconds_to_start(world, worker, other):
    """How long a call that both are offered takes to reach the one that claims it; the call is over on return."""
    call = await world.cases[0].call(f"10000,^({worker.app}|{other.app})$")
    started = time.monotonic()
    await worker.told("start", call.id)
    took = time.monotonic() - started
    await call.result("h")

    async def has_left():
        return not await world.cases[0].ari.registered(worker.app)

    # A call that it takes while Asterisk still knows its last WebSocket, which it is closing, does not reach it.
    await until(has_left, "its WebSocket is gone")
    return took


async def test_worker_that_does_not_read(world):
    """NATS cuts it off; nobody else waits for it."""
    worker = await world.worker()
    raw = await world.raw(world.app_name("slow"))
    slow = raw.client
    slow.reader._transport.pause_reading()
    flood = await world.client(1)
    piece = b"x" * 100000
    times, unloaded = [], []
    for _ in range(5):
        unloaded.append(await seconds_to_start(world, worker, raw))
    for _ in range(15):
        for _ in range(30):
            flood.publish(f"sb.v1.offer.{raw.app}.node-1", piece)
        await flood.flush()
        times.append(await seconds_to_start(world, worker, raw))
    # What a slow machine takes for it without the flood, it may take with it.
    assert statistics.median(times) < max(0.5, 4 * statistics.median(unloaded)), (times, unloaded)
    slow.reader._transport.resume_reading()
    await until(lambda: slow.ended, "NATS has cut off who does not read")


# How much is sent to each subject: GARBAGE_MB=100 tests/fleet/run -k garbage
GARBAGE = int(os.environ.get("GARBAGE_MB", "10")) * 1_000_000


@pytest.mark.parametrize("kind", ["claim.node-1", "decline.node-1", "bid.node-1", "take.node-1", "hello", "list", "node", "ping"])
async def test_garbage(world, kind):
    """Megabytes on each subject, of all kinds; then everything is as before."""
    worker = await world.worker()
    garbage = random.Random(kind)
    client = await world.client(1)
    subjects = ["sb.v1.ping"] if kind == "ping" else [f"sb.v1.{kind}.{one}" for one in (worker.app, "node-1", "x", "%zz", "a%2e", "y" * 3000)]
    bodies = [b"", b"\0", b"{", b"null", b"[" * 5000, b'{"worker":' * 2000, b'{"worker":"w","ttl_ms":1e308}',
              b'{"worker":"w","channel_id":"\\u0000","offer":"\\ud800"}', b'{"worker":"' + b"w" * 500000 + b'"}',
              bytes(garbage.randrange(256) for _ in range(2000))]  # fmt: skip
    sent = 0
    while sent < GARBAGE:
        body = garbage.choice(bodies)
        client.publish(garbage.choice(subjects), body, garbage.choice(("", "_INBOX.nobody")))
        sent += len(body) + 100
        if client.writer.transport.get_write_buffer_size() > 1_000_000:
            await client.writer.drain()
    await client.flush()
    await world.known(worker.app)
    if kind == "node":
        # Workers hear it, too: NATS cuts off one that does not keep up, and it comes back.
        await until(lambda: gets_through(world, worker), "calls get through again")
    call = await world.cases[0].call(f"10000,^{worker.app}$")
    await worker.told("start", call.id)


async def test_garbage_for_workers(world):
    """Who may publish offers may have written anything; the worker goes on."""
    for language in ("node", "c"):
        worker = await world.worker("--capacity", "4", language=language)
        subject = f"sb.v1.offer.{token(worker.app)}.node-1"
        for body in (b"", b"{", b"null", b"[]", b"\xff", {"type": "CallBroadcast"}, {"type": 1, "channel": []},
                     {"type": "CallBroadcast", "channel": {"id": "x\r\n" * 200}, "remaining_ms": -1},
                     {"type": "CallBroadcast", "channel": {"id": "y"}, "remaining_ms": 1e300, "offer": {}}):  # fmt: skip
            world.bus.publish(subject, body)
        world.bus.publish("sb.v1.node.node-7", b"{")

        def claims(one=worker, subject=subject):
            """What of it can be claimed is; until it has room, the worker leaves it."""
            world.bus.publish(subject, {"type": "CallBroadcast", "channel": {"id": "y"}, "remaining_ms": 9, "offer": {}})
            return one.lines("claim", "y") or one.lines("too-late", "y")

        await until(claims, "what could be claimed was")
        call = await world.cases[0].call(f"10000,^{worker.app}$")
        await worker.told("start", call.id)
        await worker.close()


async def test_unload_and_load_under_load(world):
    """The module goes and comes while calls do: each has an end that makes sense, and then all works."""
    worker = await world.worker("--capacity", "50")
    case = world.cases[0]
    calls = []
    stop = asyncio.Event()

    async def place() -> None:
        while not stop.is_set():
            calls.append(await case.call(f"2000,^{worker.app}$"))
            await asyncio.sleep(0.05)

    placing = asyncio.create_task(place())
    try:
        for _ in range(3):
            won_before = len(worker.lines("start"))
            await until(lambda count=won_before: len(worker.lines("start")) > count, "a call has got through")
            await load(case, "unload", MODULE)
            await asyncio.sleep(0.2)
            await load(case, "load", MODULE)
    finally:
        stop.set()
        await placing
    statuses = [(await world.ended(call))[1] for call in calls]
    assert set(statuses) <= {"CLAIMED", "NOAPPS", "TIMEOUT"} and "CLAIMED" in statuses, statuses
    won = {call.id for call, status in zip(calls, statuses) if status == "CLAIMED"}
    assert won <= {line["channel"] for line in worker.lines("start")}
    await world.known(worker.app)
    call = await case.call(f"10000,^{worker.app}$")
    await worker.told("start", call.id)
