"""How soon the dialplan goes on when a call is hung up while it is on offer."""

import asyncio
import json
import random
import time

from asterisk import Asterisk, BenchError
from stats import Case, Spread, for_the_record, ours_at_most
from harness.plain import Events, Http
from scenario import Context, Stats, Scenario

AT_ONCE = 8
# A call is hung up at a moment of its own within this time after its offer, so that whatever
# rhythm the waiting thread has is met at every phase.
PHASE_SECONDS = 0.4


class Caller:
    """Originates calls, hangs each up at a random moment, and notes when its dialplan went on."""

    def __init__(self, seed: int) -> None:
        self.app = f"bench-hang-up-{seed}"
        self.random = random.Random(seed)
        self.offered: dict[str, asyncio.Event] = {}
        self.gone_on: dict[str, asyncio.Future] = {}
        self.delays: list[float] = []

    async def run(self, port: int, calls: int) -> list[float]:
        self.events = await Events(self.on_event).open(port, self.app, all_channels=True)
        # Requests that hang up never wait behind another one.
        lanes = [asyncio.create_task(self.lane(port, lane, calls)) for lane in range(AT_ONCE)]
        try:
            await asyncio.gather(*lanes)
        finally:
            self.events.close()
        return self.delays

    def on_event(self, data: bytes, now_ns: int) -> None:
        if b'"CallBroadcast"' not in data and b'"ChannelUserevent"' not in data:
            return
        event = json.loads(data)
        channel = event["channel"]["id"]
        if event["type"] == "CallBroadcast":
            self.offered[channel].set()
        elif event.get("eventname") == "BenchGoesOn" and not self.gone_on[channel].done():
            self.gone_on[channel].set_result(now_ns)

    async def lane(self, port: int, lane: int, calls: int) -> None:
        http = await Http().open(port)
        for number in range(lane, calls, AT_ONCE):
            await self.call(http, f"bench-{number}-on-offer", f"bench-{number}-other")
        http.close()

    async def call(self, http: Http, channel: str, other: str) -> None:
        self.offered[channel] = asyncio.Event()
        self.gone_on[channel] = asyncio.get_running_loop().create_future()
        status = await http.request(
            "POST",
            "/channels",
            {
                "endpoint": "Local/hang-up@bench",
                "extension": "other",
                "context": "ari-race",
                "priority": 1,
                "channelId": other,
                "otherChannelId": channel,
            },
        )
        if status != 200:
            raise BenchError(f"originate was answered {status}")
        await self.events.wait(self.offered[channel].wait())
        await asyncio.sleep(self.random.uniform(0, PHASE_SECONDS))
        start = time.monotonic_ns()
        status = await http.request("DELETE", f"/channels/{channel}")
        if status != 204:
            raise BenchError(f"hang-up was answered {status}")
        self.delays.append((await self.events.wait(self.gone_on[channel]) - start) / 1e6)


def percentile(values: list[float], percent: float) -> float:
    """The value below which so many percent are, by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def measure(context: Context, side: str) -> Stats:
    with Asterisk(side) as asterisk:
        asyncio.run(Caller(1).run(asterisk.http_port, 2 * AT_ONCE))
        delays = asyncio.run(Caller(2).run(asterisk.http_port, 80 if context.quick else 240))
    context.add_samples("hang-up", side, delays)
    return {"hang-up-p99": percentile(delays, 99), "hang-up-p50": Spread(delays).median}


SCENARIOS = [
    Scenario(
        "hang-up",
        "hang-up while on offer, until the dialplan goes on",
        [
            Case("hang-up-p99", "ms", "at most 5 ms", ours_at_most(5)),
            Case("hang-up-p50", "ms", "", for_the_record),
        ],
        measure,
        (14, 6),
    )
]
