"""2000 calls on offer at once, with audio coming in on 200 of them, and nobody claims."""

import asyncio
import json

from asterisk import Asterisk, BenchError
from stats import Case, Pairs, Spread, for_the_record
from harness.ami import Ami
from harness.plain import Events, Http
from scenario import Context, Stats, Scenario

CALLS = 2000
TALKING = 200
SECONDS = 30
LANES = 8
# How often the queues are measured meanwhile.
MEASURE_SECONDS = 2


class Crowd:
    """Makes the calls, keeps them waiting, and measures Asterisk meanwhile."""

    def __init__(self, asterisk: Asterisk, calls: int, talking: int, seconds: float) -> None:
        self.asterisk = asterisk
        self.calls = calls
        self.talking = talking
        self.seconds = seconds
        self.offers = 0
        self.all_offered = asyncio.Event()

    def on_event(self, data: bytes, _: int) -> None:
        if b'"CallBroadcast"' in data:
            self.offers += 1
            if self.offers == self.calls:
                self.all_offered.set()

    async def run(self) -> tuple[float, int]:
        """CPU seconds per second of waiting, and the most frames that were seen waiting in a channel."""
        events = await Events(self.on_event).open(self.asterisk.http_port, "crowd")
        ami = await Ami(self.asterisk.port("AMI"), self.asterisk.ami_secret, events="off").connect()
        await asyncio.gather(*(self.lane(lane) for lane in range(LANES)))
        await events.wait(self.all_offered.wait(), 30)
        longest = 0
        before = self.asterisk.cpu()
        for _ in range(round(self.seconds / MEASURE_SECONDS)):
            await asyncio.sleep(MEASURE_SECONDS)
            longest = max(longest, await self.longest_queue(ami))
        used = self.asterisk.cpu() - before
        await ami.close()
        events.close()
        return used / self.seconds, longest

    async def lane(self, lane: int) -> None:
        http = await Http().open(self.asterisk.http_port)
        for number in range(lane, self.calls, LANES):
            talks = number < self.talking
            status = await http.request(
                "POST",
                "/channels",
                {
                    "endpoint": "Local/offer-answered@ari-race/n",
                    "extension": "talk" if talks else "other",
                    "context": "ari-race",
                    "priority": 1,
                    "formats": "ulaw",
                    "channelId": f"crowd-{number}-caller",
                    "otherChannelId": f"crowd-{number}-on-offer",
                },
                {"variables": {"RACE_TIMEOUT": "60000"}},
            )
            if status != 200:
                raise BenchError(f"originate {number} was answered {status}")
        http.close()

    async def longest_queue(self, ami: Ami) -> int:
        found = json.loads(await ami.cli("stasis frame-queues"))
        if found["channels"] < 2 * self.calls:
            raise BenchError(f"{2 * self.calls} channels were made, only {found['channels']} are left")
        return found["longest"]


def measure(context: Context, side: str) -> Stats:
    calls, talking, seconds = (400, 40, 5) if context.quick else (CALLS, TALKING, SECONDS)
    with Asterisk(side, MODULES_EXTRA="app_milliwatt.so bench_frame_queues.so") as asterisk:
        share, longest = asyncio.run(Crowd(asterisk, calls, talking, seconds).run())
        warnings = asterisk.log.read_text(errors="replace").count("Exceptionally long voice queue length")
    return {"waiting-cpu": share * 100, "waiting-queue": longest, "waiting-warnings": warnings}


def queue_verdict(pairs: Pairs) -> bool:
    return Spread(pairs.ours).median <= 2


SCENARIOS = [
    Scenario(
        "waiting",
        f"{CALLS} calls waiting at once, audio flowing into {TALKING} of them",
        [
            Case("waiting-queue", "frames", "at most 2 (or CPU at most 0.5 of own)", queue_verdict),
            Case("waiting-cpu", "% of a core", "", for_the_record),
            Case("waiting-warnings", "warnings", "none", lambda pairs: Spread(pairs.ours).median == 0),
        ],
        measure,
        (50, 14),
        # The two are orders of magnitude apart.
        most_pairs=2,
    )
]
