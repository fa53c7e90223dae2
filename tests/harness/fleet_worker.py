"""The workers of examples/fleet as processes. Their events are the lines that they write."""

import asyncio
import json
import os
import signal

from .asterisk import REPO
from .events import DEADLINE, Event, EventLog
from .npm import install

SOURCE = REPO / "examples" / "fleet" / "node"
NODE = ("node", str(SOURCE / "worker.js"), "--events", "-", "--play", "sound:beep")
C = (str(REPO / "build" / "fleet" / "worker"),)
COMMANDS = {"node": NODE, "c": C}


class Worker(EventLog):
    """One worker. `options` are further ones of its command line."""

    def __init__(self, app: str, servers: list[str], *options: str, language: str = "node", **env: str) -> None:
        super().__init__(f"worker {app} ({language})")
        self.app = app
        self.command = (*COMMANDS[language], "--app", app, "--nats", ",".join(servers), *options)
        self.env = {**os.environ, **env}
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, wait: bool = True) -> "Worker":
        """Start it; unless told otherwise, wait until it has connected to NATS."""
        modules = await asyncio.to_thread(install, SOURCE, "fleet-node")
        self.process = await asyncio.create_subprocess_exec(
            *self.command, env={**self.env, "NODE_PATH": str(modules)}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self.process.stderr.read())]
        if wait:
            await self.told("connected")
        return self

    async def _read(self) -> None:
        async for line in self.process.stdout:
            self.add(json.loads(line))
        self.end(f"it has ended: {(await self._tasks[1]).decode(errors='replace')[-2000:]}")

    def lines(self, what: str, channel: str | None = None, **fields: object) -> list[Event]:
        """What it has told so far, of one call or of any."""
        return self.matching(lambda line: _is(line, what, channel, fields))

    async def told(self, what: str, channel: str | None = None, deadline: float = DEADLINE, **fields: object) -> Event:
        return await self.wait(lambda line: _is(line, what, channel, fields), deadline)

    def send(self, number: int) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def finished(self, deadline: float = DEADLINE) -> int:
        """Wait until it has; its exit status."""
        await asyncio.wait_for(self.process.wait(), deadline)
        await asyncio.wait(self._tasks)
        return self.process.returncode

    async def kill(self) -> None:
        """End it without a word, in whatever state it is."""
        if self.process:
            self.send(signal.SIGKILL)
            await self.finished()

    async def close(self) -> None:
        """End it in good order, or else without."""
        if self.process and self.process.returncode is None:
            self.send(signal.SIGTERM)
            self.send(signal.SIGCONT)
            try:
                await self.finished(3)
            except (TimeoutError, asyncio.TimeoutError):
                await self.kill()

    def summary(self) -> str:
        return repr([line["event"] for line in self.events][-40:])


def _is(line: Event, what: str, channel: str | None, fields: dict) -> bool:
    same = all(line.get(name) == value for name, value in fields.items())
    return line["event"] == what and channel in (None, line.get("channel")) and same
