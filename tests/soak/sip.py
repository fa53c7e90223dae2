"""SIP callers with audio: one SIPp process for each call."""

import asyncio
import random
import time
from pathlib import Path

# First of all: it puts the harness on the path.
from asterisk import HERE, Asterisk  # isort: skip
from harness.sip import Sipp, tone
from history import History

SCENARIO = HERE / "sipp" / "talks.xml"
AT_ONCE = 3
# A call that ends at once is not followed at once.
CALL_SECONDS = 1.0
LIMIT_SECONDS = 30
IMPATIENT_MS = (200, 2500)
PATIENT_MS = 4000


class SipCallers:
    """A few callers at once, one call after the other."""

    def __init__(self, asterisk: Asterisk, prefix: int, folder: Path, history: History, seed: str) -> None:
        self.sip_port = asterisk.port("SIP")
        # The dialplan's record knows a caller by the number: no two have the same.
        self.prefix = prefix
        self.folder = folder
        self.history = history
        self.seed = seed
        self.number = 0
        self.audio = tone(1.0, 400)
        folder.mkdir()

    async def run(self) -> None:
        """Call until cancelled; calls that are open then are hung up."""
        await asyncio.gather(*(self.line() for _ in range(AT_ONCE)))

    async def line(self) -> None:
        while True:
            self.number += 1
            await asyncio.gather(self.call(self.number), asyncio.sleep(CALL_SECONDS))

    async def call(self, number: int) -> None:
        chance = random.Random(f"{self.seed} sip {number}")
        patience_ms = chance.randint(*IMPATIENT_MS) if chance.random() < 0.5 else PATIENT_MS
        caller = f"{self.prefix}{number:06}"
        # SIPp takes a limit only as a number in the scenario.
        scenario = self.folder / f"{number}.xml"
        scenario.write_text(SCENARIO.read_text().replace("@PATIENCE_MS@", str(patience_ms)))
        folder = self.folder / str(number)
        sipp = Sipp(self.sip_port, scenario, audio=self.audio, seconds=LIMIT_SECONDS, folder=folder)
        leaves_at = time.monotonic_ns() + patience_ms * 1_000_000
        try:
            await sipp.start("soak", caller=caller)
            self.history.write("leaves", caller=caller, at=leaves_at)
            await asyncio.wait_for(sipp.process.wait(), LIMIT_SECONDS + 10)
        finally:
            await sipp.end()
