"""An application with Asterisk's official client for Node.js, unmodified."""

import asyncio
import json
import os
from typing import Any

from .ari import Ari
from .asterisk import INTEGRATION
from .events import DEADLINE, Event, EventLog, until
from .npm import install

SOURCE = INTEGRATION / "node"


class NodeApp(EventLog):
    """One process with ari-client. Its events are those that it has told its listeners."""

    def __init__(self, ari: Ari, name: str) -> None:
        super().__init__(f"ari-client {name}")
        self.ari = ari
        self.app = name
        self.functions: list[str] = []

    async def connect(self) -> "NodeApp":
        modules = await asyncio.to_thread(install, SOURCE, "node")
        self._process = await asyncio.create_subprocess_exec(
            "node", SOURCE / "ari_client.js", f"http://127.0.0.1:{self.ari.port}", self.app,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=2**20, env={**os.environ, "NODE_PATH": str(modules)},
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
