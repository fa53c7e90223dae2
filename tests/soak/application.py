#!/usr/bin/python3
"""One ARI application of a soak, in a process of its own so that it can be killed.

Claims, declines, claims late, claims twice, hangs up, gives calls back, each by chance that depends
on the seed, the application and the call only. Signals bring it into trouble:

  SIGUSR1      drops its WebSocket and connects again at once
  SIGUSR2      stops reading its WebSocket for a while, its requests go on
  SIGRTMIN     kills itself as soon as a claim of its own has been answered 204
  SIGRTMIN+1   kills itself a moment after it has sent a claim
"""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sys

import aiohttp
from history import History

LOGIN = aiohttp.BasicAuth("ari", "ari")
DEAF_SECONDS = 2.0
ANSWER_SECONDS = 20.0
LATE_SECONDS = 2.5
# From a claim to the death: the request is on its way, or its answer.
DEATH_SECONDS = 0.004
# A small buffer is full soon when nobody reads.
RECEIVE_BUFFER = 16384


class Application:
    """An application's connection, and what it does with calls."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.history = History(options.history)
        self.tasks: set[asyncio.Task] = set()
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.deaf = False
        self.die_on_win = False
        self.die_on_claim = False
        self.replaced = False
        self.ready = False
        self.requests = 0

    def write(self, what: str, **fields: object) -> None:
        self.history.write(what, app=self.options.app, **fields)

    # Calls

    async def on_offer(self, call: str) -> None:
        """Decide by chance what to do with an offer."""
        chance = random.Random(f"{self.options.seed} {self.options.app} {call}")
        choice = chance.random()
        if self.die_on_claim or choice < 0.7:
            # Who is to die as the winner has to be the first.
            await asyncio.sleep(0 if self.die_on_claim or self.die_on_win else chance.uniform(0, 0.03))
            await self.claim(call, chance)
        elif choice < 0.8:
            self.write("decline", call=call)
            await self.ask("decline", call, f"broadcasts/{call}/decline", application=self.options.app)
        elif choice < 0.9:
            await asyncio.sleep(chance.uniform(0, LATE_SECONDS))
            await self.claim(call, chance)

    async def claim(self, call: str, chance: random.Random) -> None:
        if self.die_on_claim:
            asyncio.get_running_loop().call_later(chance.uniform(0, DEATH_SECONDS), self.die)
        status = await self.send_claim(call)
        if status == 204 and self.die_on_win:
            self.die()
        if status == 204 and chance.random() < 0.1:
            # As an HTTP client does that retries.
            await self.send_claim(call)

    async def send_claim(self, call: str) -> int:
        # A claim may be answered after a later one.
        self.requests += 1
        number = self.requests
        self.write("claim", call=call, request=number)
        status = await self.send("POST", "events/claim", channelId=call, application=self.options.app)
        self.write("answer", call=call, to="claim", status=status, request=number)
        return status

    async def on_start(self, call: str) -> None:
        """The call is here: keep it a while, then end it, give it back, or leave the end to the caller."""
        chance = random.Random(f"{self.options.seed} {self.options.app} {call} start")
        if chance.random() < 0.5:
            await self.ask("answer", call, f"channels/{call}/answer")
        await asyncio.sleep(chance.uniform(0, 0.4))
        choice = chance.random()
        if choice < 0.2:
            await self.ask("continue", call, f"channels/{call}/continue")
        elif choice < 0.9:
            self.write("hangup", call=call)
            await self.ask("hangup", call, f"channels/{call}", method="DELETE")

    async def on_end(self, call: str) -> None:
        """The call has left. Some do not notice, and claim it."""
        chance = random.Random(f"{self.options.seed} {self.options.app} {call} end")
        if chance.random() < 0.2:
            await asyncio.sleep(chance.uniform(0, 0.1))
            await self.send_claim(call)

    async def ask(self, to: str, call: str, path: str, method: str = "POST", **parameters: str) -> None:
        """Send a request that is no claim, and write down the answer."""
        status = await self.send(method, path, **parameters)
        self.write("answer", call=call, to=to, status=status)

    async def send(self, method: str, path: str, **parameters: str) -> int:
        """The status of the answer; 0: there was none."""
        try:
            async with self.http.request(method, f"{self.options.url}/{path}", params=parameters) as answer:
                return answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return 0

    # Trouble

    def die(self) -> None:
        self.write("killed")
        os.kill(os.getpid(), signal.SIGKILL)

    def drop(self) -> None:
        """End the connection without the WebSocket's good-bye."""
        connection = self.socket and self.socket.get_extra_info("socket")
        if connection:
            connection.shutdown(socket.SHUT_RDWR)

    def be_deaf(self) -> None:
        self.deaf = True

    def wish_death(self, name: str) -> None:
        setattr(self, name, True)

    # The connection

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(auth=LOGIN, timeout=timeout, connector=connector) as self.http:
            # Who is replaced leaves the name to the other one.
            while not self.replaced:
                try:
                    await self.listen()
                except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
                    await asyncio.sleep(0.1)
            await asyncio.Event().wait()

    async def listen(self) -> None:
        url = f"{self.options.url}/events"
        async with self.http.ws_connect(url, params={"app": self.options.app}, max_msg_size=0) as self.socket:
            connection = self.socket.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            self.write("connected")
            if not self.ready:
                self.ready = True
                print("ready", flush=True)
            try:
                async for message in self.socket:
                    if message.type != aiohttp.WSMsgType.TEXT:
                        break
                    self.handle(json.loads(message.data))
                    if self.deaf:
                        await self.hear_nothing()
            finally:
                # A connection that lost its name to another one is no longer the application's.
                if not self.replaced:
                    self.write("lost")

    async def hear_nothing(self) -> None:
        self.deaf = False
        self.write("stopped")
        await asyncio.sleep(DEAF_SECONDS)
        self.write("resumed")

    def handle(self, event: dict) -> None:
        kinds = {
            "CallBroadcast": ("offer", self.on_offer),
            "StasisStart": ("start", self.on_start),
            "StasisEnd": ("end", self.on_end),
        }
        if event["type"] == "ApplicationReplaced":
            self.replaced = True
            self.write("replaced")
        elif event["type"] in kinds:
            what, handler = kinds[event["type"]]
            call = event["channel"]["id"]
            self.write(what, call=call)
            task = asyncio.create_task(handler(call))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


async def main() -> None:
    parser = argparse.ArgumentParser(description="One ARI application of a soak.")
    for name in ("app", "url", "history", "seed"):
        parser.add_argument(f"--{name}", required=True)
    application = Application(parser.parse_args())
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, sys.exit, 1)
    loop.add_signal_handler(signal.SIGUSR1, application.drop)
    loop.add_signal_handler(signal.SIGUSR2, application.be_deaf)
    loop.add_signal_handler(signal.SIGRTMIN, application.wish_death, "die_on_win")
    loop.add_signal_handler(signal.SIGRTMIN + 1, application.wish_death, "die_on_claim")
    loop.add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    try:
        await application.run()
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    asyncio.run(main())
