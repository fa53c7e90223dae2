"""SIP callers with audio: one SIPp process for each call."""

import asyncio
import math
import random
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from history import History

SCENARIO = Path(__file__).resolve().parent / "sipp" / "talks.xml"
AT_ONCE = 3
# A call that ends at once is not followed at once.
CALL_SECONDS = 1.0
LIMIT_SECONDS = 30
IMPATIENT_MS = (200, 2500)
PATIENT_MS = 4000


def ulaw_tone(seconds: float) -> bytes:
    """A tone of 400 Hz in mu-law, 8000 samples a second."""
    return bytes(ulaw(int(12000 * math.sin(2 * math.pi * 400 * n / 8000))) for n in range(int(8000 * seconds)))


def ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def free_ports() -> tuple[int, int]:
    """A port for SIP, and the first of four in a row for media."""
    for media in range(random.randrange(40000, 58000, 4), 60000, 4):
        with ExitStack() as held:
            try:
                for offset in range(4):
                    sock = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    sock.bind(("127.0.0.1", media + offset))
                sip = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sip.bind(("127.0.0.1", 0))
            except OSError:
                continue
            return sip.getsockname()[1], media
    raise RuntimeError("no free UDP ports for SIPp")


class SipCallers:
    """A few callers at once, one call after the other."""

    def __init__(self, sip_port: int, prefix: int, folder: Path, history: History, seed: str) -> None:
        self.sip_port = sip_port
        # The dialplan's record knows a caller by the number: no two have the same.
        self.prefix = prefix
        self.folder = folder
        self.history = history
        self.seed = seed
        self.number = 0
        folder.mkdir()
        (folder / "audio.ulaw").write_bytes(ulaw_tone(1.0))

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
        folder = self.folder / str(number)
        folder.mkdir()
        shutil.copy(self.folder / "audio.ulaw", folder)
        text = SCENARIO.read_text().replace("@CALLER@", caller).replace("@PATIENCE_MS@", str(patience_ms))
        (folder / "talks.xml").write_text(text)
        sip, media = free_ports()
        leaves_at = time.monotonic_ns() + patience_ms * 1_000_000
        process = await asyncio.create_subprocess_exec(
            *("sipp", f"127.0.0.1:{self.sip_port}", "-sf", "talks.xml", "-m", "1", "-nostdin"),
            *("-i", "127.0.0.1", "-mi", "127.0.0.1", "-ci", "127.0.0.1", "-p", str(sip), "-mp", str(media)),
            *("-timeout", str(LIMIT_SECONDS), "-trace_err", "-error_file", "errors.log"),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.history.write("leaves", caller=caller, at=leaves_at)
        try:
            await asyncio.wait_for(process.wait(), LIMIT_SECONDS + 10)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
