"""A hostile server: the bytes that a test wants, as often as it wants, behind the beginnings of ARI."""

import asyncio
import base64
import contextlib
import hashlib
from dataclasses import dataclass

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
INFO = b'{"system": {"version": "of these tests", "entity_id": "1"}}'
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Answer:
    """Bytes that are sent once, and bytes that are sent again and again.

    That ends when the client has had enough, or has sent a request whose path begins with `until`.
    """

    once: bytes
    again: bytes = b""
    until: str | None = None


def ok(body: bytes) -> Answer:
    return Answer(OK % (len(body), body))


def frame(payload: bytes, opcode: int = 1, final: bool = True, size: int | None = None) -> bytes:
    """The frame of a server; `size` is what it announces."""
    size = len(payload) if size is None else size
    return bytes([opcode | (0x80 if final else 0), 127]) + size.to_bytes(8, "big") + payload


def upgrade(key: str) -> bytes:
    """What opens a WebSocket."""
    accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\nSec-WebSocket-Protocol: ari\r\n\r\n"
    )


class Hostile:
    """Answers by the beginning of the path; `events` is what follows on each WebSocket once it is open."""

    def __init__(self, answers: dict[str, Answer] | None = None, events: Answer | None = None) -> None:
        self.answers = {"/ari/asterisk/info": ok(INFO), "/ari/asterisk/ping": ok(b"{}"), **(answers or {})}
        self.events = events
        self.requests: list[str] = []
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task] = set()

    async def __aenter__(self) -> "Hostile":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await self.answer(await reader.readuntil(b"\r\n\r\n"), reader, writer)
        writer.close()

    async def answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = head.split()[1].decode()
        fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:] if line)
        await reader.readexactly(int(fields.get("content-length", 0)))
        self.requests.append(path)
        found = [answer for start, answer in self.answers.items() if path.startswith(start)]
        if not found and path.startswith("/ari/events?app="):
            key = next(line for line in head.decode().split("\r\n") if line.lower().startswith("sec-websocket-key"))
            writer.write(upgrade(key.split(": ")[1].strip()))
            found = [self.events] if self.events else []
        elif not found:
            found = [Answer(NO_CONTENT)]
        for answer in found:
            await self.send(answer, writer)

    def has_got(self, start: str) -> bool:
        return any(path.startswith(start) for path in self.requests)

    async def send(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        writer.write(answer.once)
        while answer.again and not (answer.until and self.has_got(answer.until)):
            writer.write(answer.again)
            await writer.drain()
        await writer.drain()
