"""Filters: whom an offer reaches (SPEC rule 9, section 3 and the filter rows of section 7)."""

import asyncio
import statistics
import time
from pathlib import Path

import pytest
from harness.events import until
from test_withdraw import withdraw

REFUSED = "application filter .* cannot be used"


async def reached(case, apps, call):
    """Which of the applications a call's offer reaches, which lasts until they have heard of it, and how the broadcast ended."""
    over = asyncio.create_task(call.status())

    async def recipients():
        return over.done() or (await case.ari.get(f"/broadcasts/{call.id}")).json.get("recipients")

    names = await until(recipients, "it is on offer, or nobody is to hear of it")
    if not over.done():
        await case.sent(call, *names)
    await case.flush(*apps)
    await withdraw(case, call.id)
    return [bool(app.of("CallBroadcast", call.id)) for app in apps], await over


async def test_matched_gets_the_offer_and_unmatched_does_not(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("60000,^sales-")
    assert await reached(case, [inside, outside], call) == ([True, False], ("TIMEOUT", "WITHDRAWN"))


async def test_no_filter_reaches_everybody(case):
    apps = await case.apps(4)
    assert await reached(case, apps, await case.call("60000")) == ([True] * 4, ("TIMEOUT", "WITHDRAWN"))


# Each pattern with the names that it has to match, and those that it must not.
PATTERNS = {
    "anchored": ("^ivr-", ["ivr-1", "ivr-"], ["xivr-1", "IVR-1"]),
    "searched-anywhere": ("middle", ["a-middle-b", "middle"], ["midle"]),
    "alternatives": ("^(sales|support)-[0-9]+$", ["sales-1", "support-42"], ["sales-x", "billing-1"]),
    "harmless-optional-groups": ("^(a)?(b)?(c)?(d)?$", ["abcd", "ad", "c"], ["dcba", "abcde"]),
    "bounds": ("^a{2}b+$", ["aab", "aabb"], ["ab", "aaab"]),
    "dot-in-brackets": ("^v1[.]2$", ["v1.2"], ["v1x2"]),
    "character-class": ("^[[:alpha:]]+$", ["abc"], ["abc1"]),
    "empty-alternative": ("^x(1|)$", ["x1", "x"], ["x2"]),
    # A backslash takes another one before it, as in the dialplan.
    "word-boundary": (r"^sales\\b", ["sales", "sales-1"], ["salesbook", "sales_1"]),
    "word-edges": (r"\\<sales\\>", ["my-sales", "sales-1"], ["mysales", "sales1"]),
    "word-and-space": (r"^\\w+\\s\\S$", ["ab c"], ["a-b c", "ab-c"]),
    "inside-a-word": (r"a\\Bb", ["ab"], ["a-b"]),
    "ends-of-the-name": (r"\\`ab\\'", ["ab"], ["abc", "xab"]),
    "repeated-repetition": ("^(a+)+b?+$", ["aab", "a"], ["b", "aabc"]),
    "unmatched-parenthesis": ("^a)$", ["a)"], ["a"]),
    "collating": ("^[[.-.][=x=]]+$", ["-x-"], ["x.x", "x=x"]),
    "range-in-bytes": ("^[Z-a]$", ["_", "Z"], ["b", "Y"]),
}


@pytest.mark.parametrize("key", PATTERNS)
async def test_filter_works(case, key):
    pattern, yes, no = PATTERNS[key]
    apps = [await case.app_named(name) for name in yes + no]
    got, _ = await reached(case, apps, await case.call(f"60000,{pattern}"))
    assert got == [True] * len(yes) + [False] * len(no)


@pytest.mark.parametrize("extension, yes, no", [
    ("filter-quoted", ["aa", "aaa"], ["a", "aaaa"]),
    ("filter-escaped", ["aa", "aaa"], ["a", "aaaa"]),
    ("filter-brackets", ["x_y"], ["xy", "x-y"]),
    ("filter-word-boundary", ["sales", "sales-1"], ["salesbook"]),
], ids=["quoted", "escaped", "brackets", "word-boundary"])  # fmt: skip
async def test_filter_as_written_in_the_dialplan(case, extension, yes, no):
    """A comma quoted, with a backslash, or within brackets; a backslash doubled."""
    apps = [await case.app_named(name) for name in yes + no]
    got, _ = await reached(case, apps, await case.call(extension=extension))
    assert got == [True] * len(yes) + [False] * len(no)


UNUSABLE = {
    "typo": "^(ivr-.*",
    "open-bracket": "[a-z",
    "open-brace": "a{2",
    "star-first": "*abc",
    "reversed-range": "[z-a]",
    "reversed-bounds": "a{3\\,1}",
    "exploding": "((a{1\\,100}){1\\,100}){1\\,100}",
    "257-characters": "a" * 257,
    "unknown-class": "[[:nothing:]]",
    "back-reference": r"(a)\\1",
    "anchor-repeated": "(^a)+$",
    "star-after-anchor": "^*a",
}


@pytest.mark.parametrize("key", UNUSABLE)
async def test_unusable_filter_is_offered_to_nobody(case, key):
    case.expect_log(REFUSED)
    apps = [await case.app_named(name) for name in ("ivr-1", "aaa", "abc")]
    call = await case.call(f"60000,{UNUSABLE[key]}")
    assert await reached(case, apps, call) == ([False] * 3, ("FAILED", "INVALIDFILTER"))
    assert len(await case.our_log()) == 1


async def test_comma_without_backslash_gets_advice(case):
    """The dialplan cuts ^a{1,3}$ into two arguments, so that the filter is ^a{1."""
    case.expect_log(REFUSED)
    app = await case.app_named("aa")
    call = await case.call(extension="filter-cut-at-comma")
    assert (await call.status()) == ("FAILED", "INVALIDFILTER")
    await case.flush(app)
    assert not app.of("CallBroadcast", call.id)
    assert any(r"{1\,3}" in line.text for line in await case.our_log())


async def test_unusable_filter_may_be_corrected_and_offered_again(case):
    case.expect_log(REFUSED)
    app = await case.app("sales")
    call = await case.call("5000,^(sales", extension="twice", OFFER2="10000,^sales")
    assert (await call.result("first"))["BROADCASTSTATUS"] == "INVALIDFILTER"
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def test_filter_of_256_characters_works(case):
    app = await case.app_named("a")
    pattern = "^" + "a?" * 127 + "$"
    assert len(pattern) == 256
    assert (await reached(case, [app], await case.call(f"60000,{pattern}")))[0] == [True]


async def test_control_characters_of_a_filter_do_not_reach_the_log(case):
    case.expect_log(REFUSED)
    await case.app()
    call = await case.call("5000,(\x1b[2J\x07\x01evil")
    assert (await call.status())[1] == "INVALIDFILTER"
    (line,) = await case.our_log()
    assert "\\x1b" in line.text
    assert not any(byte < 0x20 and byte != 0x09 for byte in line.raw)


def process_cost(pid):
    """CPU seconds that a process has used, and its memory in kB now and at its peak."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return (int(stat[11]) + int(stat[12])) / 100, int(status["VmRSS"].split()[0]), int(status["VmHWM"].split()[0])


async def test_exploding_filter_costs_nothing(case):
    """Asterisk's own takes 3.8 s of CPU and 1.1 GB for each such call. These are twenty."""
    case.expect_log(REFUSED)
    await case.app_named("aaa")
    cpu, _, peak = process_cost(case.asterisk.pid)
    began = time.monotonic()
    for _ in range(20):
        call = await case.call(f"5000,{UNUSABLE['exploding']}")
        assert (await call.status())[1] == "INVALIDFILTER"
    cpu_after, _, peak_after = process_cost(case.asterisk.pid)
    assert cpu_after - cpu < 2
    assert peak_after - peak < 64 * 1024
    assert time.monotonic() - began < 30


async def test_slow_filter_costs_its_budget_and_is_warned_of_once(case):
    """Each of these names takes longer than the budget, which is 20 ms for all of them and spent once."""
    case.expect_log("takes too long to match")
    apps = [await case.app_named("a" * 60 + str(number)) for number in range(20)]
    cpu = process_cost(case.asterisk.pid)[0]
    for _ in range(5):
        call = await case.call(r"200,((.|a|.a){0\,50}){1\,4}c?[bd]")
        assert await call.status() == ("TIMEOUT", "NOAPPS")
    await case.flush(*apps)
    assert process_cost(case.asterisk.pid)[0] - cpu < 1.5
    assert len(await case.our_log()) == 1


async def test_filter_is_not_kept_for_each_live_call(case):
    """Sixty claimed calls with a large filter weigh no more than sixty without one."""
    app = await case.app_named("abcdefgh")
    # 15 kB when compiled: sixty of them would be 900 kB.
    large = "^" + "[a-h]?[^x]?" * 22 + "$"

    async def weigh(offer):
        before = await settled_memory(case)
        calls = [await case.call(offer) for _ in range(60)]
        for call in calls:
            await app.offered(call.id)
            assert await app.claim(call.id) == 204
            await app.started(call.id)
        weight = await settled_memory(case) - before
        for call in calls:
            await call.hangup()
            await call.result("h")
        return weight

    await weigh("10000")
    # By turns: the heap goes on filling its gaps from one to the next.
    without, with_filter = [], []
    for _ in range(4):
        without.append(await weigh("10000"))
        with_filter.append(await weigh(f"10000,{large}"))
    assert statistics.median(with_filter) - statistics.median(without) < 700, (with_filter, without)


async def settled_memory(case):
    """Memory in kB, without what the allocator keeps for later."""
    await case.ami.cli("malloc trim")
    return process_cost(case.asterisk.pid)[1]
