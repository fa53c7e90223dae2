"""Applications that do not answer (issue "At home on a server"): told once, skipped if set, and heard of again."""

import asyncio
import time

import pytest
from harness.console import console
from harness.events import until
from test_settings import Conf

SILENT = "is silent: it was offered"
AGAIN = "answers again, after"


@pytest.fixture
def conf(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    return conf


async def unanswered(case, count, *apps, offer="30000"):
    """So many calls, one after the other, that these applications are told of and that nobody takes."""
    for _ in range(count):
        call = await case.call(offer)
        await asyncio.gather(*(app.offered(call.id) for app in apps))
        assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
        assert (await call.status())[1] == "WITHDRAWN"


async def told(case, text, count=1):
    """So many lines of the log about silence that hold a text, and no more: their levels and texts."""

    async def all_told():
        # A thread of its own tells the log.
        lines = [(line.level, line.text) for line in await case.log() if text in line.text]
        return (lines,) if len(lines) >= count else None

    (lines,) = await until(all_told, f"{count} lines with {text!r}")
    assert len(lines) == count, lines
    return lines


async def state_of(case, app):
    """The words of an application's line in broadcast show apps."""
    text = await console(case.asterisk, f"broadcast show apps like ^{app}$")
    lines = [line.split() for line in text.splitlines() if line.endswith(f" {app}")]
    assert len(lines) == 1, text
    return lines[0]


async def test_silent_after_ten_calls_by_default(case):
    app = await case.app()
    await unanswered(case, 9, app)
    await told(case, SILENT, 0)
    assert (await state_of(case, app.app))[0] == "ok"
    await unanswered(case, 3, app)
    ((level, text),) = await told(case, SILENT)
    assert level == "WARNING" and f"'{app.app}'" in text and " 10 calls " in text
    assert (await state_of(case, app.app))[0] == "silent"


async def test_calls_that_time_out_count(case, conf):
    await conf.use("silent_after = 3")
    app = await case.app()
    for _ in range(3):
        call = await case.call("1500")
        await app.offered(call.id)
        assert (await call.status())[1] == "TIMEOUT"
    await told(case, SILENT)


async def test_answers_again_is_one_notice(case, conf):
    await conf.use("silent_after = 2")
    app = await case.app()
    await unanswered(case, 3, app)
    call = await case.call("20000")
    await app.offered(call.id)
    assert await app.decline(call.id) == 204
    ((level, text),) = await told(case, AGAIN)
    assert level == "NOTICE" and f"'{app.app}'" in text and " 3 calls " in text
    assert (await state_of(case, app.app))[0] == "ok"
    # It can become silent once more, and is told of once more.
    await unanswered(case, 4, app)
    await told(case, SILENT, 2)


async def test_claim_that_is_too_late_is_an_answer(case, conf):
    await conf.use("silent_after = 2")
    app = await case.app()
    await unanswered(case, 2, app)
    await told(case, SILENT)
    winner = await case.app("winner")
    call = await case.call("20000")
    await app.offered(call.id)
    assert await winner.claim(call.id) == 204
    assert await app.claim(call.id) == 409
    await told(case, AGAIN)


async def test_calls_in_a_row_are_those_that_nobody_took(case, conf):
    """Neither an answer nor a call that another application takes leaves the row as it is."""
    await conf.use("silent_after = 3")
    app = await case.app()
    await unanswered(case, 2, app)
    call = await case.call("20000")
    await app.offered(call.id)
    assert await app.decline(call.id) == 204
    await call.result()
    await unanswered(case, 2, app)
    other = await case.app("other")
    call = await case.call("20000")
    await other.offered(call.id)
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await call.hangup()
    await case.leave(other)
    await unanswered(case, 2, app)
    await told(case, f"'{app.app}' is silent", 0)
    await unanswered(case, 1, app)
    await told(case, f"'{app.app}' is silent")


async def test_callers_who_hang_up_count(case, conf):
    await conf.use("silent_after = 2")
    app = await case.app()
    for _ in range(2):
        call = await case.call("20000")
        await app.offered(call.id)
        await call.hangup()
        await call.result("h")
    await told(case, SILENT)


async def test_calls_that_it_was_not_told_of_do_not_count(case):
    """StasisBroadcast(0) is over at once: the event is sent only if a thread was faster."""
    app = await case.app()
    calls = [await case.call("0") for _ in range(9)]
    for call in calls:
        assert (await call.status())[1] == "TIMEOUT"
    await unanswered(case, 1, app)
    # Events come in order: what came before the last one is all that will.
    heard = {event["channel"]["id"] for event in app.of("CallBroadcast")}
    assert int((await state_of(case, app.app))[6]) == len(heard)


async def test_silent_after_zero_is_never(case, conf):
    await conf.use("silent_after = 0")
    app = await case.app()
    await unanswered(case, 12, app)
    await told(case, SILENT, 0)
    assert (await state_of(case, app.app))[0] == "ok"


async def test_silent_one_still_gets_offers(case, conf):
    await conf.use("silent_after = 2")
    app, other = await case.app(), await case.app("other")
    await unanswered(case, 2, app, offer=f"30000,^{app.app}$")
    call = await case.call("20000")
    await asyncio.gather(app.offered(call.id), other.offered(call.id))
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def test_skip_offers_to_silent_ones_only_when_nobody_else_is_there(case, conf):
    await conf.use("silent_after = 2", "silent_apps = skip")
    app, other = await case.app(), await case.app("other")
    await unanswered(case, 2, app, offer=f"30000,^{app.app}$")
    call = await case.call("20000")
    await other.offered(call.id)
    assert (await case.ari.broadcast(call.id))["recipients"] == [other.app]
    await call.hangup()
    # Alone it is offered the call, and it may claim what it was not offered: then it is not silent any more.
    alone = await case.call(f"20000,^{app.app}$")
    await app.offered(alone.id)
    await alone.hangup()
    third = await case.call("20000")
    await other.offered(third.id)
    assert await app.claim(third.id) == 204
    await app.started(third.id)
    assert app.of("CallBroadcast", third.id) == []
    await third.hangup()
    both = await case.call("20000")
    await asyncio.gather(app.offered(both.id), other.offered(both.id))


async def test_skipped_one_is_offered_a_call_now_and_then(case, conf):
    """One that has come back could not answer else. One call each silent_retry, not one after the other."""
    await conf.use("silent_after = 2", "silent_apps = skip", "silent_retry = 2")
    app, other = await case.app(), await case.app("other")
    await unanswered(case, 2, app, offer=f"30000,^{app.app}$")
    began = time.monotonic()

    async def recipients():
        call = await case.call("20000")
        await other.offered(call.id)
        names = (await case.ari.broadcast(call.id))["recipients"]
        assert await other.decline(call.id) == 204
        if app.app in names:
            await app.offered(call.id)
            await call.hangup()
        return names

    for _ in range(2):
        while app.app not in await recipients():
            assert time.monotonic() - began < 30
        assert time.monotonic() - began >= 1.9
        began = time.monotonic()
    # The answer to such a call ends its silence.
    call = await case.call("20000")
    await other.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await told(case, AGAIN)


async def test_all_silent_ones_are_offered_calls_when_there_are_no_others(case, conf):
    await conf.use("silent_after = 2", "silent_apps = skip")
    apps = await case.apps(2)
    await unanswered(case, 2, *apps)
    call = await case.call("20000")
    await asyncio.gather(*(app.offered(call.id) for app in apps))


async def test_name_of_a_silent_one_is_escaped(case, conf):
    await conf.use("silent_after = 1")
    odd = await case.app_named(f"odd\x1b[2J\u00fc-{case.app_name()}")
    await unanswered(case, 1, odd)
    ((_, text),) = await told(case, SILENT)
    assert "'odd\\x1b[2J\\xc3\\xbc-" in text
    table = await console(case.asterisk, "broadcast show apps like ^odd")
    assert "odd\\x1b[2J\\xc3\\xbc-" in table and "\x1b[2J" not in table


@pytest.mark.parametrize("line", ["silent_after = -1", "silent_after = 1000001", "silent_apps = ignore",
                                  "silent_retry = 0", "silent_retry = 86401",
                                  "service_level = 0", "max_apps_stats = 0"])  # fmt: skip
async def test_wrong_value_is_refused(case, conf, line):
    await conf.refused("[general]", line)
