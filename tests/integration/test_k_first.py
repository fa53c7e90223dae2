"""A call that is offered to a few at first, and to four times as many after each step: k(n[:ms]) (SPEC section 8)."""

import asyncio
import itertools

import pytest
from harness.ari import is_event
from harness.events import until
from test_reoffer import LOST, ghost
from test_settings import Conf

_numbers = itertools.count(1)


async def crowd(case, count, word="k"):
    """Applications that share one connection. Their names are short: all of them stand in its address."""
    return await case.app_named(*(f"{word}-{next(_numbers)}" for _ in range(count)))


def heard(app, call):
    """Which of them have heard of a call."""
    return [event["application"] for event in app.of("CallBroadcast", call.id)]


async def wait_heard(app, call, count):
    await app.wait_count(count, lambda event: is_event(event, "CallBroadcast", call.id))
    return heard(app, call)


async def test_four_times_as_many_after_each_step(case):
    app = await crowd(case, 40)
    call = await case.call("20000,,,,k(3:1500)")
    await wait_heard(app, call, 40)
    events = app.of("CallBroadcast", call.id)
    assert sorted(heard(app, call)) == sorted(app.names)
    # 3, then 12, then all of them: each step tells the time that is left.
    timeouts = [event["timeout"] for event in events]
    assert timeouts[:3] == [20000] * 3
    assert all(17000 < timeout <= 18501 for timeout in timeouts[3:12]), timeouts
    assert all(timeout <= 17001 for timeout in timeouts[12:]), timeouts
    answer = await case.ari.broadcast(call.id)
    assert sorted(answer["recipients"]) == sorted(app.names)


async def test_first_ones_are_others_each_time(case):
    app = await crowd(case, 10)
    first = set()
    for _ in range(40):
        call = await case.call("20000,,,,k(1:30000)")
        first.update(await wait_heard(app, call, 1))
        await call.hangup()
    # One of ten, forty times: fewer than five of them would be as likely as 1 in 10^13.
    assert len(first) >= 5


async def test_who_is_asked_later_may_claim_before(case):
    app = await crowd(case, 6)
    call = await case.call("20000,,,,k(1:30000)")
    (first,) = await wait_heard(app, call, 1)
    other = next(name for name in app.names if name != first)
    assert await case.ari.claim(call.id, other) == 204


async def test_no_more_hear_of_it_after_the_claim(case):
    app = await crowd(case, 12)
    call = await case.call("20000,,,yes,k(2:1500)")
    first, _ = await wait_heard(app, call, 2)
    assert await case.ari.claim(call.id, first) == 204
    await app.started(call.id)
    await asyncio.sleep(1.7)
    await case.flush(app)
    assert len(heard(app, call)) == 2
    assert len(app.of("CallClaimed", call.id)) == 2


async def test_next_ones_hear_at_once_when_all_so_far_have_declined(case):
    app = await crowd(case, 9)
    call = await case.call("20000,,,,k(2:30000)")
    for name in await wait_heard(app, call, 2):
        assert (await case.ari.post(f"/broadcasts/{call.id}/decline", application=name)).status == 204
    for name in (await wait_heard(app, call, 8))[2:]:
        assert (await case.ari.post(f"/broadcasts/{call.id}/decline", application=name)).status == 204
    names = await wait_heard(app, call, 9)
    assert sorted(names) == sorted(app.names)
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert (await case.ari.post(f"/broadcasts/{call.id}/decline", application=names[8])).status == 204
    assert await call.status() == ("TIMEOUT", "DECLINED")


@pytest.mark.parametrize("options", ["k(0)", "k(0:5000)", "k(5:5000)", "k(1000000:60000)", ""])
async def test_all_at_once(case, options):
    app = await crowd(case, 5)
    call = await case.call(f"20000,,,,{options}")
    await wait_heard(app, call, 5)
    assert [event["timeout"] for event in app.of("CallBroadcast", call.id)] == [20000] * 5


async def test_deadline_comes_before_all_have_heard(case):
    app = await crowd(case, 4)
    call = await case.call("1500,,,,k(1:30000)")
    await wait_heard(app, call, 1)
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    await case.flush(app)
    assert len(heard(app, call)) == 1


async def claim_after(case, app, count, seconds, options="k(2)"):
    """One call after the other, each claimed by a first one when it has had it for so long."""
    for _ in range(count):
        call = await case.call(f"20000,,,,{options}")
        first = (await wait_heard(app, call, 1))[0]
        await asyncio.sleep(seconds)
        assert await case.ari.claim(call.id, first) == 204
        await call.hangup()


