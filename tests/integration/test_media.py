"""What the caller hears and says while on offer: served as a dialplan application must."""

import asyncio
import time

from harness.events import until
from harness.sip import Media, loudness, silence, tone


async def media(case):
    """A caller's RTP socket that is closed with the test."""
    socket = await Media().open()
    case.at_end(socket.close)
    return socket


async def rtp_address(call):
    """Where Asterisk takes the caller's RTP."""
    event = await call.result("media")
    host, _, port = event["RTP"].rpartition(":")
    return host, int(port)


async def record(case, app, call):
    """The first second that the winner hears, as mu-law."""
    name = call.id
    answer = await case.ari.post(f"/channels/{call.id}/record", name=name, format="ulaw", maxDurationSeconds="1")
    assert answer.status == 201, answer
    await app.wait(lambda event: event["type"] == "RecordingFinished" and event["recording"]["name"] == name)
    audio = (await case.ari.get(f"/recordings/stored/{name}/file")).body
    await case.ari.delete(f"/recordings/stored/{name}")
    return audio


async def test_talk_while_on_offer_does_not_pile_up(case):
    """Four seconds are 200 frames; Asterisk warns of 96 that nobody reads. Case.close() finds that."""
    app = await case.app()
    call = await case.sip("sip-answered", "talk", "60000", audio=tone(1))
    offer = await app.offered(call.id)
    received = await case.rtp_received(call.channel)
    await until(lambda: case.rtp_received(call.channel, received + 200), "200 packets of talk have come")
    assert time.monotonic() - offer["at"] > 3
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    assert not [line for line in await case.log() if "voice queue" in line.text]
    await call.hangup()
    await call.ended_well()


async def test_no_stale_sound_after_the_offer(case):
    """The caller talks, then is silent: silence is what is heard by the one that listens after the offer."""
    app = await case.app()
    caller = await media(case)
    call = await case.sip("sip-record", "caller", "3000", media_port=caller.port)
    to = await rtp_address(call)
    await app.offered(call.id)
    await caller.send_audio(to, tone(1.5))
    still = asyncio.create_task(caller.send_audio(to, silence(10)))
    await call.result("recorded")
    still.cancel()
    heard = (await case.ari.get(f"/recordings/stored/{call.caller}/file")).body
    await case.ari.delete(f"/recordings/stored/{call.caller}")
    assert len(heard) > 4000
    assert loudness(heard) < 200


async def test_winner_hears_the_caller(case):
    """The other side of the test before: what is said after the claim arrives."""
    app = await case.app()
    caller = await media(case)
    call = await case.sip("sip-media", "caller", "60000", media_port=caller.port)
    to = await rtp_address(call)
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    talk = asyncio.create_task(caller.send_audio(to, tone(6)))
    heard = await record(case, app, call)
    talk.cancel()
    assert loudness(heard) > 2000


async def test_music_on_hold_goes_on_playing(case):
    app = await case.app()
    caller = await media(case)
    call = await case.sip("sip-music", "caller", "60000", media_port=caller.port)
    await app.offered(call.id)
    await hears(caller)
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def test_tone_goes_on_playing(case):
    app = await case.app()
    caller = await media(case)
    call = await case.sip("sip-tone", "caller", "60000", media_port=caller.port)
    await app.offered(call.id)
    await hears(caller)
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def hears(caller):
    """Two seconds of sound, from now on, at the pace of a telephone call."""
    before = len(caller.received)
    began = time.monotonic()
    await until(lambda: len(caller.received) >= before + 100, "100 packets of sound have come")
    assert 1 < time.monotonic() - began < 10
    assert loudness(caller.audio()[-8000:]) > 100


async def test_digits_by_sip_info_are_kept_for_the_dialplan(case):
    await case.app()
    call = await case.sip("sip-read", "digits", "1500", audio=silence(1))
    result = await call.result("read")
    assert result["Digits"] == "1234"
    assert result["BROADCASTSTATUS"] == "TIMEOUT"


async def test_digits_by_rtp_are_kept_for_the_dialplan(case):
    app = await case.app()
    caller = await media(case)
    call = await case.sip("sip-read", "caller", "2500", media_port=caller.port)
    to = await rtp_address(call)
    await app.offered(call.id)
    await caller.send_digits(to, "9*05")
    result = await call.result("read")
    assert result["Digits"] == "9*05"


async def test_digits_are_kept_in_order_for_the_winner(case):
    app = await case.app()
    call = await case.sip("sip-answered", "digits", "60000", audio=silence(1))
    await app.offered(call.id)
    await digit_taken_in(case, call, "4")
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    events = await app.wait_count(4, lambda event: event["type"] == "ChannelDtmfReceived")
    assert [event["digit"] for event in events] == list("1234")
    await call.hangup()
    await call.ended_well()


async def test_digits_between_talk_are_kept_in_order(case):
    app = await case.app()
    caller = await media(case)
    call = await case.sip("sip-media", "caller", "60000", media_port=caller.port)
    to = await rtp_address(call)
    await app.offered(call.id)
    for digit in "5678":
        await caller.send_audio(to, tone(0.3))
        await caller.send_digits(to, digit)
    await digit_taken_in(case, call, "8")
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    events = await app.wait_count(4, lambda event: event["type"] == "ChannelDtmfReceived")
    assert [event["digit"] for event in events] == list("5678")


async def test_flood_of_texts_does_not_hold_up_the_call(case):
    """Kept without a limit, thousands of them took seconds to put back, with a line of the log for each."""
    case.expect_log("texts, digits or signals were dropped")
    app = await case.app()
    call = await case.call("60000", extension="test-and-wait")
    await app.offered(call.id)
    caller = await case.channel_name(call.id.replace("-offered", "-caller"))
    for number in range(1000):
        await case.ami.action("SendText", Channel=caller, Message=f"text {number}")
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    (line,) = await case.our_log()
    assert "the first 64 are kept" in line.text
    assert not [other for other in await case.log() if "long queue" in other.text]


async def digit_taken_in(case, call, digit):
    """Wait until Asterisk has read a digit from the caller."""
    await case.ami.wait(
        lambda event: event.get("Event") == "DTMFEnd" and event["Uniqueid"] == call.id and event["Digit"] == digit
    )
