"""Taking the next call in line: 10 000 calls, 100 workers that ask, and whether the line is served in its order."""

import asyncio
import gc
import json
import random
import time

from asterisk import Asterisk, BenchError, conf
from line_check import Take, Verdict, judge
from stats import Case, Spread, for_the_record, ours_at_most
from harness.plain import Events, Http
from scenario import NOTHING, Context, Stats, Scenario

from .module import MODULE, ask

# In line, and how many of them are real calls with priorities, which come first and are enough for all takes. The
# others are broadcasts that bench/module has opened: a real call takes five file descriptors.
CALLS = 10000
REAL = 2000
QUICK_CALLS = 3000
QUICK_REAL = 800
# A line that comes to its end while all ask, so that there is a dispute about every call.
SHORT = 400
WORKERS = 100
LANES = 8
PRIORITIES = 5
# From one call to the next, a worker: so all of them ask some 160 times a second.
BUSY_SECONDS = (0.3, 0.9)
SECONDS = 8

SETTINGS = "[general]\nmax_timeout = 600000\nfirst = 0\n"


class Worker:
    """Asks for a call, gets it, hangs it up, and asks again."""

    def __init__(self, line: "Line", number: int) -> None:
        self.line = line
        self.takes: list[Take] = []
        # Half of them may have half of the calls only.
        self.may_have_all = number % 2 == 0
        self.name = f"line-{'gold' if self.may_have_all else 'plain'}-{number}"
        self.started = asyncio.Event()

    def on_event(self, data: bytes, _: int) -> None:
        if b'"StasisStart"' in data:
            self.started.set()

    async def come(self, port: int) -> None:
        self.events = await Events(self.on_event).open(port, self.name)
        self.http = await Http().open(port)

    def go(self) -> None:
        self.events.close()
        self.http.close()

    async def take(self) -> str | None:
        """The channel of the call that it has got."""
        self.started.clear()
        sent_ns = time.monotonic_ns()
        status, body = await self.http.ask("POST", "/broadcasts", {"application": self.name})
        answered_ns = time.monotonic_ns()
        if status not in (200, 404):
            raise BenchError(f"{self.name} asked for a call and was answered {status}: {body[:200]!r}")
        channel = json.loads(body)["channel_id"] if status == 200 else None
        self.takes.append(Take(self.may_have_all, sent_ns, answered_ns, channel))
        if channel:
            await self.events.wait(self.started.wait(), 10)
            await self.http.request("DELETE", f"/channels/{channel}")
        return channel

    async def until_none(self) -> None:
        while await self.take():
            pass

    async def until(self, end: float, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, BUSY_SECONDS[1]))
        while time.monotonic() < end:
            if not await self.take():
                return
            await asyncio.sleep(chance.uniform(*BUSY_SECONDS))


class Line:
    """Opens calls, and lets workers take them."""

    def __init__(self, asterisk: Asterisk) -> None:
        self.asterisk = asterisk
        self.port = asterisk.http_port
        self.offers = 0
        self.wanted = 0
        self.all_offered = asyncio.Event()

    def on_event(self, data: bytes, _: int) -> None:
        self.offers += b'"CallBroadcast"' in data
        if self.offers >= self.wanted:
            self.all_offered.set()

    async def open(self, name: str, real: int, behind: int) -> None:
        """Have so many calls wait. One application hears of them, or there would be nobody to offer them to."""
        self.offers, self.wanted = 0, real + behind
        self.all_offered.clear()
        events = await Events(self.on_event).open(self.port, f"line-gold-opens-{name}")
        if behind:
            await asyncio.to_thread(ask, self.asterisk, f"line {behind} ^line-")
        await asyncio.gather(*(self.lane(name, lane, real) for lane in range(LANES)))
        await events.wait(self.all_offered.wait(), 30)
        events.close()

    async def lane(self, name: str, lane: int, calls: int) -> None:
        http = await Http().open(self.port)
        for number in range(lane, calls, LANES):
            gold = number % 4 < 2
            priority = str(1 + number % PRIORITIES)
            variables = {"LINE_FILTER": "^line-gold" if gold else "^line-", "LINE_PRIORITY": priority}
            params = {
                "endpoint": "Local/wait@bench-line", "extension": "other", "context": "ari-race", "timeout": -1,
                "channelId": f"far-{name}-{number:05}", "otherChannelId": f"{name}-{number:05}",
            }  # fmt: skip
            status = await http.request("POST", "/channels", params, {"variables": variables})
            if status != 200:
                raise BenchError(f"originate {number} was answered {status}")
        http.close()

    async def in_order(self) -> list[tuple[str, bool]]:
        """The line as Asterisk tells it."""
        http = await Http().open(self.port)
        _, body = await http.ask("GET", "/broadcasts", {"limit": 10000})
        http.close()
        calls = [call for call in json.loads(body) if call["state"] == "open"]
        priorities = [call["priority"] for call in calls]
        if priorities != sorted(priorities, reverse=True):
            raise BenchError("GET /ari/broadcasts is not in the order of priorities")
        return [(call["channel_id"], call["app_filter"] == "^line-") for call in calls]

    async def workers(self, name: str) -> list[Worker]:
        workers = [Worker(self, number) for number in range(WORKERS)]
        for worker in workers:
            worker.name += "-" + name
            await worker.come(self.port)
        return workers


