"""Good-byes in the middle of something: threads are held at named points (modules/pause_point.h), in a fleet of one node."""

import asyncio

import pytest
from conftest import HOLD_MS
from harness.asterisk import INTEGRATION
from harness.events import until
from harness.fleet import Fleet
from harness.pause import PAUSES, Point
from test_module import bid, counted, has_bids, take_that_bids


@pytest.fixture(scope="module")
def fleet():
    one = Fleet(1, 1, "fleet-pause", sandbox=tuple(f"{name}={value}" for name, value in PAUSES.items()))
    one.found() and one.down()
    one.up(INTEGRATION / "extensions.conf", more={"hold_ms": str(HOLD_MS)})
    yield one
    one.down()


async def says_good_bye(world, raw):
    """Returns when the node has heard it."""
    before = (await counted(world.cases[0]))["hellos"]
    await raw.hello(0)

    async def is_heard():
        return (await counted(world.cases[0]))["hellos"] > before

    await until(is_heard, "the node has heard the good-bye")


ASKS = {
    "bid": lambda one, offer: bid(one, offer, 60),
    "claim": lambda one, offer: one.claim(offer),
    "take": lambda one, offer: one.ask("take", offer["node"]),
}


@pytest.mark.parametrize("has_twin", [True, False], ids=["one-of-two", "last"])
@pytest.mark.parametrize("point", ["award_is_asked", "award_was_asked"])
@pytest.mark.parametrize("verb", ASKS)
async def test_worker_says_good_bye_while_it_asks(world, verb, point, has_twin):
    """What it asks for on its way out is taken back, whether the core knows of it yet or not: another one has the call."""
    gone, other = await world.raw(), await world.raw()
    if has_twin:
        await world.raw(gone.app)
    case = world.cases[0]
    call = await case.call(f"20000,^({gone.app}|{other.app})$,,,b(2000)")
    offer, others = await gone.offered(call.id), await other.offered(call.id)
    held = Point(case, point)
    asks = asyncio.create_task(ASKS[verb](gone, offer))
    await held.is_reached()
    await says_good_bye(world, gone)
    await held.let_go()
    # Nobody was there any more when a take came to the call: it was not claimed.
    is_none = verb == "take" and point == "award_is_asked" and not has_twin
    assert (await asks)["status"] == (404 if is_none else 403)
    await until(lambda: has_bids(case, call, 0), "its bid is taken back")
    assert (await bid(other, others, 0))["status"] == 204
    await (await case.app_named(other.app)).started(call.id)


@pytest.mark.parametrize("bids", ["", "b(2000)"], ids=["claims", "bids"])
async def test_worker_says_good_bye_while_it_is_given_the_next_call(world, bids):
    """Its take has lost a call, and the thread that is to claim the next one for it is held: it claims none."""
    gone, rival = await world.raw(), await world.raw()
    await world.raw(gone.app)
    case = world.cases[0]
    _, offer, waits = await take_that_bids(case, gone, rival)
    held = Point(case, "take_goes_on")
    wins = asyncio.create_task(bid(rival, offer, 1))
    await held.is_reached()
    # The thread that is held is the one that answers, and offers to the fleet.
    other = await case.app()
    call = await case.call(f"20000,^({gone.app}|{other.app})$,,,{bids}")
    await other.offered(call.id)
    await says_good_bye(world, gone)
    await held.let_go()
    assert (await waits)["status"] == 404 and (await wins)["status"] == 204
    assert await other.claim(call.id) == 204
    await other.started(call.id)


async def test_award_goes_to_one_that_has_left(world):
    """It is made before its bid can be taken back: the call is offered to the others again."""
    gone, other = await world.raw(), await world.raw()
    case = world.cases[0]
    call = await case.call(f"20000,^({gone.app}|{other.app})$,,,b(5000)")
    offer, others = await gone.offered(call.id), await other.offered(call.id)
    held = Point(case, "award_was_asked")
    asks = asyncio.create_task(bid(gone, offer, 60))
    await held.is_reached()
    await says_good_bye(world, gone)
    # Bids are read one after the other: so this one claims, in the thread of another subject.
    assert (await other.claim(others))["status"] == 409
    await held.let_go()
    await asks
    again = await until(lambda: [one for one in other.offers(call.id) if one["offer"] != others["offer"]], "it is offered again")
    assert (await bid(other, again[-1], 0))["status"] == 204
    app = await case.app_named(other.app)
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTWINNER"], result["BROADCASTLOST"]) == (other.app, gone.app)


@pytest.mark.parametrize("point", ["offer_is_sent", "offer_has_app"])
async def test_last_worker_says_good_bye_while_it_is_offered_a_call(world, point):
    """Nothing is offered to it any more if that is known; the others have the call either way."""
    gone, other = await world.raw(), await world.raw()
    case = world.cases[0]
    held = Point(case, point)
    call = await case.call(f"1000&20000,^{gone.app}$&^{other.app}$")
    await held.is_reached()
    await says_good_bye(world, gone)
    await held.let_go()
    offer = await other.offered(call.id)
    assert (await other.claim(offer))["status"] == 204
    await (await case.app_named(other.app)).started(call.id)
    assert len(gone.offers(call.id)) == (point == "offer_has_app")


async def test_call_is_over_before_its_winner_is_told(world):
    """Its application is on a WebSocket, and has the call at once: the worker has won it all the same."""
    raw, quiet = await world.raw(), await world.raw()
    case = world.cases[0]
    app = await case.app_named(raw.app)
    call = await case.call(f"20000,^({raw.app}|{quiet.app})$,,,b(5000)")
    await app.offered(call.id)
    held = Point(case, "award_is_told")
    asks = asyncio.create_task(raw.ask("bid", "node-1", channel_id=call.id, score=1))
    await until(lambda: has_bids(case, call, 1), "it has bid")
    # The thread that is held is the one that answers.
    declines = asyncio.create_task(quiet.decline(await quiet.offered(call.id)))
    await held.is_reached()
    await app.started(call.id)
    await call.hangup()

    async def is_over():
        return (await case.ari.get(f"/broadcasts/{call.id}")).status == 404

    await until(is_over, "the call is over")
    await held.let_go()
    assert (await asks)["status"] == 204 and (await declines)["status"] == 204
