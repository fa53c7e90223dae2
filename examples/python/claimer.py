#!/usr/bin/python3
"""Claims calls that Asterisk's dialplan offers with StasisBroadcast(), and answers those it gets.

A complete ARI application to start from. The way of a call:

  CallBroadcast   Asterisk offers a call to this application and to others
  claim           we ask for it: 204 it is ours, 409 another one was faster, 404 too late
  StasisStart     the call is in our hands: answer it, play something
  StasisEnd       it has left us
  next            we ask for the first call in line, when we connect and after each call: 200 it is ours, 404 none

Try it with `make sandbox-up`, then: examples/python/claimer.py --app hello
Needs the package python3-aiohttp.
"""
import argparse
import asyncio
import itertools
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL


class Claimer:
    """One application: its connection to Asterisk, and what it does with calls."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.handlers = {
            "CallBroadcast": self.on_offer,
            "StasisStart": self.on_start,
            "PlaybackFinished": self.on_played,
            "StasisEnd": self.on_end,
            "ApplicationReplaced": self.on_replaced,
        }
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.socket_answers = False
        self.numbers = itertools.count(1)
        self.waiting: dict[str, asyncio.Future] = {}
        self.at_work: set[asyncio.Task] = set()

    # What is done with a call

    async def on_offer(self, event: dict) -> None:
        """A call is on offer. `caller` and `called` are numbers, `timeout` is ms from now."""
        channel, caller = event["channel"]["id"], event["caller"]
        self.tell("offer", channel=channel, caller=caller, called=event["called"], timeout=event.get("timeout"))
        verb = self.decide(caller)
        if verb == "ignore":
            return
        await asyncio.sleep(self.options.think / 1000)
        started = time.monotonic()
        if verb == "claim":
            status = await self.post("events", "claim", channelId=channel, application=self.options.app)
        else:
            status = await self.post("broadcasts", channel, "decline", application=self.options.app)
        over = "websocket" if self.socket_answers else "http"
        self.tell(verb, channel=channel, status=status, over=over, ms=round((time.monotonic() - started) * 1000, 1))

    def decide(self, caller: str) -> str:
        """Claim it, decline it, or say nothing? This is where your own logic goes."""
        policy, *patterns = self.options.policy
        if policy != "callers-matching":
            return policy
        # Declining tells Asterisk that it need not wait for us.
        return "claim" if any(re.search(pattern, caller) for pattern in patterns) else "decline"

    async def on_start(self, event: dict) -> None:
        """The call is ours; nobody else touches it until it leaves Stasis."""
        channel = event["channel"]["id"]
        self.tell("start", channel=channel, args=event["args"])
        if await self.post("channels", channel, "answer") == 204:
            await self.post("channels", channel, "play", media=self.options.play)

    async def on_played(self, event: dict) -> None:
        """The sound has been played to its end, or could not be played."""
        playback = event["playback"]
        channel = playback["target_uri"].removeprefix("channel:")
        self.tell("played", channel=channel, media=playback["media_uri"], state=playback["state"])
        await self.finish(channel)

    async def finish(self, channel: str) -> None:
        """We are done with the call."""
        if self.options.then == "hangup":
            await self.request("DELETE", "channels", channel)
        elif self.options.then == "continue":
            await self.post("channels", channel, "continue")

    async def on_end(self, event: dict) -> None:
        """The call has left us: hung up, or back in the dialplan."""
        self.tell("end", channel=event["channel"]["id"])
        await self.take_next()

    async def on_replaced(self, event: dict) -> None:
        """Somebody else is this application now. Our connection stays, and brings nothing any more."""
        self.tell("replaced", reason="another program has connected under this name, and hears of calls instead of us")

    async def on_connected(self) -> None:
        """We can be reached. Calls may be in line that came before us."""
        await self.take_next()

    async def take_next(self) -> None:
        """Have the first call in line that we may have. Who picks among calls cannot: it would be any call."""
        if self.options.policy == ["claim"]:
            self.tell("next", status=await self.post("broadcasts", application=self.options.app))

    # The connection to Asterisk

    async def post(self, *path: str, **parameters: str) -> int:
        return await self.request("POST", *path, **parameters)

    async def request(self, method: str, *path: str, **parameters: str) -> int:
        """Send a request to ARI. Returns the HTTP status: 2xx is good; 0, there was no answer."""
        uri = "/".join(quote(part, safe="") for part in path)
        url = URL(f"{self.options.url}/{uri}", encoded=True).with_query(parameters)
        try:
            if self.socket_answers:
                return await self.request_over_socket(method, f"{uri}?{url.raw_query_string}")
            async with self.http.request(method, url) as answer:
                return answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError, ConnectionError) as error:
            self.tell("no-answer", request=f"{method} {url}", error=describe(error))
            return 0

    async def request_over_socket(self, method: str, uri: str) -> int:
        """The same over the WebSocket that brings the events: Asterisk takes it from 20.14, 21.9, 22.4 on."""
        number = str(next(self.numbers))
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        request = {"transaction_id": self.options.app, "request_id": number, "method": method, "uri": uri}
        try:
            await self.socket.send_json({"type": "RESTRequest", **request})
            return await asyncio.wait_for(answer, 10)
        finally:
            del self.waiting[number]

    def on_answer(self, event: dict) -> None:
        """The answer to such a request. The first one is to the question of listen(), whether there are any."""
        self.socket_answers = True
        answer = self.waiting.get(event["request_id"])
        if answer and not answer.done():
            answer.set_result(event["status_code"])

    async def run(self) -> None:
        """Stay connected for ever; when Asterisk is away, try again less and less often."""
        login = aiohttp.BasicAuth(self.options.user, self.options.password)
        async with aiohttp.ClientSession(auth=login, timeout=aiohttp.ClientTimeout(total=10)) as self.http:
            delay = 0.25
            while True:
                try:
                    await self.listen()
                    reason, delay = "Asterisk closed the connection", 0.25
                except aiohttp.WSServerHandshakeError as error:
                    reason = f"{self.options.url} answers {error.status}"
                    if error.status in (401, 403):
                        sys.exit(f"claimer: {reason}: see the users in Asterisk's ari.conf")
                    if error.status == 404:
                        reason += ": does the URL end in /ari?"
                except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
                    reason = describe(error)
                # A bit of chance, so that many applications do not all come back at once.
                pause = delay * random.uniform(0.5, 1)
                self.tell("disconnected", reason=reason, retry_in=round(pause, 2))
                await asyncio.sleep(pause)
                delay = min(delay * 2, 15)

    async def listen(self) -> None:
        """Connect, which registers the application, and handle events until the connection ends."""
        url = URL(f"{self.options.url}/events").with_query(app=self.options.app)
        async with self.http.ws_connect(url, heartbeat=20) as socket:
            self.socket = socket
            self.tell("connected", url=self.options.url)
            # An older Asterisk says nothing to that, and gets its requests over HTTP.
            question = {"transaction_id": "", "request_id": "0", "method": "GET", "uri": "asterisk/ping"}
            await socket.send_json({"type": "RESTRequest", **question})
            self.start(self.on_connected())
            try:
                await self.handle_events(socket)
            finally:
                self.socket_answers = False
                for answer in self.waiting.values():
                    if not answer.done():
                        answer.set_exception(aiohttp.ClientConnectionError("the WebSocket is closed"))

    async def handle_events(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                break
            event = json.loads(message.data)
            if event["type"] == "RESTResponse":
                self.on_answer(event)
                continue
            handler = self.handlers.get(event["type"])
            if handler:
                self.start(handler(event))

    def start(self, work: Coroutine) -> None:
        """Do it in a task of its own, so that one call does not wait for another."""
        task = asyncio.create_task(work)
        self.at_work.add(task)
        task.add_done_callback(self.at_work.discard)

    def tell(self, what: str, **details: Any) -> None:
        """Say what happened: a JSON line with --events, else a line to read."""
        if self.options.events:
            line = {"time": round(time.time(), 4), "app": self.options.app, "event": what, **details}
            print(quoted(line), file=self.options.events, flush=True)
        else:
            text = " ".join(f"{name}={quoted(value)}" for name, value in details.items())
            print(f"{time.strftime('%H:%M:%S')} {self.options.app}: {what} {text}", flush=True)


def quoted(value: Any) -> str:
    """As JSON, in ASCII. A caller chooses what is in it: it must not begin a line, nor steer the terminal."""
    return json.dumps(value).replace("\x7f", "\\u007f")


def describe(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, aiohttp.ClientSSLError):
        # In words of ours: aiohttp's speak of TLS, which there need not be any of.
        cause = error.os_error
        why = os.strerror(cause.errno) if cause.errno and cause.errno > 0 else cause.strerror or str(cause)
        return f"cannot connect to {error.host}:{error.port}: {why}"
    return str(error) or type(error).__name__


def ari_url(text: str) -> str:
    """A URL without a slash at its end. One that cannot be used would fail for ever, so it is refused at once."""
    try:
        url = URL(text)
        usable = url.scheme in ("http", "https") and url.host and url.port
    except ValueError:
        usable = False
    if not usable:
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL such as http://127.0.0.1:8088/ari")
    return text.rstrip("/")


def not_negative(text: str) -> float:
    """A time."""
    if not re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, 0 or more")
    return float(text)


def add_ari_options(parser: argparse.ArgumentParser) -> None:
    """Where Asterisk is, and where to say what happens."""
    parser.add_argument("--url", default="http://127.0.0.1:8088/ari", type=ari_url,
                        help="where ARI is (%(default)s)")
    parser.add_argument("--user", default="ari", help="ARI user (%(default)s)")
    parser.add_argument("--password", default="ari", help="its password (%(default)s)")
    parser.add_argument("--events", type=argparse.FileType("a"), metavar="FILE",
                        help="write what happens as JSON lines to FILE, - for standard output")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Claim calls that Asterisk offers with StasisBroadcast().",
                                     usage="%(prog)s --app NAME [option ...]",
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--app", required=True, metavar="NAME", help="the name of this ARI application")
    add_ari_options(parser)
    parser.add_argument("--policy", nargs="+", default=["claim"], metavar=("POLICY", "REGEX"),
                        help="claim (the default) | decline | ignore | callers-matching REGEX ...:\n"
                        "claim calls from numbers that match one of them, decline the others")
    parser.add_argument("--think", type=not_negative, default=0, metavar="MS", help="wait so long before a claim (0)")
    parser.add_argument("--play", default="sound:hello-world", metavar="MEDIA",
                        help="an ARI media URI (%(default)s)")
    parser.add_argument("--then", choices=("hangup", "keep", "continue"), default="hangup",
                        help="after it: hang up, keep the call, or give it back to the dialplan (%(default)s)")
    options = parser.parse_args()
    if not options.app:
        parser.error("--app must not be empty")
    if "," in options.app:
        parser.error(f"--app {options.app}: ARI ends a name at a comma")
    policy, *patterns = options.policy
    if policy not in ("claim", "decline", "ignore", "callers-matching"):
        parser.error(f"--policy {policy} is not known; it is claim, decline, ignore or callers-matching REGEX ...")
    if (policy == "callers-matching") != bool(patterns):
        parser.error("callers-matching needs at least one REGEX, the other policies take none")
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            parser.error(f"REGEX {pattern}: {error}")
    return options


async def main(options: argparse.Namespace) -> None:
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await Claimer(options).run()
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    asyncio.run(main(parse_options()))
