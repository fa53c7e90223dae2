"""What ari-race makes of a hostile server: it says what is wrong, stays small, and shows nothing raw."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from hostile import INFO, Answer, Hostile, frame, ok
from program import PROGRAM, Race, Run, environment

pytestmark = pytest.mark.usefixtures("on_loop")

# Address space for ari-race: without a limit of its own, what is poured out fills it within a second.
MEMORY = 200 << 20

# Three applications on one WebSocket, and calls that the server makes up.
ELSEWHERE = ("--calls-from", "elsewhere", "--apps-per-connection", "3")
NO_HISTORY = ("--history", "/dev/null")
BRIEF = ("--timeout", "100", "--settle", "0", "--answer-timeout", "500")

# Moves the cursor, forges a line, is no UTF-8, rings (also as a C1 control character), turns the line round.
UGLY = b"\x1b[2J\r\nari-race: all is well\xff\xfe\x07\xc2\x9b31m\xe2\x80\xae"
ESCAPED = r"\x1b[2J\x0d\x0aari-race: all is well\xff\xfe\x07\xc2\x9b31m\xe2\x80\xae"


def is_plain(text: str) -> bool:
    return all(character == "\n" or " " <= character <= "~" for character in text)


async def meet(server: Hostile, folder: Path, *options: str) -> Run:
    async with Race(server.port, folder, *options, memory=MEMORY) as race:
        run = await race.end()
    assert is_plain(run.text) and is_plain(run.warnings)
    return run


def check_refused(run: Run, *words: str) -> None:
    """It ended with one line that says what was wrong."""
    assert run.status == 3 and run.report["ending"] == "asterisk-gone"
    assert run.warnings.count("\n") == 1, run.warnings
    assert all(word in run.warnings for word in words), run.warnings


HEAD = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "body without end": (Answer(HEAD + b"\r\n", b"x" * 65536), "1 MiB"),
    "large body": (Answer(HEAD + b"Content-Length: 1048577\r\n\r\n", b"x" * 65536), "1 MiB"),
    "length over all numbers": (Answer(HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n"), "1 MiB"),
    "negative length": (Answer(HEAD + b"Content-Length: -1\r\n\r\n", b"x" * 65536), "Content-Length"),
    "no length": (Answer(HEAD + b"Content-Length: \r\n\r\n"), "Content-Length"),
    "length in words": (Answer(HEAD + b"Content-Length: 0x10\r\n\r\n"), "Content-Length"),
    "long length": (Answer(HEAD + b"Content-Length: " + b"0" * 600 + b"\r\n\r\n"), "Content-Length"),
    "two lengths": (Answer(HEAD + b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}"), "two lengths"),
    "chunks without end": (Answer(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 9999), "chunks"),
    "header line without end": (Answer(HEAD + b"X: ", b"x" * 65536), "64 KiB"),
    "status line without end": (Answer(b"", b"HTTP/1.1 200 " + b"x" * 65536), "64 KiB"),
    "header lines without end": (Answer(HEAD, b"X: y\r\n" * 9999), "64 KiB"),
    "empty answers without end": (Answer(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000), "64 KiB"),
    "header line without colon": (Answer(HEAD + b"X\r\n\r\n"), "colon"),
    "no HTTP": (Answer(b"SSH-2.0-OpenSSH_9.2\r\n"), "does not begin"),
    "status 99": (Answer(b"HTTP/1.1 099 X\r\n\r\n"), "100 to 599"),
    "status 1000": (Answer(b"HTTP/1.1 1000 X\r\n\r\n"), "does not begin"),
}


@pytest.mark.parametrize("path", ["/ari/asterisk/info", "/ari/asterisk/ping"])
@pytest.mark.parametrize("answer, words", ANSWERS.values(), ids=ANSWERS)
async def test_answer(tmp_path: Path, path: str, answer: Answer, words: str) -> None:
    async with Hostile({path: answer}) as server:
        run = await meet(server, tmp_path)
    check_refused(run, f"http://127.0.0.1:{server.port}", "that Asterisk would not send", words)


async def test_answer_to_a_claim(tmp_path: Path) -> None:
    """In the middle of a run, too, which is reported."""
    async with Hostile({"/ari/events/claim": ANSWERS["body without end"][0]}, offers(b"1")) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, "--calls", "1")
    check_refused(run, "1 MiB")
    assert run.report["calls"]["made"] == 1 and run.report["answers"]["claim"]["none"] >= 1


def offer(channel: bytes, application: bytes = b"", kind: bytes = b"CallBroadcast") -> bytes:
    """An event for one application, or the three."""
    names = [application] if application else [b"race-1", b"race-2", b"race-3"]
    text = b'{"type":"%s","application":"%s","channel":{"id":"%s"}}'
    return b"".join(frame(text % (kind, name, channel)) for name in names)


def offers(channel: bytes) -> Answer:
    """Until it is claimed: what comes before ari-race is ready is not for it."""
    return Answer(b"", offer(channel), "/ari/events/claim")


MESSAGES = {
    "frame without end": (Answer(frame(b"{", size=1 << 40), b" " * 65536), "1 MiB"),
    "frame just too long": (Answer(frame(b" " * ((1 << 20) + 1))), "1 MiB"),
    "fragments without end": (Answer(frame(b"{", final=False), frame(b" " * 999, 0, False) * 99), "1 MiB"),
    "crumbs without end": (Answer(frame(b"{", final=False), frame(b" ", 0, False) * 999), "pieces"),
}


@pytest.mark.parametrize("events, words", MESSAGES.values(), ids=MESSAGES)
async def test_message(tmp_path: Path, events: Answer, words: str) -> None:
    async with Hostile(events=events) as server:
        run = await meet(server, tmp_path, *ELSEWHERE)
    check_refused(run, words, "on the WebSocket of race-1")


async def test_empty_fragments_without_end(tmp_path: Path) -> None:
    """They take no memory, and do not keep it from its end."""
    async with Hostile(events=Answer(frame(b"{", final=False), frame(b"", 0, False) * 999)) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, "--duration", "0.3")
    assert run.status in (0, 3) and run.report["calls"]["made"] == 0


async def test_pings_without_end(tmp_path: Path) -> None:
    async with Hostile(events=Answer(b"", frame(b"x", 9)[:1] + b"\x7d" + b"x" * 125)) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, "--duration", "0.3")
    assert run.status in (0, 3) and run.report["calls"]["made"] == 0


async def test_incomplete_messages_on_many_websockets(tmp_path: Path) -> None:
    """Each is short enough, all together are not."""
    async with Hostile(events=Answer(frame(b" " * 1000000, size=1000001))) as server:
        run = await meet(server, tmp_path, "--apps", "90", "--calls-from", "elsewhere")
    check_refused(run, "64 MiB together")


async def test_a_large_event_is_one_nevertheless(tmp_path: Path) -> None:
    """Half a million bytes in fragments: read, and not forgotten before its end."""
    padding = b'{"padding":"%s",' % (b"x" * 500000)
    parts = [frame(padding, final=False), frame(b'"type":"CallBroadcast","application":"race-1",', 0, False)]
    last = frame(b'"channel":{"id":"large"}}', 0)
    async with Hostile(events=Answer(b"", b"".join([*parts, last]), "/ari/events/claim")) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, *BRIEF, "--calls", "1")
    assert run.report["calls"]["made"] == 1 and run.report["events"]["offers"] >= 1
    assert run.report["events"]["unreadable"] == 0


async def test_offers_without_end_of_one_call(tmp_path: Path) -> None:
    """Claims that are never answered do not pile up, and the run ends."""
    answers = {"/ari/events/claim": Answer(b"")}
    async with Hostile(answers, Answer(b"", offer(b"same") * 99)) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, *BRIEF, *NO_HISTORY, "--duration", "0.2")
    assert run.report["events"]["repeated_offers"] > 1000
    assert run.report["answers"]["claim"]["sent"] <= 3 * 4 * 30
    assert run.report["ending"] == "complete"


async def test_calls_without_end(tmp_path: Path) -> None:
    """More calls at once than anybody has."""
    numbers = [offer(b"%d" % number, b"race-1") for number in range(100001)]
    async with Hostile(events=Answer(b"", b"".join(numbers))) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, "--claimers", "0")
    check_refused(run, "100000 calls")


ODD_ANSWERS = [
    b'{"type":"RESTResponse"}',
    b'{"type":"RESTResponse","request_id":"1","status_code":"204"}',
    b'{"type":"RESTResponse","request_id":"1","status_code":2040}',
    b'{"type":"RESTResponse","request_id":"1","status_code":-99999999999999999999}',
    b'{"type":"RESTResponse","request_id":"%s","status_code":204}' % (b"9" * 400),
    b'{"status_code":204,"request_id":"999","type":"RESTResponse"}',
]


async def test_odd_answers_over_a_websocket(tmp_path: Path) -> None:
    """None of them is one."""
    async with Hostile(events=Answer(b"".join(map(frame, ODD_ANSWERS)))) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, "--claims-over", "websocket")
    check_refused(run, "does not answer requests over a WebSocket")
    assert run.report["events"]["unreadable"] == 5


# What is shown


async def test_ugly_refusal(tmp_path: Path) -> None:
    answer = Answer(b"HTTP/1.1 500 %s\r\nContent-Length: %d\r\n\r\n%s" % (b"\x1b[2J", len(UGLY), UGLY))
    async with Hostile({"/ari/asterisk/info": answer}) as server:
        run = await meet(server, tmp_path)
    check_refused(run, ESCAPED)
    # What is UTF-8 is in the report as it was, the rest as the text \xNN.
    ugly = UGLY.decode(errors="backslashreplace")
    assert ugly in run.report["why"]


async def test_ugly_version(tmp_path: Path) -> None:
    info = INFO.replace(b"of these tests", UGLY)
    async with Hostile({"/ari/asterisk/info": ok(info)}) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, "--duration", "0.1")
    assert run.status == 0
    assert f"Asterisk {ESCAPED}\n" in run.text
    assert run.report["asterisk"] == UGLY.decode(errors="backslashreplace")


async def test_ugly_answer_to_an_originate(tmp_path: Path) -> None:
    answer = Answer(b"HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n%s" % (len(UGLY), UGLY))
    async with Hostile({"/ari/channels": answer}) as server:
        run = await meet(server, tmp_path, "--calls", "2", "--concurrency", "1", "--settle", "0")
    assert run.warnings == f"ari-race: originate Local/offer@ari-race was answered 500: {ESCAPED}\n"
    assert run.report["calls"]["failed"] == 2


async def test_ugly_channel(tmp_path: Path) -> None:
    """The ID of a call that breaks a rule is on the terminal, in the report and in the history."""
    name = UGLY.replace(b"\x1b", b"\\u001b").replace(b"\r\n", b"\\r\\n")
    async with Hostile(events=offers(name)) as server:
        run = await meet(server, tmp_path, *ELSEWHERE, *BRIEF, "--calls", "1")
    assert run.status == 1
    assert f"RULE BROKEN: {ESCAPED}: two winners\n" in run.text
    ugly = UGLY.decode(errors="backslashreplace")
    assert run.report["rules_broken"]["calls"] == [{"call": ugly, "rule": "two-winners"}]
    assert {line["call"] for line in run.history} == {ugly}


async def test_ugly_options(tmp_path: Path) -> None:
    """The report is JSON, whatever the user asked for."""
    async with Hostile() as server:
        endpoint = os.fsdecode(b"Local/\xff\xf0\x9f\x98\x80@x")
        options = ("--duration", "0.1", "--claimers", "\n 2", "--endpoint", endpoint)
        run = await meet(server, tmp_path, *BRIEF, *options)
    assert run.report["options"]["calls_from"] == "Local/\\xff\U0001f600@x"
    assert run.report["options"]["claimers"] == "\n 2"


@pytest.mark.parametrize("option", ["app-prefix", "filter", "args", "variable"])
def test_what_goes_to_asterisk_as_json_has_to_be_utf_8(option: str) -> None:
    value = os.fsdecode(b"X=caf\xe9\x1b[2J")
    done = asyncio.run(refusal(f"--{option}", value))
    assert done == f"ari-race: --{option}: 'X=caf\\xe9\\x1b[2J' is not UTF-8\n"


async def refusal(*options: str) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(str(PROGRAM), *options, stdout=pipe, stderr=pipe, env=environment())
    _, text = await process.communicate()
    assert process.returncode == 2
    return text.decode()


# WebSockets that do not open


@pytest.mark.parametrize("again", [b"X: y\r\n" * 9999, b"x" * 65536], ids=["lines", "line"])
async def test_handshake_without_end(tmp_path: Path, again: bytes) -> None:
    answer = Answer(b"HTTP/1.1 101 Switching Protocols\r\nX: ", again)
    async with Hostile({"/ari/events": answer}) as server:
        run = await meet(server, tmp_path)
    check_refused(run, "did not open the WebSocket")


async def test_handshake_that_leads_elsewhere(tmp_path: Path) -> None:
    """The log-in is for one server only."""
    async with Hostile() as other:
        to = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other.port}/ari/events?app=x\r\n"
        answer = Answer(to.encode() + b"Content-Length: 0\r\n\r\n")
        async with Hostile({"/ari/events": answer}) as server:
            run = await meet(server, tmp_path)
        check_refused(run, "did not open the WebSocket")
        assert other.requests == []


def test_the_report_is_ascii(tmp_path: Path) -> None:
    """So that it is harmless on a terminal, and valid for every reader."""
    path = tmp_path / "report.json"
    asyncio.run(ascii_report(path))
    assert path.read_bytes().isascii() and json.loads(path.read_bytes())["why"]


async def ascii_report(path: Path) -> None:
    answer = Answer(b"HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n%s" % (len(UGLY), UGLY))
    async with Hostile({"/ari/asterisk/info": answer}) as server:
        await meet(server, path.parent)
