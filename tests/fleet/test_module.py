"""The module in Asterisk: settings, reload, who is there, bids of several workers, the wait for a winner, what is told."""

import asyncio
import re
import subprocess
from contextlib import asynccontextmanager

import pytest
from conftest import HOLD_MS
from harness.asterisk import REPO
from harness.events import until
from harness.fleet import CONF, MODULE
from harness.nats import token

REFUSED = "^stasis_broadcast_nats.conf"


async def reload(case):
    return (await case.ami.action("ModuleLoad", Module=MODULE, LoadType="reload"))["Response"]


@asynccontextmanager
async def conf(world, change):
    """The settings of node-1 as a function makes them of those that are there, for a while."""
    case = world.cases[0]
    file = case.asterisk.folder / "etc" / CONF
    before = file.read_text()
    file.write_text(change(before))
    try:
        yield case
    finally:
        file.write_text(before)
        assert await reload(case) == "Success"
        await world.nodes_are_there()


def added(*lines):
    return lambda text: text + "".join(f"{line}\n" for line in lines)


def without(name):
    return lambda text: re.sub(rf"(?m)^{name} = .*\n", "", text)


async def counted(case):
    """What `broadcast show nats` counts, by its words."""
    text = await case.ami.cli("broadcast show nats")
    return {words.strip(): int(number) for words, number in re.findall(r"^  (\D+?) +(\d+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("change,told", [
    (added("hold_ms = 5"), "line 6: hold_ms = '5' is not a number from 100 to 30000"),
    (added("queue = many"), "queue = 'many' is not a number from 100 to 1000000"),
    (added("prefix = a..b"), "prefix = 'a..b' is not words of letters"),
    (added("prefix = a b"), "prefix = 'a b' is not words of letters"),
    (added("ari = 192.0.2.1"), "ari = '192.0.2.1' is not a URL"),
    (added("tls = perhaps"), "tls = 'perhaps' is neither yes nor no"),
    (added("node = " + "n" * 129), "is longer than 128 bytes"),
    (added("colour = r\x1bed"), r"colour = 'r\\x1bed' is no setting"),
    (added("password = secret" + "x" * 1024), r"password = '\.\.\.' is longer"),
    (added("[other]", "hold_ms = 500"), "is not in the section"),
    (without("node"), "node is not set"),
    (without("ari"), "ari is not set"),
    (added("servers ="), "servers is empty"),
    (added("servers = , ,"), "servers is empty"),
])  # fmt: skip
async def test_settings_that_cannot_be_used(world, change, told):
    """One line says what is wrong, and nothing has changed."""
    async with conf(world, change) as case:
        case.expect_log(REFUSED)
        assert await reload(case) == "Error"
        lines = [line.text for line in await case.our_log() if line.text.startswith(CONF)]
        assert len(lines) == 1 and re.search(told, lines[0]) and "secret" not in lines[0], lines
        assert "Connection:  to nats://" in await case.ami.cli("broadcast show nats")


async def test_file_that_cannot_be_read_is_not_taken_for_none(world):
    """Without a file the fleet is off: one whose owner is wrong must not turn it off."""
    async with conf(world, lambda text: text) as case:
        case.expect_log(REFUSED)
        file = case.asterisk.folder / "etc" / CONF
        aside = file.rename(file.with_suffix(".aside"))
        file.mkdir()
        try:
            assert await reload(case) == "Error"
        finally:
            file.rmdir()
            aside.rename(file)
        assert [line.text for line in await case.our_log()] == [f"{CONF} cannot be read: is it a file?"]
        assert "Connection:  to nats://" in await case.ami.cli("broadcast show nats")


async def test_mistake_in_an_included_file_is_told_with_that_file(world):
    async with conf(world, added("#include more_nats.conf")) as case:
        case.expect_log("^more_nats.conf")
        more = case.asterisk.folder / "etc" / "more_nats.conf"
        more.write_text("\nqueue = 1\n")
        try:
            assert await reload(case) == "Error"
        finally:
            more.unlink()
        (line,) = [line.text for line in await case.our_log()]
        assert line.startswith("more_nats.conf, line 2: queue = '1' is not")


