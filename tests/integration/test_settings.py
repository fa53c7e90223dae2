"""stasis_broadcast.conf (SPEC section 6): each setting at work, each mistake refused, the defaults without it."""

import asyncio
import dataclasses
import re
import time

import pytest
from harness.asterisk import REPO, in_thread, read_log
from harness.case import Case
from harness.events import until
from test_modules import APP, RES, REST, loaded_in_order, module, own_instance
from test_reoffer import LOST, ghost

FILE = "stasis_broadcast.conf"
SAMPLE = REPO / "samples" / FILE

# What our modules log of a file that is not applied, and of calls that are too many.
REFUSED = r"^(stasis_broadcast|more)\.conf, (line \d+|section)|^stasis_broadcast\.conf cannot be read|^stasis_broadcast\.conf is not applied; the (previous settings stay|defaults hold)"
FULL = r"not offered: max_open \(\d+\) reached, (\d+) refused since the last warning"

# Seconds that a thread stays which is not needed any more, and that are between two lines of the log about
# refused calls.
TEN = 10


class Conf:
    """stasis_broadcast.conf of the running Asterisk. A test that starts with no file leaves none."""

    def __init__(self, case):
        self.case = case
        self.folder = case.asterisk.folder / "etc"

    def write(self, *lines, name=FILE):
        """Put lines into the file, or into one beside it."""
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines))
        path.chmod(0o644)

    async def remove(self, name=FILE):
        (self.folder / name).unlink(missing_ok=True)

    async def reload(self):
        answer = await self.case.ami.action("ModuleLoad", Module=RES, LoadType="reload")
        return answer["Response"]

    async def use(self, *settings):
        """Have settings applied."""
        self.write("[general]", *settings)
        assert await self.reload() == "Success", settings

    async def refused(self, *lines):
        """Have a whole file refused."""
        self.case.expect_log(REFUSED)
        self.write(*lines)
        assert await self.reload() == "Error", lines

    async def take_away(self):
        await self.remove()
        assert await self.reload() == "Success"


