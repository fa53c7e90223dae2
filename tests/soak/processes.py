"""The processes that take part: applications under their names, the callers, ari-race."""

import asyncio
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from asterisk import HERE, REPO
from history import History

STOP_SECONDS = 5.0
READY_SECONDS = 60.0


async def spawn(*command: object, log: Path) -> asyncio.subprocess.Process:
    """Start a process; what it has to say goes to a file, except what it prints for us.

    Its standard input ends when we do, whatever ends us: ours end with it.
    """
    with log.open("ab") as errors:
        return await asyncio.create_subprocess_exec(
            *(str(word) for word in command),
            cwd=REPO,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )


async def ready(process: asyncio.subprocess.Process, what: str) -> None:
    """Wait until it says that it can be signalled."""
    line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
    if line != b"ready\n":
        raise RuntimeError(f"{what} did not start")


async def stop(process: asyncio.subprocess.Process | None, number: int = signal.SIGTERM) -> None:
    """Ask a process to end, then make it. One that is stopped must go on first to hear it."""
    if process is None or process.returncode is not None:
        return
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()


@dataclass
class Processes:
    """Starts and ends the processes of one part of a soak; each has a history of its own."""

    ari: str
    folder: Path
    seed: str
    history: History
    applications: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    everyone: list[asyncio.subprocess.Process] = field(default_factory=list)
    callers: asyncio.subprocess.Process | None = None
    race: asyncio.subprocess.Process | None = None
    starts: int = 0

    async def application(self, name: str) -> asyncio.subprocess.Process:
        """One more process of the application with this name, connected."""
        self.starts += 1
        process = await spawn(
            *(sys.executable, "-B", HERE / "application.py", "--app", name, "--url", self.ari),
            *("--seed", self.seed, "--history", self.folder / f"{name}.{self.starts}.jsonl"),
            log=self.folder / f"{name}.log",
        )
        self.everyone.append(process)
        await ready(process, f"application {name}")
        return process

    async def start_application(self, name: str) -> None:
        self.applications[name] = await self.application(name)

    async def start_callers(self, rate: float, burst: int) -> None:
        self.callers = await spawn(
            *(sys.executable, "-B", HERE / "caller.py", "--url", self.ari, "--seed", self.seed),
            *("--rate", rate, "--burst", burst, "--history", self.folder / "caller.jsonl"),
            log=self.folder / "caller.log",
        )
        await ready(self.callers, "the callers")

    async def start_race(self, seconds: float, rate: float) -> None:
        self.race = await spawn(
            *(REPO / "build" / "ari-race" / "ari-race", "--url", self.ari.removesuffix("/ari"), "--quiet"),
            *("--apps", 4, "--stalled", 1, "--stalled-buffer", 8192, "--claimers", "random:2"),
            *("--filter", "^race-", "--think", 10, "--spread", 10, "--hold", 100, "--timeout", 2000, "--notify"),
            *("--endpoint", "Local/offer@soak", "--other", "other@soak", "--rate", rate, "--duration", seconds),
            *("--answer-timeout", 30000, "--seed", sum(self.seed.encode())),
            *("--history", self.folder / "race.jsonl", "--json", self.folder / "race.json"),
            log=self.folder / "race.log",
        )

    async def end_calls(self) -> None:
        """No new calls; those that are open come to their end."""
        if self.callers:
            self.callers.send_signal(signal.SIGTERM)
            await self.callers.wait()
        if self.race:
            await self.race.wait()

    async def end(self) -> None:
        """End everything, in whatever state it is."""
        await asyncio.gather(*(stop(process) for process in (self.callers, self.race, *self.everyone)))
