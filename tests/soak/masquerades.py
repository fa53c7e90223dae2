#!/usr/bin/python3
"""A thousand masquerades at random moments of calls on offer, on a real Asterisk; then the proof from the history.

Each call is one of: a channel that becomes another one, once or twice, while StasisBroadcast() runs on it; a channel
without a PBX that AMI's Redirect takes away from the run, into a second one; a channel with a PBX that is redirected.
It happens before the offer, on offer, between the claim and the hand-over, or in Stasis, as it comes. Three
applications claim, some late, some never. Rules: identity.py. The history is build/soak/masquerades-VERSION.jsonl.
"""

import argparse
import asyncio
import fcntl
import os
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

# First of all: it puts the harness on the path.
from asterisk import DAMAGE, HERE, REPO  # isort: skip
from harness.ami import Ami, Event
from harness.ari import Ari, AriApp
from harness.asterisk import Asterisk, Settings, in_thread
from harness.events import until
from history import History
from identity import RULES, SENT_ON, count, open_file, violations
from manager import FIELDS, monotonic_ns

APPLICATIONS = 3
# One more call each so many seconds, and when in its life something becomes of it.
PACE_SECONDS = 0.025
MOMENT_SECONDS = 0.04
THINK_SECONDS = 0.03
KINDS = ("become", "become", "become-twice", "away", "redirect")
TIMEOUTS_MS = (100, 300, 1000)
DRAIN_SECONDS = 20.0
SHOWN = 10

SETTINGS = (
    f"EXTENSIONS={HERE / 'masquerades.conf'}",
    "VERBOSE=0",
    "MODULES_EXTRA=test_masquerade.so",
)


def wall_ns(text: str) -> int:
    seconds, micros = text.split(".")
    return (int(seconds) * 1_000_000 + int(micros)) * 1000


class Begun:
    """Which runs have begun: before that Asterisk is still making the channel, and a masquerade is its end."""

    def __init__(self) -> None:
        self.events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def add(self, name: str) -> None:
        self.events[name].set()

    async def wait(self, name: str) -> None:
        await asyncio.wait_for(self.events[name].wait(), DRAIN_SECONDS)


class Manager(Ami):
    """What the dialplan tells goes to the history."""

    answer_seconds = 60.0

    def __init__(self, asterisk: Asterisk, history: History, begun: Begun) -> None:
        super().__init__(asterisk.port("AMI"), asterisk.ami_secret, events="user")
        self.history = history
        self.begun = begun

    def add(self, event: Event) -> None:
        # The far ends of calls have their variables as well.
        if event.get("UserEvent") == "Soak" and event["Run"] and "far" not in event["Call"]:
            self.begun.add(event["Run"])
            fields = {short: event[name] for name, short in FIELDS.items() if name in event}
            self.history.write(
                event["What"], run=event["Run"], call=event["Call"], at=monotonic_ns(event["At"]),
                wall=wall_ns(event["At"]), **fields,
            )  # fmt: skip


class Application(AriApp):
    """Claims what it hears of, or not; ends the calls that it gets."""

    def __init__(self, ari: Ari, name: str, seed: str, history: History, begun: Begun) -> None:
        super().__init__(ari, name)
        self.history = history
        self.begun = begun
        self.chance = random.Random(f"{seed} {name}")
        self.tasks: set[asyncio.Task] = set()
        self.requests = 0

    def add(self, event: Event) -> None:
        call = event.get("channel", {}).get("id")
        if event["type"] == "CallBroadcast":
            self.history.write("offer", app=self.app, call=call)
            self.begun.add(call)
            if self.chance.random() < 0.7:
                self.start(self.take(call, self.chance.uniform(0, THINK_SECONDS)))
        elif event["type"] == "CallClaimed":
            self.history.write("claimed", app=self.app, call=call, winner=event["winner_app"])
        elif event["type"] == "StasisStart":
            # None: the channel has become another one in Stasis.
            run = (event["args"] or [""])[0]
            if run:
                self.history.write("start", app=self.app, call=call, run=run)
            self.start(self.end_call(call, run, self.chance.uniform(0, THINK_SECONDS)))

    def start(self, work) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def take(self, call: str, after: float) -> None:
        await asyncio.sleep(after)
        # Who is late for this ID tries it again: nothing is to come of that once it is withdrawn.
        for _ in range(2):
            self.requests += 1
            number = self.requests
            self.history.write("claim", app=self.app, call=call, request=number)
            status = await self.ari.claim(call, self.app)
            self.history.write("answer", app=self.app, call=call, request=number, to="claim", status=status)
            await asyncio.sleep(after)

    async def end_call(self, call: str, run: str, after: float) -> None:
        await asyncio.sleep(after)
        if run:
            self.history.write("hangup", app=self.app, call=call, run=run)
        await self.ari.delete(f"/channels/{call}")


