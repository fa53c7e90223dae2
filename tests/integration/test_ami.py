"""The manager interface: one event for each step of a broadcast, and actions (SPEC section 9)."""

import asyncio
import re

import pytest
from harness.ami import Ami
from harness.conf import load
from test_modules import RES, own_instance
from test_reoffer import LOST, ghost
from test_settings import Conf

START, CLAIM, LOST_EVENT, END = (f"StasisBroadcast{step}" for step in ("Start", "Claim", "Lost", "End"))


@pytest.fixture
def conf(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    return conf


def steps(case, call):
    """What AMI has told of a call's offers so far."""
    return [event for event in case.ami.events if is_step(event, call)]


def is_step(event, call):
    return event.get("Event", "").startswith("StasisBroadcast") and event.get("Uniqueid") == call.id


async def step(case, call, name, number=0):
    """The event of a step; the next one of that name for higher numbers."""
    return (await case.ami.wait_count(number + 1, lambda event: is_step(event, call) and event["Event"] == name))[-1]


def names(events):
    return [event["Event"] for event in events]


async def test_claimed_call(case):
    apps = await case.apps(5)
    call = await case.call("10000,^app,,,p(7)q(vip)")
    await asyncio.gather(*(app.offered(call.id) for app in apps))
    start = await step(case, call, START)
    assert start["Channel"] == await case.channel_name(call.id)
    assert (start["Queue"], start["QueuePriority"], start["AppFilter"]) == ("vip", "7", "^app")
    assert start["Recipients"] == "5" and 9000 < int(start["Timeout"]) <= 10000
    assert 0 <= int(start["Waited"]) < 5000
    await asyncio.sleep(0.3)
    assert await apps[3].claim(call.id) == 204
    assert [await app.claim(call.id) for app in apps] == [409, 409, 409, 204, 409]
    end = await step(case, call, END)
    await apps[3].started(call.id)
    await apps[3].proceed(call.id)
    await call.result()
    claim = steps(case, call)[1]
    assert names(steps(case, call)) == [START, CLAIM, END]
    assert claim["Winner"] == apps[3].app
    assert 300 <= int(claim["ClaimTime"]) <= int(claim["Waited"]) < 10000
    assert (claim["Queue"], end["Queue"]) == ("vip", "vip")
    assert end["Reason"] == "claimed" and int(end["Waited"]) >= 300


async def test_circles_first_and_bids(case):
    app, other = await case.apps(2)
    call = await case.call(f"200&20000,^{app.app}$&^app,,,k(7)b(5000)")
    await asyncio.gather(app.offered(call.id), other.offered(call.id))
    start = await step(case, call, START)
    assert (start["Round"], start["First"], start["BidWindow"], start["Recipients"]) == ("1", "7", "5000", "1")
    assert (await case.ari.post(f"/broadcasts/{call.id}/bid", application=app.app, score="40")).status == 202
    (entry,) = await listing(case, "before")
    assert (entry["Round"], entry["First"], entry["BidWindow"]) == ("2", "7", "5000")
    assert (entry["Bids"], entry["Score"]) == ("1", "")
    assert await other.decline(call.id) == 204
    end = await step(case, call, END)
    claim = await step(case, call, CLAIM)
    assert (claim["Round"], claim["Score"], end["Round"], end["Score"]) == ("2", "40", "2", "40")
    await app.started(call.id)
    (entry,) = await listing(case, "after")
    assert (entry["Bids"], entry["Score"]) == ("1", "40")
    entries = {entry["Application"]: entry for entry in await listing(case, "bidders", "StasisBroadcastApps")}
    assert (entries[app.app]["Bids"], entries[app.app]["Awarded"]) == ("1", "1")
    assert (entries[other.app]["Bids"], entries[other.app]["Awarded"]) == ("0", "0")


async def test_call_without_circles_first_and_bids(case):
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    end = await step(case, call, END)
    start, claim = steps(case, call)[:2]
    assert (start["Round"], start["First"], start["BidWindow"]) == ("1", "", "0")
    assert claim["Score"] == end["Score"] == ""


async def test_fields_of_the_channel_are_those_of_other_events(case):
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    other = await case.ami.wait(
        lambda event: event.get("Event") == "Newexten" and event["Uniqueid"] == call.id
        and event["Application"] == "StasisBroadcast"
    )  # fmt: skip
    event = await step(case, call, START)
    if case.version == 16 and "Linkedid" not in event:
        # Its cache is filled by another thread, and may not have the channel yet.
        event = {**other, **event}
    for name in ("Channel", "ChannelState", "CallerIDNum", "CallerIDName", "Context", "Exten", "Uniqueid", "Linkedid"):
        assert event[name] == other[name], name


async def test_call_that_nobody_claims(case):
    await case.app()
    call = await case.call("300")
    end = await step(case, call, END)
    assert (end["Reason"], names(steps(case, call))) == ("timeout", [START, END])
    assert 300 <= int(end["Waited"]) < 5000


async def test_caller_that_hangs_up(case):
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    await call.hangup()
    end = await step(case, call, END)
    assert (end["Reason"], names(steps(case, call))) == ("hangup", [START, END])
    assert end["Channel"].startswith("Local/")


async def test_call_that_all_decline(case):
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert await app.decline(call.id) == 204
    assert (await step(case, call, END))["Reason"] == "declined"
    assert names(steps(case, call)) == [START, END]


async def test_call_that_nobody_is_there_for(case):
    call = await case.call("10000,,,,q(lonely)")
    end = await step(case, call, END)
    assert (end["Reason"], end["Queue"]) == ("noapps", "lonely")
    assert steps(case, call)[0]["Recipients"] == "0"


async def test_lost_winner(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000,,,,q(vip)")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    lost = await step(case, call, LOST_EVENT)
    assert (lost["Winner"], lost["Queue"]) == (gone.app, "vip")
    await step(case, call, START, 1)
    # AMI hears of it a moment before anybody can claim it.
    await other.wait_count(2, lambda event: event in other.of("CallBroadcast", call.id))
    assert await other.claim(call.id) == 204
    claim = await step(case, call, CLAIM, 1)
    assert claim["Winner"] == other.app
    # The first claim's own events come from the thread of its request, and in front of what the call's thread tells.
    await step(case, call, END, 1)
    assert names(steps(case, call)) == [START, CLAIM, END, LOST_EVENT, START, CLAIM, END]


async def test_second_offer_is_a_pair_of_its_own(case):
    await case.app()
    call = await case.call("300", extension="twice", OFFER2="300")
    end = await step(case, call, END, 1)
    assert int(end["Waited"]) >= 600
    assert names(steps(case, call)) == [START, END, START, END]


async def test_events_can_be_turned_off_and_on(case, conf):
    app = await case.app()
    for setting, count in ("no", 0), ("yes", 1):
        await conf.use(f"ami_events = {setting}")
        call = await case.call("10000")
        await app.offered(call.id)
        assert await app.claim(call.id) == 204
        await app.started(call.id)
        await app.proceed(call.id)
        await call.result()
        assert names(steps(case, call)) == [START, CLAIM, END] * count


# Texts that would end their line, as bytes of the channel and of the offer.
INJECTIONS = {
    "caller": "CALLERID(name)",
    "number": "CALLERID(num)",
    "connected": "CONNECTEDLINE(name,i)",
    "accountcode": "CHANNEL(accountcode)",
    "language": "CHANNEL(language)",
}


@pytest.mark.parametrize("key", INJECTIONS)
async def test_text_of_a_channel_cannot_end_its_line(case, key):
    app = await case.app()
    call = await case.call("10000,,,,q(a)", extension="inject", FIELD=INJECTIONS[key])
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await step(case, call, END)
    for event in steps(case, call):
        assert "Injected" not in event and event["Queue"] == "a", event


async def test_text_of_an_offer_cannot_end_its_line(case):
    app = await case.app()
    call = await case.call("10000,%0d%0a?|,,,q(x%0d%0aInjected: yes%0d%0a%0d%0aEvent: Forged%7f%c3%bc)",
                           extension="bytes-offer")  # fmt: skip
    await app.offered(call.id)
    event = await step(case, call, START)
    assert event["Queue"] == "x\\x0d\\x0aInjected: yes\\x0d\\x0a\\x0d\\x0aEvent: Forged\\x7f\u00fc"
    assert event["AppFilter"] == "\\x0d\\x0a?|"
    answer = await listing(case, "list-1")
    assert [entry["Queue"] for entry in answer] == [event["Queue"]]
    # Asterisk's own Newexten, which tells the application's arguments as they are, is not asked.
    assert not [told for told in steps(case, call) + answer if "Injected" in told]


# Documentation


async def test_event_of_silent_applications_is_documented(case):
    told = await case.ami.cli("manager show event StasisBroadcastAppSilent")
    assert re.search(r"^\s*Unanswered", told, re.MULTILINE), told


@pytest.mark.parametrize("name", [START, CLAIM, LOST_EVENT, END])
async def test_events_are_documented(case, name):
    told = await case.ami.cli(f"manager show event {name}")
    for field in ("Uniqueid", "CallerIDNum", "Queue", "QueuePriority"):
        assert re.search(rf"^\s*{field}", told, re.MULTILINE), told


async def test_fields_of_events_are_those_that_are_documented(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000,,,,q(a)p(1)")
    await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await step(case, call, LOST_EVENT)
    await step(case, call, END)
    for event in steps(case, call):
        told = await case.ami.cli(f"manager show event {event['Event']}")
        for field in event:
            if field not in ("at", "Privilege", "Event", "ChannelStateDesc"):
                assert re.search(rf"\b{field}\b", told), (event["Event"], field, told)


@pytest.mark.parametrize("name", ["StasisBroadcastList", "StasisBroadcastApps", "StasisBroadcastWithdraw"])
async def test_actions_are_documented(case, name):
    told = await case.ami.cli(f"manager show command {name}")
    assert re.search(r"\[?Synopsis\]?.*\n\s*\w+", told), told
    assert "[Privilege]" not in told or "call" in told


# Actions


async def listing(case, action_id, name="StasisBroadcastList"):
    """The entries of a list, whose end has come."""
    events = case.ami.events
    began = len(events)
    case.ami._writer.write(f"Action: {name}\r\nActionID: {action_id}\r\n\r\n".encode())
    end = await case.ami.wait(
        lambda event: event.get("Event") == f"{name}Complete" and event["ActionID"] == action_id
    )
    entries = [event for event in events[began:] if event.get("Event") == f"{name}Entry"]
    assert end["EventList"] == "Complete" and int(end["ListItems"]) == len(entries)
    assert all(entry["ActionID"] == action_id for entry in entries)
    return entries


async def test_list_is_empty_without_calls(case):
    assert await listing(case, "empty") == []


@pytest.mark.parametrize("name", ["StasisBroadcastList", "StasisBroadcastApps"])
async def test_action_id_of_any_length_is_that_of_each_entry(case, name):
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    assert len(await listing(case, "i" * 900, name)) >= 1


async def test_list_is_in_line(case):
    app = await case.app()
    calls = []
    for options in ("", "p(-5)q(low)", "p(5)q(vip)", "p(5)q(vip)", "q(sales)"):
        calls.append(await case.call(f"60000,,,,{options}"))
        await app.offered(calls[-1].id)
    entries = await listing(case, "in-line")
    assert [entry["Uniqueid"] for entry in entries] == [calls[index].id for index in (2, 3, 0, 4, 1)]
    assert [entry["Queue"] for entry in entries] == ["vip", "vip", "", "sales", "low"]
    assert [entry["QueuePriority"] for entry in entries] == ["5", "5", "0", "0", "-5"]
    for entry in entries:
        assert (entry["State"], entry["Recipients"], entry["Declined"], entry["Winner"]) == ("open", "1", "0", "")
        assert int(entry["Remaining"]) <= int(entry["Timeout"]) == 60000
        assert entry["Channel"].startswith("Local/") and entry["CallerIDNum"].isdigit()


async def test_list_tells_declines_and_the_winner(case):
    first, second = await case.apps(2)
    call = await case.call("60000,^app")
    await asyncio.gather(first.offered(call.id), second.offered(call.id))
    assert await first.decline(call.id) == 204
    (entry,) = await listing(case, "declined")
    assert (entry["Recipients"], entry["Declined"], entry["AppFilter"]) == ("2", "1", "^app")
    assert await second.claim(call.id) == 204
    await second.started(call.id)
    (entry,) = await listing(case, "claimed")
    assert (entry["State"], entry["Winner"], entry["Remaining"]) == ("claimed", second.app, "0")


async def test_list_of_applications(case):
    await case.ami.cli("broadcast reset stats")
    winner, other = await case.app("winner"), await case.app("ot\u00fcher")
    call = await case.call("60000,^(winner|ot)")
    await asyncio.gather(winner.offered(call.id), other.offered(call.id))
    assert await winner.claim(call.id) == 204
    assert await other.claim(call.id) == 409
    await winner.started(call.id)
    entries = {entry["Application"]: entry for entry in await listing(case, "apps", "StasisBroadcastApps")}
    for app, won, late in (winner, "1", "0"), (other, "0", "1"):
        entry = entries[app.app]
        assert (entry["Offers"], entry["Won"], entry["TooLate"], entry["Lost"]) == ("1", won, late, "0")
        assert (entry["Connections"], entry["Silent"], entry["Stalled"], entry["Declined"]) == ("1", "No", "No", "0")
        assert float(entry["MedianAnswer"]) >= 0 and int(entry["LastHeard"]) > 1_000_000_000


async def test_silent_application(case, conf):
    case.expect_log("Application '.*' (is silent|answers again)")
    await conf.use("silent_after = 3")
    app = await case.app("deaf")

    def told():
        return case.ami.matching(
            lambda event: event.get("Event") == "StasisBroadcastAppSilent" and event["Application"] == app.app
        )

    for number in range(4):
        call = await case.call("10000")
        await app.offered(call.id)
        assert (await withdraw(case, call.id))["Response"] == "Success"
        await call.result()
        assert len(told()) <= (number >= 2)
    await case.ami.wait(lambda _: len(told()) == 1)
    call = await case.call("10000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await case.ami.wait(lambda _: len(told()) == 2)
    assert [event["Silent"] for event in told()] == ["Yes", "No"]
    assert int(told()[0]["Unanswered"]) == 3


async def withdraw(case, channel_id, **fields):
    return await case.ami.action("StasisBroadcastWithdraw", ChannelId=channel_id, **fields)


async def test_withdraw(case):
    app = await case.app()
    call = await case.call("60000,,,yes")
    await app.offered(call.id)
    answer = await withdraw(case, call.id)
    assert answer["Response"] == "Success", answer
    assert await call.status() == ("TIMEOUT", "WITHDRAWN")
    assert await app.claim(call.id) == 404
    assert (await step(case, call, END))["Reason"] == "withdrawn"


async def test_withdraw_what_is_claimed(case):
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    answer = await withdraw(case, call.id)
    assert answer["Response"] == "Error"
    assert answer["Message"] == f"{call.id} cannot be withdrawn: an application has claimed it"
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


@pytest.mark.parametrize("channel_id, told", [
    ("", "ChannelId is missing"), ("nobody", "nobody is not on offer"), ("a\x1bb\u00fc", r"a\x1bb\xc3\xbc is not on offer"),
    ("x" * 900, "xxx... is not on offer"), ("%s%n", "%s%n is not on offer"),
])  # fmt: skip
async def test_withdraw_what_is_not_there(case, channel_id, told):
    answer = await withdraw(case, channel_id)
    assert answer["Response"] == "Error" and told in answer["Message"]
    assert set(answer) <= {"Response", "ActionID", "Message"}


async def test_withdraw_races_claims(case):
    """One or the other, never both, never neither."""
    app = await case.app()
    won = 0
    for _ in range(25):
        call = await case.call("60000")
        await app.offered(call.id)
        answer, status = await asyncio.gather(withdraw(case, call.id), app.claim(call.id))
        outcome = (answer["Response"], status)
        assert outcome in (("Success", 404), ("Error", 204)), outcome
        if status == 204:
            won += 1
            await app.started(call.id)
            await app.proceed(call.id)
        assert await call.status() == (("SUCCESS", "CLAIMED") if status == 204 else ("TIMEOUT", "WITHDRAWN"))
    assert 0 <= won <= 25


@pytest.fixture
def managers(case):
    """More users of AMI: each with a name, and the lines that manager.conf has of it."""
    file = case.asterisk.folder / "etc" / "manager.conf"
    before = file.read_text()

    async def add(**users):
        file.write_text(before + "".join(f"\n[{name}]\nsecret = {name}\n{lines}" for name, lines in users.items()))
        await case.ami.cli("manager reload")
        found = [await Ami(case.asterisk.port("AMI"), name, user=name).connect() for name in users]
        for manager in found:
            case.at_end(manager.close)
        return found

    async def restore():
        file.write_text(before)
        await case.ami.cli("manager reload")

    case.at_end(restore)
    return add


async def test_classes_of_a_manager_say_what_it_may(case, managers):
    """Read: class call has the events. Write: reporting lists, call does all, any other nothing."""
    app = await case.app()
    other, reporter, caller = await managers(
        other="read = reporting,system\nwrite = system,originate,command\n",
        reporter="read = reporting\nwrite = reporting\n",
        caller="read = call\nwrite = call\n",
    )
    call = await case.call("60000,,,,q(a)")
    await app.offered(call.id)
    for manager, may in (other, ""), (reporter, "list"), (caller, "list withdraw"):
        for action in "StasisBroadcastList", "StasisBroadcastApps":
            answer = await manager.action(action)
            assert answer["Response"] == ("Success" if "list" in may else "Error"), (manager.user, answer)
        if "withdraw" not in may:
            answer = await manager.action("StasisBroadcastWithdraw", ChannelId=call.id)
            assert (answer["Response"], answer["Message"]) == ("Error", "Permission denied")
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert (await caller.action("StasisBroadcastWithdraw", ChannelId=call.id))["Response"] == "Success"
    await caller.wait(lambda event: is_step(event, call) and event["Event"] == END)
    for manager in other, reporter:
        await manager.action("Ping")
        assert not {START, END} & {event.get("Event") for event in manager.events}


@pytest.mark.parametrize("line, told", [
    ("eventfilter = !Event: StasisBroadcast.*", []),
    ("eventfilter = Event: StasisBroadcastEnd", [END]),
    ("eventfilter = Queue: gold", [START, END]),
    ("eventfilter = Queue: silver", []),
])  # fmt: skip
async def test_filters_of_a_manager_hold_for_our_events(case, managers, line, told):
    app = await case.app()
    (filtered,) = await managers(filtered=f"read = all\nwrite = all\n{line}\n")
    call = await case.call("60000,,,,q(gold)")
    await app.offered(call.id)
    await withdraw(case, call.id)
    await step(case, call, END)
    if told:
        await filtered.wait(lambda event: is_step(event, call) and event["Event"] == END)
    # An answer comes behind the events that were there before it.
    await filtered.action("Ping")
    assert names(event for event in filtered.events if is_step(event, call)) == told


async def test_manager_that_reads_nothing_may_act_and_one_without_a_log_in_may_not(case):
    quiet = await Ami(case.asterisk.port("AMI"), case.asterisk.ami_secret, events="off").connect()
    case.at_end(quiet.close)
    answer = await quiet.action("StasisBroadcastWithdraw", ChannelId="nobody")
    assert answer["Message"] == "nobody is not on offer"
    _, writer = await asyncio.open_connection("127.0.0.1", case.asterisk.port("AMI"))
    reader = _
    writer.write(b"Action: StasisBroadcastList\r\n\r\n")
    text = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert b"Permission denied" in text
    writer.close()


@own_instance
async def test_actions_go_and_come_with_the_module(case):
    """In an Asterisk of its own: an application module that has just had a call keeps the resource module."""
    for module in "app_stasis_broadcast.so", "res_ari_broadcasts.so", RES:
        await load(case, "unload", module)
    answer = await case.ami.action("StasisBroadcastList")
    assert answer["Response"] == "Error"
    for module in RES, "app_stasis_broadcast.so", "res_ari_broadcasts.so":
        await load(case, "load", module)
    assert await listing(case, "again") == []


# config show help


async def test_config_show_help(case):
    assert "general" in await case.ami.cli("config show help res_stasis_broadcast")
    told = await case.ami.cli("config show help res_stasis_broadcast general")
    assert "[category =~ /^general$/]" in told
    sample = (case.asterisk.folder / "src" / "samples" / "stasis_broadcast.conf").read_text()
    for name in re.findall(r"^;([a-z_]+) =", sample, re.MULTILINE):
        assert re.search(rf"^\s*{name}\s", told, re.MULTILINE), (name, told)
        option = await case.ami.cli(f"config show help res_stasis_broadcast general {name}")
        # The documentation itself has what Asterisk writes into that of settings which it is to document.
        assert re.search(rf"^{name} = \[Custom\] \(Default: [^()]+\) \(Regex: false\)$", option, re.MULTILINE), option
