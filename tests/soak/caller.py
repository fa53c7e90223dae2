#!/usr/bin/python3
"""The callers of a soak: a steady stream of Local calls, and a burst of them on SIGUSR1.

What a call is (how long it is on offer, to whom, when its caller hangs up) depends on the seed and
its number only. Calls that nobody ends are ended by their caller, so that none stays for ever.
"""

import argparse
import asyncio
import random
import signal
import sys
from dataclasses import dataclass

import aiohttp
from history import History

LOGIN = aiohttp.BasicAuth("ari", "ari")
ANSWER_SECONDS = 60.0
HTTP_CONNECTIONS = 32
PATIENCE_SECONDS = 3.5

# Regular expression, how often. The last two reach nobody; one of them is no regular expression.
FILTERS = {"": 40, "^soak-": 40, "^soak-[12]$": 14, "^nobody$": 3, "^soak{3,1}": 3}


@dataclass
class Call:
    """What chance makes of a call."""

    id: str
    timeout_ms: int
    filter: str
    offers: int
    notify: bool
    hangs_up_after: float
    hangs_up: str


def draw(seed: str, number: int) -> Call:
    chance = random.Random(f"{seed} call {number}")
    timeout_ms = chance.choice((50, 300, 500, 1000, 2000))
    impatient = chance.random() < 0.3
    return Call(
        id=f"soak-{seed}-{number:07}",
        timeout_ms=timeout_ms,
        filter=chance.choices(list(FILTERS), list(FILTERS.values()))[0],
        offers=2 if chance.random() < 0.2 else 1,
        notify=chance.random() < 0.5,
        hangs_up_after=chance.uniform(0, timeout_ms / 1000 + 0.3) if impatient else PATIENCE_SECONDS,
        hangs_up=chance.choice(("", "caller-")),
    )


class Caller:
    """Places calls and hangs them up."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.history = History(options.history)
        self.number = 0
        self.tasks: set[asyncio.Task] = set()

    def begin(self) -> None:
        self.number += 1
        task = asyncio.create_task(self.live(draw(self.options.seed, self.number)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def burst(self) -> None:
        for _ in range(self.options.burst):
            self.begin()

    async def live(self, call: Call) -> None:
        """One call from its beginning to its end."""
        self.history.write("call", call=call.id)
        body = {"variables": self.variables(call)}
        status = await self.request("originate", call, "POST", "channels", params=self.originate(call), json=body)
        if status != 200:
            return
        await asyncio.sleep(call.hangs_up_after)
        self.history.write("hangup", call=call.id)
        await self.request("hangup", call, "DELETE", f"channels/{call.hangs_up}{call.id}")

    def originate(self, call: Call) -> dict[str, str]:
        """The half of the Local channel that runs the dialplan has the call's id.

        For Asterisk an id is taken as well if it is the beginning of another one's.
        """
        return {
            "endpoint": "Local/offer@soak",
            "context": "soak",
            "extension": "other",
            "priority": "1",
            "channelId": f"caller-{call.id}",
            "otherChannelId": call.id,
            "callerId": f"soak <{self.number}>",
        }

    def variables(self, call: Call) -> dict[str, str]:
        return {
            "RACE_TIMEOUT": str(call.timeout_ms),
            "RACE_FILTER": call.filter,
            "RACE_ARGS": "one:two",
            "RACE_NOTIFY": "yes" if call.notify else "no",
            "SOAK_OFFERS": str(call.offers),
        }

    async def request(self, to: str, call: Call, method: str, path: str, **more: dict) -> int:
        try:
            async with self.http.request(method, f"{self.options.url}/{path}", **more) as answer:
                status = answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            status = 0
        self.history.write("answer", call=call.id, to=to, status=status)
        return status

    async def run(self, stop: asyncio.Event) -> None:
        """Begin calls at a steady rate until told to stop, then see the last ones to their end."""
        loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(limit=HTTP_CONNECTIONS)
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(auth=LOGIN, connector=connector, timeout=timeout) as self.http:
            start = loop.time()
            steady = 0
            while not stop.is_set():
                self.begin()
                steady += 1
                try:
                    await asyncio.wait_for(stop.wait(), max(0, start + steady / self.options.rate - loop.time()))
                except asyncio.TimeoutError:
                    pass
            if self.tasks:
                await asyncio.wait(self.tasks)


async def main() -> None:
    parser = argparse.ArgumentParser(description="The callers of a soak.")
    for name in ("url", "history", "seed"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rate", type=float, required=True, help="calls a second")
    parser.add_argument("--burst", type=int, required=True, help="calls at once on SIGUSR1")
    caller = Caller(parser.parse_args())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, sys.exit, 1)
    loop.add_signal_handler(signal.SIGUSR1, caller.burst)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    print("ready", flush=True)
    await caller.run(stop)


if __name__ == "__main__":
    asyncio.run(main())