class Masquerades:
    """Calls, and what becomes of them."""

    def __init__(self, asterisk: Asterisk, seed: str, kinds: list[str], history: History) -> None:
        self.asterisk = asterisk
        self.seed = seed
        self.kinds = kinds
        self.history = history
        self.done = 0
        # Broadcasts that outlived their calls.
        self.left: list[str] = []
        self.begun = Begun()

    async def run(self, count_wanted: int) -> None:
        self.ari = await Ari(self.asterisk.port("HTTP")).open()
        self.manager = await Manager(self.asterisk, self.history, self.begun).connect()
        names = [f"m{number}" for number in range(APPLICATIONS)]
        self.apps = [await Application(self.ari, name, self.seed, self.history, self.begun).connect() for name in names]
        try:
            await self.calls(count_wanted)
            await self.drain()
            for app in self.apps:
                await asyncio.gather(*app.tasks)
                await app.disconnect()
        finally:
            await self.manager.close()
            await self.ari.close()

    async def calls(self, count_wanted: int) -> None:
        tasks = []
        number = 0
        while self.done < count_wanted:
            number += 1
            tasks.append(asyncio.create_task(self.call(number)))
            await asyncio.sleep(PACE_SECONDS)
            while tasks and tasks[0].done():
                await tasks.pop(0)
        await asyncio.gather(*tasks)
        print(f"masquerades: {number} calls, {self.done} masquerades and redirects", flush=True)

    async def call(self, number: int) -> None:
        chance = random.Random(f"{self.seed} call {number}")
        kind = chance.choice(self.kinds)
        call, run = f"{self.seed}-{number:06}-call", f"run-{number}"
        timeout_ms = 1000 if kind in ("away", "redirect") else chance.choice(TIMEOUTS_MS)
        self.history.write("run", run=run, call=call, timeout_ms=timeout_ms, silent=kind == "away")
        await self.originate(call, run, timeout_ms, kind == "away")
        await self.begun.wait(call if kind == "away" else run)
        for _ in range(2 if kind == "become-twice" else 1):
            await asyncio.sleep(chance.uniform(0, MOMENT_SECONDS))
            if kind in ("away", "redirect"):
                await self.send_on(call, run, kind, timeout_ms)
            else:
                call = await self.become(call, run)

    async def originate(self, call: str, run: str, timeout_ms: int, silent: bool) -> None:
        """Silent: StasisBroadcast() runs on the near end, which has no PBX; else on the far end, in the dialplan."""
        where = (
            {"Channel": "Local/wait@default/n", "Application": "StasisBroadcast", "Data": f"{timeout_ms},,{run},yes",
             "ChannelId": call, "OtherChannelId": f"{call}-far"}
            if silent
            else {"Channel": "Local/run@default/n", "Context": "default", "Exten": "wait", "Priority": "1",
                  "ChannelId": f"far-{call}", "OtherChannelId": call}
        )  # fmt: skip
        # The underscores have the variables come to the far end.
        prefix = "" if silent else "__"
        variables = [f"Variable: {prefix}RUN={run}", f"Variable: {prefix}RUN_TIMEOUT={timeout_ms}"]
        answer = await self.manager.action("Originate", *variables, Async="true", **where)
        assert answer["Response"] == "Success", answer

    async def become(self, call: str, run: str) -> str:
        """Returns the channel's new ID; the old one if there was no such channel any more."""
        self.history.write("masquerade", run=run, old=call)
        answer = await self.manager.action("Command", Command=f"masquerade now {call}")
        new = answer.get("Output", [""])[0]
        if answer["Response"] != "Success":
            return call
        self.done += 1
        self.history.write("masqueraded", run=run, old=call, new=new)
        return new

    async def send_on(self, call: str, run: str, kind: str, timeout_ms: int) -> None:
        answer = await self.ari.get(f"/channels/{call}")
        if answer.status != 200:
            return
        self.history.write(kind, run=run)
        self.history.write("run", run=f"{run}-next", call=call, timeout_ms=timeout_ms, silent=False)
        answer = await self.manager.action(
            "Redirect", Channel=answer.json["name"], Context="default", Exten="next", Priority="1"
        )
        if answer["Response"] == "Success":
            self.done += 1
        else:
            self.history.write("away", run=f"{run}-next")

    async def drain(self) -> None:
        """Wait until all calls have ended. What does not end by itself is hung up, and is for the rules to find."""

        async def none_left() -> bool:
            return not (await self.ari.get("/channels")).json

        try:
            await until(none_left, "all calls have ended", DRAIN_SECONDS)
        except AssertionError:
            self.history.write("all-hung-up")
            await self.manager.action("Hangup", Channel="/.*/")
            await asyncio.sleep(1)
            left = [(one["id"], one["name"], one["state"]) for one in (await self.ari.get("/channels")).json]
            # A masquerade and a hang-up at the same moment can leave Asterisk a channel that no thread runs.
            print(f"masquerades: Asterisk keeps {left}", flush=True)
        answer = await self.ari.get("/broadcasts")
        self.left = [f"still there: {one}" for one in answer.json] if answer.status == 200 else []


