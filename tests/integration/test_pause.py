"""Races that are met each time: a build whose threads can be held at named points (modules/pause_point.h)."""

import asyncio
from pathlib import Path

import pytest
from harness.pause import PAUSES, Point
from test_ami import CLAIM, END, LOST_EVENT, START, names, step, steps
from test_call_withdrawn import story
from test_queue_log import QueueLog
from test_reoffer import LOST, claim_when_open, ghost
from test_settings import Conf
from test_unload import APP, REST, RES, all_loaded, force, module
from test_withdraw import withdraw

pytestmark = [pytest.mark.only(22), pytest.mark.instance(**PAUSES)]


@pytest.fixture(autouse=True)
def fresh(asterisk):
    """An Asterisk of its own for each test: code that has stayed once stays."""
    settings = asterisk.settings
    asterisk.down()
    asterisk.up(settings)


def is_mapped(case, name):
    return name in Path(f"/proc/{case.asterisk.pid}/maps").read_text()


async def check_survives(case, request, unload):
    """A request that is about to leave our code while that is unloaded is answered, and Asterisk lives."""
    point = Point(case, "gate_left")
    request = asyncio.create_task(request)
    await point.is_reached()
    assert (await unload()).startswith("Unloaded")
    assert is_mapped(case, RES)
    await point.let_go()
    assert await request == 404
    await all_loaded(case)
    assert case.asterisk.alive()


async def test_code_stays_under_a_thread_that_has_just_left_the_gate(case):
    app = await case.app()
    await check_survives(case, app.decline("nothing"), lambda: force(case, "-f", RES))


async def test_code_stays_when_no_use_tells_of_the_caller(case):
    """Asterisk counts no use by a module that was loaded first: not even force is needed."""
    app = await case.app()
    for name in (APP, REST, RES):
        assert (await module(case, "unload", name)).startswith("Unloaded")
    for name in (REST, APP, RES):
        await module(case, "load", name)
    await check_survives(case, app.decline("nothing"), lambda: module(case, "unload", RES))


@pytest.mark.instance(**PAUSES, MODULES_EXTRA="test_dispatch.so")
async def test_threads_that_go_on_while_others_are_started_are_not_replaced(case):
    """The watchdog releases the dispatcher's lock after each thread that it starts, and is held there."""
    name = "dispatch_relief_is_counted_again"
    told = await asyncio.to_thread(case.asterisk.cli, f"test execute category /stasis_broadcast/ name {name}")
    assert "1 Test(s) Executed  1 Passed  0 Failed" in told, told


async def test_claim_is_told_before_what_follows_it(case):
    """The thread that has claimed is held before it tells of that, and the call's own finds that the winner is lost."""
    case.expect_log(LOST)
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use("queue_log = yes\nami_events = yes")
    log = QueueLog(case)
    gone = await ghost(case)
    call = await case.call(f"10000,^{gone.app}$,,,q(sales)")
    await log.wait(call, 1)
    point = Point(case, "line_left")
    claim = asyncio.create_task(claim_when_open(case, call, gone.app))
    await point.is_reached()
    # So long a mistake has to show: the call goes on to its end then.
    over = asyncio.create_task(call.result())
    assert not (await asyncio.wait([over], timeout=0.5))[0]
    await point.let_go()
    assert await claim == 204
    await over
    await log.wait(call, 4)
    # It is offered again, and nobody is left.
    await step(case, call, END, 1)
    assert names(steps(case, call)) == [START, CLAIM, END, LOST_EVENT, START, END]
    assert log.events(call) == ["ENTERQUEUE", "CONNECT", "RINGNOANSWER", "EXITEMPTY"]


async def test_end_of_an_offer_is_told_before_the_next_one(case):
    """An operator withdraws an offer, and is held before that is told; the dialplan offers the call again."""
    app = await case.app()
    call = await case.call("10000,,,yes", extension="twice", OFFER2="10000,,,yes")
    await app.offered(call.id)
    point = Point(case, "line_left")
    withdrawal = asyncio.create_task(withdraw(case, call.id))
    await point.is_reached()
    again = asyncio.create_task(step(case, call, START, 1))
    # So long a mistake has to show.
    assert not (await asyncio.wait([again], timeout=0.5))[0]
    await point.let_go()
    assert (await withdrawal).status == 204
    await again
    await app.wait_count(2, lambda event: event in app.of("CallBroadcast", call.id))
    assert names(steps(case, call)) == [START, END, START]
    assert [kind for kind, _, _ in story(app, call.id)][:3] == ["CallBroadcast", "CallWithdrawn", "CallBroadcast"]


@pytest.mark.parametrize("held, fails", [("offer_found", "offer_line"), ("offer_told", "offer_delivery")])
async def test_claim_of_a_call_that_memory_does_not_suffice_for(case, held, fails):
    """The call can be found already, and what is still to be done for it fails: who was told that it has it gets it."""
    Point.failing(case, fails)
    app = await case.app()
    point = Point(case, held)
    call = await case.call("10000")
    await point.is_reached()
    assert await app.claim(call.id) == 204
    await point.let_go()
    await app.started(call.id)


@pytest.mark.parametrize("fails", ["offer_line", "offer_delivery"])
async def test_call_that_memory_does_not_suffice_for(case, fails):
    case.expect_log("memory")
    Point.failing(case, fails)
    app = await case.app()
    call = await case.call("10000")
    assert await call.status() == ("FAILED", "ERROR")
    assert await app.claim(call.id) == 404