async def test_settings_are_applied_by_a_reload(world):
    raw = await world.raw()
    async with conf(world, added("hold_ms = 3210", "prefix = other.v2")) as case:
        assert await reload(case) == "Success"
        seen = []
        await world.bus.subscribe("other.v2.node.*", seen.append)

        def is_there():
            world.bus.publish("other.v2.ping")
            return seen

        await until(is_there, "the node is there under another prefix")
        assert "Prefix:      other.v2" in await case.ami.cli("broadcast show nats")
        assert await raw.ask("take", "node-1") is None
        answer = None
        # In this order: servers pass on who wants a subject before what comes after it.
        await raw.client.subscribe(f"other.v2.offer.{raw.app}.*")
        raw.client.publish(f"other.v2.hello.{raw.app}", {"worker": raw.worker, "ttl_ms": 60000})
        call = await until(lambda: called(case, raw.app), "the application is a recipient")
        offer = (await raw.client.wait(lambda one: one["subject"].startswith("other.v2.offer.")))["json"]
        body = {"channel_id": call.id, "offer": offer["offer"], "worker": raw.worker}
        answer = await raw.client.request(f"other.v2.claim.node-1.{raw.app}", body)
        assert (answer["status"], answer["hold_ms"]) == (204, 3210)


async def test_what_is_no_matter_of_the_connection_leaves_it(world):
    """Calls are offered to the fleet all the time: a node that connects asks for a hello, and this one does not."""
    heard = []
    await world.bus.subscribe("sb.v1.node.node-1", heard.append)
    async with conf(world, added("hold_ms = 1234", "queue = 500")) as case:
        assert await reload(case) == "Success"
        raw = await world.raw()
        call = await case.call(f"10000,^{raw.app}$")
        assert (await raw.claim(await raw.offered(call.id)))["hold_ms"] == 1234
    assert heard and not [one for one in heard if "ask_hello" in one["json"]]


async def called(case, app):
    """A call that somebody was offered."""
    call = await case.call(f"10000,^{app}$")

    async def known():
        return call.results() or (await case.ari.get(f"/broadcasts/{call.id}")).status == 200

    await until(known, "the call is on offer, or has gone on")
    return call if not call.results() else None


async def test_off_and_on(world):
    """Without a node and an ari the module is there, and no fleet."""
    async with conf(world, lambda text: without("ari")(without("node")(text))) as case:
        case.expect_log("^Fleet: off")
        assert await reload(case) == "Success"
        await until(lambda: is_off(case), "the connection is gone")
        assert await world.bus.request("sb.v1.take.node-1.x", {"worker": "w"}) is None


async def is_off(case):
    return "the fleet is off" in await case.ami.cli("broadcast show nats")


async def test_connected_twice_is_offered_once(world):
    """An application of ARI that is on NATS as well hears of the node's calls by its WebSocket only."""
    case = world.cases[0]
    raw = await world.raw()
    app = await case.app_named(raw.app)
    call = await case.call(f"10000,^{raw.app}$")
    await app.offered(call.id)
    other = await world.cases[1].call(f"10000,^{raw.app}$")
    await raw.offered(other.id)
    assert not raw.offers(call.id)
    assert "yes" in await case.ami.cli(f"broadcast show apps like ^{raw.app}$")
    # It may claim by NATS what it has heard of by its WebSocket.
    assert (await raw.ask("claim", "node-1", channel_id=call.id))["status"] == 204
    await app.started(call.id)


async def test_winner_that_takes_its_time(world):
    """The call waits, and its caller hears nothing of it; StasisStart follows the WebSocket."""
    raw = await world.raw()
    case = world.cases[2]
    call = await case.call(f"10000,^{raw.app}$")
    assert (await raw.claim(await raw.offered(call.id)))["status"] == 204
    await asyncio.sleep(0.7)
    assert not call.results()
    app = await case.app_named(raw.app)
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_caller_hangs_up_while_the_call_waits(world):
    """It ends at once, and the winner has lost nothing."""
    raw = await world.raw()
    case = world.cases[0]
    call = await case.call(f"10000,^{raw.app}$")
    assert (await raw.claim(await raw.offered(call.id)))["status"] == 204
    await call.hangup()
    await until(lambda: no_channels(case), "the call has ended", HOLD_MS / 1000 - 1)
    row = await case.ami.cli(f"broadcast show apps like ^{raw.app}$")
    assert re.search(rf"\b1\s+1\s+0\s+0\s+0\b.*{raw.app}", row), row


