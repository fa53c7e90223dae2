"""The four behaviours that Asterisk's own test suite asks of StasisBroadcast, on a SIP call.

They hold for Asterisk's own modules, too, and are run with those on 22: what ours are to replace.
"""

import asyncio

import pytest

own_and_ours = pytest.mark.only(22)


async def claim(case):
    app = await case.app()
    call = await case.sip(offer="5000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    assert (await app.started(call.id))["application"] == app.app


async def second_claimant(case):
    first, second = await case.apps(2)
    call = await case.sip(offer="5000")
    await asyncio.gather(first.offered(call.id), second.offered(call.id))
    assert await first.claim(call.id) == 204
    assert await second.claim(call.id) == 409
    await first.started(call.id)


async def name_filter(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.sip(offer="2000,^sales-")
    await inside.offered(call.id)
    assert await inside.claim(call.id) == 204
    await inside.started(call.id)
    await case.flush(inside, outside)
    assert not outside.of("CallBroadcast", call.id)


async def timeout(case):
    app = await case.app()
    call = await case.sip(offer="300")
    await app.offered(call.id)
    assert (await call.result())["STASISSTATUS"] == "TIMEOUT"


async def test_claim_gives_204_and_stasis_start(case):
    await claim(case)


async def test_second_claimant_gets_409(case):
    await second_claimant(case)


async def test_filter(case):
    await name_filter(case)


async def test_timeout_sets_stasisstatus(case):
    await timeout(case)


@own_and_ours
@pytest.mark.instance(modules="asterisk")
@pytest.mark.parametrize("behaviour", [claim, second_claimant, name_filter, timeout], ids=lambda f: f.__name__)
async def test_asterisks_own_does_the_same(case, behaviour):
    await behaviour(case)
