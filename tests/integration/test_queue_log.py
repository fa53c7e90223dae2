"""queue_log: calls of a named line, in the words and with the fields of Asterisk's Queue() (SPEC section 9)."""

import asyncio

import pytest
from harness.events import until
from test_modules import own_instance
from test_reoffer import LOST, claim_when_open, ghost
from test_settings import Conf


class QueueLog:
    """The lines that queue_log has got in this test."""

    def __init__(self, case):
        self.path = case.asterisk.folder / "log" / "queue_log"
        self.start = self.path.stat().st_size

    def lines(self, call):
        """Those of a call: queue, agent, event and its fields."""
        with self.path.open("rb") as log:
            log.seek(self.start)
            fields = [line.split("|") for line in log.read().decode().splitlines()]
        return [tuple(line[2:]) for line in fields if line[1] == call.id]

    def events(self, call):
        return [line[2] for line in self.lines(call)]

    async def wait(self, call, count):
        """A call's lines when there are so many."""
        await until(lambda: len(self.lines(call)) >= count, f"{count} lines in queue_log: {self.lines(call)}")
        return self.lines(call)


@pytest.fixture
def conf(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    return conf


@pytest.fixture
def log(case, conf, loop):
    loop.run_until_complete(conf.use("queue_log = yes"))
    return QueueLog(case)


class Seconds:
    """Equals what is told of a time of at least so many whole seconds, and not many more: a busy machine needs some."""

    def __init__(self, least):
        self.least = least

    def __eq__(self, told):
        return self.least <= int(told) <= self.least + 8

    def __repr__(self):
        return f"{self.least} or a few more seconds"


def number_of(case, call):
    """The caller's number, as Case.call() gives it."""
    return str(1000 + int(call.id.rsplit("-", 2)[1]))


async def claimed(case, app, offer):
    """A call that an application has."""
    call = await case.call(offer)
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    return call


async def test_application_that_lets_the_call_go(case, log):
    app = await case.app()
    call = await case.call("10000,,,,q(sales)")
    await app.offered(call.id)
    await asyncio.sleep(1.1)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    assert await log.wait(call, 2) == [
        ("sales", "NONE", "ENTERQUEUE", "", number_of(case, call), "1"),
        ("sales", app.app, "CONNECT", Seconds(1), call.id, "1"),
    ]
    await asyncio.sleep(1.1)
    await app.proceed(call.id)
    await call.result()
    assert (await log.wait(call, 3))[2] == ("sales", app.app, "COMPLETEAGENT", Seconds(1), Seconds(1), "1")


async def test_application_that_hangs_up(case, log):
    app = await case.app()
    call = await claimed(case, app, "10000,,,,q(sales)")
    await call.hangup()
    assert (await log.wait(call, 3))[2] == ("sales", app.app, "COMPLETEAGENT", Seconds(0), Seconds(0), "1")


async def test_caller_that_hangs_up_with_the_application(case, log):
    app = await case.app()
    call = await claimed(case, app, "10000,,,,q(sales)")
    answer = await case.ari.delete(f"/channels/{call.id.removesuffix('-offered')}-caller")
    assert answer.status == 204
    assert (await log.wait(call, 3))[2] == ("sales", app.app, "COMPLETECALLER", Seconds(0), Seconds(0), "1")


async def test_sip_caller_that_hangs_up(case, log):
    app = await case.app()
    call = await case.sip("sip-answered", "bye", offer="10000,,,,q(sales)", pause_ms=2500)
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    assert (await log.wait(call, 3))[2][2] == "COMPLETECALLER"


async def test_caller_that_abandons(case, log):
    app = await case.app()
    call = await case.call("10000,,,,q(sales)")
    await app.offered(call.id)
    await asyncio.sleep(1.1)
    await call.hangup()
    assert (await log.wait(call, 2))[1] == ("sales", "NONE", "ABANDON", "1", "1", Seconds(1))


async def test_call_that_nobody_claims(case, log):
    await case.app()
    call = await case.call("300,,,,q(sales)")
    assert (await log.wait(call, 2))[1] == ("sales", "NONE", "EXITWITHTIMEOUT", "1", "1", Seconds(0))
    await call.result()
    assert len(log.lines(call)) == 2


async def test_call_that_nobody_is_there_for(case, log):
    call = await case.call("10000,,,,q(sales)")
    assert (await log.wait(call, 2))[1] == ("sales", "NONE", "EXITEMPTY", "1", "1", Seconds(0))


async def test_call_that_all_decline(case, log):
    app = await case.app()
    call = await case.call("10000,,,,q(sales)")
    await app.offered(call.id)
    assert await app.decline(call.id) == 204
    assert (await log.wait(call, 2))[1] == ("sales", "NONE", "EXITEMPTY", "1", "1", Seconds(0))


async def test_call_that_is_withdrawn(case, log):
    app = await case.app()
    call = await case.call("10000,,,,q(sales)")
    await app.offered(call.id)
    answer = await case.ami.action("StasisBroadcastWithdraw", ChannelId=call.id)
    assert answer["Response"] == "Success"
    assert (await log.wait(call, 2))[1] == ("sales", "NONE", "WITHDRAW", "1", "1", Seconds(0))


async def test_lost_winner_is_one_that_did_not_answer(case, log):
    """The call enters once, and has one place and one wait."""
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000,,,,q(sales)")
    await other.offered(call.id)
    await asyncio.sleep(1.1)
    assert await case.ari.claim(call.id, gone.app) == 204
    await other.wait_count(2, lambda event: event in other.of("CallBroadcast", call.id))
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await other.proceed(call.id)
    lines = await log.wait(call, 5)
    assert [line[2] for line in lines[1:3]] == ["CONNECT", "RINGNOANSWER"]
    assert {line[1] for line in lines[1:3]} == {gone.app}
    assert (lines[0][2], lines[3][1:4]) == ("ENTERQUEUE", (other.app, "CONNECT", Seconds(1)))
    assert lines[4][1:4] == (other.app, "COMPLETEAGENT", Seconds(1)) and lines[4][5] == "1"


async def test_lost_winner_with_nobody_else(case, log):
    case.expect_log(LOST)
    gone = await ghost(case)
    call = await case.call(f"10000,^{gone.app}$,,,q(sales)")
    await log.wait(call, 1)
    # queue_log hears of a call a moment before it can be claimed.
    assert await claim_when_open(case, call, gone.app) == 204
    await call.result()
    lines = await log.wait(call, 4)
    assert lines[3][1:4] == ("NONE", "EXITEMPTY", "1")
    assert [line[2] for line in lines] == ["ENTERQUEUE", "CONNECT", "RINGNOANSWER", "EXITEMPTY"]


async def test_lost_winner_without_another_offer(case, conf, log):
    case.expect_log(LOST)
    await conf.use("queue_log = yes", "reoffer = no")
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000,,,,q(sales)")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await call.result()
    await log.wait(call, 4)
    assert log.events(call) == ["ENTERQUEUE", "CONNECT", "RINGNOANSWER", "EXITEMPTY"]


async def test_places_in_line(case, log):
    """By priority, then by age; each line by itself; who leaves moves the others up."""
    app = await case.app()
    calls = {}
    for name, options in {
        "first": "q(sales)", "second": "q(sales)", "vip": "q(sales)p(5)", "low": "q(sales)p(-1)", "middle": "q(sales)",
        "other": "q(support)",
    }.items():  # fmt: skip
        calls[name] = await case.call(f"60000,,,,{options}")
        await app.offered(calls[name].id)
    places = {name: (await log.wait(call, 1))[0][5] for name, call in calls.items()}
    assert places == {"first": "1", "second": "2", "vip": "1", "low": "4", "middle": "4", "other": "1"}
    for name, place in {"second": "3", "low": "4", "vip": "1", "middle": "2", "first": "1", "other": "1"}.items():
        await calls[name].hangup()
        assert (await log.wait(calls[name], 2))[1][2:5] == ("ABANDON", place, places[name]), name


async def test_second_offer_enters_again(case, log):
    await case.app()
    call = await case.call("300,,,,q(sales)", extension="twice", OFFER2="300,,,,q(support)")
    lines = await log.wait(call, 4)
    assert [line[0] for line in lines] == ["sales", "sales", "support", "support"]
    assert log.events(call) == ["ENTERQUEUE", "EXITWITHTIMEOUT"] * 2
    assert lines[3][5] == "0"


async def test_what_separates_fields_is_left_out(case, log):
    app = await case.app_named(case.app_name("a|b"))
    call = await case.call("10000,,,,q(x|%0d%0ay%c3%bc)", extension="bytes-offer")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    lines = await log.wait(call, 2)
    assert [line[0] for line in lines] == ["x___y\u00fc"] * 2
    assert lines[1][1] == app.app.replace("|", "_")
    assert lines[0][3] == "" and len(lines[0]) == 6


async def test_call_without_a_queue_is_not_logged(case, log):
    app = await case.app()
    call = await claimed(case, app, "10000,,,,p(5)")
    await app.proceed(call.id)
    await call.result()
    named = await claimed(case, app, "10000,,,,q(sales)")
    await log.wait(named, 2)
    assert log.lines(call) == []


async def test_off_by_default_and_each_call_that_enters_leaves(case, conf):
    log = QueueLog(case)
    app = await case.app()
    before = await case.call("60000,,,,q(sales)")
    await app.offered(before.id)
    await conf.use("queue_log = yes")
    during = await case.call("60000,,,,q(sales)")
    await app.offered(during.id)
    await log.wait(during, 1)
    await conf.use("queue_log = no")
    for call in before, during:
        assert await app.claim(call.id) == 204
        await app.started(call.id)
        await app.proceed(call.id)
        await call.result()
    await log.wait(during, 3)
    assert log.events(during) == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert log.lines(before) == []


async def background_threads(case):
    lines = (await case.ami.cli("core show threads")).splitlines()
    return len([line for line in lines if "background_main" in line])


@own_instance
async def test_thread_that_writes_is_started_with_the_first_line(case):
    """Who loads the module waits for each thread that is started; most never write a line."""
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use("queue_log = yes")
    app = await case.app()
    other = await claimed(case, app, "10000")
    await other.hangup()
    assert await background_threads(case) == 0
    log = QueueLog(case)
    call = await claimed(case, app, "10000,,,,q(sales)")
    await call.hangup()
    await log.wait(call, 3)
    assert await background_threads(case) == 1