async def no_channels(case):
    return "0 active channels" in await case.ami.cli("core show channels count")


async def bid(one, offer, score, **other):
    return await one.ask("bid", offer["node"], channel_id=offer["channel"]["id"], offer=offer["offer"], score=score, **other)


async def test_bids(world):
    """The best one of the best application has it; each is told when it is decided, and again if it asks again."""
    good, better = await world.raw(), await world.raw()
    twin = await world.raw(better.app)
    # One that does not bid: else it is decided as soon as each application has.
    quiet = await world.raw()
    call = await world.cases[0].call(f"10000,^({good.app}|{better.app}|{quiet.app})$,,,b(3000)")
    offers = [await one.offered(call.id) for one in (good, better, twin)]
    assert offers[0]["bid_window"] == 3000
    answers = await asyncio.gather(
        bid(good, offers[0], 50), bid(better, offers[1], 60), bid(twin, offers[2], 55), good.claim(offers[0], worker="late")
    )
    assert [answer["status"] for answer in answers] == [409, 204, 409, 409], answers
    assert answers[0]["winner_app"] == better.app and answers[1]["ari"] == world.cases[0].asterisk.ari_url
    assert (await bid(better, offers[1], 1))["status"] == 204
    assert (await better.claim(offers[1]))["status"] == 204
    assert (await twin.claim(offers[2]))["status"] == 409
    app = await world.cases[0].app_named(better.app)
    await app.started(call.id)


async def test_bids_for_a_call_that_ends(world):
    raw = await world.raw()
    other = await world.raw()
    call = await world.cases[0].call(f"10000,^({raw.app}|{other.app})$,,,b(5000)")
    offer = await raw.offered(call.id)
    waiting = asyncio.create_task(bid(raw, offer, 7))
    await until(lambda: has_bid(world.cases[0]), "the bid is there")
    await call.hangup()
    assert (await waiting)["status"] == 404
    for score in (-1, 1001, "7", 1.5, None):
        assert (await bid(raw, offer, score))["status"] == 400


async def has_bid(case):
    return (await counted(case))["bids"] > 0


async def test_bidder_that_says_good_bye(world):
    """The award goes to the next best at once: nobody waits for who is gone, and the call is not offered twice."""
    best, next_best, quiet = await world.raw(), await world.raw(), await world.raw()
    case = world.cases[0]
    call = await case.call(f"20000,^({best.app}|{next_best.app}|{quiet.app})$,,,b(5000)")
    offers = [await one.offered(call.id) for one in (best, next_best)]
    gone, wins = [asyncio.create_task(bid(one, offer, score)) for one, offer, score in zip((best, next_best), offers, (60, 50))]
    await until(lambda: has_bids(case, call, 2), "both have bid")
    await best.hello(0)
    assert (await gone)["status"] == 403 and not wins.done()
    await quiet.decline(await quiet.offered(call.id))  # the last one to say something: it is decided
    assert (await wins)["status"] == 204
    app = await case.app_named(next_best.app)
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTWINNER"], result["BROADCASTLOST"]) == (next_best.app, "")
    assert len(next_best.offers(call.id)) == 1


async def test_bidder_that_says_good_bye_leaves_it_to_its_twin(world):
    """Of several workers of one application, with what that one has bid."""
    best, other, quiet = await world.raw(), await world.raw(), await world.raw()
    twins = [await world.raw(best.app) for _ in range(2)]
    before = (await counted(world.cases[0]))["bids"]
    call = await world.cases[0].call(f"20000,^({best.app}|{other.app}|{quiet.app})$,,,b(5000)")
    gone = asyncio.create_task(bid(best, await best.offered(call.id), 60))
    await until(lambda: has_bids(world.cases[0], call, 1), "the best one has bid")
    others = [asyncio.create_task(bid(one, await one.offered(call.id), score)) for one, score in zip((other, *twins), (40, 50, 45))]
    await until(lambda: has_bids(world.cases[0], call, 2), "another application has bid")
    await best.hello(0)
    assert (await gone)["status"] == 403
    await until(lambda: have_bid(world.cases[0], before + 4), "the twins have bid, too")
    await quiet.decline(await quiet.offered(call.id))
    assert [(await answer)["status"] for answer in others] == [409, 204, 409]
    await (await world.cases[0].app_named(best.app)).started(call.id)


