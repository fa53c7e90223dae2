"""Circles: a call that is offered to more and more applications, one circle after the other (SPEC section 8)."""

import asyncio
import time

import pytest
from harness.events import until
from test_identity import Transfer
from test_reoffer import LOST, ghost
from test_settings import Conf

UNUSABLE = r"circles cannot be used: .*The call is offered to nobody"


async def item(case, call):
    answer = await case.ari.broadcast(call.id)
    return answer["round"], sorted(answer["recipients"])


async def end_of(call):
    """How it ended: STASISSTATUS, BROADCASTSTATUS, BROADCASTROUND."""
    result = await call.result()
    return result["STASISSTATUS"], result["BROADCASTSTATUS"], result["BROADCASTROUND"]


async def test_each_circle_hears_with_the_time_that_is_left(case):
    gold, sales, other = await case.app("gold"), await case.app("sales"), await case.app("other")
    call = await case.call("1500&1600&20000,^gold-&^sales-&.")
    first = await gold.offered(call.id)
    assert first["timeout"] == 23100
    assert await item(case, call) == (1, [gold.app])
    second = await sales.offered(call.id)
    assert 20000 < second["timeout"] <= 21601
    assert second["at"] - first["at"] > 1
    assert await item(case, call) == (2, sorted([gold.app, sales.app]))
    third = await other.offered(call.id)
    assert 10000 < third["timeout"] <= 20001
    assert third["waited"] >= 3099
    assert await item(case, call) == (3, sorted([gold.app, sales.app, other.app]))
    await case.flush(gold, sales, other)
    assert [len(app.of("CallBroadcast", call.id)) for app in (gold, sales, other)] == [1, 1, 1]
    assert (await case.ari.broadcast(call.id))["app_filter"] == "^gold-&^sales-&."
    # Who was in an earlier circle keeps its claim.
    assert await gold.claim(call.id) == 204
    await gold.started(call.id)
    await gold.proceed(call.id)
    assert await end_of(call) == ("SUCCESS", "CLAIMED", "3")


async def test_claim_before_and_after_the_circle_opens(case):
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("2500&20000,^gold-&^sales-")
    await gold.offered(call.id)
    answer = await case.ari.post(f"/broadcasts/{call.id}/claim", application=sales.app)
    assert answer.status == 403, answer
    assert await sales.decline(call.id) == 403
    assert call.id not in [line["channel_id"] for line in (await case.ari.get("/broadcasts", application=sales.app)).json]
    await sales.offered(call.id)
    assert await sales.claim(call.id) == 204
    await sales.started(call.id)
    await sales.proceed(call.id)
    assert await end_of(call) == ("SUCCESS", "CLAIMED", "2")


async def test_claim_in_the_first_circle_ends_it(case):
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("1500&5000,^gold-&^sales-")
    await gold.offered(call.id)
    assert await gold.claim(call.id) == 204
    await gold.started(call.id)
    await asyncio.sleep(1.7)
    await gold.proceed(call.id)
    assert await end_of(call) == ("SUCCESS", "CLAIMED", "1")
    await case.flush(sales)
    assert not sales.of("CallBroadcast", call.id)


async def test_application_that_comes_while_its_circle_is_open_may_claim(case):
    gold = await case.app("gold")
    call = await case.call("20000&20000,^gold-&^sales-")
    await gold.offered(call.id)
    late, sales = await case.app("gold"), await case.app("sales")
    assert await sales.claim(call.id) == 404
    assert await late.claim(call.id) == 204
    await late.started(call.id)
    assert not late.of("CallBroadcast", call.id)


async def test_application_that_comes_before_its_circle_hears_of_it(case):
    gold = await case.app("gold")
    call = await case.call("20000&20000,^gold-&^sales-")
    await gold.offered(call.id)
    sales = await case.app("sales")
    assert await gold.decline(call.id) == 204
    await sales.offered(call.id)
    assert await sales.claim(call.id) == 204


async def test_circle_without_anybody_is_over_at_once(case):
    sales = await case.app("sales")
    call = await case.call("20000&20000&20000,^gold-&^silver-&^sales-")
    offer = await sales.offered(call.id)
    assert offer["timeout"] == 60000
    assert await item(case, call) == (3, [sales.app])
    assert await sales.claim(call.id) == 204
    await sales.started(call.id)
    await sales.proceed(call.id)
    assert await end_of(call) == ("SUCCESS", "CLAIMED", "3")


async def test_circle_without_anybody_new_is_over_at_once(case):
    gold, other = await case.app("gold"), await case.app("other")
    call = await case.call("500&20000&20000,^gold-&^gold-&.")
    await gold.offered(call.id)
    offer = await other.offered(call.id)
    assert offer["timeout"] > 30000
    assert (await item(case, call))[0] == 3
    await case.flush(gold)
    assert len(gold.of("CallBroadcast", call.id)) == 1


