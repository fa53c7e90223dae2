"""What the dialplan application tells the dialplan (SPEC section 3)."""

import asyncio
import time

import pytest


async def test_claimed(case):
    app = await case.app()
    call = await case.call("5000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert result["STASISSTATUS"] == "SUCCESS"
    assert result["BROADCASTSTATUS"] == "CLAIMED"
    assert result["BROADCASTWINNER"] == app.app
    assert 0 <= int(result["BROADCASTTIME"]) <= 5000


async def test_broadcasttime_is_the_time_from_offer_to_claim(case):
    app = await case.app()
    began = time.monotonic()
    call = await case.call("20000")
    await app.offered(call.id)
    await asyncio.sleep(0.4)
    assert await app.claim(call.id) == 204
    most = time.monotonic() - began
    await app.started(call.id)
    # The time in Stasis does not count.
    await asyncio.sleep(0.6)
    await app.proceed(call.id)
    spent = int((await call.result())["BROADCASTTIME"]) / 1000
    assert 0.4 <= spent <= most


async def test_timeout(case):
    app = await case.app()
    call = await case.call("1500")
    offer = await app.offered(call.id)
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("TIMEOUT", "TIMEOUT")
    assert result["BROADCASTWINNER"] == "" and result["BROADCASTTIME"] == ""
    assert result["at"] - offer["at"] > 0.1


async def test_timeout_zero_ends_at_once(case):
    await case.app()
    began = time.monotonic()
    call = await case.call("0")
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    assert time.monotonic() - began < 5


async def test_nobody_there_ends_at_once(case):
    began = time.monotonic()
    call = await case.call("60000")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    assert time.monotonic() - began < 10


async def test_nobody_whom_the_filter_matches_ends_at_once(case):
    app = await case.app("support")
    began = time.monotonic()
    call = await case.call("60000,^sales-")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    assert time.monotonic() - began < 10
    await case.flush(app)
    assert app.events_but_last_flush() == []


async def test_everybody_declines_ends_at_once(case):
    apps = await case.apps(3)
    call = await case.call("60000")
    for app in apps:
        await app.offered(call.id)
    for app in apps[:2]:
        assert await app.decline(call.id) == 204
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    began = time.monotonic()
    assert await apps[2].decline(call.id) == 204
    assert await call.status() == ("TIMEOUT", "DECLINED")
    assert time.monotonic() - began < 10


async def test_one_declines_and_another_claims(case):
    first, second = await case.apps(2)
    call = await case.call("10000")
    await asyncio.gather(first.offered(call.id), second.offered(call.id))
    assert await first.decline(call.id) == 204
    assert await second.claim(call.id) == 204
    await second.started(call.id)
    await second.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_decline_of_one_outside_the_filter_does_not_count(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("10000,^sales-")
    await inside.offered(call.id)
    assert await outside.decline(call.id) == 403
    assert await inside.claim(call.id) == 204
    await inside.started(call.id)


async def test_invalid_filter_is_offered_to_nobody(case):
    case.expect_log("application filter .* cannot be used")
    apps = await case.apps(3)
    call = await case.call("60000,^(x")
    assert await call.status() == ("FAILED", "INVALIDFILTER")
    await case.flush(*apps)
    assert [app.events_but_last_flush() for app in apps] == [[], [], []]
    assert len(await case.our_log()) == 1


async def test_caller_that_hangs_up_in_stasis_is_success(case):
    app = await case.app()
    call = await case.call("5000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await call.hangup()
    result = await call.result("h")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert "next" not in call.results()


async def test_variables_of_an_earlier_broadcast_are_emptied(case):
    app = await case.app()
    call = await case.call("10000", extension="twice", OFFER2="100")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    first = await call.result("first")
    assert first["BROADCASTWINNER"] == app.app and first["BROADCASTTIME"] != ""
    second = await call.result("second")
    assert (second["STASISSTATUS"], second["BROADCASTSTATUS"]) == ("TIMEOUT", "TIMEOUT")
    assert second["BROADCASTWINNER"] == "" and second["BROADCASTTIME"] == ""


async def test_offered_again_after_a_timeout_and_claimed(case):
    app = await case.app()
    call = await case.call("100", extension="twice", OFFER2="10000")
    first = await call.result("first")
    assert first["BROADCASTSTATUS"] == "TIMEOUT"
    # That one may have been over before it was sent.
    await app.wait(lambda event: event["type"] == "CallBroadcast" and event["timeout"] > 100)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    second = await call.result("second")
    assert (second["STASISSTATUS"], second["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert second["BROADCASTWINNER"] == app.app


async def test_winner_may_send_the_call_into_another_broadcast(case):
    """The first session's clean-up must not take the second broadcast with it."""
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    answer = await case.ari.post(f"/channels/{call.id}/continue", context="default", extension="test", priority="1")
    assert answer.status == 204
    await app.wait_count(2, lambda event: event["type"] == "CallBroadcast")
    assert await app.claim(call.id) == 204
    await app.wait_count(2, lambda event: event["type"] == "StasisStart")
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_redirect_while_on_offer_goes_to_its_new_place(case):
    app = await case.app()
    call = await case.call("60000")
    offer = await app.offered(call.id)
    answer = await case.ami.action(
        "Redirect", Channel=offer["channel"]["name"], Context="default", Exten="place", Priority="1"
    )
    assert answer["Response"] == "Success", answer
    await call.result("place")
    assert "next" not in call.results()
    assert await app.claim(call.id) == 404


async def test_absolute_timeout_while_on_offer(case):
    app = await case.app()
    call = await case.call("60000", extension="absolute")
    await app.offered(call.id)
    await call.result("T")
    assert await app.claim(call.id) == 404


async def test_transfer_to_a_broadcast(case):
    """A call that is redirected into StasisBroadcast() by the manager."""
    app = await case.app()
    call = await case.call(extension="quiet")
    await call.result("quiet")
    answer = await case.ami.action(
        "Redirect", Channel=await case.channel_name(call.id), Context="default", Exten="long", Priority="1"
    )
    assert answer["Response"] == "Success", answer
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def test_documentation_is_shown(case):
    text = await case.ami.cli("core show application StasisBroadcast")
    for word in (
        "timeout", "app_filter", "args", "notify_claimed", "60000", "500", "128", "256",
        "STASISSTATUS", "SUCCESS", "FAILED", "TIMEOUT",
        "BROADCASTSTATUS", "CLAIMED", "NOAPPS", "DECLINED", "HANGUP", "INVALIDFILTER", "CONGESTION", "ERROR",
        "BROADCASTWINNER", "BROADCASTTIME",
    ):  # fmt: skip
        assert word in text, f"{word} is missing in:\n{text}"


@pytest.mark.parametrize("extension, timeout", [
    ("none", 500), ("empty", 500), ("blank", 500), ("one", 1), ("largest", 60000),
    ("spaces", 250),
])  # fmt: skip
async def test_usable_timeout(case, extension, timeout):
    app = await case.app()
    # One that is over is not sent any more: of those that last a millisecond, some are sent in time.
    for _ in range(100):
        call = await case.call(extension=f"timeout-{extension}")
        if timeout > 1:
            await app.offered(call.id)
            break
        await call.result()
        await case.flush(app)
        if app.of("CallBroadcast", call.id):
            break
    assert (await app.offered(call.id))["timeout"] == timeout
    assert await case.our_log() == []


async def test_timeout_of_zero_is_usable_and_nobody_hears_of_it(case):
    """Nobody could claim it: what waits to be sent when an offer is over is not sent."""
    app = await case.app()
    call = await case.call(extension="timeout-zero")
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    await case.flush(app)
    assert not app.of("CallBroadcast", call.id)
    assert await case.our_log() == []


@pytest.mark.parametrize("extension", ["abc", "500x", "negative", "fraction", "hex", "plus", "exponent"])
async def test_unusable_timeout_is_warned_of_and_the_default_taken(case, extension):
    case.expect_log("is not a number of milliseconds from 0 to 60000, using 500")
    app = await case.app()
    call = await case.call(extension=f"timeout-{extension}")
    assert (await app.offered(call.id))["timeout"] == 500
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    assert [line.level for line in await case.our_log()] == ["WARNING"]


@pytest.mark.parametrize("extension", ["70000", "60001", "huge"])
async def test_too_long_a_timeout_is_warned_of_and_the_most_taken(case, extension):
    case.expect_log("is more than max_timeout, using 60000")
    app = await case.app()
    call = await case.call(extension=f"timeout-{extension}")
    assert (await app.offered(call.id))["timeout"] == 60000
    assert [line.level for line in await case.our_log()] == ["WARNING"]


@pytest.mark.parametrize("args, expected", [
    ("one", ["one"]),
    ("a:b:c", ["a", "b", "c"]),
    ("with space:and-dash", ["with space", "and-dash"]),
    ("a::c", ["a", "", "c"]),
    ("a:", ["a", ""]),
    (":a", ["", "a"]),
    ("ünïcode:ok", ["ünïcode", "ok"]),
    (":".join(str(i) for i in range(128)), [str(i) for i in range(128)]),
], ids=["one", "three", "spaces", "empty-middle", "empty-last", "empty-first", "utf8", "128"])  # fmt: skip
async def test_args_reach_the_winner(case, args, expected):
    app = await case.app()
    call = await case.call(f"5000,,{args}")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    assert (await app.started(call.id))["args"] == expected


async def test_more_than_128_args_are_cut_and_warned_of(case):
    case.expect_log("129 arguments for the winner, only the first 128 are passed on")
    app = await case.app()
    call = await case.call("5000,," + ":".join(str(i) for i in range(129)))
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    assert (await app.started(call.id))["args"] == [str(i) for i in range(128)]
    assert len(await case.our_log()) == 1


@pytest.mark.parametrize("value, told", [
    ("yes", True), ("true", True), ("1", True), ("on", True), ("YES", True),
    ("no", False), ("false", False), ("0", False), ("", False),
])  # fmt: skip
async def test_notify_claimed(case, value, told):
    winner, other = await case.apps(2)
    call = await case.call(f"5000,,,{value}")
    await asyncio.gather(winner.offered(call.id), other.offered(call.id))
    assert await winner.claim(call.id) == 204
    await winner.started(call.id)
    await case.flush(winner, other)
    assert [len(app.of("CallClaimed", call.id)) for app in (winner, other)] == [int(told)] * 2


async def test_notify_claimed_is_no_by_default(case):
    app = await case.app()
    call = await case.call("5000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await case.flush(app)
    assert not app.of("CallClaimed")
