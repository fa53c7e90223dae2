#!/usr/bin/python3
"""A fleet under load, and all that can break in it at random; then the proof from the history (check.py).

Three Asterisks, three NATS servers, six workers. Which fault comes when depends on the seed only. Everything is in
build/soak-fleet; the last line is the verdict, and the exit status 0 only if every promise was kept.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE)]

# pylint: disable=wrong-import-position
from check import check, read  # noqa: E402
from faults import Faults  # noqa: E402
from harness.ami import Ami  # noqa: E402
from harness.ari import Ari  # noqa: E402
from harness.asterisk import INTEGRATION, REPO, in_thread  # noqa: E402
from harness.events import until  # noqa: E402
from harness.fleet import Fleet, Node  # noqa: E402
from harness.fleet_worker import Worker  # noqa: E402

WORKERS = ("node", "node", "node", "node", "c", "c")
CAPACITY = 6
CALLS_PER_SECOND = 8.0
OFFER = "8000,^w"
QUIET_SECONDS = 8.0
DRAIN_SECONDS = 40.0


def say(text: str) -> None:
    print(f"soak-fleet: {text}", flush=True)


class Outcomes(Ami):
    """A manager connection that passes on how calls end, and keeps nothing."""

    def __init__(self, node: Node, heard) -> None:
        super().__init__(node.port("AMI"), node.ami_secret, events="user")
        self.heard = heard

    def add(self, event: dict) -> None:
        if event.get("UserEvent") == "Result" and event["Where"] == "h":
            self.heard(event)


class Hold:
    """What the soak has of one Asterisk while it lives."""

    def __init__(self, node: Node, soak: "Soak") -> None:
        self.node, self.soak = node, soak
        self.up = False

    async def open(self) -> None:
        self.ami = await Outcomes(self.node, self.soak.ended).connect()
        self.ari = await Ari(self.node.port("HTTP")).open()
        self.up = True

    async def close(self) -> None:
        self.up = False
        await self.ami.close()
        await self.ari.close()


class Soak:
    """One run from start to verdict."""

    def __init__(self, seconds: float, seed: str) -> None:
        self.seconds = seconds
        self.seed = seed
        self.chance = random.Random(f"{seed} calls")
        self.folder = REPO / "build" / "soak-fleet"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.history = (self.folder / "history.jsonl").open("w", encoding="ascii")
        self.fleet = Fleet(word="fleet-soak")
        self.holds: list[Hold] = []
        self.workers: dict[int, Worker] = {}
        self.names = 0
        self.open_calls: set[str] = set()
        self.node_of: dict[str, str] = {}
        self.count = 0
        self.problems: list[str] = []
        self.quiet = False

    def write(self, what: str, **fields: object) -> None:
        self.history.write(json.dumps({"t": time.monotonic(), "what": what, **fields}) + "\n")
        self.history.flush()

    # Workers

    async def start_worker(self, place: int) -> None:
        """A worker under a name of its own: Asterisk may still count an old one as there."""
        self.names += 1
        worker = Listened(self, f"w{place}-{self.names}", self.fleet.urls, "--capacity", str(CAPACITY), language=WORKERS[place])
        self.workers[place] = worker
        await worker.start(wait=False)

    def told(self, app: str, line: dict) -> None:
        channel = line.get("channel")
        if line["event"] in ("claim", "take") and line["status"] == 0:
            self.write("asked", app=app)
        if channel and channel in self.node_of:
            if line["event"] in ("claim", "take") and line["status"] in (200, 204):
                self.write("won", app=app, call=channel)
            elif line["event"] == "start":
                self.write("start", app=app, call=channel)

    # Calls

    def ended(self, event: dict) -> None:
        call = event["Uniqueid"]
        if call in self.open_calls:
            self.open_calls.discard(call)
            self.write("outcome", call=call, stasis=event["STASISSTATUS"], broadcast=event["BROADCASTSTATUS"],
                       winner=event["BROADCASTWINNER"], lost=event["BROADCASTLOST"])  # fmt: skip

    async def place_calls(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        tasks = set()
        while time.monotonic() < end:
            up = [hold for hold in self.holds if hold.up]
            if up:
                task = asyncio.create_task(self.call(self.chance.choice(up)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(self.chance.expovariate(CALLS_PER_SECOND))
        if tasks:
            await asyncio.wait(tasks)

    async def call(self, hold: Hold) -> None:
        self.count += 1
        call = f"soak-{self.count}-offered"
        patience = self.chance.uniform(0.05, 4) if self.chance.random() < 0.15 and not self.quiet else None
        self.open_calls.add(call)
        self.node_of[call] = hold.node.node
        self.write("call", call=call, node=hold.node.node)
        try:
            answer = await hold.ari.request("POST", "/channels", {
                "endpoint": "Local/test@default/n", "extension": "wait", "context": "default", "timeout": "120",
                "channelId": call.replace("offered", "caller"), "otherChannelId": call}, json={"variables": {"OFFER": OFFER}})  # fmt: skip
            assert answer.status == 200, answer
            if patience is not None:
                await asyncio.sleep(patience)
                self.write("hangup", call=call)
                await hold.ari.delete(f"/channels/{call}")
        except Exception as error:  # pylint: disable=broad-exception-caught
            if hold.up:
                self.problems.append(f"call {call}: {type(error).__name__} {error}")

    # All of it

    async def run(self) -> None:
        await in_thread(self.fleet.up, INTEGRATION / "extensions.conf", "", {"hold_ms": "5000"})
        self.holds = [Hold(node, self) for node in self.fleet.nodes]
        for hold in self.holds:
            await hold.open()
        for place in range(len(WORKERS)):
            await self.start_worker(place)
        for worker in self.workers.values():
            await worker.told("connected")
        faults = Faults(self)
        say(f"{self.seconds:.0f} s of load and faults")
        watch = asyncio.create_task(self.watch())
        await asyncio.gather(self.place_calls(self.seconds), faults.carry_out(self.seconds))
        self.done = faults.done
        await asyncio.sleep(12)  # until greetings have gone round and all calls of the bad times are over
        self.quiet = True
        self.write("quiet")
        await self.place_calls(QUIET_SECONDS)
        try:
            await until(lambda: not self.open_calls, "all calls have ended", DRAIN_SECONDS)
        except AssertionError as error:
            self.problems.append(f"{error}: {sorted(self.open_calls)[:5]}")
        await asyncio.sleep(0.5)  # what workers have still to tell
        watch.cancel()

    async def watch(self) -> None:
        """Asterisk does not die by itself."""
        while True:
            for hold in self.holds:
                if hold.up and not hold.node.alive():
                    self.problems.append(f"{hold.node.node} has died by itself: {hold.node.log}")
                    hold.up = False
            await asyncio.sleep(0.2)

    async def down(self) -> None:
        await asyncio.gather(*(worker.close() for worker in self.workers.values()))
        for hold in self.holds:
            if hold.up:
                await hold.close()
        self.problems += await in_thread(self.fleet.down)
        self.history.close()

    def verdict(self, seed: str) -> int:
        counts, wrong = check(read(self.folder / "history.jsonl"))
        wrong = self.problems + wrong
        say("faults: " + ", ".join(f"{kind} {number}" for kind, number in sorted(self.done.items())))
        say("history: " + ", ".join(f"{number} {name}" for name, number in counts.items()))
        for text in wrong[:20]:
            say(f"NOT {text}")
        results = os.environ.get("CHECK_RESULTS")
        if results:
            Path(results).write_text(f"soak-fleet {'failed' if wrong else 'passed'}\n", encoding="ascii")
        lost = sum("did not get it" in text for text in wrong)
        say(f"{'FAILED' if wrong else 'passed'}: {counts['calls']} calls, {sum(self.done.values())} faults, "
            f"{lost} lost claims, seed {seed}")  # fmt: skip
        return int(bool(wrong))


class Listened(Worker):
    """A worker whose lines go to the history as they come."""

    def __init__(self, soak: Soak, app: str, *words, **options) -> None:
        super().__init__(app, *words, **options)
        self.soak = soak
        self.log = (soak.folder / f"{app}.jsonl").open("w", encoding="ascii")

    def add(self, event: dict) -> None:
        super().add(event)
        self.log.write(json.dumps(event) + "\n")
        self.log.flush()
        self.soak.told(self.app, event)


async def soak(seconds: float, seed: str) -> int:
    one = Soak(seconds, seed)
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    one.done = Counter()
    try:
        await one.run()
    except asyncio.CancelledError:
        say("FAILED: interrupted")
        return 1
    except (RuntimeError, AssertionError, OSError) as error:
        one.problems.append(f"the soak cannot go on: {error}")
    finally:
        await one.down()
    return one.verdict(seed)


def main() -> int:
    parser = argparse.ArgumentParser(description="Soak a fleet of Asterisks.")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", default=str(time.time_ns() // 1_000_000 % 1_000_000))
    options = parser.parse_args()
    judge = subprocess.run([sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE)],
                           cwd=HERE, capture_output=True, text=True, check=False)  # fmt: skip
    say(f"the checker's own tests: {(judge.stdout.strip().splitlines() or ['none'])[-1]}")
    status = asyncio.run(soak(options.seconds, options.seed))
    return status or judge.returncode


if __name__ == "__main__":
    sys.exit(main())
