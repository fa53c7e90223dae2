"""ARI as an application sees it: the WebSocket with its events, and REST requests."""

import asyncio
import json
import socket
from typing import Any
from urllib.parse import urlencode

import aiohttp

from .events import DEADLINE, Event, EventLog, until

USER = ("ari", "ari")


class Answer:
    """Status and body of a REST request."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The text of an ARI error; fails if there is none."""
        message = self.json["message"]
        assert isinstance(message, str) and message, self.body
        return message

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:300]!r}>"


class Ari:
    """REST requests to one Asterisk."""

    def __init__(self, http_port: int) -> None:
        self.port = http_port
        self.base = f"http://127.0.0.1:{http_port}/ari"
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> "Ari":
        timeout = aiohttp.ClientTimeout(total=DEADLINE)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        return self

    async def close(self) -> None:
        await self._session.close()

    async def __aenter__(self) -> "Ari":
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def request(
        self,
        method: str,
        path: str,
        params: dict | list | None = None,
        user: tuple[str, str] | None = USER,
        **options: Any,
    ) -> Answer:
        auth = aiohttp.BasicAuth(*user) if user else None
        async with self._session.request(method, self.base + path, params=params, auth=auth, **options) as got:
            return Answer(got.status, await got.read())

    async def get(self, path: str, **params: str) -> Answer:
        return await self.request("GET", path, params)

    async def post(self, path: str, **params: str) -> Answer:
        return await self.request("POST", path, params)

    async def delete(self, path: str, **params: str) -> Answer:
        return await self.request("DELETE", path, params)

    async def claim(self, channel_id: str, application: str) -> int:
        """POST /ari/events/claim, as an application does: the status."""
        return (await self.post("/events/claim", channelId=channel_id, application=application)).status

    async def broadcast(self, channel_id: str) -> Event:
        """GET /ari/broadcasts/{channelId}"""
        answer = await self.get(f"/broadcasts/{channel_id}")
        assert answer.status == 200, answer
        return answer.json

    async def registered(self, name: str) -> bool:
        return (await self.get(f"/applications/{name}")).status == 200

    async def websocket(self, names: str) -> aiohttp.ClientWebSocketResponse:
        url = f"{self.base}/events"
        params = {"app": names, "api_key": ":".join(USER)}
        return await self._session.ws_connect(url, params=params, max_msg_size=0)


class AriApp(EventLog):
    """An ARI application: one WebSocket, for one name or for several."""

    def __init__(self, ari: Ari, *names: str) -> None:
        super().__init__("application " + ",".join(names))
        self.ari = ari
        self.names = names
        self.app = names[0]
        self.last_flush: str | None = None

    async def connect(self) -> "AriApp":
        self._socket = await self.ari.websocket(",".join(self.names))
        self._task = asyncio.create_task(self._read())
        for name in self.names:
            await until(lambda: self.ari.registered(name), f"application {name} is registered")
        return self

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                self.add(json.loads(message.data))
        self.end("its WebSocket has closed")

    async def disconnect(self) -> None:
        """Close the connection, and wait until Asterisk has noticed."""
        await self._socket.close()
        await asyncio.wait([self._task], timeout=DEADLINE)

    async def close(self) -> None:
        """Leave when there are no channels any more, and wait until Asterisk has forgotten the application.

        One that leaves while it is still subscribed to a channel that has gone stays registered until somebody
        else leaves.
        """
        if not self.ended:
            for name in self.names:
                await until(lambda: self._without_channels(name), f"application {name} has no channels")
        await self.disconnect()
        for name in self.names:
            await until(lambda: self._gone(name), f"application {name} is gone")

    async def _gone(self, name: str) -> bool:
        return not await self.ari.registered(name)

    async def _without_channels(self, name: str) -> bool:
        answer = await self.ari.get(f"/applications/{name}")
        return answer.status != 200 or not answer.json["channel_ids"]

    def of(self, kind: str, channel_id: str | None = None) -> list[Event]:
        """The events of a type that have come, for one channel or for any."""
        return self.matching(lambda event: is_event(event, kind, channel_id))

    def events_but_last_flush(self) -> list[Event]:
        return self.matching(lambda event: event.get("channel", {}).get("id") != self.last_flush)

    async def event(self, kind: str, channel_id: str | None = None, deadline: float = DEADLINE) -> Event:
        return await self.wait(lambda event: is_event(event, kind, channel_id), deadline)

    async def offered(self, channel_id: str | None = None) -> Event:
        return await self.event("CallBroadcast", channel_id)

    async def claim(self, channel_id: str) -> int:
        return await self.ari.claim(channel_id, self.app)

    async def decline(self, channel_id: str) -> int:
        return (await self.ari.post(f"/broadcasts/{channel_id}/decline", application=self.app)).status

    async def started(self, channel_id: str) -> Event:
        return await self.event("StasisStart", channel_id)

    async def subscribe(self, channel_id: str) -> None:
        """Hear of a channel that is not ours."""
        answer = await self.ari.post(f"/applications/{self.app}/subscription", eventSource=f"channel:{channel_id}")
        assert answer.status == 200, answer

    async def proceed(self, channel_id: str) -> None:
        """Send a channel in Stasis back to the dialplan."""
        answer = await self.ari.post(f"/channels/{channel_id}/continue")
        assert answer.status == 204, answer


def is_event(event: Event, kind: str, channel_id: str | None) -> bool:
    return event["type"] == kind and channel_id in (None, event.get("channel", {}).get("id"))


def upgrade(app: str) -> bytes:
    """The request for an application's WebSocket, for those who read it themselves or not at all."""
    return (
        f"GET /ari/events?{urlencode({'app': app, 'api_key': ':'.join(USER)})} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


class DeafApp:
    """An application that connects and then never reads, with as little buffer as there can be."""

    def __init__(self, ari: Ari, name: str) -> None:
        self.ari = ari
        self.app = name

    async def connect(self) -> "DeafApp":
        loop = asyncio.get_running_loop()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        self._socket.setblocking(False)
        await loop.sock_connect(self._socket, ("127.0.0.1", self.ari.port))
        await loop.sock_sendall(self._socket, upgrade(self.app))
        head = b""
        while b"\r\n\r\n" not in head:
            head += await asyncio.wait_for(loop.sock_recv(self._socket, 1), DEADLINE)
        assert head.startswith(b"HTTP/1.1 101"), head
        await until(lambda: self.ari.registered(self.app), f"application {self.app} is registered")
        return self

    async def close(self) -> None:
        """Leave, and wait until Asterisk has forgotten the application.

        Asterisk may forget a WebSocket instead that it has closed itself, because a write failed: the application
        is gone once somebody comes and leaves under its name.
        """
        self._socket.close()
        what = f"application {self.app} is gone"
        try:
            await until(self._gone, what)
        except AssertionError:
            await (await self.ari.websocket(self.app)).close()
            await until(self._gone, what)

    async def _gone(self) -> bool:
        return not await self.ari.registered(self.app)
