"""The options of StasisBroadcast(), its fifth argument: how they are written (SPEC sections 3 and 8)."""

import asyncio
import re

import pytest
from test_reoffer import LOST, ghost

UNKNOWN = r"is not known: there are b\(window\), k\(n\[:ms\]\), p\(priority\) and q\(name\); going on without it$"
BIDS = r"is not b\(window\) with a whole number of milliseconds from 1 to 5000; going on without it$"
FIRST = r"is not k\(n\) or k\(n:ms\) with a whole number of applications from 0 to 1000000 and of .*; going on without it$"
PRIORITY = r"is not p\(priority\) with a whole number from -1000000 to 1000000; going on without it$"
QUEUE = r"is not q\(name\) with a name of 1 to 80 bytes; going on without it$"
TWICE = r"is given more than once: the first one holds; going on without it$"
OPEN = r"has no closing parenthesis; going on without it$"


async def told(case, app, options, **variables):
    """What CallBroadcast tells of priority and queue for a call with these options."""
    call = await case.call(f"10000,,,,{options}", **variables)
    event = await app.offered(call.id)
    assert event["waited"] >= 0
    await call.hangup()
    return event.get("priority"), event.get("queue")


GOOD = {
    "none": ("", None, None),
    "blanks": (" \t ", None, None),
    "priority": ("p(5)", 5, None),
    "zero": ("p(0)", 0, None),
    "negative": ("p(-3)", -3, None),
    "most": ("p(1000000)", 1000000, None),
    "least": ("p(-1000000)", -1000000, None),
    "leading-zeros": ("p(0000000007)", 7, None),
    "queue": ("q(sales)", None, "sales"),
    "both": ("p(5)q(sales)", 5, "sales"),
    "other-order": ("q(sales)p(5)", 5, "sales"),
    "blanks-between": (" q( sales )  p( 5 ) ", 5, "sales"),
    "blank-inside": ("q(west coast)", None, "west coast"),
    "comma-inside": ("q(a,b)p(1)", 1, "a,b"),
    "nested": ("q(sales(eu))p(1)", 1, "sales(eu)"),
    "letters-inside": ("q(p(7))", None, "p(7)"),
    "digits": ("q(1)", None, "1"),
    "window": ("b(5000)p(2)", 2, None),
    "first": ("k(8)p(2)", 2, None),
    "first-and-step": ("k(8:20)q(a)", None, "a"),
    "first-all": ("k(0)", None, None),
    "all": ("b(1)k(1:1)p(1)q(a)", 1, "a"),
    "longest": (f"q({'x' * 80})", None, "x" * 80),
}


@pytest.mark.parametrize("key", GOOD)
async def test_options(case, key):
    options, priority, queue = GOOD[key]
    app = await case.app()
    assert await told(case, app, options) == (priority, queue)
    assert await case.our_log() == []


# Options, what holds, and a warning for each that cannot be used: which, and why.
BAD = {
    "unknown": ("x", None, None, [("x", UNKNOWN)]),
    "window-zero": ("b(0)", None, None, [(r"b\(0\)", BIDS)]),
    "window-too-long": ("b(5001)p(1)", 1, None, [(r"b\(5001\)", BIDS)]),
    "window-no-number": ("b(x)", None, None, [(r"b\(x\)", BIDS)]),
    "window-empty": ("b()", None, None, [(r"b\(\)", BIDS)]),
    "window-alone": ("b", None, None, [("b", BIDS)]),
    "window-twice": ("b(5)b(6)", None, None, [(r"b\(6\)", TWICE)]),
    "first-negative": ("k(-1)", None, None, [(r"k\(-1\)", FIRST)]),
    "first-too-many": ("k(1000001)", None, None, [(r"k\(1000001\)", FIRST)]),
    "first-no-step": ("k(8:0)", None, None, [(r"k\(8:0\)", FIRST)]),
    "first-empty-step": ("k(8:)", None, None, [(r"k\(8:\)", FIRST)]),
    "first-long-step": ("k(8:60001)", None, None, [(r"k\(8:60001\)", FIRST)]),
    "first-two-steps": ("k(8:20:20)", None, None, [(r"k\(8:20:20\)", FIRST)]),
    "first-step-alone": ("k(:20)", None, None, [(r"k\(:20\)", FIRST)]),
    "first-empty": ("k()", None, None, [(r"k\(\)", FIRST)]),
    "first-twice": ("k(8)k(9:5)q(a)", None, "a", [(r"k\(9:5\)", TWICE)]),
    "known-beside-unknown": ("x(1)p(5)zq(a)", 5, "a", [(r"x\(1\)", UNKNOWN), ("z", UNKNOWN)]),
    "large-letters": ("P(5)Q(a)", None, None, [(r"P\(5\)", UNKNOWN), (r"Q\(a\)", UNKNOWN)]),
    "priority-of-another-kind": ("p(1e9)", None, None, [(r"p\(1e9\)", PRIORITY)]),
    "priority-too-high": ("p(1000001)", None, None, [(r"p\(1000001\)", PRIORITY)]),
    "priority-too-low": ("p(-1000001)q(a)", None, "a", [(r"p\(-1000001\)", PRIORITY)]),
    "priority-far-too-high": (f"p({'9' * 40})", None, None, [("p", PRIORITY)]),
    "priority-empty": ("p()", None, None, [(r"p\(\)", PRIORITY)]),
    "priority-blank": ("p( )", None, None, [(r"p\( \)", PRIORITY)]),
    "priority-sign-alone": ("p(-)", None, None, [(r"p\(-\)", PRIORITY)]),
    "priority-with-a-point": ("p(1.5)", None, None, [(r"p\(1\.5\)", PRIORITY)]),
    "priority-alone": ("p", None, None, [("p", PRIORITY)]),
    "priority-without-parentheses": ("p5", None, None, [("p", PRIORITY), ("5", UNKNOWN)]),
    "queue-empty": ("q()", None, None, [(r"q\(\)", QUEUE)]),
    "queue-blank": ("q(\t )p(2)", 2, None, [(r"q\(\\x09 \)", QUEUE)]),
    "queue-alone": ("q", None, None, [("q", QUEUE)]),
    "queue-too-long": (f"q({'x' * 81})", None, None, [("q", QUEUE)]),
    "priority-twice": ("p(1)p(2)", 1, None, [(r"p\(2\)", TWICE)]),
    "queue-twice": ("q(a)p(1)q(b)", 1, "a", [(r"q\(b\)", TWICE)]),
    "second-one-usable": ("p(x)p(2)", 2, None, [(r"p\(x\)", PRIORITY)]),
    "left-open": ("p(1)q(sales", 1, None, [(r"q\(sales", OPEN)]),
    "left-open-inside": ("q(a(b)", None, None, [(r"q\(a\(b\)", OPEN)]),
    "parentheses-alone": ("()", None, None, [(r"\(", UNKNOWN), (r"\)", UNKNOWN)]),
    "one-too-many": ("q(a))p(1)", 1, "a", [(r"\)", UNKNOWN)]),
}


