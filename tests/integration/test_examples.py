"""The example applications of examples/, run as they are: each claims, declines and hands back real calls."""

import asyncio
import json
import os

import pytest

from harness.ari_client import BUILD, install
from harness.asterisk import REPO
from harness.events import EventLog, until

COMMANDS = {
    "python": ["/usr/bin/python3", "-u", str(REPO / "examples" / "python" / "claimer.py")],
    "node": ["node", str(REPO / "examples" / "node" / "claimer.js")],
}
each = pytest.mark.parametrize("language", COMMANDS)


class Example(EventLog):
    """One process of an example. Its events are the lines that it writes with --events."""

    def __init__(self, case, language, word, *options):
        super().__init__(f"{language} example")
        self.case = case
        self.app = case.app_name(word)
        url = f"http://127.0.0.1:{case.asterisk.port('HTTP')}/ari"
        self.command = [*COMMANDS[language], "--app", self.app, "--url", url, "--events", "-", *options]

    async def start(self):
        await asyncio.to_thread(install)
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(BUILD / "node_modules")},
        )
        self.case.at_end(self.end_process)
        self.reader = asyncio.create_task(self.read())
        await until(lambda: self.case.ari.registered(self.app), f"{self.name} is connected")
        return self

    async def read(self):
        async for line in self.process.stdout:
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
    assert (await example.told("claim", call))["status"] == 204
    assert (await example.told("start", call))["args"] == ["gold"]
    assert (await example.told("played", call))["state"] == "done"
    await example.told("end", call)
    result = await call.result("h")
    assert (result["STASISSTATUS"], result["BROADCASTWINNER"]) == ("SUCCESS", example.app)
    await call.ended_well()


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
    call = await case.call("10000")
    answers = [(await example.told("claim", call))["status"] for example in examples]
    assert sorted(answers) == [204, 409, 409]
    winner = examples[answers.index(204)]
    await winner.told("start", call)
    await call.hangup()
    assert (await call.result("h"))["BROADCASTWINNER"] == winner.app


@each
async def test_claims_what_matches_and_declines_the_others(case, language):
    example = await Example(case, language, "example", "--policy", "callers-matching", "^[0-9]{4,}$").start()
    call = await case.call("60000")
    assert (await example.told("claim", call))["status"] == 204
    other = await case.call("60000", extension="odd-caller", NUMBER="55")
    assert (await example.told("decline", other))["status"] == 204
