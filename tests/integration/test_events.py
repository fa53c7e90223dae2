"""The two events (SPEC section 4): what is in them, who gets them, in which order."""

import asyncio
import datetime
import re

import pytest
from harness.events import until


def check_head(event, kind, app):
    assert event["type"] == kind
    assert event["application"] == app.app
    assert re.fullmatch(r"02:00:00:00:00:(22|16)", event["asterisk_id"])
    stamp = datetime.datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs((datetime.datetime.now(datetime.timezone.utc) - stamp).total_seconds()) < 60


async def test_fields_of_call_broadcast(case):
    app = await case.app()
    call = await case.sip(offer="4321")
    event = await app.offered(call.id)
    check_head(event, "CallBroadcast", app)
    assert event["caller"] == call.caller
    assert event["called"] == "test"
    assert event["timeout"] == 4321
    channel = event["channel"]
    assert channel["id"] == call.id
    assert channel["name"].startswith("PJSIP/anonymous-")
    assert channel["state"] == "Ring"
    assert channel["caller"]["number"] == call.caller
    assert channel["dialplan"]["app_name"] == "StasisBroadcast"
    assert channel["dialplan"]["exten"] == "test"
    assert "creationtime" in channel and "language" in channel
    known = {"type", "application", "timestamp", "asterisk_id", "channel", "caller", "called", "timeout", "waited", "at"}
    assert set(event) == known


async def test_fields_of_call_claimed(case):
    winner, other = await case.apps(2)
    call = await case.call("5000,,,yes")
    await asyncio.gather(winner.offered(call.id), other.offered(call.id))
    assert await winner.claim(call.id) == 204
    for app in (winner, other):
        event = await app.event("CallClaimed", call.id)
        check_head(event, "CallClaimed", app)
        assert event["winner_app"] == winner.app
        assert event["channel"]["id"] == call.id
        assert set(event) == {"type", "application", "timestamp", "asterisk_id", "channel", "winner_app", "at"}


async def test_full_snapshot_is_as_in_stasis_start(case):
    app = await case.app()
    call = await case.call("5000")
    offer = await app.offered(call.id)
    assert await app.claim(call.id) == 204
    start = await app.started(call.id)
    assert offer["channel"] == start["channel"]


@pytest.mark.instance(CHANNELVARS="CUSTOMER,MISSING,PJSIP_HEADER(read\\,X-Offer)")
async def test_channelvars_of_ari_conf(case):
    app = await case.app()
    call = await case.call("5000,,,yes", CUSTOMER="Zoë & co")
    event = await app.offered(call.id)
    assert event["channel"]["channelvars"]["CUSTOMER"] == "Zoë & co"
    assert event["channel"]["channelvars"]["MISSING"] == ""
    assert await app.claim(call.id) == 204
    claimed = await app.event("CallClaimed", call.id)
    assert claimed["channel"]["channelvars"]["CUSTOMER"] == "Zoë & co"


async def test_caller_without_a_number(case):
    app = await case.app()
    call = await case.call("5000", extension="anonymous")
    event = await app.offered(call.id)
    assert event["caller"] == ""
    assert event["called"] == "anonymous"


async def test_odd_characters_of_the_caller_arrive_as_they_are(case):
    app = await case.app()
    call = await case.call("5000", extension="odd-caller", NUMBER='a"b\\c<é>')
    event = await app.offered(call.id)
    assert event["caller"] == 'a"b\\c<é>'