@pytest.mark.parametrize("key", BAD)
async def test_option_that_cannot_be_used_is_named_and_left_out(case, key):
    options, priority, queue, warnings = BAD[key]
    patterns = [f"^StasisBroadcast on Local/.*: option '{text}.*' {reason}" for text, reason in warnings]
    for pattern in patterns:
        case.expect_log(pattern)
    app = await case.app()
    assert await told(case, app, options) == (priority, queue)
    lines = await case.our_log()
    assert [line.level for line in lines] == ["WARNING"] * len(warnings)
    for line, pattern in zip(lines, patterns):
        assert re.search(pattern, line.text), line.text


async def test_many_that_cannot_be_used_are_counted(case):
    case.expect_log("option '.' is not known")
    case.expect_log("296 more options cannot be used; going on without them$")
    app = await case.app()
    assert await told(case, app, "x" * 300 + "p(3)") == (3, None)
    assert len(await case.our_log()) == 5


async def test_bytes_of_an_option_are_escaped(case):
    case.expect_log(r"option 'x\(\\x1b\[31m\\xff\)' is not known")
    app = await case.app()
    call = await case.call("10000,,,,x(%1b[31m%ff)q(a%1bb)".replace("[", "%5b"), extension="bytes-offer")
    # What the application is given stands in the channel, and that has to be UTF-8.
    case.expect_log("cannot be offered: its dialplan.app_data")
    assert await call.status() == ("FAILED", "ERROR")
    call = await case.call("10000,,,,q(a%1bb%c3%bc)", extension="bytes-offer")
    assert (await app.offered(call.id))["queue"] == "a\x1bb\u00fc"


async def test_call_with_options_is_claimed_as_any_other(case):
    app = await case.app("sales")
    call = await case.call("10000,^sales-,one:two,yes,p(9)q(vip)")
    assert (await app.offered(call.id))["queue"] == "vip"
    assert await app.claim(call.id) == 204
    assert (await app.started(call.id))["args"] == ["one", "two"]
    await app.event("CallClaimed", call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_options_hold_for_the_offer_after_a_lost_winner(case):
    case.expect_log(LOST)
    gone, other = await ghost(case), await case.app("other")
    call = await case.call("10000,,,,q(vip)p(4)")
    first = await other.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await other.wait_count(2, lambda event: event in other.of("CallBroadcast", call.id))
    again = other.of("CallBroadcast", call.id)[1]
    assert (again["queue"], again["priority"]) == ("vip", 4)
    assert again["waited"] >= first["waited"]


async def test_waited_counts_from_the_first_offer(case):
    app = await case.app()
    call = await case.call("1500", extension="twice", OFFER2="10000")
    first = await app.offered(call.id)
    assert 0 <= first["waited"] < 1500
    await app.wait_count(2, lambda event: event in app.of("CallBroadcast", call.id))
    second = app.of("CallBroadcast", call.id)[1]
    assert 1500 <= second["waited"] <= 1500 + (second["at"] - first["at"]) * 1000
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    waited = (await case.ari.broadcast(call.id))["waited_ms"]
    await app.proceed(call.id)
    assert int((await call.result("second"))["BROADCASTTIME"]) == waited >= second["waited"]


async def test_a_wait_ends_when_an_application_has_had_the_call(case):
    app = await case.app()
    call = await case.call("10000", extension="twice", OFFER2="10000")
    await app.offered(call.id)
    await asyncio.sleep(0.7)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    await app.wait_count(2, lambda event: event in app.of("CallBroadcast", call.id))
    assert app.of("CallBroadcast", call.id)[1]["waited"] < 700


@pytest.mark.only(22)
@pytest.mark.instance(modules="mix-res")
@pytest.mark.parametrize("options", ["p(5)", "q(sales)", "b(300)", "x"])
async def test_options_are_refused_on_asterisks_own_resource_module(case, options):
    case.expect_log("The res_stasis_broadcast.so that is loaded is not the one of Stasis Broadcast")
    case.expect_log("not offered: options '.*' need the res_stasis_broadcast.so of Stasis Broadcast")
    case.expect_log("is not known")
    app = await case.app()
    call = await case.call(f"10000,,,,{options}")
    assert await call.status() == ("FAILED", "ERROR")
    assert [line for line in await case.our_log() if f"options '{options}' need the" in line.text]
    # Without options it is offered.
    call = await case.call("10000,,,, ")
    await app.offered(call.id)
    assert len(app.of("CallBroadcast")) == 1