async def test_circle_in_which_all_have_declined_is_over_at_once(case):
    gold, other, sales = await case.app("gold"), await case.app("gold"), await case.app("sales")
    call = await case.call("20000&20000,^gold-&^sales-")
    await asyncio.gather(gold.offered(call.id), other.offered(call.id))
    assert await gold.decline(call.id) == 204
    before = time.monotonic()
    assert await other.decline(call.id) == 204
    assert (await sales.offered(call.id))["at"] - before < 10
    answer = await case.ari.broadcast(call.id)
    assert sorted(answer["declined"]) == sorted([gold.app, other.app])
    assert await sales.decline(call.id) == 204
    assert await end_of(call) == ("TIMEOUT", "DECLINED", "2")


async def test_last_circles_without_anybody_leave_the_call_to_those_before(case):
    gold = await case.app("gold")
    began = time.monotonic()
    call = await case.call("300&300&2000,^gold-&^silver-&^bronze-")
    await gold.offered(call.id)

    async def is_last():
        return (await item(case, call))[0] == 3

    await until(is_last, "the last circle has begun")
    assert await item(case, call) == (3, [gold.app])
    assert await end_of(call) == ("TIMEOUT", "TIMEOUT", "3")
    assert time.monotonic() - began > 2.5


async def test_nobody_in_any_circle_is_noapps_at_once(case):
    await case.app("other")
    call = await case.call("20000&20000,^gold-&^sales-")
    assert await end_of(call) == ("TIMEOUT", "NOAPPS", "2")


async def test_declines_of_all_with_empty_circles_behind(case):
    gold = await case.app("gold")
    call = await case.call("20000&20000,^gold-&^sales-")
    await gold.offered(call.id)
    assert await gold.decline(call.id) == 204
    assert await end_of(call) == ("TIMEOUT", "DECLINED", "2")


async def test_circle_of_no_time(case):
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("0&20000,^gold-&^sales-")
    await asyncio.gather(gold.offered(call.id), sales.offered(call.id))
    assert await gold.claim(call.id) == 204


async def test_hang_up_in_a_later_circle(case):
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("200&20000,^gold-&^sales-")
    await asyncio.gather(gold.offered(call.id), sales.offered(call.id))
    await call.hangup()
    await call.result("h")
    assert await gold.claim(call.id) == 404


async def test_all_hear_of_the_claim_with_notify(case):
    gold, sales, other = await case.app("gold"), await case.app("sales"), await case.app("other")
    call = await case.call("200&20000&20000,^gold-&^sales-&.,,yes")
    await asyncio.gather(gold.offered(call.id), sales.offered(call.id))
    assert await sales.claim(call.id) == 204
    for app in (gold, sales):
        assert (await app.event("CallClaimed", call.id))["winner_app"] == sales.app
    await case.flush(other)
    assert not other.of("CallClaimed", call.id) and not other.of("CallBroadcast", call.id)


BAD = {
    "more-timeouts": "1000&2000,^gold-",
    "no-filter": "1000&2000",
    "more-filters": "1000&2000,^gold-&^sales-&.",
    "nine": "&".join(["1000"] * 9) + "," + "&".join(["."] * 9),
    "twenty": "&".join(["1000"] * 20) + "," + "&".join(["."] * 20),
}


@pytest.mark.parametrize("key", BAD)
async def test_circles_that_cannot_be_used_offer_to_nobody(case, key):
    case.expect_log(UNUSABLE)
    app = await case.app("gold")
    call = await case.call(BAD[key])
    assert await end_of(call) == ("FAILED", "INVALIDFILTER", "")
    await case.flush(app)
    assert not app.of("CallBroadcast", call.id)


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_one_bad_filter_among_good_ones_offers_to_nobody(case, number):
    case.expect_log(r"application filter '\^\(gold' cannot be used: .* offered to nobody")
    filters = ["^gold-", "^sales-", "."]
    filters[number - 1] = "^(gold"
    app = await case.app("gold")
    call = await case.call(f"1000&1000&1000,{'&'.join(filters)}")
    assert await end_of(call) == ("FAILED", "INVALIDFILTER", "")
    await case.flush(app)
    assert not app.of("CallBroadcast", call.id)


async def test_eight_circles(case):
    apps = [await case.app(f"x{number}") for number in range(1, 9)]
    call = await case.call("&".join(["60"] * 7 + ["20000"]) + "," + "&".join(f"^x{n}-" for n in range(1, 9)))
    await asyncio.gather(*(app.offered(call.id) for app in apps))
    assert (await item(case, call))[0] == 8
    order = [app.of("CallBroadcast", call.id)[0]["timeout"] for app in apps]
    assert order == sorted(order, reverse=True)
    assert await apps[0].claim(call.id) == 204


