"""The example applications of examples/, run as they are: each claims, declines and hands back real calls."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from harness.ari_client import SOURCE
from harness.asterisk import REPO
from harness.events import EventLog, until
from harness.npm import install
from harness.sip import Sipp
from test_short_applications import example as short_application

COMMANDS = {
    "python": ["/usr/bin/python3", "-u", str(REPO / "examples" / "python" / "claimer.py")],
    "node": ["node", str(REPO / "examples" / "node" / "claimer.js")],
}
each = pytest.mark.parametrize("language", COMMANDS)


class Example(EventLog):
    """One process of an example. Its events are the lines that it writes with --events."""

    FORM = ("--events", "-")

    def __init__(self, case, language, word, *options):
        super().__init__(f"{language} example")
        self.case = case
        self.app = case.app_name(word)
        url = f"http://127.0.0.1:{case.asterisk.port('HTTP')}/ari"
        self.command = [*COMMANDS[language], "--app", self.app, "--url", url, *self.FORM, *options]

    async def start(self):
        await self.run()
        await until(lambda: self.case.ari.registered(self.app), f"{self.name} is connected")
        if self.FORM and "--policy" not in self.command:
            # It asks for the next in line, and might have a call by that instead of claiming it.
            await self.wait(lambda line: line["event"] == "next")
        return self

    async def run(self):
        """Start it, whether or not it can connect."""
        modules = await asyncio.to_thread(install, SOURCE, "node")
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(modules)},
        )
        self.case.at_end(self.end_process)
        self.reader = asyncio.create_task(self.read())
        return self

    async def read(self):
        self.raw = []
        async for line in self.process.stdout:
            self.raw.append(line)
            self.add(json.loads(line))
        self.end("it has ended")

    async def told(self, what, call):
        return await self.wait(lambda line: line["event"] == what and line.get("channel") == call.id)

    async def end_process(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.reader


@each
async def test_claims_plays_and_hangs_up(case, language):
    example = await Example(case, language, "example", "--play", "sound:beep").start()
    call = await case.sip("sip", "caller", "10000,,gold")
    assert (await example.told("offer", call))["caller"] == call.caller
    claim = await example.told("claim", call)
    assert claim["status"] == 204
    # Asterisk 16 takes requests over HTTP only.
    assert claim["over"] == ("http" if case.version == 16 else "websocket")
    assert (await example.told("start", call))["args"] == ["gold"]
    assert (await example.told("played", call))["state"] == "done"
    await example.told("end", call)
    result = await call.result("h")
    assert (result["STASISSTATUS"], result["BROADCASTWINNER"]) == ("SUCCESS", example.app)
    await call.ended_well()


@each
async def test_wrong_url_says_what_may_be_wrong_with_it(case, language):
    asterisk = f"127.0.0.1:{case.asterisk.port('HTTP')}"
    for url, reason in ((f"http://{asterisk}", f"http://{asterisk} answers 404: does the URL end in /ari?"),
                        ("http://127.0.0.1:1/ari", {"python": "cannot connect to 127.0.0.1:1: Connection refused",
                                                    "node": "http://127.0.0.1:1/ari does not answer"}[language])):  # fmt: skip
        example = await Example(case, language, "example", "--url", url).run()
        assert (await example.wait(lambda line: line["event"] == "disconnected"))["reason"] == reason


POOL = {
    "python": ["/usr/bin/python3", str(REPO / "examples" / "pool" / "worker.py")],
    "node": ["node", str(REPO / "examples" / "pool" / "worker.js")],
}


async def refused(command):
    """What a program says that ends by itself, before it has tried to reach anything."""
    modules = await asyncio.to_thread(install, SOURCE, "node")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdout=pipe, stderr=pipe, env={**os.environ, "NODE_PATH": str(modules)}
    )
    try:
        said, error = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, said) == (2, b""), (process.returncode, said, error)
    return error.decode()


@each
@pytest.mark.parametrize("option, value", [
    ("url", "localhost"), ("url", ""), ("url", "ftp://localhost/ari"), ("url", "http://localhost:99999/ari"),
    ("url", "http://"), ("events", "/nonexistent/file"),
])  # fmt: skip
async def test_option_that_can_never_work_is_refused_at_once(case, language, option, value):
    for command in [*COMMANDS[language], "--app", "a"], [*POOL[language], "--name", "a"]:
        said = await refused([*command, f"--{option}", value])
        assert f"--{option}" in said and value in said and "Traceback" not in said and "at " not in said.split("\n")[-2]


async def test_prefix_that_ari_client_does_not_know_is_refused_at_once(case):
    """It would ask for ARI elsewhere, and end with what it throws then."""
    for command in [*COMMANDS["node"], "--app", "a"], [*POOL["node"], "--name", "a"]:
        assert "below a prefix" in await refused([*command, "--url", "http://localhost:8088/pbx/ari"])


@each
@pytest.mark.parametrize("value", ["", "abc", "-1", "nan", "1e3"])
async def test_time_that_is_none_is_refused_at_once(case, language, value):
    assert "--think" in await refused([*COMMANDS[language], "--app", "a", f"--think={value}"])
    assert "--wrap-up" in await refused([*POOL[language], "--name", "a", f"--wrap-up={value}"])


@each
@pytest.mark.parametrize("name", ["", "sales,back"])
async def test_name_that_ari_cannot_have_is_refused_at_once(case, language, name):
    """With a comma, ARI would connect two applications, and the claims of each would be refused."""
    assert "--app" in await refused([*COMMANDS[language], "--app", name])


@each
async def test_says_that_another_program_has_its_name(case, language):
    """Started twice by mistake, the first one would wait for ever and say nothing."""
    first = await Example(case, language, "first").start()
    await case.app_named(first.app)
    told = await first.wait(lambda line: line["event"] == "replaced")
    assert "under this name" in told["reason"]


@each
async def test_hands_the_call_back_to_the_dialplan(case, language):
    example = await Example(case, language, "example", "--play", "sound:beep", "--then", "continue").start()
    call = await case.sip("sip", "caller", "10000")
    assert (await example.told("claim", call))["status"] == 204
    assert await call.status() == ("SUCCESS", "CLAIMED")
    await call.ended_well()


@each
async def test_declines(case, language):
    example = await Example(case, language, "example", "--policy", "decline").start()
    call = await case.call("60000")
    assert (await example.told("decline", call))["status"] == 204
    assert await call.status() == ("TIMEOUT", "DECLINED")


@each
async def test_one_of_three_gets_the_call(case, language):
    examples = [await Example(case, language, f"example{number}", "--then", "keep").start() for number in range(3)]
    for example in examples:
        example.process.send_signal(signal.SIGSTOP)
    call = await case.call("60000")
    await case.sent(call, *(example.app for example in examples))
    for example in examples:
        example.process.send_signal(signal.SIGCONT)
    answers = [(await example.told("claim", call))["status"] for example in examples]
    assert sorted(answers) == [204, 409, 409]
    winner = examples[answers.index(204)]
    await winner.told("start", call)
    await call.hangup()
    assert (await call.result("h"))["BROADCASTWINNER"] == winner.app


@each
async def test_takes_the_next_in_line_when_it_connects_and_after_each_call(case, language):
    """It was not there when the calls came, and of a second one it hears nothing before it has ended the first."""
    waiting = await case.app("waiting")
    first, second = await case.call("30000"), await case.call("30000,^waiting-")
    for call in (first, second):
        await waiting.offered(call.id)
    example = await Example(case, language, "example", "--play", "sound:beep").start()
    await example.told("start", first)
    assert (await example.wait(lambda line: line["event"] == "next"))["status"] == 200
    await example.told("end", first)
    await example.wait_count(2, lambda line: line["event"] == "next")
    assert [line["status"] for line in example.events if line["event"] == "next"] == [200, 404]
    assert (await case.ari.broadcast(second.id))["state"] == "open", "it is not for this application"


@each
async def test_claims_what_matches_and_declines_the_others(case, language):
    example = await Example(case, language, "example", "--policy", "callers-matching", "^[0-9]{4,}$").start()
    call = await case.call("60000")
    assert (await example.told("claim", call))["status"] == 204
    other = await case.call("60000", extension="odd-caller", NUMBER="55")
    assert (await example.told("decline", other))["status"] == 204


# Callers who choose what is printed


class Shown(Example):
    """The same with lines to read, as bytes."""

    FORM = ()

    async def read(self):
        self.raw = []
        async for line in self.process.stdout:
            self.raw.append(line)
            self.add({"line": line})
        self.end("it has ended")

    async def line(self, what):
        return (await self.wait(lambda event: f" {self.app}: {what} ".encode() in event["line"]))["line"]


class Snippet(Shown):
    """The short application of the pages."""

    def __init__(self, case, language, word, folder):
        super().__init__(case, language, word)
        script = folder / "snippet"
        name = {"python": "python", "node": "javascript"}[language]
        script.write_text(short_application(name, case.asterisk.port("HTTP")))
        self.command = [*COMMANDS[language][:-1], str(script), self.app]

    async def line(self, what):
        return (await self.wait(lambda event: event["line"].startswith(what)))["line"]


# A line of its own that claims a call, and what clears the screen: as escapes, as ESC, as U+009B.
FORGED = "555%0a17%3a00%3a00%20hello%3a%20start%20channel=forged%1b%5b2J%7f%c2%9b2J%e2%80%ae%00"


async def ugly_call(case, offer="10000"):
    sipp = Sipp(case.asterisk.port("SIP"), Path(__file__).parent / "sipp" / "caller.xml")
    case.at_end(sipp.end)
    await sipp.start("sip", caller=FORGED, offer=offer, mediaport=9)
    return sipp


def check_shown(lines):
    assert lines
    for line in lines:
        assert all(0x20 <= byte < 0x7F for byte in line[:-1]), line


@each
async def test_a_caller_can_neither_forge_a_line_nor_steer_the_terminal(case, language):
    example = await Shown(case, language, "example", "--play", "sound:beep").start()
    sipp = await ugly_call(case)
    assert rb"555\n17:00:00 hello: start channel=forged\u001b[2J\u007f" in await example.line("offer")
    await example.line("end")
    await sipp.ended_well()
    check_shown(example.raw)
    assert len([line for line in example.raw if b": start " in line and b"forged" not in line]) == 1


@each
async def test_events_of_such_a_caller_are_json_in_ascii(case, language):
    example = await Example(case, language, "example", "--play", "sound:beep").start()
    sipp = await ugly_call(case)
    offer = await example.wait(lambda line: line["event"] == "offer")
    assert offer["caller"].startswith("555\n17:00:00 hello: start channel=forged\x1b[2J\x7f")
    await example.wait(lambda line: line["event"] == "end")
    await sipp.ended_well()
    check_shown(example.raw)


@each
async def test_the_readmes_snippets_do_not_either(case, language, tmp_path):
    """What a dialplan takes from the caller comes in the arguments."""
    example = await Snippet(case, language, "example", tmp_path).start()
    sip_call = await case.call("10000,,\x1b[2J\nclaim\x9b:gold")
    line = await example.line(b"mine: ")
    assert b"gold" in line and sip_call.id.encode() in line
    check_shown(example.raw)


# Names and IDs with what means something in a URL

ODD = "a&b=c %2F+?#\u00e9"


async def odd_call(case, offer):
    """A call whose channel has such an ID. Returns the ID."""
    channel = f"{case.prefix}-{ODD}"
    parameters = {"endpoint": "Local/test@default/n", "extension": "wait", "context": "default"}
    ids = {"channelId": f"{case.prefix}-caller", "otherChannelId": channel, "timeout": "120"}
    answer = await case.ari.request("POST", "/channels", parameters | ids, json={"variables": {"OFFER": offer}})
    assert answer.status == 200, answer
    return channel


async def check_claims(example, channel):
    """It claims the call, plays to it, and hangs it up: each of its requests is about this call."""
    claim = await example.wait(lambda line: line["event"] == "claim" and line["channel"] == channel)
    assert claim["status"] == 204
    for what in ("start", "played", "end"):
        line = await example.wait(lambda line: line["event"] == what)
        assert line["channel"] == channel


@each
async def test_the_channel_of_every_request_is_encoded(case, language):
    """Whatever is in its ID."""
    example = await Example(case, language, "example", "--play", "sound:beep").start()
    await check_claims(example, await odd_call(case, "10000"))


@each
async def test_the_application_of_every_request_is_encoded(case, language):
    """Whatever is in its name: it is connected by the name that it claims with."""
    example = Example(case, language, f"{ODD}example", "--play", "sound:beep")
    await example.run()
    await example.wait(lambda line: line["event"] == "connected")
    await until(lambda: is_connected(case, example.app), f"{example.app} is connected")
    await check_claims(example, await odd_call(case, "10000"))


async def is_connected(case, name):
    return name in [application["name"] for application in (await case.ari.get("/applications")).json]


@pytest.mark.only(22)
@each
async def test_the_channel_of_a_claim_over_the_websocket_is_encoded(case, language):
    example = await Example(case, language, "example", "--policy", "decline").start()
    channel = await odd_call(case, "60000")
    line = await example.wait(lambda line: line["event"] == "decline")
    assert (line["channel"], line["status"], line["over"]) == (channel, 204, "websocket")
