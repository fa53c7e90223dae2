"""Bad input: every REST parameter in every shape that nobody should send.

Each is answered with an error in JSON, is logged at most once and without control characters, changes
nothing, and Asterisk goes on. A request that does not get past Asterisk's own HTTP server (its line or
its body is too long, or not HTTP) only has to be refused.
"""

import json

import pytest

from harness.raw_http import send

LONG = b"x" * 100_000

# What stands in the query or the path, percent-coded or not, exactly as sent.
QUERY_VALUES = {
    "empty": b"",
    "long": LONG,
    "nul-coded": b"%00",
    "nul-coded-behind": b"app%00evil",
    "nul-raw": b"app\0evil",
    "quote-coded": b"%22%27",
    "quote-raw": b"\"'",
    "utf8-coded": b"%c3%bcn%c3%af%e2%98%8e",
    "utf8-raw": "ünï☎".encode(),
    "not-utf8": b"%ff%fe%c3",
    "broken-percent-last": b"x%",
    "broken-percent-short": b"x%4",
    "broken-percent-letters": b"x%zz",
    "percent-percent": b"%%",
    "line-break-coded": b"x%0d%0aX-Evil:%201",
    "escape-coded": b"%1b[2J%07",
    "path-up": b"..%2f..%2fetc",
    "format": b"%25s%25n%25n",
    "blank": b"%20",
    "plus": b"+",
    "other": b"no-such-thing",
}

# Where a parameter can stand: the method and the target around the value. {call} is a call on
# offer, {app} an application that may have it: all is right but the value.
PLACES = {
    "own-claim-channel": ("POST", b"/ari/events/claim?application={app}&channelId={value}"),
    "own-claim-application": ("POST", b"/ari/events/claim?channelId={call}&application={value}"),
    "claim-application": ("POST", b"/ari/broadcasts/{call}/claim?application={value}"),
    "decline-application": ("POST", b"/ari/broadcasts/{call}/decline?application={value}"),
    "bid-application": ("POST", b"/ari/broadcasts/{call}/bid?score=1&application={value}"),
    "take-application": ("POST", b"/ari/broadcasts?application={value}"),
    "bid-channel": ("POST", b"/ari/broadcasts/{value}/bid?score=1&application={app}"),
    "claim-channel": ("POST", b"/ari/broadcasts/{value}/claim?application={app}"),
    "decline-channel": ("POST", b"/ari/broadcasts/{value}/decline?application={app}"),
    "get-channel": ("GET", b"/ari/broadcasts/{value}"),
}


def fill(text, call, app, value=b""):
    return (
        text.replace(b"{call}", call.id.encode()).replace(b"{app}", app.app.encode()).replace(b"{value}", value)
    )


async def scene(case):
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    return app, call


async def check_harmless(case, app, call):
    """Nothing changed, nothing was logged twice or raw, Asterisk goes on."""
    item = await case.ari.broadcast(call.id)
    assert (item["state"], item["declined"]) == ("open", [])
    noted = [line for line in await case.log() if line.level in ("ERROR", "WARNING", "NOTICE")]
    assert len(noted) <= 1, [line.raw for line in noted]
    case.expect_log("")
    for line in await case.log():
        assert not any(byte < 0x20 and byte not in b"\t\n" or byte == 0x7F for byte in line.raw), line.raw
    assert await app.claim(call.id) == 204
    await app.started(call.id)


def check_refused(answer, statuses):
    assert answer.status in statuses, answer
    assert answer.message
    assert "evil" not in str(answer.headers).lower()


