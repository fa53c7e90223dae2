"""What a worker does in a fleet where nothing fails: those of examples/fleet, as they are."""

import asyncio
import re
import signal

import pytest
from conftest import HOLD_MS
from harness.events import until
from harness.fleet_worker import Worker
from harness.nats import token
from harness.nats_server import NatsServer
from test_failures import no_longer_there
from test_module import bid, conf, has_bids, reload

each = pytest.mark.parametrize("language", ["node", "c"])


async def registered(case, worker):
    return await case.ari.registered(worker.app)


@each
async def test_claims_opens_a_websocket_and_closes_it(world, language):
    worker = await world.worker(language=language)
    for case in world.cases:
        assert not (await case.ari.get("/applications")).json, "a worker has a WebSocket before it has won"
        call = await case.call(f"10000,^{worker.app}$")
        offer = await worker.told("offer", call.id)
        assert offer["node"] == case.asterisk.node
        await worker.told("start", call.id, ari=case.asterisk.ari_url)
        await worker.told("end", call.id)
        assert await world.ended(call) == ("SUCCESS", "CLAIMED")
        assert (await call.result("h"))["BROADCASTWINNER"] == worker.app
        await worker.told("websocket-closed", ari=case.asterisk.ari_url)


@each
async def test_full_worker_declines(world, language):
    worker = await world.worker("--capacity", "1", *(["--then", "keep"] if language == "node" else []), language=language)
    first = await world.cases[0].call(f"10000,^{worker.app}$")
    await worker.told("start", first.id)
    second = await world.cases[1].call(f"10000,^{worker.app}$")
    assert await second.status() == ("TIMEOUT", "DECLINED")


async def test_holds_calls_of_several_nodes(world):
    # Room for the questions for the next call, too, with which it begins: one at each node.
    worker = await world.worker("--capacity", "9", "--then", "keep")
    calls = [await case.call(f"10000,^{worker.app}$") for case in world.cases for _ in range(2)]
    for call in calls:
        await worker.told("start", call.id)
    assert len({line["ari"] for line in worker.lines("websocket-open")}) == len(world.cases)
    for call in calls[:-1]:
        await call.hangup()
        await worker.told("end", call.id)
    await until(lambda: len(worker.lines("websocket-closed")) == 2, "two WebSockets are closed")
    assert await registered(world.cases[-1], worker), "the WebSocket of a call that goes on was closed"
    await calls[-1].hangup()
    await worker.told("websocket-closed", ari=world.cases[-1].asterisk.ari_url)


@each
async def test_keeps_the_websocket_while_a_claim_is_out(world, language):
    """One call at a node ends while it is decided who gets the next: Asterisk would hand that over to who is just going."""
    worker = await world.worker("--capacity", "9", language=language)
    other = await world.raw()  # says nothing: it is decided when the time for bids is over
    case = world.cases[0]
    # Longer than three times what a claim may take otherwise.
    slow = await case.call(f"10000,^({worker.app}|{other.app})$,,,b(4000)")
    await worker.told("offer", slow.id, node=case.asterisk.node)
    await until(lambda: is_bid_for(case, slow), "the claim is there")
    quick = await case.call(f"10000,^{worker.app}$")
    await worker.told("end", quick.id)
    await worker.told("start", slow.id)
    assert len(worker.lines("websocket-open")) == 1, "it was closed meanwhile"
    await worker.told("websocket-closed", ari=case.asterisk.ari_url)


async def is_bid_for(case, call):
    return "1, window" in " ".join((await case.ami.cli(f"broadcast show channel {call.id}")).split())


@each
async def test_asks_again_after_a_node_that_does_not_answer(world, language):
    """Nothing else happens that could remind it of the other nodes."""
    app, asked = world.app_name(), []
    await world.bus.subscribe(f"sb.v1.take.silent.{token(app)}", asked.append)
    worker = await world.worker(app=app, language=language)
    world.bus.publish("sb.v1.node.silent", {"node": "silent", "ari": "http://127.0.0.1:9/ari"})
    await worker.told("take", status=0)
    await until(lambda: len(asked) == 2, "it asks once more", 15)


async def two_with_one_id(world, worker):
    """Calls at two nodes at the same moment whose channels have the same ID, as the worker's `channel`."""
    cases, channel = world.cases[:2], f"same-{worker.app}"
    calls = await asyncio.gather(*(case.call(f"10000,^{worker.app}$", channel_id=channel) for case in cases))
    for case in cases:
        await worker.told("start", channel, ari=case.asterisk.ari_url)
    return calls


