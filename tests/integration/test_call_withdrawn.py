"""CallWithdrawn (SPEC section 4): an offer has ended without a winner, and who heard of it hears why."""

import asyncio
from pathlib import Path

import pytest

from harness.case import Call
from harness.events import until
from harness.raw_http import send
from test_events import check_head
from test_identity import Transfer, masquerade, offered_as_another
from test_reoffer import LOST, ghost
from test_text import REFUSED

masquerades = pytest.mark.instance(
    MODULES_EXTRA="res_pjsip_refer.so app_directed_pickup.so res_parking.so test_masquerade.so",
    CONF=str(Path(__file__).parent / "parking"),
)

END = {"CallClaimed", "CallWithdrawn"}
FIELDS = {"type", "application", "timestamp", "asterisk_id", "channel", "reason", "at"}


def story(app, *channel_ids):
    """What an application has heard of channels, in order: the offers, and how each ended."""
    return [
        (event["type"], event["channel"]["id"], event.get("reason") or event.get("winner_app"))
        for event in app.events
        if event["type"] in END | {"CallBroadcast"} and event["channel"]["id"] in channel_ids
    ]


async def offers(app, channel_id, count):
    """Wait until an application has heard of a channel so often."""
    await app.wait_count(
        count, lambda event: event["type"] == "CallBroadcast" and event["channel"]["id"] == channel_id
    )


async def check_reason(case, app, call, reason):
    event = await app.event("CallWithdrawn", call.id)
    check_head(event, "CallWithdrawn", app)
    assert event["reason"] == reason
    assert event["channel"] == app.of("CallBroadcast", call.id)[0]["channel"]
    assert set(event) == FIELDS
    await case.flush(app)
    assert [kind for kind, _, _ in story(app, call.id)] == ["CallBroadcast", "CallWithdrawn"]


# Reasons


async def test_nobody_claims_in_time(case):
    app = await case.app()
    call = await case.call("1500,,,yes")
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    await check_reason(case, app, call, "timeout")


async def test_caller_hangs_up(case):
    app = await case.app()
    call = await case.call("30000,,,yes")
    await app.offered(call.id)
    await call.hangup()
    await check_reason(case, app, call, "hangup")


async def test_all_decline(case):
    app, other = await case.apps(2)
    call = await case.call("30000,,,yes")
    await asyncio.gather(app.offered(call.id), other.offered(call.id))
    assert await app.decline(call.id) == 204
    assert await other.decline(call.id) == 204
    for one in (app, other):
        await check_reason(case, one, call, "declined")


async def test_operator_withdraws(case):
    app = await case.app()
    call = await case.call("30000,,,yes")
    await app.offered(call.id)
    assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
    await check_reason(case, app, call, "withdrawn")


@masquerades
async def test_attended_transfer(case):
    """Replaced, by the ID under which it is on offer next; that offer comes after it."""
    app, only_old = await case.app(), await case.app("other")
    transfer = Transfer(case)
    await transfer.prepare(app, "20000,,,yes")
    await only_old.offered(transfer.old_id)
    new_id = (await transfer.connect(app))["channel"]["id"]
    event = await app.event("CallWithdrawn", transfer.old_id)
    assert (event["reason"], event["replaced_by"]) == ("replaced", new_id)
    assert set(event) == FIELDS | {"replaced_by"}
    await only_old.offered(new_id)
    assert await app.claim(new_id) == 204
    await app.started(new_id)
    await app.proceed(new_id)
    await case.flush(app, only_old)
    for one in (app, only_old):
        assert story(one, transfer.old_id, new_id) == [
            ("CallBroadcast", transfer.old_id, None),
            ("CallWithdrawn", transfer.old_id, "replaced"),
            ("CallBroadcast", new_id, None),
            ("CallClaimed", new_id, app.app),
        ]


async def tells_of_channels(case):
    return (await case.ari.get("/channels")).status == 200


@masquerades
async def test_caller_who_cannot_be_offered(case):
    """The channel becomes one that Asterisk could not tell in StasisStart: no application is told to wait for its new ID."""
    case.expect_log(REFUSED.format("name"))
    app = await case.app()
    call = await case.call("20000,,,yes,q(unknown-caller)")
    await app.offered(call.id)
    other = f"{case.prefix}-other"
    target = "/ari/channels?endpoint=Local%%2Fstill%%FF%%40default%%2Fn&extension=wait&context=default&channelId=far-%s&otherChannelId=%s"
    await send(case.asterisk.port("HTTP"), "POST", (target % (other, other)).encode())
    await case.ami.wait(lambda event: event.get("Event") == "Newexten" and event["Uniqueid"] == other)
    await masquerade(case, "now", call.id, other)
    assert await Call(case, other).status() == ("FAILED", "ERROR")
    # ARI tells of no channel as long as there is one that it cannot tell of.
    await until(lambda: tells_of_channels(case), "that caller is gone")
    await check_reason(case, app, call, "withdrawn")
    assert (await case.ari.get(f"/broadcasts/{call.id}")).status == 404
    queues = (await case.ari.get("/broadcastStats")).json["queues"]
    assert [queue["offered"] for queue in queues if queue["name"] == "unknown-caller"] == [1]