async def test_last_bidder_that_says_good_bye(world):
    """Its application has declined: the call does not wait for the end of the bids."""
    raw = await world.raw()
    case = world.cases[0]
    call = await case.call(f"20000,^({raw.app}|{(await world.raw()).app})$,,,b(5000)")
    answer = asyncio.create_task(bid(raw, await raw.offered(call.id), 60))
    await until(lambda: has_bids(case, call, 1), "it has bid")
    await raw.hello(0)
    assert (await answer)["status"] == 403
    await until(lambda: has_bids(case, call, 0), "its bid is taken back")


async def take_that_bids(case, raw, rival):
    """One asks for the next call and bids for it so. The call, its offer to a rival, and the take, which waits for the award."""
    collects = await case.call(f"20000,^({raw.app}|{rival.app})$,,,b(5000)")
    offer = await rival.offered(collects.id)
    waits = asyncio.create_task(raw.ask("take", "node-1"))
    await until(lambda: has_bids(case, collects, 1), "it has bid")
    return collects, offer, waits


async def test_take_that_waits_for_an_award_holds_up_no_other(world):
    """Another one's take is answered before that is decided."""
    one, other, quiet = await world.raw(), await world.raw(), await world.raw()
    case = world.cases[0]
    collects, offer, waits = await take_that_bids(case, one, quiet)
    call = await case.call(f"20000,^{other.app}$")
    await other.offered(call.id)
    taken = await other.ask("take", "node-1")
    assert (taken["status"], taken["channel_id"]) == (200, call.id) and not waits.done()
    await quiet.decline(offer)
    won = await waits
    assert (won["status"], won["channel_id"], won["offer"]) == (200, collects.id, offer["offer"])
    assert won["broadcast"]["channel_id"] == collects.id
    await (await case.app_named(one.app)).started(collects.id)


async def test_take_that_loses_the_award_has_the_next_call(world):
    raw, better = await world.raw(), await world.raw()
    case = world.cases[0]
    _, offer, waits = await take_that_bids(case, raw, better)
    call = await case.call(f"20000,^{raw.app}$")
    await raw.offered(call.id)
    assert (await bid(better, offer, 1))["status"] == 204
    taken = await waits
    assert (taken["status"], taken["channel_id"]) == (200, call.id)


async def test_take_that_is_asked_again_while_it_waits(world):
    """The last request is answered, and the worker gets one call."""
    raw, quiet, third = await world.raw(), await world.raw(), await world.raw()
    case = world.cases[0]
    collects = await case.call(f"20000,^({raw.app}|{quiet.app})$,,,b(5000)")
    offer = await quiet.offered(collects.id)
    answers: list[dict] = []
    inbox = f"{raw.client.inbox}.again"
    await raw.client.subscribe(f"{inbox}.*", answers.append)
    raw.client.publish(f"sb.v1.take.node-1.{token(raw.app)}", {"worker": raw.worker}, f"{inbox}.first")
    await until(lambda: has_bids(case, collects, 1), "it has bid")
    call = await case.call(f"20000,^{raw.app}$")
    await raw.offered(call.id)
    before = (await counted(case))["takes"]
    raw.client.publish(f"sb.v1.take.node-1.{token(raw.app)}", {"worker": raw.worker}, f"{inbox}.second")
    # Takes are read one after the other: when this one's is answered, the one before it was read.
    assert (await third.ask("take", "node-1"))["status"] == 404
    assert (await counted(case))["takes"] == before + 2
    await quiet.decline(offer)
    await until(lambda: answers, "it is answered")
    assert [(one["subject"], one["json"]["channel_id"]) for one in answers] == [(f"{inbox}.second", collects.id)]


async def test_take_of_one_that_says_good_bye(world):
    """What it has bid by that is taken back, and it is told so."""
    raw, quiet = await world.raw(), await world.raw()
    case = world.cases[0]
    call, offer, waits = await take_that_bids(case, raw, quiet)
    await raw.hello(0)
    assert (await waits)["status"] == 403
    await until(lambda: has_bids(case, call, 0), "its bid is taken back")
    assert (await bid(quiet, offer, 0))["status"] == 204


