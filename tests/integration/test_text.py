"""Texts of a call that are not UTF-8 (SPEC section 4): told as they can be, or the log names the field."""

import asyncio
import re
import time

import pytest
from harness.case import Call
from harness.raw_http import send
from harness.raw_sip import RawCaller

# What the log says of a field, at most so often within so many seconds.
REFUSED = r": cannot be offered: its {} '([^']*)' is not UTF-8, and Asterisk could not tell it in StasisStart \((\d+) more such calls since the last warning\)"
AT_ONCE, TEN = 3, 10


async def raw_call(case, user, **options):
    """A call of a raw SIP caller, by the number that it calls from."""
    caller = await RawCaller(case.asterisk.port("SIP"), user, **options).place()
    case.at_end(caller.end)
    event = await case.ami.wait(
        lambda event: event.get("Event") == "Newexten" and event["CallerIDNum"] == caller.number
    )
    return Call(case, event["Uniqueid"])


async def check_refused(case, app, call, field, value):
    """It is offered to nobody, the dialplan goes on at once, and the log has one line about it, without a backtrace."""
    assert await call.status() == ("FAILED", "ERROR")
    (line,) = await case.our_log()
    assert line.level == "WARNING"
    assert re.search(REFUSED.format(re.escape(field)), line.text)[1].endswith(value), line.text
    assert not [line.raw for line in await case.log() if "backtrace" in line.text or line.file == "json.c"]
    await case.flush(app)
    assert app.events_but_last_flush() == []


# What a caller can bring.


async def test_request_uri(case):
    case.expect_log(REFUSED.format("dialplan.exten"))
    app = await case.app()
    await check_refused(case, app, await raw_call(case, b"raw%FF%FE1"), "dialplan.exten", r"raw\xff\xfe1")


async def test_call_id(case):
    case.expect_log(REFUSED.format("protocol_id"))
    app = await case.app()
    call = await raw_call(case, b"raw", call_id=b"raw\xff\xfe")
    await check_refused(case, app, call, "protocol_id", r"raw\xff\xfe")


@pytest.mark.only(16)
async def test_display_name_among_the_arguments(case):
    case.expect_log(REFUSED.format("dialplan.app_data"))
    app = await case.app()
    call = await raw_call(case, b"sip-name", name=b"J\xf6rg")
    await check_refused(case, app, call, "dialplan.app_data", r"5000,,J\xf6rg")


@pytest.mark.only(22)
async def test_display_name_among_the_arguments_is_replaced_by_asterisk(case):
    app = await case.app()
    call = await raw_call(case, b"sip-name", name=b"J\xf6rg")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    assert (await app.started(call.id))["args"] == ["J\ufffdrg"]


# What the dialplan can bring.


@pytest.mark.parametrize("field, function", [("accountcode", "CHANNEL(accountcode)"), ("language", "CHANNEL(language)")])
async def test_field_of_the_channel(case, field, function):
    case.expect_log(REFUSED.format(field))
    app = await case.app()
    call = await case.call("5000", extension="bytes", FIELD=function)
    await check_refused(case, app, call, field, r"a\xffb")


@pytest.mark.parametrize("offer, shown", [
    ("5000,^x|%ff", r"5000,^x|\xff"), ("5000,,a:b%e9", r"5000,,a:b\xe9"),
], ids=["filter", "args"])  # fmt: skip
async def test_argument_of_the_application(case, offer, shown):
    case.expect_log(REFUSED.format("dialplan.app_data"))
    # The filter has to match somebody: else there is nobody to offer the call to.
    app = await case.app("x")
    call = await case.call(offer, extension="bytes-offer")
    await check_refused(case, app, call, "dialplan.app_data", shown)


@pytest.mark.parametrize("extension, channel_id, field", [(b"raw%FF", b"told", "name"), (b"raw", b"i%FFd", "id")])
async def test_name_and_id_of_the_channel(case, extension, channel_id, field):
    """They are free texts of who makes a Local channel."""
    case.expect_log(REFUSED.format(field))
    app = await case.app()
    target = b"/ari/channels?endpoint=Local%%2F%s%%40default%%2Fn&extension=wait&context=default&channelId=caller-%s&otherChannelId=%s"
    await send(case.asterisk.port("HTTP"), "POST", target % (extension, channel_id, channel_id))
    call = Call(case, channel_id.decode().replace("%FF", "\ufffd"))
    assert await call.status() == ("FAILED", "ERROR")
    (line,) = await case.our_log()
    assert re.search(REFUSED.format(field), line.text), line.text
    await case.flush(app)
    assert app.events_but_last_flush() == []


async def test_nobody_to_offer_it_to_is_said_first(case):
    call = await raw_call(case, b"raw%FF")
    assert await call.status() == ("TIMEOUT", "NOAPPS")


