"""SPEC rules 2, 11 and 12: a broadcast is known by itself, whatever becomes of its channel and the channel's ID.

Asterisk's masquerade lets one channel go on as another: the struct and the thread that runs it stay, unique ID, name
and technology change places. A call that is on offer becomes another caller (attended transfer, pickup), or its caller is
taken away from it (a redirect without a PBX, AMI's Bridge and Park).

"masquerade hold" (tests/module/test_masquerade.c) keeps a channel's thread from going on, so that things can happen
between the claim and the hand-over. tests/module/test_stasis_broadcast/masquerade.c has the steps inside the C API.
"""

import asyncio
import random
import re
import time
from pathlib import Path

import pytest
from harness.case import Call
from harness.console import console
from harness.events import until
from harness.user_agent import UserAgent
from test_bids import bid, has_bids
from test_queue_log import QueueLog
from test_reoffer import LOST, ghost
from test_settings import Conf
from test_take_next import take

RES = "res_stasis_broadcast.so"

pytestmark = pytest.mark.instance(
    MODULES_EXTRA="res_pjsip_refer.so app_directed_pickup.so res_parking.so test_masquerade.so",
    CONF=str(Path(__file__).parent / "parking"),
)

TIMES = 40
UNLOADS = 100


# Calls


async def agent(case, user):
    """A telephone."""
    one = await UserAgent(case.asterisk.port("SIP"), f"{user}{random.randrange(10**9)}").open()
    case.at_end(one.close)
    return one


async def without_pbx(case, offer="20000,,first,yes", number=0, channel="Local/wait@default/n", **fields):
    """A call that AMI's Originate runs StasisBroadcast() on: it has no PBX.

    All IDs are of one length: Asterisk refuses one that another channel's ID begins with, and of originates at once any may be the first.
    """
    call = Call(case, f"{case.prefix}-nopbx-{number:03}")
    answer = await case.ami.action(
        "Originate",
        Channel=channel,
        Application="StasisBroadcast",
        Data=offer,
        ChannelId=call.id,
        OtherChannelId=f"{call.id}-far",
        Async="true",
        CallerID=f"nopbx <{number}>",
        **fields,
    )
    assert answer["Response"] == "Success", answer
    return call


async def redirect(case, call, extension):
    answer = await case.ami.action(
        "Redirect", Channel=await case.channel_name(call.id), Context="default", Exten=extension, Priority="1"
    )
    assert answer["Response"] == "Success", answer


async def offered_times(app, channel_id, count):
    """Wait until a channel was offered so many times to an application; the last of these offers."""
    await app.wait(lambda _: len(app.of("CallBroadcast", channel_id)) >= count)
    return app.of("CallBroadcast", channel_id)[count - 1]


async def offered_as_another(app, *old):
    """The first offer of a channel that has none of these IDs."""
    return await app.wait(lambda event: event["type"] == "CallBroadcast" and event["channel"]["id"] not in old)


async def check_withdrawn(case, app, channel_id):
    """Nothing is known of an offer under this ID any more."""
    assert await app.claim(channel_id) == 404
    assert (await case.ari.get(f"/broadcasts/{channel_id}")).status == 404


async def win(app, channel_id):
    assert await app.claim(channel_id) == 204
    return await app.started(channel_id)


