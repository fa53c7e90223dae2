"""Servers that break the protocol, each in one way."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from aiohttp import web
from server import Call, Server, answer


class TwoWinners(Server):
    """Every claim is answered 204."""

    def wins(self, call: Call, application: str) -> bool:
        return True


class LateSecondWinner(TwoWinners):
    """The second 204 is so late that the call is over by then."""

    LATE = 0.3

    async def claim(self, request: web.Request) -> web.Response:
        call = self.calls[request.query["channelId"]]
        if call.winner:
            await self.until(lambda: call.over)
            await asyncio.sleep(self.LATE)
        return await super().claim(request)


class LateAnswers(Server):
    """No fault: bids and declines are answered when their call is over."""

    async def _when_over(self, request: web.Request, response: web.Response) -> web.Response:
        await self.until(lambda: self.calls[request.match_info["channel"]].over)
        await asyncio.sleep(LateSecondWinner.LATE)
        return response

    async def bid(self, request: web.Request) -> web.Response:
        return await self._when_over(request, await super().bid(request))

    async def decline(self, request: web.Request) -> web.Response:
        return await self._when_over(request, await super().decline(request))


class ManyPings(Server):
    """No fault: counts the pings that have come before the first application and before the first call."""

    before_applications = before_calls = 0

    def pings(self) -> int:
        return sum(self.answers["ping"].values())

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        self.before_applications = self.before_applications or self.pings()
        return await super().subscribe(request)

    async def originate(self, request: web.Request) -> web.Response:
        self.before_calls = self.before_calls or self.pings()
        return await super().originate(request)


class NoStart(Server):
    """The winner never gets its call."""

    async def start(self, call: Call) -> None:
        pass


class WrongStart(Server):
    """Another application than the winner gets the call."""

    async def start(self, call: Call) -> None:
        call.holder = min(call.offered - {call.winner})
        await self.send("StasisStart", call.holder, call, args=[])


class CallerHangsUp(Server):
    """No fault: the channel is gone when the winner should get it, and nobody is told."""

    async def start(self, call: Call) -> None:
        call.over = True


class CallsBeforeTheLast(Server):
    """No fault: calls come in while the last of three WebSockets is not open yet."""

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        if request.query["app"].endswith("3"):
            await self.until(lambda: len(self.sockets) == 2)
            for name in ("to-two-1", "to-two-2"):
                await self.incoming(name)
            await self.until(lambda: self.answers.get("claim", Counter()).total() == 4)
        return await super().subscribe(request)


class NoLastWebSocket(Server):
    """No fault: the second application's WebSocket takes its time."""

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        if request.query["app"].endswith("2"):
            await self.ending.wait()
        return await super().subscribe(request)


class WinnerLost(Server):
    """No fault: the winner's WebSocket breaks before it has the call."""

    async def start(self, call: Call) -> None:
        if call.holder:
            return
        call.holder = lost = call.winner
        await self.sockets.pop(lost).close()
        await self.until(lambda: lost in self.sockets)
        await self.recover(call)

    async def recover(self, call: Call) -> None:
        """What becomes of the call then: nothing."""


class WinnerLostOfferedAgain(WinnerLost):
    """... and the call is offered to the others again."""

    async def recover(self, call: Call) -> None:
        others = sorted(call.offered - {call.winner})
        call.winner = None
        await self.offer(call, others)

    async def start(self, call: Call) -> None:
        if call.holder:
            await Server.start(self, call)
        else:
            await super().start(call)


class ClaimsFail(Server):
    """Claims are answered 500."""

    async def claim(self, request: web.Request) -> web.Response:
        return answer(500)


class OriginatesFail(Server):
    """Calls cannot be made: 500."""

    async def originate(self, request: web.Request) -> web.Response:
        return answer(500)


class OfferedToSome(Server):
    """One application is left out."""

    def recipients(self) -> Sequence[str]:
        return super().recipients()[:-1]


class OfferedToNobody(Server):
    """All are left out."""

    def recipients(self) -> Sequence[str]:
        return ()


class NoWebSockets(Server):
    """WebSockets are refused."""

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        return answer(503)


class GoesAway(Server):
    """Everything is closed when the third call is there."""

    async def offer(self, call: Call, applications: Sequence[str]) -> None:
        if len(self.calls) == 3:
            self.go_away()
        else:
            await super().offer(call, applications)


class TwoWinnersThenAway(TwoWinners, GoesAway):
    """Rules are broken first, then everything is closed."""


class FallsSilent(Server):
    """Connections stay, but claims are never answered."""

    async def claim(self, request: web.Request) -> web.Response:
        await self.ending.wait()
        return answer(500)


class NoRequestsOverWebSockets(Server):
    """As an older Asterisk: what comes over a WebSocket is not read."""

    async def over_websocket(self, socket: web.WebSocketResponse, request: dict) -> None:
        pass


class SilentOverWebSockets(Server):
    """Claims over a WebSocket are never answered, the first request is."""

    async def over_websocket(self, socket: web.WebSocketResponse, request: dict) -> None:
        if "claim" not in request["uri"]:
            await super().over_websocket(socket, request)


class WinnerLostBeforeTheAnswer(Server):
    """No fault: the WebSocket breaks with the claim on it, and the claim gets no answer."""

    async def over_websocket(self, socket: web.WebSocketResponse, request: dict) -> None:
        if "claim" in request["uri"]:
            await socket.close()
        else:
            await super().over_websocket(socket, request)


class ApplicationTaken(Server):
    """Somebody else connects as one of the applications."""

    async def offer(self, call: Call, applications: Sequence[str]) -> None:
        await self.send("ApplicationReplaced", applications[0], call)