async def have_bid(case, count):
    return (await counted(case))["bids"] == count


async def has_bids(case, call, count):
    return f"{count}, window" in re.sub(" +", " ", await case.ami.cli(f"broadcast show channel {call.id}"))


async def test_best_bidder_that_does_not_come(world):
    """The next best has been told that it had not won, and would not come either: it hears of the call again."""
    best, next_best = await world.raw(), await world.raw()
    case = world.cases[0]
    call = await case.call(f"20000,^({best.app}|{next_best.app})$,,,b(5000)")
    offers = [await one.offered(call.id) for one in (best, next_best)]
    answers = await asyncio.gather(bid(best, offers[0], 60), bid(next_best, offers[1], 50))
    assert [answer["status"] for answer in answers] == [204, 409], answers
    again = await until(lambda: [one for one in next_best.offers(call.id) if one["offer"] != offers[1]["offer"]], "it is offered again")
    assert (await bid(next_best, again[-1], 1))["status"] == 204
    app = await case.app_named(next_best.app)
    await app.started(call.id)


async def flood_of_bids(world, raw, offer, count):
    """Bids of as many workers of one application. Returns where their answers come in."""
    answers: list[dict] = []
    inbox = f"{raw.client.inbox}.{offer['channel']['id']}"
    await raw.client.subscribe(inbox, answers.append)
    body = {"channel_id": offer["channel"]["id"], "offer": offer["offer"], "score": 1}
    for number in range(count):
        raw.client.publish(f"sb.v1.bid.{offer['node']}.{token(raw.app)}", {**body, "worker": f"w{number}"}, inbox)
    await raw.client.flush()
    return answers


MOST = 1024  # MAX_WAITING_OF_ONE of awards.c


async def test_one_application_or_call_leaves_room_for_others(world):
    """So many bids of one application, or for one call, wait; one more is answered 503 and the log tells of it once."""
    case = world.cases[0]
    case.expect_log("^Fleet: a bid of ")
    one, two, quiet = await world.raw(), await world.raw(), await world.raw()
    filter_ = f"10000,^({one.app}|{two.app}|{quiet.app})$,,,b(5000)"
    first, second, third = [await case.call(filter_) for _ in range(3)]

    async def are_refused(raw, call, sent, refused):
        answers = await flood_of_bids(world, raw, await raw.offered(call.id), sent)
        await until(lambda: len(answers) >= refused, "those that are too many are answered")
        assert [answer["json"]["status"] for answer in answers] == [503] * refused

    await are_refused(one, first, 600, 0)
    await are_refused(one, second, MOST - 600 + 7, 7)  # of the application
    await are_refused(two, first, MOST - 600 + 8, 8)  # for the call
    last = asyncio.create_task(bid(two, await two.offered(third.id), 1))
    assert (await quiet.decline(await quiet.offered(third.id)))["status"] == 204
    assert (await one.decline(await one.offered(third.id)))["status"] == 204
    assert (await last)["status"] == 204, "another application has no room for another call"
    lines = [line.text for line in await case.our_log() if line.text.startswith("Fleet: a bid of ")]
    assert len(lines) == 1 and f"{MOST} bids of the application wait" in lines[0] and one.app in lines[0], lines


async def claims_answered(case):
    return (await case.ari.get("/broadcastStats")).json["claims"]["ok"]


async def test_what_is_taken_or_awarded_is_counted_once(world):
    raw = await world.raw()
    case = world.cases[0]
    before = await claims_answered(case)
    app = await case.app_named(raw.app)
    call = await case.call(f"10000,^{raw.app}$")
    await app.offered(call.id)
    assert (await raw.ask("take", "node-1"))["channel_id"] == call.id
    await app.started(call.id)
    assert await claims_answered(case) == before + 1
    call = await case.call(f"10000,^{raw.app}$,,,b(5000)")
    await app.offered(call.id)
    assert (await raw.ask("bid", "node-1", channel_id=call.id, score=3))["status"] == 204
    await app.started(call.id)
    assert await claims_answered(case) == before + 1


