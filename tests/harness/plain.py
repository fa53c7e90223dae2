"""ARI over plain connections, for measuring: aiohttp would add half a millisecond to what takes one."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from .ari import USER, upgrade

LOGIN = base64.b64encode(":".join(USER).encode()).decode()
# The longest that anything may take: under load that is more than in a test.
DEADLINE = 60.0


class Http:
    """One connection to ARI that is kept open; one request at a time."""

    async def open(self, port: int) -> "Http":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.free = asyncio.Lock()
        return self

    def close(self) -> None:
        self.writer.close()

    async def request(self, method: str, path: str, params: dict | None = None, body: Any = None) -> int:
        """Send it, wait for the whole answer; returns the status."""
        return (await self.ask(method, path, params, body))[0]

    async def ask(self, method: str, path: str, params: dict | None = None, body: Any = None) -> tuple[int, bytes]:
        """The same; returns the status, and the body of the answer."""
        target = "/ari" + path + ("?" + urlencode(params) if params else "")
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {LOGIN}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        async with self.free:
            self.writer.write(head.encode() + data)
            return await asyncio.wait_for(self._answer(), DEADLINE)

    async def _answer(self) -> tuple[int, bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = [line for line in head.split("\r\n") if line.startswith("content-length:")]
        text = await self.reader.readexactly(int(length[0].split(":")[1])) if length else b""
        return status, text


class Events:
    """An ARI application's WebSocket. Each text message is given to a function, with its arrival in ns."""

    def __init__(self, on_event: Callable[[bytes, int], None]) -> None:
        self.on_event = on_event

    async def open(self, port: int, app: str, all_channels: bool = False) -> "Events":
        """Register an application. It must be a name that no earlier WebSocket had: Asterisk may still put that away."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.app = app
        self.writer.write(upgrade(app))
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), DEADLINE)
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"no WebSocket for {app}: {head[:100]!r}")
        self.task = asyncio.create_task(self._read())
        if all_channels:
            await self._subscribe_to_channels(port)
        return self

    async def _subscribe_to_channels(self, port: int) -> None:
        """Not subscribeAll: Asterisk 22 may never finish closing such a WebSocket while events come in."""
        http = await Http().open(port)
        status = await http.request("POST", f"/applications/{self.app}/subscription", {"eventSource": "channel:"})
        http.close()
        if status != 200:
            raise AssertionError(f"application {self.app} cannot subscribe to channels: {status}")

    def close(self) -> None:
        self.task.cancel()
        self.writer.close()

    async def wait(self, what: Awaitable, seconds: float = DEADLINE) -> Any:
        """Wait for something that events bring about; fails at once if the WebSocket has broken."""
        task = asyncio.ensure_future(what)
        done, _ = await asyncio.wait({task, self.task}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            return task.result()
        task.cancel()
        if self.task in done:
            raise AssertionError(f"the WebSocket of application {self.app} broke: {self.task.exception()}")
        raise AssertionError(f"application {self.app}: an event did not come within {seconds:.0f} s")

    async def _read(self) -> None:
        while True:
            first, length = await self.reader.readexactly(2)
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            data = await self.reader.readexactly(length)
            if first & 0x0F == 1:
                self.on_event(data, time.monotonic_ns())
