"""A shift at work, for the console to show: workers who take calls as people do, and callers who come by chance."""
import asyncio
import itertools
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import aiohttp

NAMES = ("Alice Meier", "Bob Núñez", "Chen Wei", "Dora Kovács", "Emil Sørensen", "Fatma Şahin", "Gita Rao", "Hugo Ek",
         "Ines da Silva", "Jonas Weiß", "", "<b>Karl</b>")


@dataclass(frozen=True)
class Way:
    """How a worker works: seconds until it answers an offer and that a call lasts; how often it declines."""

    name: str
    answers: tuple[float, float]
    talks: tuple[float, float]
    declines: float = 0.1


WORKERS = (
    Way("sales-1", (0.4, 3), (3, 9)), Way("sales-2", (0.8, 5), (4, 12)), Way("sales-3", (2, 8), (5, 15), 0.4),
    Way("support-1", (0.5, 3), (4, 10)), Way("support-2", (1, 6), (6, 15)), Way("support-3", (0.3, 2), (3, 8)),
    # One that is connected and answers nothing: the console shows it as silent.
    Way("night-1", (1e9, 1e9), (1, 1)),
)

# What callers are offered as, how often, and after how many seconds they hang up.
OFFERS = (
    ("15000,^sales-,,yes,q(sales)", 6, (12, 40)), ("12000,^support-,,yes,q(support)", 6, (8, 40)),
    ("20000,^sales-,,yes,q(sales)p(5)", 1, (30, 40)), ("4000,^night-,,yes,q(night)", 1, (9, 40)),
)


class Tasks:
    """All that is being done, so that none of it is left when the shift ends."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task] = set()

    def begin(self, work: Coroutine) -> asyncio.Task:
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return task

    async def end(self) -> None:
        tasks = list(self.running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Worker:
    """One application. It has one call at a time, and says nothing to offers meanwhile."""

    def __init__(self, way: Way, base: str, http: aiohttp.ClientSession, tasks: Tasks) -> None:
        self.way, self.base, self.http, self.tasks = way, base, http, tasks
        self.is_busy = False

    async def run(self) -> None:
        async with self.http.ws_connect(f"{self.base}/events", params={"app": self.way.name}) as socket:
            async for message in socket:
                if message.type != aiohttp.WSMsgType.TEXT:
                    break
                self.heard(message.json())

    def heard(self, event: dict[str, Any]) -> None:
        if event["type"] == "CallBroadcast" and not self.is_busy:
            self.tasks.begin(self.answer(event["channel"]["id"]))
        elif event["type"] == "StasisStart":
            self.tasks.begin(self.talk(event["channel"]["id"]))

    async def answer(self, channel: str) -> None:
        await asyncio.sleep(random.uniform(*self.way.answers))
        verb = "decline" if random.random() < self.way.declines else "claim"
        if verb == "claim" and self.is_busy:
            return
        async with self.http.post(f"{self.base}/broadcasts/{channel}/{verb}", params={"application": self.way.name}) as got:
            self.is_busy = self.is_busy or (verb == "claim" and got.status == 204)

    async def talk(self, channel: str) -> None:
        self.is_busy = True
        await asyncio.sleep(random.uniform(*self.way.talks))
        async with self.http.delete(f"{self.base}/channels/{channel}"):
            self.is_busy = False


class Callers:
    """They come by chance, `every` so many seconds on average, and do not wait for ever."""

    def __init__(self, base: str, http: aiohttp.ClientSession, tasks: Tasks, every: float) -> None:
        self.base, self.http, self.tasks, self.every = base, http, tasks, every
        self.numbers = itertools.count(5550100)

    async def run(self) -> None:
        while True:
            self.tasks.begin(self.call())
            await asyncio.sleep(random.expovariate(1 / self.every))

    async def call(self) -> None:
        offer, _, patience = random.choices(OFFERS, [weight for _, weight, _ in OFFERS])[0]
        number = str(next(self.numbers))
        ways = {"endpoint": "Local/caller@default/n", "context": "default", "extension": "wait", "otherChannelId": f"call-{number}"}
        variables = {"OFFER": offer, "NAME": random.choice(NAMES), "NUMBER": number}
        async with self.http.post(f"{self.base}/channels", params=ways, json={"variables": variables}):
            pass
        await asyncio.sleep(random.uniform(*patience))
        # Who has been answered is on his call: only those that still wait hang up.
        async with self.http.get(f"{self.base}/broadcasts/call-{number}") as got:
            waits = got.status == 200 and (await got.json())["state"] == "open"
        if waits:
            async with self.http.delete(f"{self.base}/channels/call-{number}"):
                pass


async def work(base: str, every: float = 2.0) -> None:
    """Let them work until this is cancelled, or Asterisk goes."""
    login = aiohttp.BasicAuth("ari", "ari")
    tasks = Tasks()
    async with aiohttp.ClientSession(auth=login, connector=aiohttp.TCPConnector(limit=0)) as http:
        try:
            everybody = [tasks.begin(Worker(way, base, http, tasks).run()) for way in WORKERS]
            # The first caller finds somebody.
            await asyncio.sleep(0.5)
            everybody.append(tasks.begin(Callers(base, http, tasks, every).run()))
            await asyncio.wait(everybody, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await tasks.end()