@pytest.fixture
def conf(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    return conf


async def timeout_of(case, app, offer=""):
    """The timeout of the next call, which is then hung up."""
    call = await case.call(offer)
    timeout = (await app.offered(call.id))["timeout"]
    await call.hangup()
    return timeout


async def timeouts_of(case, app, *offers):
    return [await timeout_of(case, app, offer) for offer in offers]


async def warnings_logged(case):
    """What Asterisk and our modules have warned of in this test."""
    return [line for line in await case.log() if line.level in ("ERROR", "WARNING")]


# Defaults


async def check_defaults(case):
    """Each setting's default at work; test_dispatch_threads has the threads."""
    case.expect_log("timeout '60001' is more than max_timeout, using 60000")
    case.expect_log("cannot be used: .* The call is offered to nobody")
    case.expect_log(LOST + "; offering it to the others")
    gone, app = await ghost(case), await case.app()
    assert await timeouts_of(case, app, "", "60000", "60001") == [500, 60000, 60000]
    assert await (await case.call("5000,^(x")).status() == ("FAILED", "INVALIDFILTER")
    calls = [await case.call("10000") for _ in range(3)]
    for call in calls:
        await app.offered(call.id)
    assert await case.ari.claim(calls[0].id, "nobody-of-this-name") == 404
    assert await case.ari.claim(calls[0].id, gone.app) == 204
    await app.wait_count(2, lambda event: event in app.of("CallBroadcast", calls[0].id))
    for call in calls:
        await call.hangup()


NO_SETTINGS = {
    "empty-file": [],
    "only-comments": ["; timeout = 900", ";--", "[general]", "timeout = 900", "--;"],
    "empty-section": ["[general]", "", ";timeout = 900"],
}


@pytest.mark.parametrize("key", NO_SETTINGS)
async def test_file_without_settings_is_as_good_as_none(case, conf, key):
    await conf.use("timeout = 700")
    conf.write(*NO_SETTINGS[key])
    assert await conf.reload() == "Success"
    await check_defaults(case)


async def test_without_the_file_the_defaults_hold(case, conf):
    assert await conf.reload() == "Success"
    await check_defaults(case)


async def test_file_that_is_taken_away_leaves_the_defaults(case, conf):
    await conf.use(
        "timeout = 700", "max_timeout = 800", "claim_policy = any", "invalid_filter = broadcast", "max_open = 1",
        "reoffer = no",
    )  # fmt: skip
    await conf.take_away()
    await check_defaults(case)


async def test_sample_file_shows_the_defaults(case, conf):
    """As it comes all settings are comments; without the semicolons they are what holds anyway."""
    text = SAMPLE.read_text().splitlines()
    conf.write(*text)
    assert await conf.reload() == "Success"
    settings = [line.removeprefix(";") for line in text if re.match(r";[a-z_]+ = \S+$", line)]
    assert len(settings) == 19
    await conf.use(*settings)
    await check_defaults(case)


# timeout and max_timeout


async def test_timeout_is_for_a_dialplan_that_gives_none(case, conf):
    case.expect_log("timeout 'soon' is not a number of milliseconds from 0 to 60000, using 1234")
    await conf.use("timeout = 1234")
    app = await case.app()
    assert await timeouts_of(case, app, "", " ,,", "2000", "300", "soon") == [1234, 1234, 2000, 300, 1234]
    assert len(await case.our_log()) == 1


async def test_timeout_may_be_zero(case, conf):
    case.expect_log("using 0$")
    await conf.use("timeout = 0")
    await case.app()
    for offer in ("", "soon"):
        assert await (await case.call(offer)).status() == ("TIMEOUT", "TIMEOUT")
    assert len(await case.our_log()) == 1


async def test_new_timeout_is_for_the_next_call_not_for_the_one_on_offer(case, conf):
    app = await case.app()
    await conf.use("timeout = 20000")
    first = await case.call("")
    assert (await app.offered(first.id))["timeout"] == 20000
    await conf.use("timeout = 200")
    second = await case.call("")
    assert (await app.offered(second.id))["timeout"] == 200
    assert await second.status() == ("TIMEOUT", "TIMEOUT")
    broadcast = await case.ari.broadcast(first.id)
    assert (broadcast["state"], broadcast["timeout_ms"]) == ("open", 20000)
    assert await app.claim(first.id) == 204
    await app.started(first.id)


async def test_largest_timeouts_are_usable(case, conf):
    case.expect_log("timeout '86400001' is more than max_timeout, using 86400000")
    await conf.use("timeout = 86400000", "max_timeout = 86400000")
    app = await case.app()
    assert await timeouts_of(case, app, "", "86400000", "86400001") == [86400000] * 3
    assert len(await case.our_log()) == 1


@pytest.mark.parametrize("most, offers, timeouts", [
    (2000, ["", "2000", "2001"], [500, 2000, 2000]),
    (100000, ["", "60001", "100001"], [500, 60001, 100000]),
    # The default may not be more than the most.
    (300, ["", "300", "400"], [300, 300, 300]),
    (300, ["99999999999999999999"], [300]),
])  # fmt: skip
async def test_more_than_max_timeout_is_warned_of_and_the_most_taken(case, conf, most, offers, timeouts):
    case.expect_log(f"is more than max_timeout, using {most}$")
    await conf.use(f"max_timeout = {most}")
    app = await case.app()
    assert await timeouts_of(case, app, *offers) == timeouts
    (line,) = await case.our_log()
    assert line.level == "WARNING" and f"'{offers[-1]}'" in line.text


# claim_policy


async def claim(case, path, call, name):
    """Claim by one of the two paths: the status."""
    if path == "events":
        return await case.ari.claim(call.id, name)
    return (await case.ari.post(f"/broadcasts/{call.id}/claim", application=name)).status


# The two paths, and what each answers to one that may not claim.
NO = {"events": 404, "broadcasts": 403}

either_path = pytest.mark.parametrize("path", NO)


@either_path
async def test_any_application_may_claim(case, conf, path):
    await conf.use("claim_policy = any")
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("10000,^sales-")
    await inside.offered(call.id)
    assert await claim(case, path, call, outside.app) == 204
    assert await claim(case, path, call, inside.app) == 409
    await outside.started(call.id)
    await outside.proceed(call.id)
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert result["BROADCASTWINNER"] == outside.app
    # The filter still says who hears of the call.
    await case.flush(inside, outside)
    assert not outside.of("CallBroadcast", call.id)


@either_path
async def test_any_name_may_claim_and_the_call_is_offered_again(case, conf, path):
    case.expect_log(LOST)
    await conf.use("claim_policy = any")
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert await claim(case, path, call, "nobody-of-this-name") == 204
    await app.wait(lambda _: len(app.of("CallBroadcast", call.id)) == 2)
    assert await claim(case, path, call, "nobody-of-this-name") == NO[path]
    assert await claim(case, path, call, app.app) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert (result["BROADCASTWINNER"], result["BROADCASTLOST"]) == (app.app, "nobody-of-this-name")


@either_path
async def test_only_a_recipient_may_claim_by_default_and_if_told_so(case, conf, path):
    inside, outside = await case.app("sales"), await case.app("support")
    await conf.use("claim_policy = any")
    for settings in [], ["claim_policy = recipient"]:
        await conf.use(*settings)
        call = await case.call("10000,^sales-")
        await inside.offered(call.id)
        assert await claim(case, path, call, outside.app) == NO[path]
        assert await claim(case, path, call, "nobody-of-this-name") == NO[path]
        assert (await case.ari.broadcast(call.id))["state"] == "open"
        assert await claim(case, path, call, inside.app) == 204
        await inside.started(call.id)


async def test_any_application_is_told_what_it_may_claim(case, conf):
    """GET /broadcasts?application= lists what the application may claim."""
    inside, outside = await case.app("sales"), await case.app("support")
    listed = []
    for policy in "recipient", "any":
        await conf.use(f"claim_policy = {policy}")
        call = await case.call("10000,^sales-")
        await inside.offered(call.id)
        answer = await case.ari.get("/broadcasts", application=outside.app)
        listed.append([broadcast["channel_id"] == call.id for broadcast in answer.json])
    assert listed == [[], [True]]


async def test_reload_does_not_change_the_policy_of_a_call_on_offer(case, conf):
    inside, outside = await case.app("sales"), await case.app("support")
    calls = {}
    for policy in "any", "recipient", "any":
        await conf.use(f"claim_policy = {policy}")
        calls[policy] = await case.call("10000,^sales-")
        await inside.offered(calls[policy].id)
    await conf.use("claim_policy = any")
    assert await outside.claim(calls["recipient"].id) == 404
    await conf.use("claim_policy = recipient")
    assert await outside.claim(calls["any"].id) == 204
    await outside.started(calls["any"].id)
    assert await inside.claim(calls["recipient"].id) == 204
    await inside.started(calls["recipient"].id)


# invalid_filter


async def test_invalid_filter_is_as_good_as_none_if_told_so(case, conf):
    case.expect_log(r"'\^\(x' cannot be used: .* The call is offered to all applications")
    await conf.use("invalid_filter = broadcast")
    apps = await case.apps(3)
    call = await case.call("10000,^(x")
    for app in apps:
        await app.offered(call.id)
    assert [line.level for line in await case.our_log()] == ["WARNING"]
    assert await apps[1].claim(call.id) == 204
    await apps[1].started(call.id)
    await apps[1].proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_usable_filter_is_a_fence_whatever_becomes_of_others(case, conf):
    await conf.use("invalid_filter = broadcast")
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("10000,^sales-")
    await inside.offered(call.id)
    await case.flush(inside, outside)
    assert outside.events_but_last_flush() == []
    assert await outside.claim(call.id) == 404


async def test_invalid_filter_is_refused_by_default_and_if_told_so(case, conf):
    case.expect_log("cannot be used: .* The call is offered to nobody")
    app = await case.app()
    await conf.use("invalid_filter = broadcast")
    for settings in [], ["invalid_filter = reject"]:
        await conf.use(*settings)
        call = await case.call("10000,^(x")
        assert await call.status() == ("FAILED", "INVALIDFILTER")
    await case.flush(app)
    assert app.events_but_last_flush() == []


# max_open


async def one_too_many(case, extension="test"):
    """Place a call for which there is no room."""
    case.expect_log(FULL)
    call = await case.call("60000", extension=extension)
    assert await call.status() == ("FAILED", "CONGESTION")
    return call


async def told_refusals(case):
    """How many refused calls each line of the log about them has counted."""
    found = (re.search(FULL, line.text) for line in await case.our_log() if line.level == "WARNING")
    return [int(match[1]) for match in found if match]


async def refuse_until_told(case, extension="test"):
    """Have calls refused until the log tells of them again: how many it took."""
    lines = len(await told_refusals(case))
    refused = 0
    end = time.monotonic() + 2 * TEN
    while len(await told_refusals(case)) == lines:
        assert time.monotonic() < end, f"the log does not tell that {refused} calls were refused"
        await one_too_many(case, extension)
        refused += 1
        await asyncio.sleep(TEN / 20)
    return refused


async def test_refused_calls_are_told_in_a_line_each_10_s(case, conf):
    await conf.use("max_open = 1")
    app = await case.app()
    await app.offered((await case.call("60000")).id)
    await refuse_until_told(case)
    began = time.monotonic()
    for _ in range(5):
        await one_too_many(case)
    assert len(await told_refusals(case)) == 1
    # The extension is in the channel's name, and who calls may choose it.
    refused = 5 + await refuse_until_told(case, "odd\x1b[31m")
    assert time.monotonic() - began > TEN - 2
    assert (await told_refusals(case))[1] == refused
    line = (await case.our_log())[-1]
    assert "Local/odd\\x1b[31m@default" in line.text
    assert b"\x1b" not in line.raw, line.raw


async def test_call_over_max_open_is_refused_at_once(case, conf):
    await conf.use("max_open = 1")
    app = await case.app()
    first = await case.call("60000")
    await app.offered(first.id)
    began = time.monotonic()
    second = await one_too_many(case)
    assert time.monotonic() - began < 10
    assert (await second.result())["BROADCASTWINNER"] == ""
    assert await app.claim(second.id) == 404
    assert (await case.ari.broadcast(first.id))["state"] == "open"
    assert await app.claim(first.id) == 204
    await app.started(first.id)
    await case.flush(app)
    assert not app.of("CallBroadcast", second.id)


async def claimed(case, app, call):
    """It stays in Stasis."""
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def declined(case, app, call):
    assert await app.decline(call.id) == 204
    assert await call.status() == ("TIMEOUT", "DECLINED")


async def hung_up(case, app, call):
    await call.hangup()
    await call.result("h")


async def timed_out(case, app, call):
    assert await call.status() == ("TIMEOUT", "TIMEOUT")


async def sent_elsewhere(case, app, call):
    name = await case.channel_name(call.id)
    await case.ami.action("Redirect", Channel=name, Context="default", Exten="place", Priority="1")
    await call.result("place")


@pytest.mark.parametrize("leave", [claimed, declined, hung_up, timed_out, sent_elsewhere])
async def test_call_that_is_not_on_offer_any_more_makes_room_for_one(case, conf, leave):
    await conf.use("max_open = 1")
    app = await case.app()
    call = await case.call("1000" if leave is timed_out else "60000")
    await app.offered(call.id)
    await one_too_many(case)
    await leave(case, app, call)
    await app.offered((await case.call("60000")).id)
    await one_too_many(case)


async def test_calls_for_nobody_take_no_room(case, conf):
    await conf.use("max_open = 1")
    for _ in range(3):
        assert await (await case.call("60000")).status() == ("TIMEOUT", "NOAPPS")
    app = await case.app()
    await app.offered((await case.call("60000")).id)
    await one_too_many(case)


async def test_call_that_is_offered_again_takes_room_again(case, conf):
    case.expect_log(LOST)
    await conf.use("max_open = 1")
    gone, app = await ghost(case), await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await app.wait(lambda _: len(app.of("CallBroadcast", call.id)) == 2)
    await one_too_many(case)


async def test_wait_goes_on_from_the_last_offer_with_max_open(case, conf):
    """There is room for the next one: nothing of the last one has to go before it."""
    await conf.use("max_open = 100")
    app = await case.app()
    call = await case.call("1500", extension="twice", OFFER2="10000")
    await app.offered(call.id)
    await app.wait(lambda _: len(app.of("CallBroadcast", call.id)) == 2)
    assert app.of("CallBroadcast", call.id)[1]["waited"] >= 1500


async def test_new_max_open_counts_those_that_are_on_offer(case, conf):
    app = await case.app()
    for _ in range(3):
        await app.offered((await case.call("60000")).id)
    await conf.use("max_open = 2")
    await one_too_many(case)
    await conf.use("max_open = 4")
    await app.offered((await case.call("60000")).id)
    await one_too_many(case)
    await conf.use("max_open = 0")
    await app.offered((await case.call("60000")).id)


async def test_of_five_calls_at_the_same_time_two_are_offered(case, conf):
    case.expect_log(FULL)
    await conf.use("max_open = 2")
    app = await case.app()
    calls = {call.id: call for call in await asyncio.gather(*(case.call("60000") for _ in range(5)))}
    results = await case.ami.wait_count(
        3, lambda event: event.get("Where") == "next" and event["Uniqueid"] in calls
    )
    assert {(result["STASISSTATUS"], result["BROADCASTSTATUS"]) for result in results} == {("FAILED", "CONGESTION")}
    offered = set(calls) - {result["Uniqueid"] for result in results}
    assert {broadcast["channel_id"] for broadcast in (await case.ari.get("/broadcasts")).json} == offered
    assert len(await told_refusals(case)) <= 1
    for channel_id in offered:
        await claimed(case, app, calls[channel_id])
    await case.flush(app)
    assert {event["channel"]["id"] for event in app.of("CallBroadcast")} == offered | {app.last_flush}


# dispatch_threads


async def thread_count(case):
    """How many threads send events, as Asterisk lists them."""
    lines = (await case.ami.cli("core show threads")).splitlines()
    return len([line for line in lines if "worker_main" in line and "workers.c" in line])


async def has_threads(case, count):
    """Wait until there are so many threads. On a busy machine there may be more for a while."""

    async def reached():
        return await thread_count(case) == count

    await until(reached, f"there are {count} threads", 2 * TEN)


async def check_events(case, apps):
    """Everybody hears of ten calls."""
    for call in [await case.call("10000") for _ in range(10)]:
        await asyncio.gather(*(app.offered(call.id) for app in apps))
        await call.hangup()


async def test_dispatch_threads(case, conf):
    apps = await case.apps(5)
    await conf.use("dispatch_threads = 12")
    await has_threads(case, 12)
    await check_events(case, apps)
    await conf.use("dispatch_threads = 1")
    # Those that are too many go after a while with nothing to do.
    await has_threads(case, 1)
    await check_events(case, apps)
    await conf.use("dispatch_threads = 3")
    await has_threads(case, 3)


# reoffer


@pytest.mark.parametrize("word", ["no", "off"])
async def test_lost_call_is_not_offered_again_if_told_so(case, conf, word):
    case.expect_log(LOST + "; the dialplan goes on")
    await conf.use(f"reoffer = {word}")
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("FAILED", "CLAIMED")
    assert result["BROADCASTLOST"] == gone.app
    await case.flush(other)
    assert len(other.of("CallBroadcast", call.id)) == 1
    assert len(await case.our_log()) == 1


async def test_lost_call_is_offered_again_if_told_so(case, conf):
    case.expect_log(LOST + "; offering it to the others")
    await conf.use("reoffer = no")
    await conf.use("reoffer = yes")
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await other.wait(lambda _: len(other.of("CallBroadcast", call.id)) == 2)


# Files that are written in another way


async def test_names_and_words_may_be_in_capitals(case, conf):
    conf.write("[General]", "TIMEOUT = 900", "Claim_Policy = ANY")
    assert await conf.reload() == "Success"
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call(",^sales-")
    assert (await inside.offered(call.id))["timeout"] == 900
    assert await outside.claim(call.id) == 204
    await outside.started(call.id)


WRITTEN = {
    "arrow": ["[general]", "timeout => 900"],
    "blanks": ["  [general]  ", "\t timeout=900   ; as long as a blink"],
    "windows": ["[general]\r", "timeout = 900\r"],
    "byte-order-mark": ["\ufeff[general]", "timeout = 900"],
    "long-comment": ["[general]", ";-- was", "timeout 800", "--;", "timeout = 900"],
    "heading": ["; ------", ";------", "[general]", "timeout = 900"],
    "last-one-counts": ["[general]", "timeout = 800", "[general]", "timeout = 900"],
    "template": ["[house](!)", "timeout = 900", "[general](house)"],
    "include": ["[general]", "#include more.conf"],
}


@pytest.mark.parametrize("key", WRITTEN)
async def test_file_is_read_as_asterisk_reads_its_own(case, conf, key):
    case.at_end(lambda: conf.remove("more.conf"))
    conf.write("timeout = 900", name="more.conf")
    case.expect_log(REFUSED)
    conf.write(*WRITTEN[key])
    assert await conf.reload() == "Success"
    assert await timeout_of(case, await case.app()) == 900
    assert await case.our_log() == []


# Mistakes


async def check_refused(case, conf, lines, told):
    """A file with a mistake changes nothing, and the log tells of it; corrected, it is applied."""
    app = await case.app()
    await conf.use("timeout = 700")
    await conf.refused(*lines)
    found = [line.text for line in await warnings_logged(case) if re.search(told, line.text)]
    assert found, [line.raw for line in await warnings_logged(case)]
    assert (await case.our_log())[-1].text.startswith(
        f"{FILE} is not applied; the previous settings stay. Correct it, then: module reload"
    )
    assert await timeout_of(case, app) == 700
    await conf.use("timeout = 900")
    assert await timeout_of(case, app) == 900


@pytest.mark.parametrize("name, value, kind", [
    ("timeout", "abc", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "12x", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "-5", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "+5", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "1.5", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "5 00", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "86400001", "a number of milliseconds from 0 to 86400000"),
    ("timeout", "99999999999999999999", "a number of milliseconds from 0 to 86400000"),
    ("max_timeout", "0", "a number of milliseconds from 1 to 86400000"),
    ("max_timeout", "86400001", "a number of milliseconds from 1 to 86400000"),
    ("max_open", "-1", "a number of broadcasts from 0 to 1000000"),
    ("max_open", "1000001", "a number of broadcasts from 0 to 1000000"),
    ("max_open", "none", "a number of broadcasts from 0 to 1000000"),
    ("dispatch_threads", "0", "a number of threads from 1 to 64"),
    ("dispatch_threads", "65", "a number of threads from 1 to 64"),
    ("claim_policy", "everybody", "recipient or any"),
    ("claim_policy", "", "recipient or any"),
    ("invalid_filter", "no", "reject or broadcast"),
    ("reoffer", "perhaps", "yes or no"),
])  # fmt: skip
async def test_unusable_value_is_refused(case, conf, name, value, kind):
    lines = ["[general]", "timeout = 900", "", "; what is wrong:", f"{name} = {value}", "claim_policy = any"]
    told = re.escape(f"{FILE}, line 5: {name} = '{value}' is not {kind}")
    await check_refused(case, conf, lines, told)
    assert len(await case.our_log()) == 2


# Each file, and what the log has to tell: that of Asterisk itself, where it is Asterisk that finds the mistake.
WRONG = {
    "unknown-setting": (["[general]", "timeout = 900", "timeuot = 800"], r"'?timeuot'?.*line 3\b|line 3\b.*timeuot"),
    "other-section": (["[general]", "timeout = 900", "[sales]", "", "max_open = 3"], r"line 5: .*\[sales\]"),
    "misspelt-section": (["", "[generel]", "timeout = 900"], r"line 3: .*\[generel\]"),
    "empty-other-section": (["[general]", "timeout = 900", "[sales]"], "sales"),
    "timeout-over-max": (
        ["[general]", "timeout = 900", "max_timeout = 800"],
        "line 2: timeout = 900 is more than max_timeout, which is 800",
    ),
    "timeout-over-max-below": (
        ["[general]", "max_timeout = 800", "timeout = 900"],
        "line 3: timeout = 900 is more than max_timeout, which is 800",
    ),
    "timeout-over-default-max": (
        ["[general]", "timeout = 60001"],
        "line 2: timeout = 60001 is more than max_timeout, which is 60000",
    ),
    "open-bracket": (["[general", "timeout = 900"], rf"\bline 1\b.*{FILE}"),
    "open-bracket-below": (["[general]", "timeout = 900", "[general"], rf"\bline 3\b.*{FILE}"),
    "before-any-section": (["; settings", "timeout = 900", "[general]"], rf"\bline 2\b.*{FILE}"),
    "include-of-nothing": (["[general]", "timeout = 900", "#include nothing.conf"], "nothing.conf"),
}  # fmt: skip


@pytest.mark.parametrize("key", WRONG)
async def test_file_with_a_mistake_is_refused(case, conf, key):
    lines, told = WRONG[key]
    await check_refused(case, conf, lines, told)


# What Asterisk's reader of such files only warns of, in all of Asterisk's files: the rest of the file holds.
ONLY_WARNED_OF = {
    "no-equals": ["[general]", "timeout = 900", "max_open 3"],
    "no-value": ["[general]", "timeout = 900", "max_open"],
    "unknown-directive": ["[general]", "timeout = 900", "#inclued more.conf"],
    "no-name": ["[general]", "timeout = 900", "= 3"],
    "open-comment": ["[general]", "timeout = 900", ";-- was", "max_open = 3"],
}


@pytest.mark.parametrize("key", ONLY_WARNED_OF)
async def test_line_that_asterisk_warns_of(case, conf, key):
    conf.write(*ONLY_WARNED_OF[key])
    assert await conf.reload() == "Success"
    assert await timeout_of(case, await case.app()) == 900
    assert [line.level for line in await warnings_logged(case)] == ["WARNING"]
    assert await case.our_log() == []


async def test_mistake_in_an_included_file_is_told_with_that_file(case, conf):
    case.at_end(lambda: conf.remove("more.conf"))
    case.expect_log("more.conf")
    conf.write("; more", "max_open = none", name="more.conf")
    lines = ["[general]", "timeout = 900", "", "#include more.conf"]
    await check_refused(case, conf, lines, "line 2: max_open = 'none'")
    (line,) = [line.text for line in await case.our_log() if "none" in line.text]
    assert "more.conf" in line


async def test_name_that_is_none_is_told_with_its_file(case, conf):
    case.at_end(lambda: conf.remove("more.conf"))
    case.expect_log("more.conf")
    conf.write("timeout = 900", "sil\x1bent = 3", name="more.conf")
    told = r"more.conf, line 2: there is no setting 'sil\\x1bent'"
    await check_refused(case, conf, ["[general]", "max_open = 3", "#include more.conf"], told)


async def test_file_that_cannot_be_read_is_not_taken_for_none(case, conf):
    """Asterisk of an ordinary user's sandbox may read it all the same; then it has to apply it."""
    case.expect_log(FILE)
    app = await case.app()
    await conf.use("timeout = 700")
    conf.write("[general]", "timeout = 900")
    (conf.folder / FILE).chmod(0)
    response = await conf.reload()
    assert (response, await timeout_of(case, app)) in [("Error", 700), ("Success", 900)]
    assert bool(await case.our_log()) == (response == "Error")


async def test_first_mistake_of_several_is_told(case, conf):
    await check_refused(
        case, conf, ["[general]", "max_timeout = 900", "max_open = x", "reoffer = y y"], r"line 3: max_open = 'x'"
    )


async def test_wrong_file_that_has_not_changed_is_refused_again(case, conf):
    case.expect_log(REFUSED)
    app = await case.app()
    await conf.use("timeout = 700")
    await conf.refused("[general]", "timeout = 900", "reoffer = perhaps")
    told = [line.text for line in await case.our_log()]
    assert len(told) == 2
    assert await conf.reload() == "Error"
    assert [line.text for line in await case.our_log()] == told * 2
    assert await timeout_of(case, app) == 700


async def test_console_tells_whether_the_file_was_applied(case, conf):
    await conf.refused("[general]", "reoffer = perhaps")
    (answer,) = await module(case, "reload", RES)
    assert "failure" in answer, answer
    conf.write("[general]", "reoffer = yes")
    (answer,) = await module(case, "reload", RES)
    assert "reloaded successfully" in answer, answer


@pytest.mark.parametrize("lines", [
    ["[general]", "timeout = 5\x1b[2J\x07\x01\xffevil"],
    ["[gene\x1b[2J\x07\x01\xffral]", "timeout = 5"],
    ["[general]", "claim_policy = an\x1b[2J\x07\x01\xffy"],
], ids=["number", "section", "word"])  # fmt: skip
async def test_control_characters_of_the_file_do_not_reach_the_log(case, conf, lines):
    await conf.refused(*lines)
    wrong, _ = await case.our_log()
    assert r"\x1b[2J\x07\x01\xc3\xbf" in wrong.text
    assert all(byte == 0x09 or 0x20 <= byte < 0x7F for byte in wrong.raw)


async def test_calls_go_on_while_files_come_and_go(case, conf):
    """A call that is on offer or in Stasis does not notice, whatever the file."""
    app = await case.app()
    held, waiting = await case.call("60000"), await case.call("60000")
    await app.offered(held.id)
    await claimed(case, app, held)
    await app.offered(waiting.id)
    for _ in range(5):
        await conf.use("timeout = 10", "max_timeout = 20", "max_open = 1", "reoffer = no", "dispatch_threads = 2")
        await conf.refused("[general]", "max_open = x")
        await conf.take_away()
    await claimed(case, app, waiting)
    for call in held, waiting:
        await app.proceed(call.id)
        assert await call.status() == ("SUCCESS", "CLAIMED")


# At the start of the module


async def load_with(case, *lines):
    """Load our modules with a file; the defaults again at the end."""
    await loaded_in_order(case)
    conf = Conf(case)
    case.at_end(conf.take_away)
    await module(case, "unload", APP, REST, RES)
    conf.write(*lines)
    for answer in await module(case, "load", RES, APP, REST):
        assert answer.startswith("Loaded"), answer
    return conf


@own_instance
async def test_file_is_read_when_the_module_is_loaded(case):
    await load_with(case, "[general]", "timeout = 900", "claim_policy = any", "dispatch_threads = 7")
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call(",^sales-")
    assert (await inside.offered(call.id))["timeout"] == 900
    assert await outside.claim(call.id) == 204
    await outside.started(call.id)
    await has_threads(case, 7)


@own_instance
@pytest.mark.parametrize("wrong", ["claim_policy = everybody", "[general"])
async def test_module_is_loaded_with_the_defaults_if_the_file_is_wrong(case, wrong):
    case.expect_log(REFUSED)
    conf = await load_with(case, "[general]", "timeout = 900", wrong)
    assert any(re.search(r"\bline 3\b", line.text) for line in await warnings_logged(case))
    last = (await case.our_log())[-1]
    # There are no previous ones yet.
    assert last.level == "ERROR" and last.text.startswith(f"{FILE} is not applied; the defaults hold. Correct it, then: module reload")
    await check_defaults(case)
    await conf.use("timeout = 900")
    assert await timeout_of(case, await case.app()) == 900


@pytest.mark.only(22)
@pytest.mark.instance(modules="mix-res")
async def test_beside_asterisks_provider_the_defaults_hold(case):
    """Our application gets its settings from our provider; without it there are none, whatever the file says."""
    case.expect_log("timeout '60001' is more than max_timeout, using 60000")
    conf = Conf(case)
    case.at_end(conf.remove)
    conf.write("[general]", "timeout = 50000", "max_timeout = 70000")
    for name in RES, APP:
        await case.ami.action("ModuleLoad", Module=name, LoadType="reload")
    app = await case.app()
    call = await case.call("")
    at = (await app.offered(call.id))["at"]
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("TIMEOUT", "TIMEOUT")
    assert 0.2 < result["at"] - at < 20
    call = await case.call("60001")
    await app.offered(call.id)
    assert len(await case.our_log()) == 1


async def without_documentation(asterisk, folder):
    """Start Asterisk again where it finds its own documentation and none of ours: what it has logged until then."""
    text = (asterisk.folder / "etc/asterisk.conf").read_text()
    changed, count = re.subn(r"^astdatadir => .*", "astdatadir => /usr/share/asterisk", text, flags=re.MULTILINE)
    assert count == 1
    (folder / "asterisk.conf").write_text(changed)
    settings = dataclasses.replace(asterisk.settings, more=(*asterisk.settings.more, f"CONF={folder}"))
    await in_thread(asterisk.up, settings)
    return read_log(asterisk.log, 0)


@own_instance
@pytest.mark.usefixtures("loop")
async def test_settings_hold_without_the_documentation(asterisk, tmp_path):
    """Asterisk refuses settings that it finds no documentation of, unless they are hidden, as ours are."""
    shown = "config show help res_stasis_broadcast general timeout"
    assert "Milliseconds" in await in_thread(asterisk.cli, shown)
    log = await without_documentation(asterisk, tmp_path)
    bad = [line for line in log if line.level in ("ERROR", "WARNING")]
    assert not [line for line in bad if line.file.startswith(("modules/", "config_options.c"))]
    case = await Case(asterisk, "without-documentation").open()
    try:
        assert "Milliseconds" not in await in_thread(asterisk.cli, shown)
        conf = Conf(case)
        case.at_end(conf.take_away)
        app = await case.app()
        assert await timeout_of(case, app) == 500
        await conf.use("timeout = 900")
        assert await timeout_of(case, app) == 900
        await conf.refused("[general]", "timeout = soon")
    finally:
        await case.close()