@pytest.mark.parametrize("value", QUERY_VALUES)
@pytest.mark.parametrize("place", PLACES)
async def test_value(case, place, value):
    app, call = await scene(case)
    method, target = PLACES[place]
    answer = await send(case.asterisk.port("HTTP"), method, fill(target, call, app, QUERY_VALUES[value]))
    if value in ("long", "nul-raw"):
        # The HTTP server's business: a line that it does not take, or cuts.
        assert answer.status == 0 or 400 <= answer.status < 500, answer
    elif place == "get-channel" and value == "empty":
        # This is the list, with a slash.
        assert answer.status in (200, 404)
    elif value == "empty" and place in ("claim-channel", "decline-channel", "bid-channel"):
        # Asterisk takes two slashes for one, and then "claim" for the channel.
        check_refused(answer, (404, 405))
    elif "channel" in place:
        check_refused(answer, (400, 404))
    else:
        # 403: the native resource's answer to an application that nobody knows.
        check_refused(answer, (400, 404) if place.startswith("own") else (400, 403, 404))
    await check_harmless(case, app, call)


@pytest.mark.parametrize("place", ["own-claim-application", "claim-application", "decline-application"])
async def test_long_but_within_a_request_line(case, place):
    app, call = await scene(case)
    method, target = PLACES[place]
    answer = await send(case.asterisk.port("HTTP"), method, fill(target, call, app, b"y" * 2000))
    check_refused(answer, (400, 404))
    await check_harmless(case, app, call)


@pytest.mark.parametrize("place", ["claim-application", "decline-application"])
async def test_name_may_have_256_bytes_and_no_more(case, place):
    app, call = await scene(case)
    method, target = PLACES[place]
    for length, status in ((256, 403), (257, 400)):
        answer = await send(case.asterisk.port("HTTP"), method, fill(target, call, app, b"y" * length))
        check_refused(answer, (status,))
    await check_harmless(case, app, call)


# On 22 the path /ari/events/claim is Asterisk's own, which takes one of the two.
DOUBLED = {
    "claim-application": ("POST", b"/ari/broadcasts/{call}/claim?application={app}&application={app}"),
    "bid-application": ("POST", b"/ari/broadcasts/{call}/bid?score=1&application={app}&application={app}"),
    "bid-score": ("POST", b"/ari/broadcasts/{call}/bid?score=1&score=1&application={app}"),
    "take-application": ("POST", b"/ari/broadcasts?application={app}&application={app}"),
    "claim-other": ("POST", b"/ari/broadcasts/{call}/claim?application=other&application={app}"),
    "decline-application": ("POST", b"/ari/broadcasts/{call}/decline?application={app}&application={app}"),
    "list-application": ("GET", b"/ari/broadcasts?application={app}&application={app}"),
}
DOUBLED_16 = {
    "own-claim-application": ("POST", b"/ari/events/claim?channelId={call}&application={app}&application={app}"),
    "own-claim-channel": ("POST", b"/ari/events/claim?channelId={call}&channelId={call}&application={app}"),
}


@pytest.mark.parametrize("place", DOUBLED)
async def test_doubled(case, place):
    await doubled(case, *DOUBLED[place])


@pytest.mark.only(16)
@pytest.mark.parametrize("place", DOUBLED_16)
async def test_doubled_in_the_path_we_bring(case, place):
    await doubled(case, *DOUBLED_16[place])


async def doubled(case, method, target):
    app, call = await scene(case)
    answer = await send(case.asterisk.port("HTTP"), method, fill(target, call, app))
    check_refused(answer, (400,))
    await check_harmless(case, app, call)


@pytest.mark.parametrize("value", [v for v in QUERY_VALUES if v not in ("long", "nul-raw")])
async def test_value_for_the_list(case, value):
    """Nobody of such a name may claim anything: an empty list, or the value is refused."""
    app, call = await scene(case)
    target = b"/ari/broadcasts?application=" + QUERY_VALUES[value]
    answer = await send(case.asterisk.port("HTTP"), "GET", target)
    if answer.status == 200:
        assert answer.json == []
    else:
        check_refused(answer, (400,))
    await check_harmless(case, app, call)


@pytest.mark.parametrize("value", [b"5", b"null", b'["{app}"]', b"{}"])
async def test_value_for_the_list_that_is_no_text(case, value):
    """It is refused: a list for everybody would show what the one who asked may not claim."""
    app, call = await scene(case)
    body = fill(b'{"application": ' + value + b"}", call, app)
    answer = await send(case.asterisk.port("HTTP"), "GET", b"/ari/broadcasts", body, content_type="application/json")
    check_refused(answer, (400,))
    await check_harmless(case, app, call)