async def test_two_nodes_with_one_channel_id(world):
    """The end of one of two calls is not taken for that of the other one."""
    worker = await world.worker("--capacity", "2", "--then", "keep")
    first, second = await two_with_one_id(world, worker)
    await first.hangup()
    await worker.told("end", first.id, ari=world.cases[0].asterisk.ari_url)
    worker.send(signal.SIGTERM)
    await worker.told("stopping", calls=1)
    assert not second.results()
    await second.hangup()
    await worker.told("end", second.id, ari=world.cases[1].asterisk.ari_url)
    assert await worker.finished() == 0


async def test_two_nodes_with_one_channel_id_in_c(world):
    """Both come to their end, and then the worker has none."""
    worker = await world.worker("--capacity", "2", language="c")
    for call in await two_with_one_id(world, worker):
        assert await world.ended(call) == ("SUCCESS", "CLAIMED")
        await worker.told("end", call.id, ari=call.case.asterisk.ari_url)
    worker.send(signal.SIGTERM)
    await worker.told("stopping", calls=0)
    assert await worker.finished() == 0


async def test_caller_who_hangs_up_before_the_sound_is_over(world):
    """That is no failure. The second call comes after all that is told of the first one."""
    worker = await world.worker("--play", "sound:hello-world")
    for case in world.cases[:2]:
        call = await case.call(f"10000,^{worker.app}$")
        await worker.told("start", call.id)
        await call.hangup()
        await worker.told("end", call.id)
        await worker.told("websocket-closed", ari=case.asterisk.ari_url)
    assert not worker.lines("failed")


@each
async def test_takes_the_next_call_after_one(world, language):
    """Two calls at the same moment, and a worker that can hold one: the other one waits its turn."""
    more = ["--when-full", "leave"] if language == "node" else []
    worker = await world.worker(*more, language=language)
    other = await world.worker("--policy", "ignore", app=f"{worker.app}-other")  # or all would have declined
    calls = await asyncio.gather(*(case.call(f"15000,^{worker.app}") for case in world.cases[:2]))
    for call in calls:
        await worker.told("start", call.id)
        assert await world.ended(call) == ("SUCCESS", "CLAIMED")
    if language == "node":
        assert any(line["status"] == 200 for line in worker.lines("take"))
    assert not other.lines("claim")


@each
async def test_takes_a_call_that_waits_when_nats_is_back(world, language):
    """It was placed while NATS was away: nobody has told the worker of it, which may be back before the node is."""
    app, asked = world.app_name(), []
    await world.bus.subscribe(f"sb.v1.take.*.{token(app)}", lambda message: asked.append(message["json"]["worker"]))
    worker = await world.worker(app=app, language=language)
    # It begins with questions for the next call, one at each node at least.
    await until(lambda: len(asked) - asked.count("probe") >= len(world.cases), "it has asked all nodes")
    await world.known(app)
    case = world.cases[0]
    local = await case.app("local")
    with world.nats_away():
        await no_longer_there(case, worker.app)
        call = await case.call(f"30000,^({local.app}|{worker.app})$")
        await local.offered(call.id)
    world.bus = await world.client()
    await worker.told("start", call.id)
    assert not worker.lines("offer", call.id)


@each
async def test_comes_back_when_nats_lets_it_in_again(loop, tmp_path, language):
    """It tells why it is not connected: there is no server, or none that takes its password."""

    def run(password):
        server.more = f"authorization {{ user: u, password: {password} }}"
        server.start()

    server = NatsServer(tmp_path, "guarded")
    worker = Worker("x", [server.url], "--nats-user", "u", language=language, NATS_PASSWORD="right")
    await worker.start(wait=False)
    try:
        await worker.told("disconnected")
        run("right")
        await worker.told("connected")
        server.kill()
        run("wrong")
        await until(lambda: len(worker.lines("refused")) >= 2, "it is refused, and tries again")
        server.kill()
        run("right")
        await until(lambda: len(worker.lines("connected")) >= 2, "it is back")
        worker.send(signal.SIGTERM)
        assert await worker.finished() == 0
        assert len(worker.lines("connected")) == 2
    finally:
        await worker.kill()
        server.kill()


@each
async def test_good_bye_keeps_the_call(world, language):
    worker = await world.worker(*(["--then", "keep"] if language == "node" else []), language=language)
    if language == "node":
        call = await world.cases[0].call(f"10000,^{worker.app}$")
        await worker.told("start", call.id)
    worker.send(signal.SIGTERM)
    await world.gone(worker.app, "node-2", "node-3")  # at node-1 it has a WebSocket
    late = await world.cases[1].call(f"10000,^{worker.app}$")
    assert await late.status() == ("TIMEOUT", "NOAPPS")
    if language == "node":
        assert worker.process.returncode is None and call.results() == []
        await call.hangup()
        await worker.told("end", call.id)
    assert await worker.finished() == 0