async def serve(line: Line, name: str, real: int, behind: int, seconds: float) -> tuple[list[Take], Verdict]:
    """Open a line and have it served: for some seconds, or 0: as fast as all can ask, to its end."""
    await line.open(name, real, behind)
    order = await line.in_order()
    if len(order) != real + behind:
        raise BenchError(f"{len(order)} of {real + behind} calls are in line")
    workers = await line.workers(name)
    # What the client does besides is not to be measured.
    gc.collect()
    gc.disable()
    if seconds:
        end = time.monotonic() + seconds
        await asyncio.gather(*(worker.until(end, random.Random(n)) for n, worker in enumerate(workers)))
    else:
        await asyncio.gather(*(worker.until_none() for worker in workers))
    gc.enable()
    for worker in workers:
        worker.go()
    takes = [take for worker in workers for take in worker.takes]
    return takes, judge(order, takes)


async def both(context: Context, asterisk: Asterisk) -> Stats:
    line = Line(asterisk)
    _, short = await serve(line, "short", SHORT, 0, 0)
    calls, real, seconds = (QUICK_CALLS, QUICK_REAL, 3) if context.quick else (CALLS, REAL, SECONDS)
    takes, long = await serve(line, "long", real, calls - real, seconds)
    delays = sorted((take.answered_ns - take.sent_ns) / 1e6 for take in takes)
    return {
        "take-next-p99": delays[len(delays) * 99 // 100],
        "take-next-p50": Spread(delays).median,
        "take-next-rate": len(delays) / seconds,
        "take-next-wrong-order": short.wrong_order + long.wrong_order,
        "take-next-wrong-404": short.wrong_none + long.wrong_none + sum(take.channel is None for take in takes),
        "take-next-disputes": short.disputed + long.disputed,
    }


def measure(context: Context, side: str) -> Stats:
    with Asterisk(side, CONF=conf("line", stasis_broadcast=SETTINGS), **MODULE) as asterisk:
        try:
            return asyncio.run(both(context, asterisk))
        finally:
            ask(asterisk, "line 0 .")


SCENARIOS = [
    Scenario(
        "take-next",
        f"{WORKERS} workers take the next of {CALLS} calls in line; and of {SHORT}, to the last",
        [
            Case("take-next-p99", "ms", "under 5 ms", ours_at_most(4.999)),
            Case("take-next-p50", "ms", "", for_the_record),
            Case("take-next-rate", "takes/s", "", for_the_record),
            Case("take-next-wrong-order", "calls", "none", ours_at_most(0)),
            Case("take-next-wrong-404", "answers", "none", ours_at_most(0)),
            Case("take-next-disputes", "takes", "", for_the_record),
        ],
        measure,
        (28, 15),
        most_pairs=3,
        beside=NOTHING,
    )
]