async def many_applications(world, count, length=20):
    """Applications that a node knows, of one worker. Returns a filter for them."""
    word = world.app_name("many")
    for number in range(count):
        name = f"{word}-{number:04}-".ljust(length, "x")
        world.bus.publish(f"sb.v1.hello.{token(name)}", {"worker": "w", "ttl_ms": 60000})
    await world.bus.flush()
    await world.known(name)
    return f"^{word}-"


async def test_list_is_no_longer_than_a_message_may_be(world):
    """With many recipients a call's description is long: as many calls as fit are listed, and there is an answer."""
    filter_ = await many_applications(world, 300, 250)
    case = world.cases[0]
    calls = []
    for number in range(1, 21):
        # One after the other: calls that are placed at once have no order.
        calls.append(await case.call(f"60000,{filter_},,,k(1000)"))
        await until(lambda count=number: on_offer(case, count), "it is on offer")
    name = f"{filter_[1:]}0007-".ljust(250, "x")
    answers = {answer["node"]: answer["broadcasts"] for answer in await world.lists(name, 30, limit=500)}
    listed = [one["channel_id"] for one in answers["node-1"]]
    assert 5 <= len(listed) < 20 and listed == [call.id for call in calls][: len(listed)], len(listed)


async def test_call_whose_recipients_do_not_fit_a_message(world):
    """The worker is told of it all the same, without their names: it is the worker's own, and must not get lost."""
    filter_ = await many_applications(world, 4200, 250)
    case = world.cases[0]
    call = await case.call(f"60000,{filter_},,,k(5000)")
    await until(lambda: on_offer(case, 1), "it is on offer")
    name = f"{filter_[1:]}0007-".ljust(250, "x")
    answers = {answer["node"]: answer["broadcasts"] for answer in await world.lists(name, 30)}
    assert [(one["channel_id"], one.get("recipients")) for one in answers["node-1"]] == [(call.id, None)]
    taken = await world.bus.request(f"sb.v1.take.node-1.{name}", {"worker": "w"})
    assert (taken["status"], taken["channel_id"], taken["broadcast"]["state"]) == (200, call.id, "claimed")


async def on_offer(case, count):
    return len((await case.ari.get("/broadcasts")).json) == count


async def test_queue_is_as_long_as_is_set(world):
    """The server stands still: what the queue has no room for is dropped and counted."""
    async with conf(world, added("queue = 100")) as case:
        case.expect_log("^NATS: ")
        assert await reload(case) == "Success"
        filter_ = await many_applications(world, 1000)
        before = await counted(case)
        for server in world.fleet.servers:
            server.pause()
        try:
            await case.call(f"1000,{filter_},,,k(1000)")
            await until(lambda: has_dropped(case, before["dropped, queue full"] + 500), "events are dropped")
        finally:
            for server in world.fleet.servers:
                server.go_on()


async def test_offers_that_are_over_are_not_sent(world):
    """The server stands still for longer than calls are on offer: what waits in the queue is dropped, and counted."""
    case = world.cases[0]
    case.expect_log("^NATS: ")
    filter_ = await many_applications(world, 1000)
    before = (await counted(case))["offers over before"]
    for server in world.fleet.servers:
        server.pause()
    try:
        call = await case.call(f"100,{filter_},,,k(1000)")
        assert await call.status() == ("TIMEOUT", "TIMEOUT")

        async def are_counted():
            return (await counted(case))["offers over before"] > before

        await until(are_counted, "offers that were over are counted")
    finally:
        for server in world.fleet.servers:
            server.go_on()


async def has_dropped(case, count):
    return (await counted(case))["dropped, queue full"] >= count


async def test_withdrawn_and_claimed_are_told(world):
    """Events about the end, in order, after the offer."""
    loser, winner = await world.raw(), await world.raw()
    case = world.cases[1]
    call = await case.call(f"10000,^({loser.app}|{winner.app})$,,yes")
    assert (await winner.claim(await winner.offered(call.id)))["status"] == 204
    assert (await loser.event("CallClaimed", call.id))["winner_app"] == winner.app
    call = await case.call(f"200,^{loser.app}$,,yes")
    offer = await loser.offered(call.id)
    end = await loser.event("CallWithdrawn", call.id)
    assert (end["reason"], end["offer"], end["node"]) == ("timeout", offer["offer"], "node-2")
    assert (await loser.claim(offer))["status"] == 404