async def test_call_that_is_over_is_not_claimed(world):
    """CallClaimed and CallWithdrawn come over NATS, too: who still thinks need not ask."""
    slow = await world.worker("--think", "2000", "--capacity", "5")
    # It begins with questions for the next call, and would have this one by an answer.
    await until(lambda: len(slow.lines("take")) >= len(world.fleet.nodes), "no node has a call for it")
    call = await world.cases[0].call(f"10000,^{slow.app}$,,yes")
    await slow.told("offer", call.id)
    await call.hangup()
    withdrawn = await slow.told("withdrawn", call.id)
    assert withdrawn["reason"] == "hangup"
    await slow.told("too-late", call.id)
    assert not slow.lines("claim")


async def test_an_application_with_a_websocket_is_offered_by_it(world):
    """A worker that has a call at a node is an application of its ARI as well: it gets one offer, not two."""
    worker = await world.worker("--capacity", "2", "--then", "keep")
    case = world.cases[0]
    first = await case.call(f"10000,^{worker.app}$")
    await worker.told("start", first.id)
    second = await case.call(f"10000,^{worker.app}$")
    await worker.told("start", second.id)
    assert len(worker.lines("offer", second.id)) == 1
    assert worker.lines("offer", second.id)[0]["ari"] == case.asterisk.ari_url


async def gate(port):
    """A way to a port that is shut at first: its own port, an event that somebody waits there, and one that opens it."""
    came, is_open = asyncio.Event(), asyncio.Event()

    async def pipe(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def through(reader, writer):
        came.set()
        await is_open.wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(through, "127.0.0.1")
    return server, came, is_open


@each
async def test_caller_hangs_up_before_the_worker_has_its_websocket(world, language):
    """It does not wait for a call that cannot come any more, and has room for the next one."""
    case = world.cases[0]
    server, came, is_open = await gate(case.asterisk.port("HTTP"))
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ari"
    async with conf(world, lambda text: re.sub("(?m)^ari = .*$", f"ari = {url}", text)):
        assert await reload(case) == "Success"
        worker = await world.worker(language=language)
        call = await case.call(f"10000,^{worker.app}$")
        await worker.told("offer", call.id)
        await asyncio.wait_for(came.wait(), 10)
        await call.hangup()
        await call.result("h")
        is_open.set()
        await worker.told("not-come", call.id, deadline=HOLD_MS / 1000)
        call = await case.call(f"10000,^{worker.app}$")
        await worker.told("start", call.id)
        assert await world.ended(call) == ("SUCCESS", "CLAIMED")
        await worker.told("websocket-closed")
    server.close()


async def test_bids_for_what_it_is_offered_by_its_websocket(world):
    """As much as elsewhere, and not as a claim, which is a bid of 0."""
    worker = await world.worker("--capacity", "2", "--then", "keep", "--score", "900")
    rival, case = await world.raw(), world.cases[0]
    first = await case.call(f"10000,^{worker.app}$")
    await worker.told("start", first.id)
    second = await case.call(f"10000,^({worker.app}|{rival.app})$,,,b(4000)")
    await worker.told("offer", second.id, ari=case.asterisk.ari_url)
    await until(lambda: has_bids(case, second, 1), "it has bid")
    assert (await bid(rival, await rival.offered(second.id), 10))["status"] == 409
    await worker.told("start", second.id)


async def test_awaits_an_award_of_what_it_is_offered_by_its_websocket(world):
    """It keeps the call's place for as long as bids are collected."""
    worker = await world.worker("--capacity", "3", language="c")
    quiet, case = await world.raw(), world.cases[0]
    # One that collects bids longer keeps the WebSocket open.
    kept = await case.call(f"10000,^({worker.app}|{quiet.app})$,,,b(5000)")
    await worker.told("offer", kept.id)
    first = await case.call(f"10000,^{worker.app}$")
    await worker.told("start", first.id)
    call = await case.call(f"10000,^({worker.app}|{quiet.app})$,,,b(4000)")
    await worker.told("offer", call.id, ari=case.asterisk.ari_url)
    await worker.told("start", call.id)
    assert not worker.lines("not-come")


async def test_clock_that_is_an_hour_wrong(world, tmp_path):
    """And is set while it works, by another hour."""
    shift = tmp_path / "shift.js"
    shift.write_text("""let hours = 1; const now = Date.now; Date.now = () => now() + hours * 3600000;
        process.on('SIGUSR2', () => { hours += 1; });""")
    worker = await world.worker(NODE_OPTIONS=f"--require {shift}")
    for _ in range(2):
        call = await world.cases[0].call(f"10000,^{worker.app}$")
        await worker.told("start", call.id)
        assert await world.ended(call) == ("SUCCESS", "CLAIMED")
        await worker.told("websocket-closed")
        worker.send(signal.SIGUSR2)
    await world.nodes_are_there()
    assert len(worker.lines("node")) == len(world.cases), "it has forgotten them"
