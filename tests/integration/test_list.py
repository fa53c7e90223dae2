"""GET /ari/broadcasts (SPEC section 5): the line, first in line first, and what it tells of each call."""

import asyncio
import datetime

import pytest

from harness.raw_http import send


async def listed(case, **params):
    answer = await case.ari.get("/broadcasts", **params)
    assert answer.status == 200, answer
    return [item["channel_id"] for item in answer.json]


async def open_calls(case, app, count, offer="30000"):
    """Calls on offer, one after the other."""
    calls = []
    for _ in range(count):
        calls.append(await case.call(offer))
        await app.offered(calls[-1].id)
    return calls


# The order


async def test_first_in_line_comes_first(case):
    app = await case.app()
    calls = await open_calls(case, app, 12)
    assert await listed(case) == [call.id for call in calls]
    assert await listed(case, application=app.app) == [call.id for call in calls]
    await calls[0].hangup()
    await calls[0].result("h")
    assert await listed(case) == [call.id for call in calls[1:]]


async def test_call_that_is_offered_again_keeps_its_place(case):
    """Several offers in a row are one wait, and the place in line is that of the first."""
    app = await case.app()
    again = await case.call("1500", extension="again", TIMES="1")
    await app.offered(again.id)
    later = (await open_calls(case, app, 1))[0]
    await again.result("again-done")
    await app.wait_count(2, lambda event: event["type"] == "CallBroadcast" and event["channel"]["id"] == again.id)
    first, second = (await case.ari.get("/broadcasts")).json
    assert [first["channel_id"], second["channel_id"]] == [again.id, later.id]
    assert first["created"] > second["created"]
    assert first["waited_ms"] > second["waited_ms"]
    assert first["waited_ms"] >= 1500


async def test_what_is_over_comes_after_what_is_on_offer(case):
    """Live calls that were claimed long ago do not fill the list before those that wait."""
    app = await case.app()
    claimed = await open_calls(case, app, 3)
    for call in claimed:
        assert await app.claim(call.id) == 204
        await app.started(call.id)
    waiting = await open_calls(case, app, 2)
    assert await listed(case) == [call.id for call in waiting + claimed]
    assert await listed(case, limit="2") == [call.id for call in waiting]
    assert await listed(case, application=app.app) == [call.id for call in waiting]


async def test_higher_priority_comes_first(case):
    """Then longer since the channel's first offer, whatever line it waits in."""
    app = await case.app()
    calls = {}
    for priority in ("0", "-5", "7", None, "7", "1000000", "-1000000"):
        offer = f"30000,,,,p({priority})q(line{len(calls)})" if priority else "30000"
        calls[len(calls)] = await case.call(offer)
        await app.offered(calls[len(calls) - 1].id)
    items = (await case.ari.get("/broadcasts")).json
    order = [5, 2, 4, 0, 3, 1, 6]
    assert [item["channel_id"] for item in items] == [calls[number].id for number in order]
    assert [item["priority"] for item in items] == [1000000, 7, 7, 0, 0, -5, -1000000]
    assert [item["queue"] for item in items] == [None if number == 3 else f"line{number}" for number in order]
    assert await listed(case, limit="3") == [calls[number].id for number in order[:3]]


# limit


async def test_limit_leaves_those_that_are_first_in_line(case):
    app, other = await case.app("sales"), await case.app("support")
    calls = await open_calls(case, app, 4, "30000,^sales-")
    last = (await open_calls(case, other, 1))[0]
    assert await listed(case, limit="2") == [call.id for call in calls[:2]]
    assert await listed(case, limit="00003") == [call.id for call in calls[:3]]
    assert await listed(case, limit="10000") == [call.id for call in calls + [last]]
    # It counts what is answered, and not what was searched.
    assert await listed(case, limit="1", application=other.app) == [last.id]


WRONG = ["0", "-1", "1e9", "1000000000", "99999999999999999999999", "10001", "5x", "x", " 5", "5 ", "+5", "5.0",
         "0x10", "٣", "\x1b[31m", "5\n", "5\x00", ""]  # fmt: skip


@pytest.mark.parametrize("value", WRONG, ids=ascii)
async def test_limit_that_cannot_be_used(case, value):
    await case.app()
    answer = await case.ari.get("/broadcasts", limit=value)
    # A query with a zero byte ends there for Asterisk.
    assert answer.status == 400 or "\x00" in value, answer
    if answer.status == 400:
        assert answer.message == "Parameter limit is not a whole number from 1 to 10000"