FORM = "application/x-www-form-urlencoded"

# Bodies for a claim or a decline, and their kind. {app} would be right.
BODIES = {
    "form-empty": (FORM, b"application="),
    "form-missing": (FORM, b"something=else"),
    "form-doubled": (FORM, b"application={app}&application={app}"),
    "form-broken-percent": (FORM, b"application=x%zz"),
    "form-nul": (FORM, b"application=x%00y"),
    "form-quotes": (FORM, b"application=%22'"),
    "form-not-utf8": (FORM, b"application=%ff%fe"),
    "form-garbage": (FORM, b"\x00\x01\x02&&&===%%%"),
    "json-empty": ("application/json", b'{"application": ""}'),
    "json-missing": ("application/json", b"{}"),
    "json-number": ("application/json", b'{"application": 5}'),
    "json-null": ("application/json", b'{"application": null}'),
    "json-list": ("application/json", b'{"application": ["{app}"]}'),
    "json-object": ("application/json", b'{"application": {"application": "{app}"}}'),
    "json-not-an-object": ("application/json", b'["{app}"]'),
    "json-nul": ("application/json", b'{"application": "a\\u0000b"}'),
    "json-escape": ("application/json", b'{"application": "\\u001b[2J"}'),
    "json-broken": ("application/json", b'{"application": '),
    "json-not-utf8": ("application/json", b'{"application": "\xff\xfe"}'),
    "json-long": ("application/json", b'{"application": "' + b"x" * 3000 + b'"}'),
    "json-deep": ("application/json", b"[" * 1500),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("way", ["claim", "decline", "own-claim"])
async def test_body(case, way, body):
    app, call = await scene(case)
    kind, text = BODIES[body]
    if way == "own-claim":
        target = b"/ari/events/claim?channelId={call}"
        if body == "form-doubled" and case.version == 22:
            text = b"application=&application="
    else:
        target = b"/ari/broadcasts/{call}/" + way.encode()
    answer = await send(
        case.asterisk.port("HTTP"), "POST", fill(target, call, app), fill(text, call, app), content_type=kind
    )
    check_refused(answer, (400, 404) if way == "own-claim" else (400, 403, 404))
    await check_harmless(case, app, call)


@pytest.mark.parametrize("kind, start", [(FORM, b"application="), ("application/json", b'{"application": "')])
@pytest.mark.parametrize("way", ["claim", "decline", "own-claim"])
async def test_body_of_100_kb(case, way, kind, start):
    app, call = await scene(case)
    target = b"/ari/events/claim?channelId={call}" if way == "own-claim" else b"/ari/broadcasts/{call}/" + way.encode()
    body = start + LONG + (b'"}' if kind != FORM else b"")
    answer = await send(case.asterisk.port("HTTP"), "POST", fill(target, call, app), body, content_type=kind)
    assert answer.status in (0, 413), answer
    await check_harmless(case, app, call)


@pytest.mark.parametrize("way", ["claim", "decline"])
async def test_parameter_in_query_and_body(case, way):
    """Given twice, in two places."""
    app, call = await scene(case)
    answer = await send(
        case.asterisk.port("HTTP"),
        "POST",
        fill(b"/ari/broadcasts/{call}/" + way.encode() + b"?application={app}", call, app),
        json.dumps({"application": "other"}).encode(),
        content_type="application/json",
    )
    check_refused(answer, (400,))
    await check_harmless(case, app, call)


async def test_ids_of_a_flood_do_not_fill_the_log(case):
    app, call = await scene(case)
    for number in range(200):
        assert await case.ari.claim(f"unknown-{number}\x1b[31m", app.app) == 404
    assert not [line for line in await case.log() if line.level in ("ERROR", "WARNING", "NOTICE")]
    await check_harmless(case, app, call)