async def masquerades(version: int, options: argparse.Namespace) -> dict[str, list[str]]:
    """One Asterisk: what was to be true, and what was wrong with it."""
    path = REPO / "build" / "soak" / f"masquerades-{version}.jsonl"
    path.unlink(missing_ok=True)
    asterisk = Asterisk(version, word="masquerades")
    verdicts: dict[str, list[str]] = {}
    start = time.monotonic()
    try:
        await in_thread(asterisk.up, Settings(version, options.modules, SETTINGS))
        run = Masquerades(asterisk, options.seed, options.kinds, History(path))
        await run.run(options.count)
        verdicts["nothing is on offer at the end"] = run.left
        verdicts["it came to its end"] = [] if asterisk.alive() else ["Asterisk has died"]
    except (AssertionError, ConnectionError, asyncio.TimeoutError, aiohttp.ClientError) as error:
        verdicts["it came to its end"] = [str(error) or type(error).__name__]
    finally:
        told = await in_thread(asterisk.down)
        # Of a caller that is taken away Asterisk itself keeps a channel for ever, with its own modules as well, and
        # waits for that when it is to stop, until it is killed.
        verdicts["Asterisk took no damage"] = ([told] if told and "did not stop" not in told else []) + damage(asterisk)
    judge(path, verdicts)
    print(f"masquerades: Asterisk {version}, {time.monotonic() - start:.0f} s", flush=True)
    return verdicts


def damage(asterisk: Asterisk) -> list[str]:
    with asterisk.log.open(errors="replace") as lines:
        return [line.strip() for line in lines if DAMAGE.search(line)]


def judge(path: Path, verdicts: dict[str, list[str]]) -> None:
    record = open_file(path)
    found = violations(record)
    for rule in RULES:
        name = rule.__name__.replace("_", " ")
        verdicts[name] = [str(one) for one in found if one.rule == name]
    counts = count(record)
    print("\n".join(f"  {number:7} {name}" for name, number in sorted(counts.items()) if number), flush=True)
    proved = counts["runs with StasisStart"] and (counts["masquerades"] or counts[SENT_ON])
    verdicts["there was something to prove"] = [] if proved else ["no call was claimed, or none became another one"]


def report(version: int, verdicts: dict[str, list[str]]) -> int:
    for name, problems in verdicts.items():
        for problem in problems[:SHOWN]:
            print(f"masquerades {version}: NOT {name}: {problem}")
    results = os.environ.get("CHECK_RESULTS")
    if results:
        with Path(results).open("a", encoding="utf-8") as file:
            for name, problems in verdicts.items():
                file.write(f"masquerades {version}: {name} {'failed' if problems else 'passed'}\n")
    broken = sum(map(bool, verdicts.values()))
    print(f"masquerades {version}: " + (f"FAILED, {broken} of {len(verdicts)} promises broken" if broken else "passed"))
    return broken


def positive(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 999999")
    return int(text)


def known_version(text: str) -> int:
    if text not in ("22", "16"):
        raise argparse.ArgumentTypeError(f"'{text}' is not 22 or 16")
    return int(text)


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else in this clone: two runs would take each other's Asterisk."""
    folder = REPO / "build" / "soak"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "masquerades.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("masquerades: another run is going on in this clone: wait for its end, or use another clone")
        yield


async def run_all(options: argparse.Namespace) -> int:
    print(f"masquerades: {options.count} on each of {options.versions}, seed {options.seed}", flush=True)
    broken = 0
    for version in options.versions:
        broken += report(version, await masquerades(version, options))
    return int(bool(broken))


async def main() -> int:
    parser = argparse.ArgumentParser(description="Masquerades at random moments of calls on offer.")
    parser.add_argument("--count", type=positive, default=1000, help="how many on each Asterisk (%(default)s)")
    parser.add_argument("--seed", default=str(time.time_ns() // 1_000_000 % 1_000_000), help="repeats other moments")
    parser.add_argument("--modules", choices=("ours", "asterisk"), default="ours", help="whose (%(default)s)")
    parser.add_argument("--kinds", nargs="+", choices=sorted(set(KINDS)), default=list(KINDS), help="only these calls")
    parser.add_argument("versions", nargs="*", type=known_version, default=[22, 16])
    options = parser.parse_args()
    with alone():
        return await run_all(options)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
