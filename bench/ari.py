"""A small ARI client and AMI client for what ari-race does not do: one event loop, standard library only."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from asterisk import BenchError

LOGIN = base64.b64encode(b"ari:ari").decode()
# The longest that anything may take before a run is given up.
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
        target = "/ari" + path + ("?" + urlencode(params) if params else "")
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {LOGIN}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        async with self.free:
            self.writer.write(head.encode() + data)
            return await asyncio.wait_for(self._answer(), DEADLINE)

    async def _answer(self) -> int:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = [line for line in head.split("\r\n") if line.startswith("content-length:")]
        if length:
            await self.reader.readexactly(int(length[0].split(":")[1]))
        return status


class Events:
    """An ARI application's WebSocket. Each text message is given to a function, with its arrival in ns."""

    def __init__(self, on_event: Callable[[bytes, int], None]) -> None:
        self.on_event = on_event

    async def open(self, port: int, app: str, all_channels: bool = False) -> "Events":
        """Register an application. It must be a name that no earlier WebSocket had: Asterisk may still put that away."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.app = app
        params = {"app": app, "api_key": "ari:ari"}
        self.writer.write(
            f"GET /ari/events?{urlencode(params)} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ari\r\n\r\n".encode()
        )
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), DEADLINE)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
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
            raise BenchError(f"application {self.app} cannot subscribe to channels: {status}")

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
            raise BenchError(f"the WebSocket of application {self.app} broke: {self.task.exception()}")
        raise BenchError(f"application {self.app}: an event did not come within {seconds:.0f} s")

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


class Ami:
    """A manager connection, for CLI commands without a process each."""

    async def open(self, port: int, secret: str) -> "Ami":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        await self.reader.readline()
        await self._action({"Action": "Login", "Username": "sandbox", "Secret": secret, "Events": "off"})
        return self

    def close(self) -> None:
        self.writer.close()

    async def cli(self, command: str) -> str:
        """What a CLI command prints."""
        lines = await self._action({"Action": "Command", "Command": command})
        return "\n".join(line.removeprefix("Output: ") for line in lines if line.startswith("Output: "))

    async def _action(self, fields: dict[str, str]) -> list[str]:
        self.writer.write(("".join(f"{key}: {value}\r\n" for key, value in fields.items()) + "\r\n").encode())
        answer = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), DEADLINE)
        while not answer.startswith(b"Response:"):
            answer = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), DEADLINE)
        lines = answer.decode(errors="replace").split("\r\n")
        if lines[0] != "Response: Success":
            raise BenchError(f"AMI {' '.join(fields.values())}: {' '.join(lines)}")
        return lines