async def test_limit_given_twice(case):
    for query in (b"limit=5&limit=5", b"limit=5&limit=6", b"limit=&limit="):
        answer = await send(case.asterisk.port("HTTP"), "GET", b"/ari/broadcasts?" + query)
        assert (answer.status, answer.message) == (400, "Parameter limit is given 2 times, give it once")


async def test_application_that_cannot_be_used_beside_a_limit(case):
    for query in (b"limit=5&application=", b"application=&limit=x", b"limit=5&application=a&application=b"):
        answer = await send(case.asterisk.port("HTTP"), "GET", b"/ari/broadcasts?" + query)
        assert answer.status == 400 and "application" in answer.message, answer


# What it tells


@pytest.mark.instance(CHANNELVARS="CUSTOMER,MISSING")
async def test_fields_of_a_call(case):
    app = await case.app()
    before = datetime.datetime.now(datetime.timezone.utc)
    call = await case.call("30000", CUSTOMER="Zoë & co")
    offer = await app.offered(call.id)
    item = await case.ari.broadcast(call.id)
    assert item["caller"] == offer["channel"]["caller"]
    assert item["caller"]["number"] == offer["caller"] and item["caller"]["name"].startswith("caller")
    assert item["called"] == offer["called"] == "test"
    assert item["channelvars"] == offer["channel"]["channelvars"] == {"CUSTOMER": "Zoë & co", "MISSING": ""}
    created = datetime.datetime.strptime(item["created"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs((created - before).total_seconds()) < 15
    assert (item["priority"], item["queue"]) == (0, None)
    assert 0 <= item["waited_ms"] < 15000
    (in_list,) = (await case.ari.get("/broadcasts")).json
    assert {key: in_list[key] for key in item if key not in ("remaining_ms", "waited_ms")} == {
        key: item[key] for key in item if key not in ("remaining_ms", "waited_ms")
    }


@pytest.mark.instance(CHANNELVARS="CUSTOMER,MISSING")
async def test_channel_variable_that_changes_while_on_offer(case):
    app = await case.app()
    call = await case.call("30000", CUSTOMER="before")
    await app.offered(call.id)
    answer = await case.ari.post(f"/channels/{call.id}/variable", variable="CUSTOMER", value="after")
    assert answer.status in (204, 409), answer
    if answer.status == 204:
        assert (await case.ari.broadcast(call.id))["channelvars"]["CUSTOMER"] == "after"


async def test_call_without_variables_of_ari_conf(case):
    app = await case.app()
    (call,) = await open_calls(case, app, 1)
    assert (await case.ari.broadcast(call.id))["channelvars"] == {}


async def test_time_waited_passes_and_stops_with_the_claim(case):
    app = await case.app()
    (call,) = await open_calls(case, app, 1)
    before = (await case.ari.broadcast(call.id))["waited_ms"]
    await asyncio.sleep(0.2)
    after = (await case.ari.broadcast(call.id))["waited_ms"]
    assert after >= before + 200
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    claimed = (await case.ari.broadcast(call.id))["waited_ms"]
    await asyncio.sleep(0.2)
    assert (await case.ari.broadcast(call.id))["waited_ms"] == claimed >= after


async def test_caller_that_is_not_text(case):
    app = await case.app()
    call = await case.call("30000", extension="bytes-caller")
    await app.offered(call.id)
    assert (await case.ari.broadcast(call.id))["caller"]["number"] == "12\\xff\\xfe\\xc334"
    odd = await case.call("30000", extension="odd-caller", NUMBER='a"b\\c<é>')
    await app.offered(odd.id)
    assert (await case.ari.broadcast(odd.id))["caller"]["number"] == 'a"b\\c<é>'


async def test_caller_without_a_number(case):
    app = await case.app()
    call = await case.call("30000", extension="anonymous")
    await app.offered(call.id)
    item = await case.ari.broadcast(call.id)
    assert (item["caller"]["number"], item["called"]) == ("", "anonymous")


async def test_caller_by_sip(case):
    app = await case.app()
    call = await case.sip(offer="30000")
    offer = await app.offered(call.id)
    item = await case.ari.broadcast(call.id)
    assert item["caller"]["number"] == offer["caller"] == call.caller
    assert item["called"] == offer["called"]