async def test_many_calls_do_not_fill_the_log(case):
    field = "accountcode"
    case.expect_log(REFUSED.format(field))
    await case.app()
    placed, counted = 0, []

    async def place():
        nonlocal placed, counted
        call = await case.call("5000", extension="bytes", FIELD=f"CHANNEL({field})")
        assert await call.status() == ("FAILED", "ERROR")
        placed += 1
        found = [re.search(REFUSED.format(field), line.text) for line in await case.our_log()]
        counted = [int(match[2]) for match in found if match]

    # Those of another test may have been told just before.
    end = time.monotonic() + 2 * TEN
    while not counted and time.monotonic() < end:
        await place()
    for _ in range(2 * AT_ONCE):
        await place()
    lines, before = len(counted), placed - len(counted)
    assert lines <= AT_ONCE and before >= AT_ONCE
    end = time.monotonic() + 2 * TEN
    while len(counted) == lines:
        assert time.monotonic() < end, "the log does not go on to tell of them"
        await place()
        await asyncio.sleep(TEN / 20)
    # Each that was not told is counted in the next line.
    assert counted[-1] == placed - len(counted) - sum(counted[:-1]) + counted[0]


# What is told as it can be.

BYTES = r"a\xffb"


@pytest.mark.parametrize("function, path", [
    ("CALLERID(name)", ("channel", "caller", "name")), ("CALLERID(num)", ("channel", "caller", "number")),
    ("CALLERID(num)", ("caller",)), ("CONNECTEDLINE(name)", ("channel", "connected", "name")),
    ("CONNECTEDLINE(num)", ("channel", "connected", "number")),
])  # fmt: skip
async def test_text_that_asterisk_leaves_empty_is_told(case, function, path):
    app = await case.app()
    call = await case.call("5000,,,yes", extension="bytes", FIELD=function)
    offer = await app.offered(call.id)
    assert await app.claim(call.id) == 204
    claimed = await app.event("CallClaimed", call.id)
    await app.started(call.id)
    for event in [offer] + [claimed] * (path[0] == "channel"):
        told = event
        for key in path:
            told = told[key]
        assert told == BYTES


@pytest.mark.only(22)
@pytest.mark.parametrize("function, key", [("CALLERID(rdnis)", "caller_rdnis"), ("CHANNEL(tenantid)", "tenantid")])
async def test_text_that_asterisk_leaves_out_is_told(case, function, key):
    app = await case.app()
    call = await case.call("5000,,,yes", extension="bytes", FIELD=function)
    assert (await app.offered(call.id))["channel"][key] == BYTES
    assert await app.claim(call.id) == 204
    assert (await app.event("CallClaimed", call.id))["channel"][key] == BYTES
    await app.started(call.id)


@pytest.mark.instance(CHANNELVARS="BYTES,GOOD")
async def test_channel_variable_that_asterisk_leaves_out_is_told(case):
    app = await case.app()
    call = await case.call("5000,,,yes", extension="bytes", FIELD="BYTES", GOOD="good")
    offer = await app.offered(call.id)
    assert offer["channel"]["channelvars"] == {"BYTES": BYTES, "GOOD": "good"}
    assert await app.claim(call.id) == 204
    assert (await app.event("CallClaimed", call.id))["channel"]["channelvars"] == {"BYTES": BYTES, "GOOD": "good"}
    await app.started(call.id)


async def test_claimed_is_told_although_the_channel_cannot_be_any_more(case):
    """The channel in CallClaimed is then as it was offered."""
    app = await case.app()
    call = await case.call("5000,,,yes")
    offer = await app.offered(call.id)
    target = f"/ari/channels/{call.id}/variable?variable=CHANNEL(accountcode)&value=a%FFb"
    await send(case.asterisk.port("HTTP"), "POST", target.encode())
    before = [line for line in await case.log() if "backtrace" in line.text]
    # A second offer is refused while the first one is on: the claim's thread alone describes the channel here.
    assert await app.claim(call.id) == 204
    claimed = await app.event("CallClaimed", call.id)
    assert claimed["channel"] == offer["channel"]
    after = [line for line in await case.log() if "backtrace" in line.text and line not in before]
    assert not [line.raw for line in after if b"res_stasis_broadcast" in line.raw]
    # Asterisk cannot list such a channel either.
    await case.ami.action("Hangup", Channel="/^Local.*/")


# Who may not be told apart from whom: applications, claims, the list.


async def test_names_that_are_not_utf8_are_refused_in_the_usual_way(case):
    app = await case.app()
    call = await case.call("5000")
    await app.offered(call.id)
    for verb in "claim", "decline":
        target = f"/ari/broadcasts/{call.id}/{verb}?application=%FF%FE".encode()
        answer = await send(case.asterisk.port("HTTP"), "POST", target)
        assert answer.status in (400, 403) and answer.message
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await app.claim(call.id) == 204
    await app.started(call.id)
