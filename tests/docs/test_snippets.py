"""The snippets of the pages at work: settings, dialplan, events, requests, applications."""

import asyncio
import json
import os
import re

import pytest
from consoles import assert_shown, sessions
from harness.console import console
from harness.events import DEADLINE
from pages import PAGES, REPO, Block, block, blocks

APPLICATIONS = "docs/APPLICATIONS.md"
RUNNING = "docs/RUNNING.md"

# What all events of ARI have.
COMMON = {"type", "application", "timestamp", "asterisk_id"}


async def own_fields(case) -> dict[str, dict]:
    """A real event of each kind, without what all events have."""
    winner, other = await case.app("sales"), await case.app("sales")
    call = await case.call("10000,^sales-,,yes")
    await winner.offered(call.id)
    offer = await other.offered(call.id)
    assert await winner.claim(call.id) == 204
    claimed = await other.event("CallClaimed", call.id)
    missed = await case.call("100,^sales-,,yes")
    withdrawn = await other.event("CallWithdrawn", missed.id)
    events = (offer, claimed, withdrawn)
    return {event["type"]: {key: event[key] for key in event if key not in COMMON | {"at"}} for event in events}


async def test_events(case):
    for kind, event in (await own_fields(case)).items():
        example = json.loads(block(APPLICATIONS, "json", f"event={kind}").text)
        assert example["type"] == kind
        assert set(example) == set(event) | COMMON
        assert {key: type(value) for key, value in example.items()} == {
            **{key: type(value) for key, value in event.items()}, **dict.fromkeys(COMMON, str)}  # fmt: skip


@pytest.mark.only(22)
async def test_request_over_the_websocket(case):
    app = await case.app_named("sales-1")
    call = await case.call("10000")
    await app.offered(call.id)
    request = json.loads(block(APPLICATIONS, "json", "request").text.replace("1795402346.0", call.id))
    await app._socket.send_json(request)  # pylint: disable=protected-access
    answer = await app.event("RESTResponse")
    example = json.loads(block(APPLICATIONS, "json", "event=RESTResponse").text.replace("1795402346.0", call.id))
    # What every event of Asterisk has may be left out of the example.
    assert {key: answer.get(key) for key in example} == example
    await app.started(call.id)


async def run(case, command: str, call_id: str = "") -> str:
    """What a command of a page prints, run against this Asterisk and about this call."""
    command = command.replace("127.0.0.1:8088", f"127.0.0.1:{case.asterisk.port('HTTP')}").replace("1795402346.0", call_id)
    process = await asyncio.create_subprocess_exec("bash", "-c", command, cwd=REPO, stdout=asyncio.subprocess.PIPE)
    told, _ = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode == 0, command
    return told.decode()


@pytest.mark.parametrize("verb", ["claim", "decline", "withdraw"])
async def test_curl(case, verb):
    app = await case.app_named("sales-1")
    call = await case.call("10000")
    await app.offered(call.id)
    (command,) = block(APPLICATIONS, "sh", verb).commands
    assert (await run(case, command, call.id)).startswith("HTTP/1.1 204")
    if verb == "claim":
        await app.started(call.id)
    else:
        assert (await call.result())["BROADCASTSTATUS"] == {"decline": "DECLINED", "withdraw": "WITHDRAWN"}[verb]


async def test_bid(case):
    app, other = await case.app_named("sales-1"), await case.app("sales")
    call = await case.call("10000,^sales-,,,b(100)")
    assert (await app.offered(call.id))["bid_window"] == 100
    await other.offered(call.id)
    (command,) = block(APPLICATIONS, "sh", "bid").commands
    assert (await run(case, command, call.id)).startswith("HTTP/1.1 202")
    await app.started(call.id)


async def test_next(case):
    app = await case.app_named("sales-1")
    first, second = await case.call("10000"), await case.call("10000,,,,p(1)")
    await asyncio.gather(app.offered(first.id), app.offered(second.id))
    (command,) = block(APPLICATIONS, "sh", "next").commands
    assert json.loads(await run(case, command))["channel_id"] == second.id
    await app.started(second.id)


def examples_of_who_gets_the_call() -> dict[str, str]:
    """Their arguments by their extension."""
    text = next(one.text for one in blocks("docs/REFERENCE.md") if one.language == "dialplan")
    return dict(re.findall(r"^exten => (\d),1,StasisBroadcast\((.*)\)$", text, re.MULTILINE))


async def test_who_gets_the_call(case):
    """Each example offers the call to whom it says, in its turn."""
    offers = examples_of_who_gets_the_call()
    gold, agent, bot = await case.app("gold"), await case.app("agent"), await case.app("bot")
    call = await case.call(offers["1"])
    await gold.offered(call.id)
    assert not bot.of("CallBroadcast", call.id)
    await gold.decline(call.id)
    # The second circle has nobody, and so the third one is open.
    await asyncio.gather(agent.offered(call.id), bot.offered(call.id))
    assert (await case.ari.broadcast(call.id))["round"] == 3
    call = await case.call(offers["2"])
    event = await agent.offered(call.id)
    assert (event["priority"], event["queue"]) == (10, "vip")
    call = await case.call(offers["3"])
    assert (await agent.offered(call.id))["bid_window"] == 300
    call = await case.call(offers["4"])
    await bot.offered(call.id)


