"""CEL: broadcasts as events of type USER_DEFINED, as a backend gets them (SPEC section 9)."""

import asyncio
import json

import pytest
from test_reoffer import LOST, ghost
from test_settings import Conf

# cel_manager, which tells manager connections of what CEL is told.
cel = pytest.mark.instance(MODULES_EXTRA="cel_manager")

CEL_CONF = "[general]\nenable = yes\napps =\nevents = USER_DEFINED\n[manager]\nenabled = yes\n"


@pytest.fixture
def conf(case, loop):
    """CEL with its manager backend, and stasis_broadcast.conf, which turns our events on."""
    conf = Conf(case)
    case.at_end(conf.take_away)
    (conf.folder / "cel.conf").write_text(CEL_CONF)

    async def start():
        for module in "cel", "cel_manager.so":
            await case.ami.cli(f"module reload {module}")
        await conf.use("cel_events = yes")

    loop.run_until_complete(start())
    return conf


def records(case, call):
    """What CEL was told of a call: name and extra."""
    return [
        (event["EventName"], json.loads(event["Extra"]))
        for event in case.ami.events
        if event.get("Event") == "CEL" and event["UniqueID"] == call.id
    ]


async def recorded(case, call, count):
    """A call's records when there are so many."""
    await case.ami.wait(lambda _: len(records(case, call)) >= count)
    return records(case, call)


@cel
async def test_claimed_call(case, conf):
    app = await case.app()
    call = await case.call("10000,,,,p(3)q(vip)")
    await app.offered(call.id)
    await asyncio.sleep(0.2)
    assert await app.claim(call.id) == 204
    found = await recorded(case, call, 3)
    assert [name for name, _ in found] == ["BROADCAST_START", "BROADCAST_CLAIM", "BROADCAST_END"]
    for _, extra in found:
        assert (extra["channel_id"], extra["queue"], extra["priority"]) == (call.id, "vip", 3)
    assert found[1][1]["winner"] == app.app and 200 <= found[1][1]["waited_ms"] < 10000
    assert found[2][1]["reason"] == "claimed"


@cel
@pytest.mark.parametrize("reason", ["timeout", "hangup", "declined", "noapps", "withdrawn"])
async def test_call_that_nobody_has(case, conf, reason):
    app = None if reason == "noapps" else await case.app()
    call = await case.call("400" if reason == "timeout" else "10000")
    if app and reason != "timeout":
        await app.offered(call.id)
    if reason == "hangup":
        await call.hangup()
    elif reason == "declined":
        await app.decline(call.id)
    elif reason == "withdrawn":
        await case.ami.action("StasisBroadcastWithdraw", ChannelId=call.id)
    found = await recorded(case, call, 2)
    assert [(name, extra.get("reason")) for name, extra in found] == [
        ("BROADCAST_START", None), ("BROADCAST_END", reason),
    ]  # fmt: skip


@cel
async def test_lost_winner(case, conf):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await other.wait_count(2, lambda event: event in other.of("CallBroadcast", call.id))
    assert await other.claim(call.id) == 204
    found = await recorded(case, call, 7)
    offer = ["BROADCAST_START", "BROADCAST_CLAIM", "BROADCAST_END"]
    assert [name for name, _ in found] == [*offer, "BROADCAST_LOST", *offer]
    assert found[3][1]["winner"] == gone.app
    assert [extra["winner"] for name, extra in found if name == "BROADCAST_CLAIM"] == [gone.app, other.app]


@cel
async def test_off_by_default(case, conf):
    app = await case.app()
    await conf.use()
    off = await case.call("10000")
    await app.offered(off.id)
    await conf.use("cel_events = yes")
    assert await app.claim(off.id) == 204
    on = await case.call("10000")
    await app.offered(on.id)
    await recorded(case, on, 1)
    assert records(case, off) == []


@cel
async def test_channel_is_let_go(case, conf):
    """CEL keeps the channel for as long as it is on offer, and not longer: the test's end waits until it has gone."""
    app = await case.app()
    calls = [await case.call("10000") for _ in range(4)]
    for call in calls:
        await app.offered(call.id)
    await calls[0].hangup()
    assert await app.claim(calls[1].id) == 204
    await app.started(calls[1].id)
    await calls[1].hangup()
    assert await app.decline(calls[2].id) == 204
    await calls[2].result()
    await recorded(case, calls[2], 2)
    await calls[3].hangup()
    await recorded(case, calls[3], 2)
    told = await case.ami.cli("core show channels count")
    assert told