async def test_two_nodes_of_one_name(world):
    """Each says so in its log, once, and tells the other."""
    case = world.cases[0]
    case.expect_log("^Fleet: there is another node 'node-1'")
    heard = []
    await world.bus.subscribe("sb.v1.node.node-1", heard.append)
    other = {"node": "node-1", "ari": "http://192.0.2.9/ari\r\n", "proto": 1, "instance": "other"}
    for _ in range(3):
        world.bus.publish("sb.v1.node.node-1", other)
    await until(lambda: [one for one in heard if one["json"]["instance"] != "other"], "it tells of itself")
    lines = [line.text for line in await case.our_log() if "another node" in line.text]
    assert len(lines) == 1 and r"http://192.0.2.9/ari\x0d\x0a" in lines[0], lines
    assert "another node of that name was there" in await case.ami.cli("broadcast show nats")
    # Two real ones do not go on telling each other.
    said = len([one for one in heard if one["json"]["instance"] != "other"])
    for _ in range(20):
        world.bus.publish("sb.v1.node.node-1", other)
        await asyncio.sleep(0.03)
    assert len([one for one in heard if one["json"]["instance"] != "other"]) <= said + 1


async def test_offer_is_claimed_at_the_node_that_made_it(world):
    """Both of two nodes of one name hear the claim, and who asks takes the first answer: the other node gives none."""
    raw = await world.raw()
    async with conf(world, lambda text: text.replace("node = node-1", "node = node-2")) as case:
        assert await reload(case) == "Success"
        cases = world.cases[:2]
        for one in cases:
            one.expect_log("^Fleet: there is another node 'node-2'")
            await until(lambda one=one: knows_the_other(world, one), "it has heard of the other node")
        for one in cases * 6:
            await until(lambda one=one: matches(one, f"^{raw.app}$"), "the application is a recipient")
            call = await one.call(f"10000,^{raw.app}$")
            offer = await raw.offered(call.id)
            answers = [await raw.ask("bid", "node-2", channel_id=call.id, offer=offer["offer"], score=1), await raw.claim(offer)]
            assert [(answer["status"], answer["ari"]) for answer in answers] == [(204, one.asterisk.ari_url)] * 2
            await call.hangup()
        # That of neither is over.
        assert (await raw.claim({**offer, "offer": "neither-1"}))["status"] == 404


async def knows_the_other(world, case):
    world.bus.publish("sb.v1.ping")
    return "another node of that name was there" in await case.ami.cli("broadcast show nats")


async def test_bus_goes_and_comes(world):
    """AMI is told; workers are asked for a hello at once."""
    case = world.cases[0]
    before = await counted(case)
    with world.nats_away():
        gone = await case.ami.wait(lambda event: event.get("Event") == "StasisBroadcastBus")
        assert (gone["Status"], gone["Node"]) == ("Disconnected", "node-1") and gone["Reason"], gone
    back = await case.ami.wait(lambda event: event.get("Event") == "StasisBroadcastBus" and event["Status"] == "Connected")
    assert back["Server"].startswith("nats://127.0.0.1:")
    world.bus = await world.client()
    await world.nodes_are_there()
    after = await counted(case)
    # It may have gone from one server to the next meanwhile.
    lost = after["connections lost"] - before["connections lost"]
    assert lost >= 1 and after["connections"] - before["connections"] == lost


async def test_tls_that_the_server_does_not_have(world):
    """It is not given up: the connection is refused, and tried again."""
    async with conf(world, added("tls = yes")) as case:
        case.expect_log("^NATS: ")
        assert await reload(case) == "Success"
        await until(lambda: has_no_connection(case), "there is no connection")
    assert "Connection:  to nats://" in await case.ami.cli("broadcast show nats")


async def test_url_that_cannot_be_read_tells_no_password(world):
    async with conf(world, added("servers = nats://user:hush hush@127.0.0.1:1")) as case:
        case.expect_log("^NATS: ")
        assert await reload(case) == "Success"
        await until(lambda: has_no_connection(case), "there is no connection")
        told = [line.text for line in await case.our_log() if "there can be no connection" in line.text]
        assert told and "servers has a URL" in told[0] and not [text for text in told if "hush" in text], told
        assert "hush" not in await case.ami.cli("broadcast show nats")


