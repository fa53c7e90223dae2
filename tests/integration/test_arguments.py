"""The arguments of StasisBroadcast() as people write them (SPEC section 3)."""

import asyncio
import re

import pytest


@pytest.mark.parametrize("offer, told", [
    (",,, yes", True), (",,,yes ", True), (",,,\t yes \t", True), (",,, no ", False), (",,, ", False),
])  # fmt: skip
async def test_blanks_around_notify_claimed(case, offer, told):
    """The official guide writes StasisBroadcast(,,, yes)."""
    winner, other = await case.apps(2)
    call = await case.call("5000" + offer)
    await asyncio.gather(winner.offered(call.id), other.offered(call.id))
    assert await winner.claim(call.id) == 204
    await winner.started(call.id)
    await case.flush(winner, other)
    assert [len(app.of("CallClaimed", call.id)) for app in (winner, other)] == [int(told)] * 2
    assert await case.our_log() == []


async def test_blanks_around_each_argument(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call(" 5000 ,\t^sales-  , one two:three , yes , , ")
    assert (await inside.offered(call.id))["timeout"] == 5000
    assert (await case.ari.broadcast(call.id))["app_filter"] == "^sales-"
    assert await inside.claim(call.id) == 204
    assert (await inside.started(call.id))["args"] == ["one two", "three"]
    await inside.event("CallClaimed", call.id)
    await case.flush(inside, outside)
    assert outside.events_but_last_flush() == []
    assert await case.our_log() == []


async def test_blanks_alone_are_no_argument(case):
    app = await case.app()
    call = await case.call("  ,  ,\t,  ")
    assert (await app.offered(call.id))["timeout"] == 500
    assert (await case.ari.broadcast(call.id))["app_filter"] == ""
    assert await app.claim(call.id) == 204
    assert (await app.started(call.id))["args"] == []
    assert await case.our_log() == []


@pytest.mark.parametrize("word", ["perhaps", "2", "yes please", "ja", "-"])
async def test_word_that_is_neither_yes_nor_no(case, word):
    case.expect_log(f"notify_claimed '{word}' is neither yes nor no, using no$")
    app = await case.app()
    call = await case.call(f"5000,,,{word}")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await case.flush(app)
    assert not app.of("CallClaimed", call.id)
    assert [line.level for line in await case.our_log()] == ["WARNING"]


@pytest.mark.parametrize("behind, warned", [
    (",,extra", ["too many arguments, going on without 'extra'$"]),
    (",,extra,more", ["too many arguments, going on without 'extra,more'$"]),
    (",x, y ", ["option 'x' is not known", "too many arguments, going on without 'y'$"]),
    (",", []), (",,", []), (", , ", []),
])  # fmt: skip
async def test_more_than_there_are(case, behind, warned):
    for pattern in warned:
        case.expect_log(pattern)
    app = await case.app()
    call = await case.call(f"5000,^app,one,yes{behind}")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    assert (await app.started(call.id))["args"] == ["one"]
    await app.event("CallClaimed", call.id)
    lines = await case.our_log()
    assert [line.level for line in lines] == ["WARNING"] * len(warned)
    for line, pattern in zip(lines, warned):
        assert re.search(pattern, line.text), line.text


async def verbose_lines(case):
    return [line.text for line in await case.log() if "no application now matches" in line.text]


async def test_filter_that_matches_nobody_is_named(case):
    await case.app("support")
    call = await case.call("5000,^sal\x1bes-")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    (line,) = await verbose_lines(case)
    assert r"no application now matches the filter '^sal\x1bes-'" in line
    assert await case.our_log() == []


async def test_no_filter_is_not_named(case):
    call = await case.call("5000")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    assert await verbose_lines(case) == []