@masquerades
async def test_one_caller_after_the_other(case):
    apps = await case.apps(3)
    call = await case.call("20000,,,yes")
    await asyncio.gather(*(app.offered(call.id) for app in apps))
    ids = [call.id]
    for _ in range(10):
        await masquerade(case, "now", ids[-1])
        # All of them: who has not been sent an offer when it is replaced hears nothing of it.
        offers = await asyncio.gather(*(offered_as_another(app, *ids) for app in apps))
        ids.append(offers[0]["channel"]["id"])
    assert (await case.ari.delete(f"/broadcasts/{ids[-1]}")).status == 204
    assert await Call(case, ids[-1]).status() == ("TIMEOUT", "WITHDRAWN")
    expected = [
        line for old in ids[:-1] for line in (("CallBroadcast", old, None), ("CallWithdrawn", old, "replaced"))
    ] + [("CallBroadcast", ids[-1], None), ("CallWithdrawn", ids[-1], "withdrawn")]
    for app in apps:
        await app.event("CallWithdrawn", ids[-1])
        assert story(app, *ids) == expected
        chain = [event.get("replaced_by") for event in app.of("CallWithdrawn")]
        assert chain == [*ids[1:], None]


@masquerades
async def test_nobody_claims_after_many_callers(case):
    """The time of all of them is one: it ends when that of the first would have, and the run that waits sees it end."""
    app = await case.app()
    call = await case.call("1500,,,yes")
    first = await app.offered(call.id)
    ids = [call.id]
    for _ in range(20):
        await masquerade(case, "now", ids[-1])
        ids.append((await offered_as_another(app, *ids))["channel"]["id"])
    last = app.of("CallBroadcast", ids[-1])[0]
    # Rounded up, and both events take their time.
    assert 1500 - last["timeout"] >= last["waited"] - first["waited"] - 1
    event = await app.event("CallWithdrawn", ids[-1])
    assert event["reason"] == "timeout"
    assert await Call(case, ids[-1]).status() == ("TIMEOUT", "TIMEOUT")


# To whom, and in which order


async def test_not_without_notify_claimed(case):
    app = await case.app()
    for offer in ("100", "100,,,no"):
        call = await case.call(offer)
        assert await call.status() == ("TIMEOUT", "TIMEOUT")
    await case.flush(app)
    assert not app.of("CallWithdrawn")


async def test_to_recipients_only(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("30000,^sales-,,yes")
    await inside.offered(call.id)
    late = await case.app("sales")
    assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
    await inside.event("CallWithdrawn", call.id)
    await case.flush(inside, outside, late)
    assert not outside.of("CallWithdrawn") and not late.of("CallWithdrawn")


async def test_not_for_a_call_that_was_claimed(case):
    winner, other = await case.apps(2)
    call = await case.call("5000,,,yes")
    await asyncio.gather(winner.offered(call.id), other.offered(call.id))
    assert await winner.claim(call.id) == 204
    await winner.started(call.id)
    await winner.proceed(call.id)
    await call.result()
    await case.flush(winner, other)
    for app in (winner, other):
        assert not app.of("CallWithdrawn")


async def test_after_call_broadcast_always(case):
    """Withdrawn as soon as one of twenty has heard of it; the others may not yet have."""
    apps = await case.apps(20)
    calls = [await case.call("10000,,,yes") for _ in range(20)]
    for number, call in enumerate(calls):
        await apps[number].offered(call.id)
        assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
    await case.flush(*apps)
    for app in apps:
        for call in calls:
            # An offer that is over may not be sent any more, when the machine has no time.
            assert [kind for kind, _, _ in story(app, call.id)] in (["CallBroadcast", "CallWithdrawn"], []), app.app
    for number, call in enumerate(calls):
        assert story(apps[number], call.id)


async def test_end_of_an_offer_comes_before_the_channel_s_next_one(case):
    """One call makes fifty offers in a row: each ends for everybody before the next one begins."""
    apps = await case.apps(8)
    call = await case.call("20,,,yes", extension="numbered", TIMES="50")
    await call.result("numbered-done")
    await case.flush(*apps)
    for app in apps:
        kinds = [kind for kind, _, _ in story(app, call.id)]
        assert len(kinds) > 20 and kinds == ["CallBroadcast", "CallWithdrawn"] * (len(kinds) // 2), app.app


async def test_end_of_a_lost_round_comes_before_the_next_offer(case):
    """The winner is lost at once, while another thread still tells of the claim: it is told of first, each time."""
    case.expect_log(LOST)
    gone, apps = await ghost(case), await case.apps(4)
    for _ in range(15):
        call = await case.call("10000,,,yes")
        await asyncio.gather(*(app.offered(call.id) for app in apps))
        assert await case.ari.claim(call.id, gone.app) == 204
        # All of them: what is still queued when it is withdrawn is not sent.
        await asyncio.gather(*(offers(app, call.id, 2) for app in apps))
        assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
        assert (await call.result())["BROADCASTSTATUS"] == "WITHDRAWN"
        for app in apps:
            await app.event("CallWithdrawn", call.id)
            assert story(app, call.id) == [
                ("CallBroadcast", call.id, None),
                ("CallClaimed", call.id, gone.app),
                ("CallBroadcast", call.id, None),
                ("CallWithdrawn", call.id, "withdrawn"),
            ], app.app