async def test_curl_of_latecomers(case):
    first = await case.app_named("sales-2")
    call = await case.call("10000,^sales-")
    await first.offered(call.id)
    late = await case.app_named("sales-1")
    (command,) = block(APPLICATIONS, "sh", "latecomers").commands
    (told,) = json.loads(await run(case, command))
    assert told["channel_id"] == call.id and told["state"] == "open"
    assert not late.of("CallBroadcast", call.id)
    assert await late.claim(call.id) == 204
    await late.started(call.id)


async def test_race(case):
    for command in block(APPLICATIONS, "sh", "race").commands:
        process = await asyncio.create_subprocess_exec(
            *command.split(), cwd=REPO, stdout=asyncio.subprocess.PIPE, env=without_make()
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, command
    assert b"--apps" in told


def without_make() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def test_build():
    assert block(RUNNING, "sh", "build").commands == ["make", "sudo make install"]


# Settings and the command line


async def test_settings(case):
    file = case.asterisk.folder / "etc" / "stasis_broadcast.conf"
    file.write_text(block(RUNNING, "ini", "settings").text)
    file.chmod(0o644)
    try:
        await case.ami.cli("module reload res_stasis_broadcast.so")
        app = await case.app()
        call = await case.call("")
        assert (await app.offered(call.id))["timeout"] == 2000
    finally:
        file.unlink()
        await case.ami.cli("module reload res_stasis_broadcast.so")


async def test_console_of_running(case):
    for one in (one for one in blocks(RUNNING) if (one.language, one.purpose) == ("console", "")):
        for command, shown in sessions(one):
            asked = re.fullmatch(r"asterisk -rx '([^']*)'", command)
            assert asked, f"{one.place}: {command}"
            assert_shown(one.place, shown, await console(case.asterisk, asked[1]))


def cli_commands(one: Block) -> list[str]:
    """The CLI commands of a block."""
    found = [re.fullmatch(r"(?:sudo )?asterisk -rx '([^']*)'", command) for command in one.commands]
    assert found and all(found), one.text
    return [match[1] for match in found]


async def test_story_of_a_call(case):
    """The log of its own has the steps of a call, and stops when it should."""
    file = case.asterisk.folder / "log" / "story.log"
    for command in cli_commands(block(RUNNING, "sh", "debug")):
        await console(case.asterisk, command)
    winner, other = await case.app("sales"), await case.app("sales")
    call = await case.call("10000,^sales-")
    await asyncio.gather(winner.offered(call.id), other.offered(call.id))
    stranger = await case.app("billing")
    assert await stranger.claim(call.id) in (403, 404) and await stranger.claim("no-such-channel") == 404
    assert await winner.claim(call.id) == 204 and await other.claim(call.id) == 409
    await case.log()
    story = file.read_text()
    steps = [
        f"{call.id}: on offer for",
        f"{call.id}: claim by '{stranger.app}': not matched by the filter",
        f"no-such-channel: claim by '{stranger.app}': unknown, or its call is over",
        f"{call.id}: claim by '{winner.app}': it has the call",
        f"{call.id}: closed: claimed",
        f"{call.id}: claim by '{other.app}': another application has the call",
    ]
    assert all(step in story for step in steps) and steps == sorted(steps, key=story.index)
    for command in cli_commands(block(RUNNING, "sh", "debug-off")):
        await console(case.asterisk, command)
    await winner.proceed(call.id)
    await call.result()
    assert (await case.call("0,^nobody$")).id and file.read_text() == story


# Dialplan


def dialplans() -> list[Block]:
    found = [one for page in PAGES for one in blocks(page) if one.language == "dialplan"]
    return found + [one for one in blocks("docs/SECURITY.md") if "StasisBroadcast(" in one.text and not one.language]


async def test_dialplan(case):
    """Asterisk loads each snippet without a word, and has each of its lines."""
    file = case.asterisk.folder / "etc" / "extensions.conf"
    before = file.read_text()
    contexts = {}
    text = before
    for number, one in enumerate(one for one in dialplans() if "do not" not in one.text):
        lines = [line for line in one.text.splitlines() if re.match(r"exten|\s+same", line)]
        contexts[f"page-{number}"] = one, lines
        start = [] if lines[0].startswith("exten") else ["exten => _X.,1,NoOp()"]
        text += "\n".join(["", f"[page-{number}]", *start, *lines, ""])
    assert contexts
    file.write_text(text)
    try:
        start = await case.log()
        await case.ami.cli("dialplan reload")
        for name, (one, lines) in contexts.items():
            shown = await case.ami.cli(f"dialplan show {name}")
            assert len(re.findall(r"\d+\. ", shown)) >= len(lines), f"{one.place}: {shown}"
        logged = (await case.log())[len(start) :]
        bad = [line.raw for line in logged if line.level in ("WARNING", "ERROR") and "page-" in line.text]
        assert not bad, bad
    finally:
        file.write_text(before)
        await case.ami.cli("dialplan reload")


async def test_first_dialplan_of_getting_started_is_the_sandboxs(case):
    shown = blocks("docs/GETTING_STARTED.md")
    first = next(one for one in shown if one.language == "dialplan")
    assert first.text in (REPO / "sandbox/etc/extensions.conf").read_text()
    assert "offer" in await case.ami.cli("dialplan show offer@default")


async def test_dialplan_of_the_readme_offers_calls(case):
    """What it does, not only that it loads: a claimed call ends, one that nobody takes goes on."""
    (one,) = (one for one in blocks("README.md") if one.language == "dialplan")
    assert "StasisBroadcast(2000)" in one.text and "Playback(vm-nobodyavail)" in one.text