async def test_sum_obeys_max_timeout(case):
    case.expect_log(r"with timeout '.*' the circles last longer than max_timeout, using 60000 in all$")
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("100&50000&50000,^gold-&^sales-&.")
    assert (await gold.offered(call.id))["timeout"] == 60000
    await sales.offered(call.id)
    assert await gold.claim(call.id) == 204


async def test_timeout_of_a_circle_that_is_none_is_the_default(case):
    case.expect_log(r"timeout 'abc' is not a number of milliseconds from 0 to 60000, using 500$")
    gold, sales = await case.app("gold"), await case.app("sales")
    call = await case.call("abc & 20000 , ^gold- & ^sales- ")
    assert (await gold.offered(call.id))["timeout"] == 20500
    await sales.offered(call.id)
    assert await sales.claim(call.id) == 204


@pytest.mark.parametrize("written", [r"^x\&y-", r"^x\\&y-", r"^x[\&]y-", r'"^x\&y-"'])
async def test_ampersand_as_a_letter(case, written):
    name = f"x&y-{case.app_name()}"
    app, sales = await case.app_named(name), await case.app("sales")
    call = await case.call(f"300&20000,{written}&^sales-")
    await app.offered(call.id)
    await sales.offered(call.id)
    shown = (await case.ari.broadcast(call.id))["app_filter"]
    assert shown == (r"^x[\&]y-&^sales-" if "[" in written else r"^x\&y-&^sales-")
    answer = await case.ari.post(f"/broadcasts/{call.id}/claim", application=name)
    assert answer.status == 204, answer


async def test_ampersand_without_circles_is_a_letter(case):
    app, other = await case.app_named(f"x&y-{case.app_name()}"), await case.app("y")
    call = await case.call("20000,^x&y-")
    await app.offered(call.id)
    assert (await case.ari.broadcast(call.id))["app_filter"] == "^x&y-"
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTSTATUS"], result["BROADCASTROUND"]) == ("CLAIMED", "")
    await case.flush(other)
    assert not other.of("CallBroadcast", call.id)


async def test_comma_and_backslash_in_the_filters_of_circles(case):
    app, sales = await case.app("aa"), await case.app("sales")
    call = await case.call(r'300&20000,"^a{2,3}-&^sales\\b"')
    await asyncio.gather(app.offered(call.id), sales.offered(call.id))
    assert (await case.ari.broadcast(call.id))["app_filter"] == r"^a{2,3}-&^sales\b"


async def test_bad_filter_is_everybody_where_the_settings_say_so(case):
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use("invalid_filter=broadcast")
    case.expect_log("cannot be used: .* offered to all applications")
    gold, other = await case.app("gold"), await case.app("other")
    call = await case.call("300&20000,^gold-&^(x")
    await gold.offered(call.id)
    await other.offered(call.id)
    assert await other.claim(call.id) == 204


async def test_circles_go_on_after_a_lost_winner(case):
    """Those that have heard hear again, and the circles that are to come keep their time."""
    case.expect_log(LOST)
    gone, gold = await ghost(case), await case.app("gold")
    sales, other = await case.app("sales"), await case.app("other")
    call = await case.call("300&3000&20000,^gold-&^(sales|ghost)-&^other-")
    first = await gold.offered(call.id)
    await sales.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    for app in (gold, sales):
        await app.wait_count(2, lambda event, app=app: event in app.of("CallBroadcast", call.id))
    assert not other.of("CallBroadcast", call.id)
    assert await item(case, call) == (2, sorted([gold.app, sales.app]))
    assert await other.claim(call.id) == 404
    last = await other.offered(call.id)
    assert last["at"] - first["at"] > 3
    assert last["timeout"] <= 20001
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await other.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTROUND"], result["BROADCASTLOST"]) == ("3", gone.app)


@pytest.mark.instance(MODULES_EXTRA="res_pjsip_refer.so")
async def test_circles_go_on_after_a_transfer(case):
    """Rule 12: those that have heard of the old caller hear of the new one, and the next circle comes in its time."""
    gold, sales, other = await case.app("gold"), await case.app("sales"), await case.app("other")
    transfer = Transfer(case)
    await transfer.prepare(gold, "1&4000&20000,^gold-&^sales-&^other-")
    await sales.offered(transfer.old_id)
    new_id = (await transfer.connect(gold))["channel"]["id"]
    await sales.offered(new_id)
    answer = await case.ari.broadcast(new_id)
    assert (answer["round"], sorted(answer["recipients"])) == (2, sorted([gold.app, sales.app]))
    assert answer["app_filter"] == "^gold-&^sales-&^other-"
    assert not other.of("CallBroadcast")
    assert await other.claim(new_id) == 404
    await other.offered(new_id)
    assert not other.of("CallBroadcast", transfer.old_id)
    assert await sales.claim(new_id) == 204
    await sales.started(new_id)