async def test_caller_that_is_not_utf8_does_no_harm(case):
    app = await case.app()
    call = await case.call("5000", extension="bytes-caller")
    event = await app.offered(call.id)
    assert isinstance(event["caller"], str)
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def test_call_claimed_goes_to_the_recipients_only(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("5000,^sales-,,yes")
    await inside.offered(call.id)
    late = await case.app("sales")
    assert await inside.claim(call.id) == 204
    await inside.event("CallClaimed", call.id)
    await case.flush(inside, outside, late)
    assert not outside.of("CallClaimed") and not late.of("CallClaimed")


async def test_no_call_claimed_when_nobody_claims(case):
    app = await case.app()
    call = await case.call("500,,,yes")
    await app.offered(call.id)
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    await case.flush(app)
    assert not app.of("CallClaimed")


async def test_retry_of_the_winner_tells_nobody_again(case):
    app = await case.app()
    call = await case.call("5000,,,yes")
    await app.offered(call.id)
    assert [await app.claim(call.id) for _ in range(3)] == [204] * 3
    await app.event("CallClaimed", call.id)
    await case.flush(app)
    assert len(app.of("CallClaimed", call.id)) == 1


async def test_call_broadcast_comes_before_call_claimed_always(case):
    """One of twenty claims as soon as it hears of the call; the others may not yet have, and hear of neither then."""
    apps = await case.apps(20)
    calls = [await case.call("10000,,,yes") for _ in range(15)]
    for number, call in enumerate(calls):
        fast = apps[number]
        await fast.offered(call.id)
        assert await fast.claim(call.id) == 204
    for app, call in zip(apps, calls):
        await app.event("CallClaimed", call.id)
    await case.flush(*apps)
    heard = 0
    for app in apps:
        for call in calls:
            kinds = [
                event["type"]
                for event in app.events
                if event.get("channel", {}).get("id") == call.id and event["type"].startswith("Call")
            ]
            assert kinds in (["CallBroadcast", "CallClaimed"], []), (app.app, call.id)
            heard += bool(kinds)
    # Else nothing was shown of the others.
    assert heard > len(calls)


async def test_order_of_recipients_is_shuffled_for_each_broadcast(case):
    """Four names on one WebSocket: what it brings first was sent first."""
    names = [case.app_name(word) for word in "abcd"]
    app = await case.app_named(*names)
    first = []
    for _ in range(60):
        call = await case.call("10000")
        offers = await app.wait_count(
            4, lambda event: event["type"] == "CallBroadcast" and event["channel"]["id"] == call.id
        )
        assert sorted(offer["application"] for offer in offers) == sorted(names)
        first.append(offers[0]["application"])
        await call.hangup()
    # That one of four is never the first of sixty happens once in eight million runs.
    assert set(first) == set(names)


async def test_each_application_gets_its_events_in_order(case):
    """One call makes fifty offers in a row; every application hears of them in that order."""
    apps = await case.apps(8)
    count = 50
    call = await case.call("20,,,yes", extension="numbered", TIMES=str(count))
    await call.result("numbered-done")
    await case.flush(*apps)
    for app in apps:
        numbers = [int(event["caller"]) for event in app.of("CallBroadcast", call.id)]
        # An offer that is over may not be sent any more, when the machine has no time.
        assert numbers == sorted(set(numbers))
        assert len(numbers) > 10


async def test_application_that_comes_and_goes_gets_only_its_own(case):
    app = await case.app("coming")
    stays = await case.app("stays")
    first = await case.call("5000")
    await asyncio.gather(app.offered(first.id), stays.offered(first.id))
    await case.leave(app)
    second = await case.call("5000")
    await stays.offered(second.id)
    again = await case.app_named(app.app)
    third = await case.call("5000")
    await again.offered(third.id)
    assert [event["channel"]["id"] for event in again.of("CallBroadcast")] == [third.id]


async def test_debug_log_tells_of_each_event_that_was_sent(case):
    """At level 2, with the call, the event and the recipient."""
    apps = await case.apps(2)
    await case.ami.cli("core set debug 2 res_stasis_broadcast")
    try:
        call = await case.call("10000,,,yes")
        await asyncio.gather(*(app.offered(call.id) for app in apps))
        assert await apps[0].claim(call.id) == 204
        await apps[1].event("CallClaimed", call.id)
        wanted = {f"{call.id}: CallBroadcast was sent to '{app.app}'" for app in apps}
        wanted.add(f"{call.id}: CallClaimed was sent to '{apps[1].app}'")

        async def logged():
            """The worker logs after the application may have read the event."""
            lines = [line.text for line in await case.log() if line.level == "DEBUG"]
            return all(any(line.endswith(text) for line in lines) for text in wanted)

        await until(logged, "the log tells of the events")
    finally:
        await case.ami.cli("core set debug 0 res_stasis_broadcast")
