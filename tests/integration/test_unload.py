"""Unloading by force, and in the midst of things: refused or orderly, and afterwards all works again.

test_modules.py has the polite unloads and the forced ones of a single call.
"""

import asyncio
import re

import pytest
from harness.asterisk import REPO
from harness.events import until

APP, RES, REST = "app_stasis_broadcast.so", "res_stasis_broadcast.so", "res_ari_broadcasts.so"

# Modules come and go here: an Asterisk apart from the other tests'.
pytestmark = pytest.mark.instance(VERBOSE=2)

WAITING = 100
TIMES = 50


async def module(case, verb, name):
    return await asyncio.to_thread(case.asterisk.cli, f"module {verb} {name}")


async def is_running(case, name):
    answer = await case.ari.get(f"/asterisk/modules/{name}")
    return answer.status == 200 and answer.json["status"] == "Running"


async def all_loaded(case):
    for name in (RES, APP, REST):
        if not await is_running(case, name):
            await module(case, "load", name)
            assert await is_running(case, name), name


async def check_works(case, app):
    """One more call is offered to an application, claimed, and handed over."""
    call = await case.call(f"10000,^{app.app}$")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def waiting_call(case, app):
    call = await case.call(f"60000,^{app.app}$")
    await app.offered(call.id)
    return call


async def call_in_stasis(case, app):
    call = await waiting_call(case, app)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    return call


async def force(case, how, name):
    """Unload by force. What Asterisk says of it, and what we do, is for the log."""
    case.expect_log("Not unloaded, calls are in StasisBroadcast")
    case.expect_log("is not loaded, load it to offer calls")
    case.at_end(lambda: all_loaded(case))
    return await module(case, f"unload {how}", name)


@pytest.mark.parametrize("how", ["-f", "-h"])
@pytest.mark.parametrize("place", [waiting_call, call_in_stasis])
async def test_application_by_force_while_a_call_is_in_it(case, how, place):
    """Asterisk hangs such calls up. They need the application's code until they have gone."""
    await all_loaded(case)
    app = await case.app()
    call = await place(case, app)
    await force(case, how, APP)
    assert (await call.result("h"))["STASISSTATUS"] in ("TIMEOUT", "SUCCESS")
    await all_loaded(case)
    await check_works(case, app)


@pytest.mark.parametrize("how", ["-f", "-h"])
async def test_application_by_force_twice_and_politely_after_that(case, how):
    await all_loaded(case)
    app = await case.app()
    for _ in range(2):
        call = await waiting_call(case, app)
        await force(case, how, APP)
        await call.result("h")
        await all_loaded(case)
        await check_works(case, app)
    await until(lambda: politely(case, APP), "the application is not used any more")
    call = await case.call()
    await call.result("h")
    assert not app.of("CallBroadcast", call.id)
    await all_loaded(case)
    await check_works(case, app)


async def politely(case, name):
    return (await module(case, "unload", name)).startswith("Unloaded")


@pytest.mark.parametrize("how", ["-f", "-h"])
async def test_provider_by_force_while_a_call_waits(case, how):
    await all_loaded(case)
    app = await case.app()
    call = await waiting_call(case, app)
    assert (await force(case, how, RES)).startswith("Unloaded")
    assert (await call.result())["STASISSTATUS"] == "FAILED"
    assert await app.claim(call.id) == 501
    await all_loaded(case)
    assert await app.claim(call.id) == 404
    await check_works(case, app)


@pytest.mark.parametrize("how", ["-f", "-h"])
async def test_provider_by_force_while_a_call_is_in_stasis(case, how):
    await all_loaded(case)
    app = await case.app()
    call = await call_in_stasis(case, app)
    assert (await force(case, how, RES)).startswith("Unloaded")
    await all_loaded(case)
    await check_works(case, app)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


@pytest.mark.only(22)
@pytest.mark.instance(MODULES_EXTRA="res_stasis_broadcast_nats.so", VERBOSE=2)
async def test_only_a_restart_ends_the_provider_once_the_fleets_module_was_there(case):
    """The code of libnats stays mapped, and so does what Asterisk counts for it: docs/RUNNING.md says so."""
    assert await politely(case, "res_stasis_broadcast_nats.so")
    for name in (APP, REST):
        assert await politely(case, name)
    assert "Unable to unload" in await module(case, "unload", RES)
    await all_loaded(case)
    await check_works(case, await case.app())
    assert "only a restart takes another version" in (REPO / "docs/RUNNING.md").read_text()


