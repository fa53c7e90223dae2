"""Who takes part: three ARI applications that claim calls, and a caller."""
import asyncio
import json
import math
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable
from pathlib import Path

from asterisk import HERE, REPO, Asterisk
from process import Trouble, spawn, stop, tail

CLAIMER = REPO / "examples" / "python" / "claimer.py"
PYTHON = "/usr/bin/python3"  # Debian's: aiohttp from its package is for this one


class Claimer:
    """One copy of claimer.py in a process of its own; what it tells goes to `heard`, line by line."""

    def __init__(self, app: str, ways: list[str], asterisk: Asterisk, heard: Callable[[dict], None]) -> None:
        self.app, self.ways, self.asterisk, self.heard = app, ways, asterisk, heard
        self.log = asterisk.logs / f"{app}.log"
        self.process: Process | None = None
        self.reader: asyncio.Task | None = None
        self.connected = asyncio.Event()

    async def start(self) -> None:
        """Start it and wait until it has connected to Asterisk."""
        with self.log.open("ab") as log:
            self.process = await spawn(PYTHON, CLAIMER, "--app", self.app, "--url", self.asterisk.ari,
                                       "--events", "-", *self.ways, stdout=PIPE, stderr=log)
        self.reader = asyncio.create_task(self.read())
        ready = asyncio.create_task(self.connected.wait())
        await asyncio.wait([self.reader, ready], timeout=10, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if not self.connected.is_set():
            status = self.process.returncode
            end = "" if status is None else f" and ended with status {status}"
            raise Trouble(f"claimer.py --app {self.app} did not connect to {self.asterisk.ari}{end}. "
                          f"The end of {self.log}:\n{tail(self.log)}")

    async def read(self) -> None:
        with self.log.open("ab", buffering=0) as log:
            async for line in self.process.stdout:
                log.write(line)
                event = json.loads(line)
                if event["event"] == "connected":
                    self.connected.set()
                self.heard(event)

    async def stop(self) -> None:
        await stop(self.process)
        if self.reader:
            await asyncio.wait([self.reader])


class Applications:
    """The three of them. A change of ways, options of claimer.py, is a new process."""

    def __init__(self, asterisk: Asterisk, heard: Callable[[dict], None]) -> None:
        self.asterisk, self.heard = asterisk, heard
        self.running: dict[str, Claimer] = {}

    async def follow(self, ways: dict[str, list[str]]) -> None:
        """Have an application of each name, with these ways; those that have them already stay."""
        old = [one for one in self.running.values() if ways.get(one.app) != one.ways]
        await asyncio.gather(*(one.stop() for one in old))
        for one in old:
            del self.running[one.app]
        # A new connection must not be taken for the old one of the same name.
        await self.asterisk.wait_for_applications(set(self.running))
        new = [Claimer(app, options, self.asterisk, self.heard)
               for app, options in ways.items() if app not in self.running]
        self.running.update((one.app, one) for one in new)
        await asyncio.gather(*(one.start() for one in new))
        await self.asterisk.wait_for_applications(set(ways))

    async def stop(self) -> None:
        await asyncio.gather(*(one.stop() for one in self.running.values()))


class Ear(asyncio.DatagramProtocol):
    """The caller's ear: counts the audio packets that are not silence."""

    PACKET_SECONDS = 0.02

    def __init__(self) -> None:
        self.loud = 0

    def datagram_received(self, data: bytes, _address: tuple) -> None:
        # 12 bytes of RTP header, then µ-law, in which 0x7f and 0xff are silence.
        if len(data) > 12 and min(byte & 0x7F for byte in data[12:]) < 0x50:
            self.loud += 1

    def seconds(self) -> float:
        return self.loud * self.PACKET_SECONDS


class Caller:
    """One call, placed by SIPp."""

    def __init__(self, asterisk: Asterisk, scenario: str, number: str, extension: str) -> None:
        self.asterisk, self.scenario, self.number, self.extension = asterisk, scenario, number, extension
        self.log = asterisk.logs / f"{extension}.sipp.log"
        self.ear = Ear()

    async def call(self) -> int:
        """Make the call. Returns SIPp's exit status: 0, it went as the scenario has it."""
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self.ear, local_addr=("127.0.0.1", 0))
        ear_port = transport.get_extra_info("sockname")[1]
        process = None
        try:
            with (self.asterisk.logs / f"{self.extension}.sipp.screen").open("wb") as screen:
                process = await spawn(*self.command(ear_port), cwd=self.asterisk.logs, stdout=screen, stderr=STDOUT)
            return await process.wait()
        finally:
            await stop(process)
            transport.close()

    def command(self, ear_port: int) -> list[str]:
        return ["sipp", self.asterisk.sip, "-sf", str(HERE / "sipp" / f"{self.scenario}.xml"),
                "-s", self.extension, "-key", "caller", self.number, "-key", "ear_port", str(ear_port),
                "-i", "127.0.0.1", "-mi", "127.0.0.1", "-ci", "127.0.0.1",
                "-m", "1", "-nostdin", "-timeout", "15", "-timeout_error",
                "-trace_logs", "-log_file", str(self.log),
                "-trace_err", "-error_file", str(self.log.with_suffix(".errors"))]

    def said(self) -> list[str]:
        """What happened on the line, as the scenario logs it."""
        return self.log.read_text().split("\n")[:-1] if self.log.exists() else []


def write_voice(folder: Path) -> None:
    """The caller's voice, one second of a soft 300 Hz tone in µ-law, where the scenarios look for it."""
    samples = (8000 * math.sin(2 * math.pi * 300 * i / 8000) for i in range(8000))
    (folder / "voice.ulaw").write_bytes(bytes(ulaw(int(sample)) for sample in samples))


def ulaw(sample: int) -> int:
    """A 16-bit sample in µ-law (G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF
