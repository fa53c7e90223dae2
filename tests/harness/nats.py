"""A client of NATS for tests, as low as can be: it sends what a well-behaved one would not, and answers or does not.

Debian has none for Python. The workers under test use NATS's own clients; this one plays who listens and who forges.
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

from .events import DEADLINE, Event, EventLog

SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:-")


def token(name: str) -> str:
    """A name as one token of a subject."""
    return "".join(chr(byte) if byte in SAFE else f"%{byte:02X}" for byte in name.encode())


class NatsClient(EventLog):
    """One connection. Messages of subscriptions are its events: `subject`, `reply`, `raw`, and `json` if it is that."""

    def __init__(self, port: int, user: str = "", password: str = "", inbox: str = "_INBOX.test") -> None:
        super().__init__(f"NATS client {user}".strip())
        self.port = port
        self.login = {"user": user, "pass": password} if user else {}
        self.inbox = inbox
        self.errors: list[str] = []
        self._sids = itertools.count(1)
        self._handlers: dict[str, Callable[[Event], None]] = {}
        self._pongs: list[asyncio.Future] = []

    async def connect(self) -> "NatsClient":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        await self.reader.readline()
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, **self.login}
        self.write(b"CONNECT " + json.dumps(options).encode() + b"\r\n")
        self._task = asyncio.create_task(self._read())
        await self.flush()
        return self

    async def __aenter__(self) -> "NatsClient":
        return await self.connect()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.writer.close()
        await asyncio.wait([self._task], timeout=DEADLINE)

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def flush(self) -> None:
        """Wait until the server has read all that was sent."""
        if self.ended:
            raise ConnectionError(self.ended)
        pong = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        self.write(b"PING\r\n")
        await asyncio.wait_for(pong, DEADLINE)

    async def subscribe(self, subject: str, handler: Callable[[Event], None] | None = None) -> str:
        """Hear of a subject; the messages are events, or given to a function. It is in force on return."""
        sid = str(next(self._sids))
        self._handlers[sid] = handler or self.add
        self.write(f"SUB {subject} {sid}\r\n".encode())
        await self.flush()
        return sid

    def unsubscribe(self, sid: str) -> None:
        self.write(f"UNSUB {sid}\r\n".encode())

    def publish(self, subject: str, body: Any = b"", reply: str = "") -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.write(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    async def request(self, subject: str, body: Any, deadline: float = DEADLINE) -> Event | None:
        """The first answer; None if nobody listens there, or (with a deadline that has passed) nobody answers."""
        inbox = f"{self.inbox}.{next(self._sids)}"
        answer = asyncio.get_running_loop().create_future()
        sid = await self.subscribe(inbox, lambda message: answer.done() or answer.set_result(message))
        self.publish(subject, body, inbox)
        try:
            message = await asyncio.wait_for(answer, deadline)
        except asyncio.TimeoutError:
            return None
        finally:
            self.unsubscribe(sid)
        return message.get("json")

    async def _read(self) -> None:
        try:
            while line := await self.reader.readline():
                await self._line(line.decode(errors="replace").split())
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        self.end("the connection to NATS has ended")
        for pong in self._pongs:
            if not pong.done():
                pong.set_exception(ConnectionError(f"NATS has closed the connection: {self.errors}"))

    async def _line(self, words: list[str]) -> None:
        match words:
            case ["PING"]:
                self.write(b"PONG\r\n")
            case ["PONG"]:
                pong = self._pongs.pop(0)
                pong.done() or pong.set_result(None)
            case ["-ERR", *text]:
                self.errors.append(" ".join(text))
            case ["MSG", subject, sid, *reply, size]:
                await self._message(subject, sid, reply, 0, int(size))
            case ["HMSG", subject, sid, *reply, head, size]:
                await self._message(subject, sid, reply, int(head), int(size))

    async def _message(self, subject: str, sid: str, reply: list[str], head: int, size: int) -> None:
        data = (await self.reader.readexactly(size + 2))[:-2]
        message = {"subject": subject, "reply": reply[0] if reply else "", "raw": data[head:]}
        try:
            message["json"] = json.loads(data[head:])
        except ValueError:
            pass
        self._handlers.get(sid, self.add)(message)

    def summary(self) -> str:
        return repr([(event["subject"], event["raw"][:80]) for event in self.events][-20:])