def documented_commands():
    """The CLI commands of docs/RUNNING.md that put the modules to work again."""
    block = (REPO / "docs/RUNNING.md").read_text().partition("```sh after-force\n")[2].partition("```")[0]
    return re.findall(r"^sudo asterisk -rx '([^']*)'", block, re.MULTILINE)


@pytest.mark.parametrize("gone", [(), (APP,), (REST,), (APP, REST)])
async def test_documented_order_after_the_provider_by_force(case, gone):
    """From each state that an administrator may have come to; first with the others tried in an order that Asterisk refuses."""
    await all_loaded(case)
    app = await case.app()
    call = await waiting_call(case, app)
    await force(case, "-f", RES)
    await call.result()
    for name in gone:
        await until(lambda name=name: politely(case, name), "it is not used any more")
        assert not (await module(case, "load", name)).startswith("Loaded")
    for command in documented_commands():
        await asyncio.to_thread(case.asterisk.cli, command)
    for name in (RES, APP, REST):
        assert await is_running(case, name), name
    await check_works(case, app)


@pytest.mark.parametrize("how", ["-f", "-h"])
async def test_rest_resource_by_force_while_requests_are_answered(case, how):
    await all_loaded(case)
    case.expect_log("Not unloaded, requests are being answered")
    app = await case.app()
    call = await waiting_call(case, app)
    asking = [asyncio.create_task(ask(case, call.id)) for _ in range(4)]
    for _ in range(5):
        await force(case, how, REST)
        await all_loaded(case)
    for task in asking:
        task.cancel()
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def ask(case, channel_id):
    while True:
        assert (await case.ari.get(f"/broadcasts/{channel_id}")).status in (200, 404)


class Traffic:
    """Claims and declines for calls on offer, by an application that is outside of their filter: none wins."""

    def __init__(self, case, app, calls):
        self.case, self.app, self.calls = case, app, calls
        self.answers: set[int] = set()
        self.tasks = [asyncio.create_task(self._run(start)) for start in range(3)]

    async def _run(self, start):
        while True:
            for call in self.calls[start::3]:
                self.answers.add(await self.app.claim(call.id))
                self.answers.add(await self.app.decline(call.id))

    async def end(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        # Refused, gone, taken, or not there for a moment.
        assert self.answers <= {403, 404, 409, 501}, self.answers


@pytest.mark.parametrize("how", ["-f", "-h"])
async def test_provider_by_force_in_the_midst_of_100_waiting_calls(case, how):
    await all_loaded(case)
    app, outside = await case.app("inside"), await case.app("outside")
    calls = [await case.call("60000,^inside-,,yes") for _ in range(WAITING)]
    for call in calls:
        await app.offered(call.id)
    traffic = Traffic(case, outside, calls)
    assert (await force(case, how, RES)).startswith("Unloaded")
    for call in calls:
        assert (await call.result())["STASISSTATUS"] == "FAILED"
    await all_loaded(case)
    await traffic.end()
    await check_works(case, app)


async def test_provider_by_force_50_times_under_load(case):
    """Each time some calls wait, some are being offered, some claimed, and others are in Stasis."""
    await all_loaded(case)
    case.expect_log("cannot be offered|claimed, but res_stasis_broadcast does not name the winner")
    app, outside = await case.app("inside"), await case.app("outside")
    for _ in range(TIMES):
        stays = await call_in_stasis(case, app)
        waiting = [await waiting_call(case, app) for _ in range(3)]
        traffic = Traffic(case, outside, waiting)
        racing = waiting[0]
        claim = asyncio.create_task(app.claim(racing.id))
        assert (await force(case, "-f", RES)).startswith("Unloaded")
        if await claim == 204 and app.of("StasisStart", racing.id):
            await app.proceed(racing.id)
        for call in waiting[1:]:
            assert (await call.result())["STASISSTATUS"] == "FAILED"
        await all_loaded(case)
        await traffic.end()
        await stays.hangup()
        await racing.hangup()
    await check_works(case, app)
