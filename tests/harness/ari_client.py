"""An application with Asterisk's official client for Node.js, unmodified."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from typing import Any

from .ari import Ari
from .asterisk import INTEGRATION, REPO
from .events import DEADLINE, Event, EventLog, until

SOURCE = INTEGRATION / "node"
BUILD = REPO / "build" / "node"


def install() -> None:
    """Have npm put the client into build/, once. Two runs may want it at the same time."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (SOURCE / "package.json").read_text()
        done = BUILD / "installed"
        if done.exists() and done.read_text() == wanted:
            return
        shutil.copy(SOURCE / "package.json", BUILD)
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
        npm = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, check=False)
        assert npm.returncode == 0, f"{' '.join(command)}: {npm.stderr}"
        done.write_text(wanted)


class NodeApp(EventLog):
    """One process with ari-client. Its events are those that it has told its listeners."""

    def __init__(self, ari: Ari, name: str) -> None:
        super().__init__(f"ari-client {name}")
        self.ari = ari
        self.app = name
        self.functions: list[str] = []

    async def connect(self) -> "NodeApp":
        await asyncio.to_thread(install)
        self._process = await asyncio.create_subprocess_exec(
            "node", SOURCE / "ari_client.js", f"http://127.0.0.1:{self.ari.port}", self.app,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=2**20, env={**os.environ, "NODE_PATH": str(BUILD / "node_modules")},
        )  # fmt: skip
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._process.stderr.read())]
        self.functions = (await self.wait(lambda line: "ready" in line))["ready"]
        return self

    async def _read(self) -> None:
        async for line in self._process.stdout:
            self.add(json.loads(line))
        self.end(f"it has ended: {(await self._tasks[1]).decode()[-2000:]}")

    async def event(self, kind: str, channel_id: str) -> Event:
        """The line of an event about a channel."""

        def matches(line: Event) -> bool:
            event = line.get("event", {})
            return event.get("type") == kind and event["channel"]["id"] == channel_id

        return await self.wait(matches)

    async def call(self, name: str, **parameters: str) -> Event:
        """Call a function of the client: a line with its answer or error. One at a time."""

        def is_answer(line: Event) -> bool:
            return "answer" in line or "error" in line

        count = len(self.matching(is_answer))
        self._process.stdin.write(json.dumps({"call": name, "parameters": parameters}).encode() + b"\n")
        return (await self.wait_count(count + 1, is_answer))[-1]

    async def close(self) -> None:
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), DEADLINE)
        await asyncio.gather(*self._tasks)
        await until(self._gone, f"application {self.app} is gone")

    async def _gone(self) -> Any:
        return not await self.ari.registered(self.app)
