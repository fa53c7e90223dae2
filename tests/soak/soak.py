#!/usr/bin/python3
"""Calls, applications, and faults of both, on a real Asterisk; then the proof from the history.

Boots a sandbox of its own, lets load and faults run for a warm-up and then for the soak, and compares
what Asterisk takes of the machine after the one and the other. Which faults come when depends on
the seed only. Everything is in build/soak/MODULES; the last line is the verdict, and the exit status
0 only if every promise was kept.
"""

import argparse
import asyncio
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import footprint
from asterisk import HERE, REPO, Asterisk
from check_history import Findings, check
from footprint import Footprint
from history import History
from manager import Manager
from part import Failure, Part
from plan import FAULTS, ROUND_SECONDS
from rules import RULES

# The base is the larger footprint of so many warm-ups.
WARM_UPS = 2

# A shorter soak shows nothing; a longer one than a day is a slip of the finger.
LEAST_SECONDS = 5
MOST_SECONDS = 86400


def say(text: str) -> None:
    print(f"soak: {text}", flush=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """An empty folder, and nobody else with it: two soaks of one clone would take each other's Asterisk."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{folder.name}.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"soak: another soak runs in {folder}: wait for its end, or use another clone")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield


class Soak:
    """One run from start to verdict."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.folder = REPO / "build" / "soak" / options.modules
        self.asterisk = Asterisk(options.modules)
        self.manager: Manager | None = None
        # What was tested, and what was wrong with it.
        self.verdicts: dict[str, list[str]] = {}
        self.done: Counter[str] = Counter()
        self.findings = Findings()

    async def run(self) -> None:
        self.verdicts["the checker refutes bad histories"] = test_checker()
        try:
            await self.load()
        except (Failure, ConnectionError, asyncio.TimeoutError, RuntimeError, AssertionError) as error:
            self.verdicts["the soak came to its end"] = [str(error) or type(error).__name__]
        finally:
            await self.down()
        self.judge_history()

    async def load(self) -> None:
        self.history = History(self.folder / "harness.jsonl")
        await self.asterisk.start()
        self.manager = Manager(self.asterisk, self.history)
        await self.manager.connect()
        say(f"{(await self.manager.cli('core show version')).split(' built')[0]}, modules: {self.options.modules}")
        base = None
        for number in range(1, WARM_UPS + 1):
            base = (await self.part(number, f"warm-up-{number}", self.options.warm_up, None)).most(base)
        after = await self.part(WARM_UPS + 1, "soak", self.options.seconds, base)
        self.verdicts["the soak came to its end"] = []
        self.judge_footprint(base, after)

    async def part(self, number: int, name: str, seconds: float, base: Footprint | None) -> Footprint:
        seed = f"{self.options.seed}-{name}"
        part = Part(number, seconds, seed, self.folder / name, self.asterisk, self.manager, self.history)
        say(f"{name}: {seconds:.0f} s of load and faults")
        try:
            await part.run()
        finally:
            self.verdicts.setdefault("the faults came and were got over", []).extend(part.problems)
            self.done += part.done
        left = await footprint.settle(self.asterisk, self.manager, base)
        await footprint.note(self.asterisk, self.manager, self.folder / name / "left.txt")
        say(f"{name}: {sum(part.done[fault] for fault in FAULTS)} faults; left when all is quiet: {left}")
        return left

    async def down(self) -> None:
        problems = self.verdicts["Asterisk took no damage"] = []
        if self.manager:
            await self.manager.close()
        problem = await self.asterisk.stop()
        if problem:
            problems.append(problem)
        if self.asterisk.env:
            problems += self.asterisk.damage()

    def judge_footprint(self, base: Footprint, after: Footprint) -> None:
        for what, name in (("heap_kb", "memory"), ("threads", "threads"), ("files", "files")):
            old, new = getattr(base, what), getattr(after, what)
            text = f"{name}: {old} after the warm-up, {new} after the soak, {(new / old - 1) * 100:+.2f} %"
            say(text)
            self.verdicts[f"{name} did not grow"] = [text] if footprint.grown(what, base, after) else []

    def judge_history(self) -> None:
        try:
            self.findings = check(self.folder)
        except ValueError as error:
            self.verdicts["history: it is complete"] = [str(error)]
            return
        say("from the history, warm-up and soak:")
        print(str(self.findings), flush=True)
        for rule in RULES:
            name = rule.__name__.replace("_", " ")
            broken = [f"call {one.call}: {one.text}" for one in self.findings.violations if one.rule == name]
            self.verdicts[f"history: {name}"] = broken
        self.verdicts["history: there was something to prove"] = [] if self.findings.worth_it else ["no claim won"]

    def report(self) -> int:
        """Say what was wrong, and the verdict."""
        say("faults: " + ", ".join(f"{kind} {count}" for kind, count in sorted(self.done.items())))
        wrong = {name: problems for name, problems in self.verdicts.items() if problems}
        for name, problems in wrong.items():
            for problem in problems[:5]:
                say(f"NOT {name}: {problem}")
        results = os.environ.get("CHECK_RESULTS")
        if results:
            lines = (f"{name} {'failed' if problems else 'passed'}\n" for name, problems in self.verdicts.items())
            Path(results).write_text("".join(lines))
        faults = sum(self.done[fault] for fault in FAULTS)
        what = f"{self.findings.counts['calls']} calls, {faults} faults, seed {self.options.seed}"
        say(f"FAILED, {len(wrong)} of {len(self.verdicts)} promises broken: {what}" if wrong else f"passed: {what}")
        return int(bool(wrong))


def test_checker() -> list[str]:
    """A proof is worth what its checker is worth."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    last = (done.stdout.strip().splitlines() or [f"ended with status {done.returncode}"])[-1]
    say(f"the checker's own tests: {last}")
    return [done.stdout] if done.returncode else []


def seconds(text: str) -> float:
    """A length of time from the command line."""
    number = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else 0
    if not LEAST_SECONDS <= number <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from {LEAST_SECONDS} to {MOST_SECONDS}")
    return number


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Soak StasisBroadcast on a real Asterisk.")
    parser.add_argument("--seconds", type=seconds, default=120, help="how long the soak lasts (%(default)s)")
    parser.add_argument("--warm-up", type=seconds, help="how long each warm-up lasts (an eighth, at least 15)")
    parser.add_argument("--seed", help="repeats the faults of another run (drawn)")
    parser.add_argument("--modules", choices=("ours", "asterisk"), default="ours", help="whose (%(default)s)")
    options = parser.parse_args()
    options.warm_up = options.warm_up or max(ROUND_SECONDS, options.seconds / 8)
    options.seed = options.seed or str(time.time_ns() // 1_000_000 % 1_000_000)
    return options


async def main() -> int:
    options = parse()
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    say(f"{options.seconds:.0f} s, seed {options.seed}: repeat it with SOAK_SECONDS={options.seconds:.0f} "
        f"SOAK_SEED={options.seed}")
    soak = Soak(options)
    with alone(soak.folder):
        try:
            await soak.run()
        except asyncio.CancelledError:
            say("FAILED: interrupted")
            return 1
        return soak.report()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
