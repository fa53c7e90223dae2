"""2000 calls on offer at once, with audio coming in on 200 of them, and nobody claims."""

import asyncio
import re

from ari import Ami, Events, Http
from asterisk import Asterisk, BenchError
from figures import Case, Pairs, Spread, for_the_record
from scenario import Context, Figures, Scenario

CALLS = 2000
TALKING = 200
SECONDS = 30
LANES = 8


class Crowd:
    """Makes the calls, keeps them waiting, and looks at Asterisk meanwhile."""

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

    async def run(self) -> tuple[float, list[int]]:
        """CPU seconds per second of waiting, and the frames in the queue of each talking call."""
        events = await Events(self.on_event).open(self.asterisk.http_port, "crowd")
        await asyncio.gather(*(self.lane(lane) for lane in range(LANES)))
        await events.wait(self.all_offered.wait(), 30)
        before = self.asterisk.cpu()
        await asyncio.sleep(self.seconds)
        used = self.asterisk.cpu() - before
        depths = await self.depths()
        events.close()
        return used / self.seconds, depths

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
                    "channelId": f"crowd-{number}-caller",
                    "otherChannelId": f"crowd-{number}-on-offer",
                },
                {"variables": {"RACE_TIMEOUT": "60000"}},
            )
            if status != 200:
                raise BenchError(f"originate {number} was answered {status}")
        http.close()

    async def depths(self) -> list[int]:
        """What the caller's half has sent less what the half on offer has read, for each talking call."""
        ami = await Ami().open(self.asterisk.ami_port)
        names = {}
        for line in (await ami.cli("core show channels concise")).splitlines():
            words = line.split("!")
            names[words[-1]] = words[0]
        depths = []
        for number in range(self.talking):
            read = frames(await ami.cli(f"core show channel {names[f'crowd-{number}-on-offer']}"), "in")
            sent = frames(await ami.cli(f"core show channel {names[f'crowd-{number}-caller']}"), "out")
            depths.append(sent - read)
        ami.close()
        return depths


def frames(text: str, which: str) -> int:
    found = re.search(rf"Frames {which}: (\d+)", text)
    if not found:
        raise BenchError(f"core show channel told no frames {which}: {text[:300]}")
    return int(found[1])


def measure(context: Context, side: str) -> Figures:
    calls, talking, seconds = (400, 40, 5) if context.quick else (CALLS, TALKING, SECONDS)
    with Asterisk(side) as asterisk:
        share, depths = asyncio.run(Crowd(asterisk, calls, talking, seconds).run())
        warnings = asterisk.log.count("Exceptionally long voice queue length")
    return {"waiting-cpu": share * 100, "waiting-queue": max(depths), "waiting-warnings": warnings}


def queue_verdict(pairs: Pairs) -> bool:
    return max(pairs.ours) <= 2


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
    )
]
