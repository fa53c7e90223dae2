"""An ARI server of these tests' own. It is there to prove the judge, and for nothing else.

What Asterisk and the modules do is tested against a real Asterisk (tests/integration, tests/soak). Here
ari-race is under test: it has to find faults that no Asterisk should have, so somebody has to have
them. This server keeps the protocol; each class of faults.py breaks it in one way.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

LOGIN = "race:se:cret"

# The longest that a test waits for what has to come. Far above what is needed: it only decides how long a broken ari-race takes
# to fail a test.
DEADLINE = 30.0


@dataclass
class Call:
    """A channel on offer, and what came of it."""

    id: str
    timeout: float = 5.0
    notify: bool = False
    offered: set[str] = field(default_factory=set)
    bids: set[str] = field(default_factory=set)
    winner: str | None = None
    holder: str | None = None
    over: bool = False


@dataclass
class Inner:
    """What a request over a WebSocket asks for."""

    query: Mapping[str, str]
    match_info: Mapping[str, str]


def answer(status: int) -> web.Response:
    """An answer without content, or ARI's error message."""
    return web.Response(status=204) if status == 204 else web.json_response({"message": f"It is {status}"}, status=status)


class Server:
    """ARI as far as ari-race uses it. Counts what it answers, and the events that it sends."""

    def __init__(self) -> None:
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.calls: dict[str, Call] = {}
        self.answers: dict[str, Counter[int]] = {}
        self.events: Counter[str] = Counter()
        self.over: Counter[str] = Counter()
        self.ending = asyncio.Event()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task] = set()

    async def __aenter__(self) -> "Server":
        app = web.Application(middlewares=[self._count])
        add = app.router.add_route
        add("GET", "/ari/asterisk/info", self._info, name="info")
        add("GET", "/ari/asterisk/ping", self._info, name="ping")
        add("GET", "/ari/events", self.subscribe, name="events")
        add("GET", "/ari/applications/{application}", self._application, name="application")
        add("POST", "/ari/channels", self.originate, name="originate")
        add("POST", "/ari/events/claim", self.claim, name="claim")
        add("POST", "/ari/broadcasts/{channel}/decline", self.decline, name="decline")
        add("POST", "/ari/broadcasts/{channel}/bid", self.bid, name="bid")
        add("DELETE", "/ari/channels/{channel}", self._hang_up, name="hangup")
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        self._listener = await asyncio.get_running_loop().create_server(self._runner.server, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.go_away()
        self.ending.set()
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.server.shutdown(1.0)
        await self._runner.cleanup()
        errors = [end for end in ends if isinstance(end, Exception)]
        if errors:
            raise errors[0]

    def go_away(self) -> None:
        """Close everything at once, as a crash does."""
        self._listener.close()
        for connection in self._runner.server.connections:
            if connection.transport:
                connection.transport.abort()

    # For tests and faults

    def later(self, work: Coroutine) -> None:
        """Do it beside the answer to a request."""
        self._tasks.add(asyncio.create_task(work))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(condition)

    async def incoming(self, channel_id: str) -> None:
        """A call that somebody else made comes in."""
        self.calls[channel_id] = call = Call(channel_id)
        await self.offer(call, self.recipients())

    async def send(self, event: str, application: str, call: Call, **more: object) -> None:
        """Send an event; an application that has left hears nothing."""
        if application not in self.sockets:
            return
        message = {"type": event, "application": application, "channel": {"id": call.id, "state": "Ring"}, **more}
        with contextlib.suppress(ConnectionError):
            await self.sockets[application].send_json(message)
            self.events[event] += 1
            await self._change()

    # What faults change

    def recipients(self) -> Sequence[str]:
        """Who is offered a call."""
        return sorted(self.sockets)

    def wins(self, call: Call, application: str) -> bool:
        """Whether a claim for a call on offer wins it."""
        return call.winner in (None, application)

    async def offer(self, call: Call, applications: Sequence[str]) -> None:
        asyncio.get_running_loop().call_later(call.timeout, self._expire, call)
        for application in applications:
            call.offered.add(application)
            await self.send("CallBroadcast", application, call, caller="100", called="offer")

    async def start(self, call: Call) -> None:
        """The winner gets the call."""
        call.holder = call.winner
        await self.send("StasisStart", call.holder, call, args=[])

    # Requests

    @web.middleware
    async def _count(self, request: web.Request, handler: Callable) -> web.StreamResponse:
        if request.headers.get("Authorization") != aiohttp.BasicAuth(*LOGIN.split(":", 1)).encode():
            response = answer(401)
        else:
            response = await handler(request)
        kind = request.match_info.route.name or "unknown"
        self.answers.setdefault(kind, Counter())[response.status] += 1
        await self._change()
        return response

    async def _info(self, _: "web.Request | Inner") -> web.Response:
        return web.json_response({"system": {"version": "of these tests", "entity_id": "1"}})

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("ari",))
        await socket.prepare(request)
        applications = request.query["app"].split(",")
        self.sockets.update(dict.fromkeys(applications, socket))
        await self._change()
        async for message in socket:
            await self.over_websocket(socket, message.json())
        for application in applications:
            if self.sockets.get(application) is socket:
                del self.sockets[application]
        return socket

    async def _application(self, request: web.Request) -> web.Response:
        return answer(200 if request.match_info["application"] in self.sockets else 404)

    async def originate(self, request: web.Request) -> web.Response:
        variables = (await request.json())["variables"]
        call = Call(
            request.query["otherChannelId"], float(variables["RACE_TIMEOUT"]) / 1000, variables["RACE_NOTIFY"] == "yes"
        )
        self.calls[call.id] = call
        self.later(self.offer(call, self.recipients()))
        return web.json_response({"id": request.query["channelId"]})

    async def over_websocket(self, socket: web.WebSocketResponse, request: dict) -> None:
        """A REST request that came over a WebSocket, answered as Asterisk does."""
        handlers = {
            "asterisk/ping": ("ping", self._info),
            "events/claim": ("claim", self.claim),
            "broadcasts": ("decline", self.decline),
        }
        uri = URL("http://server/" + request["uri"])
        path = uri.path.strip("/")
        kind, handler = next(found for start, found in handlers.items() if path.startswith(start))
        response = await handler(Inner(uri.query, {"channel": path.split("/")[1]}))
        self.answers.setdefault(kind, Counter())[response.status] += 1
        self.over[kind] += 1
        await socket.send_json(
            {
                "type": "RESTResponse", "transaction_id": request["transaction_id"],
                "request_id": request["request_id"], "status_code": response.status,
                "reason_phrase": "", "uri": path, "message_body": "",
            }  # fmt: skip
        )
        await self._change()

    async def claim(self, request: "web.Request | Inner") -> web.Response:
        call = self.calls.get(request.query["channelId"])
        application = request.query["application"]
        if not call or application not in call.offered:
            return answer(404)
        if not self.wins(call, application):
            return answer(409)
        if call.over and not call.winner:
            return answer(404)
        if not call.winner:
            call.winner = application
            self.later(self._hand_over(call))
        return answer(204)

    async def bid(self, request: web.Request) -> web.Response:
        """Noted; the last to bid gets the call."""
        call = self.calls[request.match_info["channel"]]
        call.bids.add(request.query["application"])
        if call.bids == call.offered and not call.winner:
            call.winner = request.query["application"]
            self.later(self._hand_over(call))
        return answer(202)

    async def decline(self, request: "web.Request | Inner") -> web.Response:
        return answer(204 if request.match_info["channel"] in self.calls else 404)

    async def _hang_up(self, request: web.Request) -> web.Response:
        call = self.calls.get(request.match_info["channel"].removeprefix("far-"))
        if not call or call.over:
            return answer(404)
        call.over = True
        if call.holder:
            self.later(self.send("StasisEnd", call.holder, call))
        return answer(204)

    async def _hand_over(self, call: Call) -> None:
        if call.notify:
            for application in sorted(call.offered):
                await self.send("CallClaimed", application, call, winner_app=call.winner)
        await self.start(call)

    def _expire(self, call: Call) -> None:
        call.over = call.over or not call.winner

    async def _change(self) -> None:
        async with self._changed:
            self._changed.notify_all()
