"""Threats of docs/SECURITY.md that no other file tests: who gets a call, what a caller may bring, what is logged."""

import asyncio
import time

import pytest

CONTROL = bytes([*range(1, 32), 127])


async def test_claim_in_the_name_of_another_gives_that_one_the_call(case):
    """Who claims for another application gains nothing: the call goes to the one that is named."""
    named, asking = await case.app("named"), await case.app("asking")
    call = await case.call("10000")
    await asyncio.gather(named.offered(call.id), asking.offered(call.id))
    assert await case.ari.claim(call.id, named.app) == 204
    await named.started(call.id)
    assert await asking.claim(call.id) == 409
    await named.proceed(call.id)
    assert (await call.result())["BROADCASTWINNER"] == named.app
    await case.flush(named, asking)
    assert not asking.of("StasisStart", call.id)


async def test_name_that_contains_that_of_another_is_not_that_one(case):
    """Names are compared whole, with their case and without patterns."""
    app = await case.app("exact")
    call = await case.call("10000")
    await app.offered(call.id)
    for other in (app.app.upper(), app.app + "2", app.app[:-1], ".*", app.app + " ", "^" + app.app, ""):
        assert await case.ari.claim(call.id, other) in (400, 404), other
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await app.claim(call.id) == 204
    await app.started(call.id)


# What a caller may send as a name or number, hoping that it ends up in a filter.
BROUGHT = {
    "alternative": "x|.*",
    "all": ".*",
    "end": "x-|^",
    "group": "x)|(.*",
    "comma": "x,stolen:args,yes",
    "quote": 'x",stolen,"',
    "variable": "${EPOCH}",
    "backslash": "x\\",
    "exploding": "((a{1,100}){1,100}){1,100}",
    "long": "x" * 400,
}


@pytest.mark.parametrize("key", BROUGHT)
async def test_caller_supplied_part_of_a_filter_stays_within_it(case, key):
    """Written as docs/SECURITY.md says: whatever the caller brings, the others hear nothing of the call."""
    case.expect_log("application filter '.*' cannot be used")
    team, other = await case.app("team"), await case.app("other")
    call = await case.call(extension="caller-in-filter", TIME="50", TEAM="team", BROUGHT=BROUGHT[key])
    result = await call.result()
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) in (("TIMEOUT", "NOAPPS"), ("FAILED", "INVALIDFILTER"))
    await case.flush(team, other)
    assert not team.of("CallBroadcast", call.id) and not other.of("CallBroadcast", call.id)


async def test_caller_supplied_part_of_a_filter_still_chooses(case):
    team, other = await case.app("team-42"), await case.app("team-43")
    call = await case.call(extension="caller-in-filter", TIME="10000", TEAM="team", BROUGHT="4-2")
    await team.offered(call.id)
    assert await other.claim(call.id) == 404
    assert await team.claim(call.id) == 204
    await team.started(call.id)
    assert not other.of("CallBroadcast", call.id)


COSTLY = {
    "groups": "(" * 200,
    "exploding": "((a{1,100}){1,100}){1,100}",
    "backtracking": "(a+)+" * 40 + "$",
    "brackets": "[" * 255,
    "long": "x" * 4000,
    "alternatives": "(a|a)*" * 30 + "b",
}


@pytest.mark.parametrize("key", COSTLY)
async def test_caller_supplied_filter_costs_next_to_nothing(case, key):
    """The worst that a caller can do with a dialplan that takes a whole filter from him is not to get through."""
    case.expect_log("application filter '.*' cannot be used")
    app = await case.app("a" * 16)
    began = cpu_seconds(case)
    for _ in range(10):
        call = await case.call(extension="caller-as-filter", TIME="0", BROUGHT=COSTLY[key])
        await call.result()
    assert cpu_seconds(case) - began < 1.5
    await case.leave(app)


def cpu_seconds(case):
    """CPU time that Asterisk has used."""
    with open(f"/proc/{case.asterisk.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def test_log_lines_of_ours_have_no_control_characters(case):
    """From a channel's name, a filter and a timeout: all that a line of ours tells of comes from outside."""
    case.expect_log("application filter '.*' cannot be used")
    case.expect_log("timeout '.*' is not a number of milliseconds")
    evil = "a\x1b[31m]\x07\x7f\x08b"
    await case.app()
    call = await case.call(f"{evil},(({evil}")
    assert await call.status() == ("FAILED", "INVALIDFILTER")
    lines = await case.our_log()
    assert len(lines) == 2, lines
    for line in lines:
        assert not set(line.raw) & set(CONTROL), line.raw
        assert "\\x1b[31m" in line.text


async def test_log_line_of_a_channel_with_an_odd_name(case):
    """A Local channel carries its extension in its name, and who makes it chooses that."""
    case.expect_log("application filter '.*' cannot be used")
    await case.app()
    call = await case.call("5000,((", extension="odd\x1b[31m")
    await call.result()
    (line,) = await case.our_log()
    assert "Local/odd\\x1b[31m@default" in line.text
    assert not set(line.raw) & set(CONTROL), line.raw


@pytest.mark.resident
async def test_claims_for_unknown_ids_leave_nothing_behind(case):
    """However many: no memory to speak of, no thread, no log line of ours."""
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)

    async def claims(count):
        for number in range(count):
            assert await case.ari.claim(f"unknown-{number}", app.app) == 404

    await claims(500)
    before = memory_kb(case)
    began = time.monotonic()
    await asyncio.gather(*(claims(500) for _ in range(4)))
    assert time.monotonic() - began < 30
    assert memory_kb(case) - before < 2048
    assert not await case.our_log()
    assert await app.claim(call.id) == 204
    await app.started(call.id)


def memory_kb(case):
    with open(f"/proc/{case.asterisk.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