async def check_lives(app, call):
    """The offer of a call is as it was: it can be claimed, and is handed over."""
    await win(app, call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


# Keeping a channel's thread from going on


async def masquerade(case, *words):
    told = await case.ami.cli(" ".join(("masquerade", *words)))
    assert "done" in told, told


async def hold(case, call):
    """Stop the thread that waits on a call's channel, until "masquerade release"."""

    async def let_go():
        await case.ami.action("Command", Command="masquerade release")

    async def is_held():
        return (await case.ami.action("Command", Command=f"masquerade hold {call.id}"))["Response"] == "Success"

    case.at_end(let_go)
    # CallBroadcast comes a moment before the thread waits, and nothing tells that it does.
    await until(is_held, "the channel's thread waits, and was stopped")


# The caller is taken away from the run that offers the call


async def take_away(case, app, number):
    """The caller goes on as a new channel, with its ID, in another broadcast. Returns the call."""
    call = await without_pbx(case, number=number)
    await app.offered(call.id)
    await redirect(case, call, "second")
    await offered_times(app, call.id, 2)
    return call


async def runs(case):
    """How many calls are in StasisBroadcast(). What a run is left with when its caller was taken away has no events."""
    told = await case.ami.cli("module show like app_stasis_broadcast.so")
    return int(re.search(r"app_stasis_broadcast\.so .* (\d+) +Running", told)[1])


async def first_run_has_ended(case):
    async def has_it():
        return await runs(case) <= 1

    await until(has_it, "the run that made the first offer has ended", deadline=15)


async def test_second_offer_of_a_call_without_pbx_lives(case):
    """Rule 11: the first run does not clean up what the second one has made under the same ID."""
    app = await case.app()
    for number in range(TIMES):
        call = await take_away(case, app, number)
        await first_run_has_ended(case)
        start = await win(app, call.id)
        assert start["args"] == ["second"], number
        await app.proceed(call.id)
        result = await call.result("second")
        assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED"), number
        assert result["BROADCASTWINNER"] == app.app
        assert (await case.ari.get("/broadcasts")).json == []
        await call.hangup()


async def test_second_offers_of_many_calls_without_pbx_last(case):
    """The same at once, and the second offers go on until they are claimed."""
    app = await case.app()
    calls = await asyncio.gather(*(take_away(case, app, number) for number in range(TIMES)))

    async def only_second_ones():
        return len((await case.ari.get("/broadcasts")).json) == TIMES

    await until(only_second_ones, "the first offers are gone, the second ones are there")
    for call in calls:
        item = await case.ari.broadcast(call.id)
        assert (item["state"], item["timeout_ms"]) == ("open", 20000), item
    for call in calls:
        assert (await win(app, call.id))["args"] == ["second"]


async def test_winner_of_a_call_that_is_taken_away_is_its_own_run_s(case):
    """Rule 11: claimed, and taken away before the hand-over: the second run names the winner of its own broadcast."""
    first, second = await case.app("first"), await case.app("second")
    call = await without_pbx(case)
    await asyncio.gather(first.offered(call.id), second.offered(call.id))
    await hold(case, call)
    assert await first.claim(call.id) == 204
    await redirect(case, call, "second")
    await offered_times(second, call.id, 2)
    await masquerade(case, "release")
    await win(second, call.id)
    await second.proceed(call.id)
    result = await call.result("second")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert result["BROADCASTWINNER"] == second.app
    assert not [event for event in first.of("StasisStart") if event["channel"]["id"] == call.id]


async def test_winner_that_is_lost_as_the_call_is_redirected_is_named(case):
    """Claimed by one that is gone, and sent elsewhere before the hand-over: it is not offered again, but told of."""
    case.expect_log(LOST)
    gone, app = await ghost(case), await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    await hold(case, call)
    assert await case.ari.claim(call.id, gone.app) == 204
    # Asterisk only marks the channel.
    await redirect(case, call, "place")
    await masquerade(case, "release")
    result = await call.result("place")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("FAILED", "CLAIMED")
    assert (result["BROADCASTWINNER"], result["BROADCASTLOST"]) == (gone.app, gone.app)
    await case.flush(app)
    assert len(app.of("CallBroadcast", call.id)) == 1


async def away(case, app, call, how):
    """Take the caller of a call on offer into a bridge, by a masquerade."""
    other = await case.call(extension="quiet")
    await other.result("quiet")
    name = await case.channel_name(call.id)
    if how == "Bridge":
        fields = {"Channel1": name, "Channel2": await case.channel_name(other.id)}
    else:
        fields = {"Channel": name, "Timeout": "60000"}
    answer = await case.ami.action(how, **fields)
    assert answer["Response"] == "Success", answer
    await case.ami.wait(lambda event: event.get("Event") == "BridgeEnter" and event["Uniqueid"] == call.id)


@pytest.mark.parametrize("how", ["Bridge", "Park"])
@pytest.mark.parametrize("pbx", [True, False])
async def test_offer_ends_when_its_caller_is_bridged(case, how, pbx):
    """AMI's Bridge and Park take the caller as a new channel with the same ID; then it is offered elsewhere."""
    app = await case.app()
    call = await case.call("20000,,first,yes") if pbx else await without_pbx(case)
    await app.offered(call.id)
    await away(case, app, call, how)

    async def none_left():
        return (await case.ari.get("/broadcasts")).json == []

    await until(none_left, "the offer has ended", deadline=15)
    await check_withdrawn(case, app, call.id)
    await redirect(case, call, "second")
    await offered_times(app, call.id, 2)
    assert (await win(app, call.id))["args"] == ["second"]
    await app.proceed(call.id)
    result = await call.result("second")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")


# The run gets another caller


async def talk_is_bridged(case, talk):
    """Wait until who has called by Dial() and who was called can be transferred. Returns the DialEnd.

    Asterisk answers the caller before it bridges the two, and accepts a REFER that comes in between, which then fails.
    """
    await talk.established()
    answered = await case.ami.wait(lambda event: event.get("Event") == "DialEnd" and event["DialStatus"] == "ANSWER")
    for channel in (answered["Uniqueid"], answered["DestUniqueid"]):
        await case.ami.wait(lambda event, id_=channel: event.get("Event") == "BridgeEnter" and event["Uniqueid"] == id_)
    return answered


class Transfer:
    """Somebody talks to a customer, calls again, and the second call is on offer: then the two are connected."""

    def __init__(self, case):
        self.case = case

    async def prepare(self, app, offer):
        """Two calls of one telephone; the second one is on offer."""
        self.agent, self.customer = await agent(self.case, "t"), await agent(self.case, "c")
        self.talk = await self.agent.call("sip-dial", f"PJSIP/anonymous/{self.customer.uri}")
        (await self.customer.called()).answer()
        await talk_is_bridged(self.case, self.talk)
        self.began = time.monotonic()
        self.asks = await self.agent.call("sip-answered", offer)
        await self.asks.established()
        self.offer = await app.offered()
        self.old_id = self.offer["channel"]["id"]

    async def connect(self, app):
        """Connect the customer with the call on offer. Returns the offer under the new ID."""
        self.connected = time.monotonic()
        assert await self.talk.transfer_to(self.asks) == 202
        offer = await offered_as_another(app, self.old_id)
        assert "200" in await self.talk.transferred()
        return offer


async def test_attended_transfer_into_a_call_on_offer(case):
    """REFER with Replaces: withdrawn under the old ID, offered under the new one for what is left of the time."""
    app = await case.app()
    transfer = Transfer(case)
    await transfer.prepare(app, "20000,,,yes")
    offer = await transfer.connect(app)
    new_id = offer["channel"]["id"]
    await check_withdrawn(case, app, transfer.old_id)
    # Both are bounds whatever the machine is busy with: from before the one offer, and from after it.
    assert offer["timeout"] <= 20000 - (transfer.connected - transfer.offer["at"]) * 1000
    assert offer["timeout"] >= 20000 - (offer["at"] - transfer.began) * 1000 - 1
    item = await case.ari.broadcast(new_id)
    assert (item["channel_id"], item["state"]) == (new_id, "open")
    assert item["recipients"] == [app.app]
    assert item["remaining_ms"] <= offer["timeout"]
    start = await win(app, new_id)
    assert "replace_channel" not in start
    await check_withdrawn(case, app, transfer.old_id)
    await app.proceed(new_id)
    assert await Call(case, new_id).status() == ("SUCCESS", "CLAIMED")
    await case.flush(app)
    assert not app.of("CallClaimed", transfer.old_id)
    assert [event["winner_app"] for event in app.of("CallClaimed", new_id)] == [app.app]


async def test_attended_transfer_and_nobody_claims(case):
    """The call is on offer as long as it would have been."""
    app = await case.app()
    transfer = Transfer(case)
    await transfer.prepare(app, "2000")
    new_id = (await transfer.connect(app))["channel"]["id"]
    assert await Call(case, new_id).status() == ("TIMEOUT", "TIMEOUT")
    assert time.monotonic() - transfer.began >= 2
    await check_withdrawn(case, app, new_id)
    await check_withdrawn(case, app, transfer.old_id)


async def test_attended_transfer_and_all_decline(case):
    """Who declined the old ID is asked again: the caller is another one. DECLINED is judged under the new ID."""
    app, other = await case.app(), await case.app("other")
    transfer = Transfer(case)
    await transfer.prepare(app, "20000")
    assert await other.decline(transfer.old_id) == 204
    new_id = (await transfer.connect(app))["channel"]["id"]
    await other.offered(new_id)
    assert await app.decline(new_id) == 204
    assert await other.decline(new_id) == 204
    assert await Call(case, new_id).status() == ("TIMEOUT", "DECLINED")


async def test_attended_transfer_and_the_winner_is_lost(case):
    """Rule 11: the call is offered again under its new ID, and that offer's winner gets it."""
    case.expect_log(LOST)
    gone, app = await ghost(case), await case.app()
    transfer = Transfer(case)
    await transfer.prepare(app, "20000,,,yes")
    new_id = (await transfer.connect(app))["channel"]["id"]
    assert await case.ari.claim(new_id, gone.app) == 204
    await offered_times(app, new_id, 2)
    assert await case.ari.claim(new_id, gone.app) == 404
    await win(app, new_id)
    await app.proceed(new_id)
    result = await Call(case, new_id).result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert (result["BROADCASTWINNER"], result["BROADCASTLOST"]) == (app.app, gone.app)


async def test_lost_winner_is_left_out_after_an_attended_transfer(case):
    """A winner that was lost before the transfer neither hears of the new ID nor may claim it."""
    case.expect_log(LOST)
    gone, app = await ghost(case), await case.app()
    transfer = Transfer(case)
    await transfer.prepare(app, "20000,,,,q(moved)")
    before = (await case.ari.get("/broadcastStats")).json
    assert await case.ari.claim(transfer.old_id, gone.app) == 204
    await offered_times(app, transfer.old_id, 2)
    new_id = (await transfer.connect(app))["channel"]["id"]
    # An offer that moves is not offered again, and the queue has one call.
    after = (await case.ari.get("/broadcastStats")).json
    assert (after["opened"] - before["opened"], after["reoffers"] - before["reoffers"]) == (2, 1)
    assert [queue["offered"] for queue in after["queues"] if queue["name"] == "moved"] == [1]
    assert gone.app not in (await case.ari.broadcast(new_id))["recipients"]
    assert await case.ari.claim(new_id, gone.app) == 404
    await win(app, new_id)


async def test_attended_transfer_while_who_takes_the_next_call_waits_for_the_award(case):
    """The call is on offer under its new ID: who has asked for any call has that one, and is not told that there is none."""
    app, other = await case.app(), await case.app("other")
    transfer = Transfer(case)
    await transfer.prepare(app, "20000,,,,b(1000)")
    await other.offered(transfer.old_id)
    takes = asyncio.create_task(take(case, app.app))
    await has_bids(case, Call(case, transfer.old_id), 1)
    new_id = (await transfer.connect(other))["channel"]["id"]
    answer = await takes
    assert (answer.status, answer.json.get("channel_id")) == (200, new_id)
    await app.started(new_id)
    await app.proceed(new_id)
    assert await Call(case, new_id).status() == ("SUCCESS", "CLAIMED")


async def test_bids_before_an_attended_transfer_do_not_count_after_it(case):
    """The caller is another one, and all are asked again, with the window."""
    app, other = await case.app(), await case.app("other")
    transfer = Transfer(case)
    await transfer.prepare(app, "20000,,,,b(5000)k(0)p(3)q(moved)")
    await other.offered(transfer.old_id)
    assert await bid(case, Call(case, transfer.old_id), app.app, 900) == 202
    offer = await transfer.connect(app)
    new = Call(case, offer["channel"]["id"])
    assert (offer["bid_window"], offer["priority"], offer["queue"]) == (5000, 3, "moved")
    await offered_as_another(other, transfer.old_id)
    assert await bid(case, Call(case, transfer.old_id), app.app, 900) == 404
    assert await bid(case, new, other.app, 2) == 202
    assert await bid(case, new, app.app, 1) == 202
    await other.started(new.id)
    await other.proceed(new.id)
    result = await new.result()
    assert (result["BROADCASTWINNER"], result["BROADCASTSCORE"]) == (other.app, "2")


async def test_caller_hangs_up_after_an_attended_transfer(case):
    app = await case.app()
    transfer = Transfer(case)
    await transfer.prepare(app, "20000")
    new_id = (await transfer.connect(app))["channel"]["id"]
    for dialog in transfer.customer.dialogs.values():
        dialog.hang_up()
    assert (await Call(case, new_id).result("h"))["BROADCASTSTATUS"] == "HANGUP"
    await check_withdrawn(case, app, new_id)


@pytest.mark.parametrize("how", ["pick-channel", "pick-mark"])
async def test_pickup_of_a_ringing_call_on_offer(case, how):
    """Who picks up the telephone that rings while StasisBroadcast() runs on it is the call on offer from then on."""
    app, phone = await case.app(), await agent(case, "p")
    mark = f"mark-{case.prefix}"
    call = await without_pbx(case, channel=f"PJSIP/anonymous/{phone.uri}", Variable=f"PICKUPMARK={mark}")
    rings = await phone.called()
    rings.answer()
    await app.offered(call.id)
    # What Asterisk lets others pick up rings and has no PBX; an application that runs on such a channel is rare.
    await masquerade(case, "ring", call.id)
    name = await case.channel_name(call.id)
    picker = await case.call(extension=how, TARGET=name if how == "pick-channel" else mark)
    await app.offered(picker.id)
    await rings.hung_up()
    await check_withdrawn(case, app, call.id)
    assert (await win(app, picker.id))["args"] == ["first"]


async def test_masquerade_between_claim_and_hand_over(case):
    """Rule 12: the winner gets the call; asked by the old ID, REST tells the channel of now."""
    app, other = await case.app(), await case.app("other")
    call, becomes = await case.call("20000,,,yes"), await case.call(extension="quiet")
    await asyncio.gather(app.offered(call.id), other.offered(call.id), becomes.result("quiet"))
    await hold(case, call)
    assert await app.claim(call.id) == 204
    await masquerade(case, "now", call.id, becomes.id)
    await masquerade(case, "release")
    await app.started(becomes.id)
    item = await case.ari.broadcast(call.id)
    assert (item["channel_id"], item["state"], item["winner_app"]) == (becomes.id, "claimed", app.app)
    assert await app.claim(call.id) == 204
    assert await other.claim(call.id) == 409
    await app.proceed(becomes.id)
    result = await becomes.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert result["BROADCASTWINNER"] == app.app
    await check_withdrawn(case, app, call.id)
    await check_withdrawn(case, app, becomes.id)
    await case.flush(app, other)
    assert not other.of("CallBroadcast", becomes.id)


async def test_call_of_a_winner_that_becomes_a_call_on_offer_ends(case):
    """Rule 11: the run that was claimed ends its own broadcast, though a new offer has its ID by then. queue_log tells of it."""
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use("queue_log = yes")
    log = QueueLog(case)
    app = await case.app()
    talks = await case.call("20000,,,,q(vip)")
    await app.offered(talks.id)
    await win(app, talks.id)
    waits = await case.call("20000,,second,,q(vip)")
    await app.offered(waits.id)
    await masquerade(case, "now", waits.id, talks.id)
    await offered_times(app, talks.id, 2)
    # Who enters second is the other one.
    told = sorted(line[2] for line in await log.wait(talks, 4))
    assert told[0] in ("COMPLETECALLER", "COMPLETEAGENT")
    assert told[1:] == ["CONNECT", "ENTERQUEUE", "ENTERQUEUE"]
    assert await app.claim(talks.id) == 204
    await app.wait(lambda _: len(app.of("StasisStart", talks.id)) == 2)


async def test_masquerade_between_claim_and_hand_over_and_the_winner_is_lost(case):
    """Rule 11: the call is offered again, under the ID that it has by then."""
    case.expect_log(LOST)
    gone, app = await ghost(case), await case.app()
    call, becomes = await case.call("20000"), await case.call(extension="quiet")
    await asyncio.gather(app.offered(call.id), becomes.result("quiet"))
    await hold(case, call)
    assert await case.ari.claim(call.id, gone.app) == 204
    await masquerade(case, "now", call.id, becomes.id)
    await masquerade(case, "release")
    await app.offered(becomes.id)
    await check_withdrawn(case, app, call.id)
    await win(app, becomes.id)
    await app.proceed(becomes.id)
    result = await becomes.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert (result["BROADCASTWINNER"], result["BROADCASTLOST"]) == (app.app, gone.app)


async def test_one_caller_after_the_other(case):
    """Each time the call becomes another one, the offer moves on; the last one can be claimed."""
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    old = [call.id]
    for _ in range(5):
        await masquerade(case, "now", old[-1])
        old.append((await offered_as_another(app, *old))["channel"]["id"])
        await check_withdrawn(case, app, old[-2])
    assert [item["channel_id"] for item in (await case.ari.get("/broadcasts")).json] == [old[-1]]
    await win(app, old[-1])


# What leaves the channel as it is


async def test_redirect_of_a_call_on_offer_and_its_next_broadcast(case):
    """With a PBX the struct and the ID stay: the first offer has ended before the second one begins."""
    app = await case.app()
    for number in range(TIMES):
        call = await case.call("20000,,first,yes")
        await app.offered(call.id)
        if number % 2:
            await redirect(case, call, "second")
        else:
            await case.call(extension="redirects", TARGET=await case.channel_name(call.id))
        await offered_times(app, call.id, 2)
        assert (await win(app, call.id))["args"] == ["second"], number
        await app.proceed(call.id)
        result = await call.result("second")
        assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED"), number
        await call.hangup()


async def test_redirect_between_claim_and_hand_over(case):
    """Rule 2: who got 204 gets StasisStart, and then the redirect takes place."""
    app = await case.app()
    call = await case.call("20000,,first,yes")
    await app.offered(call.id)
    await hold(case, call)
    assert await app.claim(call.id) == 204
    await redirect(case, call, "second")
    await masquerade(case, "release")
    assert (await app.started(call.id))["args"] == ["first"]
    await app.event("StasisEnd", call.id)
    await offered_times(app, call.id, 2)
    assert await app.claim(call.id) == 204
    starts = await app.wait_count(2, lambda event: event["type"] == "StasisStart")
    assert starts[1]["args"] == ["second"]


@pytest.mark.parametrize("how", ["ari-redirect", "blind-transfer"])
async def test_refused_while_on_offer(case, how):
    """Asterisk does these only to a channel in Stasis, or in a bridge: the offer goes on."""
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    if how == "ari-redirect":
        answer = await case.ari.post(f"/channels/{call.id}/redirect", endpoint="PJSIP/anonymous")
        assert answer.status == 409, answer
    else:
        name = await case.channel_name(call.id)
        answer = await case.ami.action("BlindTransfer", Channel=name, Context="default", Exten="second")
        assert answer["Response"] == "Error", answer
    await check_lives(app, call)


async def test_refer_of_a_call_on_offer_that_talks_to_nobody(case):
    """A REFER without Replaces finds nobody to transfer: the offer goes on."""
    app, phone = await case.app(), await agent(case, "t")
    dialog = await phone.call("sip-answered", "20000")
    await dialog.established()
    call = Call(case, (await app.offered())["channel"]["id"])
    # Asterisk refuses it at once, or accepts it and tells later that it has failed.
    if await dialog.refer(f"sip:second@127.0.0.1:{phone.sip_port}") == 202:
        assert "200" not in await dialog.transferred()
    assert len(app.of("CallBroadcast")) == 1
    await check_lives(app, call)


async def test_blind_transfer_into_a_broadcast(case):
    """REFER: the customer's channel leaves the bridge and is on offer under the ID that it always had."""
    app, phone, customer = await case.app(), await agent(case, "t"), await agent(case, "c")
    talk = await phone.call("sip-dial", f"PJSIP/anonymous/{customer.uri}")
    (await customer.called()).answer()
    answered = await talk_is_bridged(case, talk)
    assert await talk.refer(f"sip:second@127.0.0.1:{phone.sip_port}") == 202
    call = Call(case, (await app.offered())["channel"]["id"])
    assert call.id == answered["DestUniqueid"]
    assert (await win(app, call.id))["args"] == ["second"]
    await app.proceed(call.id)
    assert (await call.result("second"))["STASISSTATUS"] == "SUCCESS"


async def test_local_channels_optimise_themselves_away_before_a_call_on_offer(case):
    """A telephone, two Local channels, the second one's far end on offer: the first one goes, the offer stays."""
    app, phone = await case.app(), await agent(case, "t")
    dialog = await phone.call("sip-dial", "Local/dial-on@default", "20000")
    await dialog.established()
    call = Call(case, (await app.offered())["channel"]["id"])
    await case.ami.wait(lambda event: event.get("Event") == "LocalOptimizationEnd")
    item = await case.ari.broadcast(call.id)
    assert (item["channel_id"], item["state"]) == (call.id, "open")
    await check_lives(app, call)


# Unloaded by force between the claim and the hand-over


async def loaded(case):
    await console(case.asterisk, f"module load {RES}")
    answer = await case.ari.get(f"/asterisk/modules/{RES}")
    assert answer.status == 200 and answer.json["status"] == "Running", answer


async def test_provider_is_unloaded_between_claim_and_hand_over(case):
    """Rule 2: a claim that got 204 is not dropped by "module unload -f"."""
    case.at_end(lambda: loaded(case))
    app, other = await case.app(), await case.app("other")
    call = await case.call("20000")
    await app.offered(call.id)
    await hold(case, call)
    assert await app.claim(call.id) == 204
    unloading = asyncio.create_task(console(case.asterisk, f"module unload -f {RES}"))

    async def is_shut():
        return await other.claim(call.id) == 501

    # No event tells that the unload has begun.
    await until(is_shut, "the module takes no more claims")
    await masquerade(case, "release")
    await app.started(call.id)
    assert "Unloaded" in await unloading
    await app.proceed(call.id)
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert result["BROADCASTWINNER"] == app.app


async def claim_after(app, call, seconds):
    await asyncio.sleep(seconds)
    return await app.claim(call.id)


async def test_provider_is_unloaded_at_random_moments(case):
    """100 times: each 204 is followed by StasisStart."""
    case.at_end(lambda: loaded(case))
    case.expect_log("is not loaded, load it to offer calls")
    chance = random.Random(case.prefix)
    app = await case.app()
    won = 0
    for number in range(UNLOADS):
        call = await case.call("20000")
        await app.offered(call.id)
        status, told = await asyncio.gather(
            claim_after(app, call, chance.uniform(0, 0.004)), console(case.asterisk, f"module unload -f {RES}")
        )
        assert "Unloaded" in told, told
        if status == 204:
            await app.started(call.id)
            won += 1
        else:
            assert status in (404, 501), number
            assert (await call.result())["STASISSTATUS"] == "FAILED"
        await call.hangup()
        await loaded(case)
    # Else nothing was shown.
    assert won


# How broadcasts end


@pytest.mark.parametrize("pbx", [True, False])
async def test_channel_is_destroyed_with_a_claimed_broadcast(case, pbx):
    """Rule 8: what was claimed and not handed over goes with the channel."""
    app = await case.app()
    call = await case.call("20000") if pbx else await without_pbx(case)
    await app.offered(call.id)
    await hold(case, call)
    assert await app.claim(call.id) == 204
    await call.hangup()
    await masquerade(case, "release")
    await case.ami.wait(lambda event: event.get("Event") == "Hangup" and event["Uniqueid"] == call.id)

    async def forgotten():
        return (await case.ari.get(f"/broadcasts/{call.id}")).status == 404

    await until(forgotten, "the broadcast is forgotten")
    assert await app.claim(call.id) == 404


def check_rounds(app, call, winners):
    """What an application heard of a call: offers, each followed by the claim of its own round.

    It hears nothing of a round whose offer had not come to it when that was claimed.
    """
    events = [event for event in app.events if event["type"] in ("CallBroadcast", "CallClaimed") and event["channel"]["id"] == call.id]
    heard = [event.get("winner_app") for event in events]
    assert heard[::2] == [None] * len(heard[1::2]), (app.app, call.id, heard)
    rest = iter(winners)
    assert all(winner in rest for winner in heard[1::2]), (app.app, call.id, heard)
    return len(heard[1::2])


async def test_claim_of_a_lost_round_is_never_told_behind_the_next_offer(case):
    """The event of a claim and the next offer of its channel are queued by two threads at the same moment."""
    case.expect_log(LOST)
    gone, app, third = await ghost(case), await case.app("other"), await case.app("third")

    async def one(number):
        call = await case.call("20000,,,yes", extension="twice", OFFER2="20000,,,yes")
        for offer in (1, 3):
            await offered_times(app, call.id, offer)
            assert await case.ari.claim(call.id, gone.app) == 204, number
            await offered_times(app, call.id, offer + 1)
            assert await app.claim(call.id) == 204, number
            await app.wait(lambda _, offer=offer: len(app.of("StasisStart", call.id)) > offer // 2)
            await app.proceed(call.id)
        # Both broadcasts have been cleaned up by then.
        await call.result("second")
        return call

    calls = [call for _ in range(4) for call in await asyncio.gather(*(one(number) for number in range(10)))]
    await case.flush(app, third)
    for call in calls:
        assert check_rounds(app, call, [gone.app, app.app] * 2) == 4
        check_rounds(third, call, [gone.app, app.app] * 2)