async def first_step_ms(case, app, options="k(2)"):
    """How long after the first ones the next ones hear of a call: the least of a few, for the machine may be busy.

    By the timeouts of their events: the step has begun some time before the first of them is written.
    """
    steps = []
    for _ in range(4):
        call = await case.call(f"20000,,,,{options}")
        await wait_heard(app, call, 3)
        steps.append(20000 - app.of("CallBroadcast", call.id)[2]["timeout"])
        await call.hangup()
    return min(steps)


async def test_steps_are_as_long_as_claims_take(case):
    """What answers slowly because it is busy is not asked to answer more. Where the dialplan says how long, it is literal."""
    app = await crowd(case, 9)
    await claim_after(case, app, 8, 0.2, "k(2:300)")
    assert 15 <= await first_step_ms(case, app) < 140
    await claim_after(case, app, 12, 0.2)
    assert 140 <= await first_step_ms(case, app)
    assert 15 <= await first_step_ms(case, app, "k(2:20)") < 140
    await claim_after(case, app, 20, 0)
    assert 15 <= await first_step_ms(case, app) < 140


async def test_steps_before_the_winner_had_the_offer_do_not_count(case):
    """Else calls whose first ones are silent would make steps longer and longer."""
    app = await crowd(case, 9)
    for _ in range(16):
        call = await case.call("20000,,,,k(2)")
        last = (await wait_heard(app, call, 9))[-1]
        assert await case.ari.claim(call.id, last) == 204
        await call.hangup()
    assert 15 <= await first_step_ms(case, app) < 140


async def test_within_a_circle(case):
    """When a circle's time is over, those of it that were not asked are, and the next one begins with its first ones."""
    gold, sales = await crowd(case, 6, "gold"), await crowd(case, 6, "sales")
    call = await case.call("1000&20000,^gold-&^sales-,,,k(2:700)")
    await wait_heard(gold, call, 6)
    await wait_heard(sales, call, 6)
    assert [event["timeout"] for event in gold.of("CallBroadcast", call.id)][:2] == [21000] * 2
    timeouts = [event["timeout"] for event in sales.of("CallBroadcast", call.id)]
    assert timeouts[1] <= 20001 and timeouts[2] <= timeouts[1] - 699
    assert (await case.ari.broadcast(call.id))["round"] == 2


async def test_after_a_lost_winner_those_that_had_heard_hear_again(case):
    case.expect_log(LOST)
    gone, app = await ghost(case), await crowd(case, 8)
    call = await case.call("20000,^(ghost|k)-,,,k(3:30000)")
    first = set(await wait_heard(app, call, 2)) - {gone.app}
    assert await case.ari.claim(call.id, gone.app) == 204
    again = []

    def is_again():
        again[:] = heard(app, call)[len(first) :]
        return len(again) >= len(first)

    await until(is_again, "those that had heard hear again")
    assert first <= set(again)
    await case.flush(app)
    assert len(heard(app, call)) < 8


# The setting


async def use_first(case, value):
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.use(f"first={value}")


async def count_first(case, app, options=""):
    """How many hear of a call with all of its time, so that they are the first ones."""
    call = await case.call(f"20000,,,,{options}")
    await wait_heard(app, call, len(app.names))
    count = len([event for event in app.of("CallBroadcast", call.id) if event["timeout"] == 20000])
    await call.hangup()
    return count


async def test_auto_is_32_first_where_there_are_more_than_100(case):
    app = await crowd(case, 101)
    assert await count_first(case, app) == 32
    assert await count_first(case, app, "k(0)") == 101
    assert await count_first(case, app, "k(7)") == 7
    # Who wants the most suitable asks all.
    assert await count_first(case, app, "b(50)") == 101
    await use_first(case, 0)
    assert await count_first(case, app) == 101
    await use_first(case, "AUTO")
    assert await count_first(case, app) == 32


async def test_auto_is_all_at_once_up_to_100(case):
    app = await crowd(case, 100)
    assert await count_first(case, app) == 100


async def test_number_is_the_default_of_k(case):
    app = await crowd(case, 12)
    await use_first(case, 3)
    assert await count_first(case, app) == 3
    assert await count_first(case, app, "k(0)") == 12


@pytest.mark.parametrize("value", ["-1", "all", "1000001", "1.5", ""])
async def test_bad_values_are_refused(case, value):
    conf = Conf(case)
    case.at_end(conf.take_away)
    await conf.refused("[general]", f"first={value}")
    assert any("is not auto or a number of applications from 0 to 1000000" in line.text for line in await case.our_log())
