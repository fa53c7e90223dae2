"""One part of a soak: load and faults for some seconds, until the last call has ended."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import plan
from asterisk import Asterisk
from processes import Processes, stop
from faults import Faults
from history import History
from manager import Manager
from sip import SipCallers

CALLS_PER_SECOND = 12
RACE_CALLS_PER_SECOND = 8
BURST = 500
# What is under way when the time is over: faults, and calls of patient callers.
DRAIN_SECONDS = 60.0


APPLICATION = re.compile(r"^((?:soak|race)-\d+)\s*$", re.MULTILINE)


class Failure(Exception):
    """The soak cannot go on."""


@dataclass
class Part:
    """Who takes part, and what came of it."""

    number: int
    seconds: float
    seed: str
    folder: Path
    asterisk: Asterisk
    manager: Manager
    history: History
    done: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    async def run(self) -> None:
        self.folder.mkdir()
        self.steps = plan.make(self.seed, self.seconds)
        (self.folder / "plan.txt").write_text("".join(f"{step}\n" for step in self.steps))
        self.processes = Processes(self.asterisk.ari_url, self.folder, self.seed, self.history)
        self.faults = Faults(self.processes, self.asterisk, self.manager, self.history)
        self.done = self.faults.done
        watch = asyncio.create_task(self.watch())
        load = asyncio.create_task(self.load())
        try:
            await asyncio.wait([watch, load], return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                raise Failure("Asterisk has ended by itself")
            await load
            await self.processes.end()
            await self.free_names()
        finally:
            watch.cancel()
            load.cancel()
            await asyncio.wait([load])
            await self.processes.end()
        self.problems += self.faults.failures
        missing = Counter(step.fault for step in self.steps) - self.done
        self.problems += [f"{fault} was to be done {count} times more" for fault, count in missing.items()]

    async def watch(self) -> None:
        """Ends when Asterisk does."""
        while self.asterisk.alive():
            await asyncio.sleep(0.1)

    async def load(self) -> None:
        for number in range(1, plan.APPLICATIONS + 1):
            await self.processes.start_application(f"soak-{number}")
        await self.processes.start_race(self.seconds, RACE_CALLS_PER_SECOND)
        await self.processes.start_callers(CALLS_PER_SECOND, BURST)
        callers = SipCallers(self.asterisk, self.number, self.folder / "sip", self.history, self.seed)
        sip = asyncio.create_task(callers.run())
        try:
            async with asyncio.timeout(self.seconds + DRAIN_SECONDS):
                await asyncio.gather(self.faults.carry_out(self.steps), asyncio.sleep(self.seconds))
        except TimeoutError:
            raise Failure(f"the faults took {DRAIN_SECONDS:.0f} s longer than planned") from None
        finally:
            sip.cancel()
            await asyncio.wait([sip])
        await self.end_calls()

    async def end_calls(self) -> None:
        try:
            await asyncio.wait_for(self.processes.end_calls(), DRAIN_SECONDS)
        except asyncio.TimeoutError:
            raise Failure(f"the callers did not come to an end in {DRAIN_SECONDS:.0f} s") from None
        if self.processes.race.returncode:
            # 1: it saw a rule broken itself.
            self.problems.append(f"ari-race ended with {self.processes.race.returncode}: {self.folder / 'race.log'}")
        await self.hang_up_all()

    async def free_names(self) -> None:
        """Take each name that Asterisk still has, and give it back.

        It forgets WebSockets that it has cut off itself, see docs/RELIABILITY.md, and keeps the
        application with its threads, until somebody else connects under that name.
        """
        for name in APPLICATION.findall(await self.manager.cli("ari show apps")):
            self.history.write("fault", fault="name taken and given back", app=name)
            await stop(await self.processes.application(name))

    async def hang_up_all(self) -> None:
        """End the calls that still are, those of SIP callers that were broken off."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while await self.manager.channels() or self.manager.open_calls:
            if time.monotonic() > deadline:
                self.problems.append(f"calls that do not end: {sorted(self.manager.open_calls)[:5]}")
                return
            self.history.write("all-hung-up")
            await self.manager.action("Hangup", Channel="/.*/")
            await asyncio.sleep(0.2)