async def has_no_connection(case):
    return "Connection:  none for" in await case.ami.cli("broadcast show nats")


PROVIDER = "res_stasis_broadcast.so"


async def test_resource_module_that_was_loaded_again(world):
    """After a reload of this one, its applications are offered calls again, though none has come or gone."""
    case = world.cases[0]
    raw = await world.raw()
    case.expect_log("^Fleet: ")
    case.expect_log("is not loaded, load it to offer calls")
    await asyncio.to_thread(case.asterisk.cli, f"module unload -f {PROVIDER}")
    for verb in ("claim", "bid", "decline", "take"):
        assert (await raw.ask(verb, "node-1", channel_id="any", score=1))["status"] == 503, verb
    assert [one["status"] for one in await world.lists(raw.app, 2) if "status" in one] == [503]
    await asyncio.to_thread(case.asterisk.cli, f"module load {PROVIDER}")
    assert await reload(case) == "Success"
    await until(lambda: matches(case, f"^{raw.app}$"), "the application is a recipient")
    call = await case.call(f"10000,^{raw.app}$")
    assert (await raw.claim(await raw.offered(call.id)))["status"] == 204


async def matches(case, filter_):
    return (await case.ari.get("/broadcastMatch", filter=filter_)).json["matched"] == 1


async def test_garbage_is_counted(world):
    case = world.cases[0]
    before = (await counted(case))["not understood"]
    subject = f"sb.v1.hello.{token('x')}"
    for body in (b"", b"\xff", b"[]", {"worker": "w"}, {"worker": "w", "ttl_ms": -1}, {"worker": 1, "ttl_ms": 1}, b" " * 5000):
        world.bus.publish(subject, body)
    world.bus.publish("sb.v1.hello.%41", {"worker": "w", "ttl_ms": 1000})
    await until(lambda: counted_garbage(case, before + 8), "all of it is counted")


async def test_answers_go_nowhere_that_is_the_fleets(world):
    """Who may only ask cannot have a node speak on subjects that are the node's."""
    case = world.cases[0]
    victim = await world.raw()
    before = (await counted(case))["not understood"]
    for reply in ("", f"sb.v1.offer.{victim.app}.node-1", "sb.v1.node.node-1", "$JS.API.STREAM.PURGE.X"):
        world.bus.publish(f"sb.v1.take.node-1.{victim.app}", {"worker": "w"}, reply)
        world.bus.publish(f"sb.v1.list.{victim.app}", {}, reply)
    await until(lambda: counted_garbage(case, before + 8), "all of it is counted")
    assert (await victim.ask("take", "node-1"))["status"] == 404
    assert not [one for one in victim.client.events if one["subject"].startswith("sb.v1.offer.")]


async def counted_garbage(case, count):
    return (await counted(case))["not understood"] == count


def test_left_out_without_libnats(tmp_path):
    """Without the header, make says so in one line and builds the others."""
    # Not to ask Debian's tools for flags again and again.
    command = ["make", "-n", "modules", "CC=false", f"BUILD={tmp_path}", "CFLAGS=", "CPPFLAGS=", "LDFLAGS="]
    told = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False).stdout
    assert told.count(MODULE) == 1
    assert f'echo "{MODULE} is left out: there is no nats/nats.h (Debian: libnats-dev)"' in told
    assert "res_stasis_broadcast.so" in told


def test_tls_with_the_libnats_that_is_here(tmp_path):
    """Before 3.11 it is refused with a line that says why and what to do; from then on it is not."""
    module = REPO / "modules" / "res_stasis_broadcast_nats"
    program = tmp_path / "bus_check"
    sources = [REPO / "tests" / "fleet" / "bus_check.c", module / "bus_nats.c"]
    subprocess.run(["gcc", "-D_GNU_SOURCE", f"-I{module}", "-o", program, *sources, "-lnats", "-pthread"], check=True)
    version, refusal = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    old = tuple(int(part) for part in version.split(".")[:2]) < (3, 11)
    assert ("leaf node" in refusal and "3.11" in refusal) if old else not refusal, (version, refusal)
