"""Who takes part: three ARI applications that claim calls, and a caller."""
import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

# First of all: it puts the harness on the path.
from asterisk import HERE, REPO, Asterisk  # isort: skip
from harness.sip import Media, Sipp, tone
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
            self.process = await spawn(PYTHON, CLAIMER, "--app", self.app, "--url", self.asterisk.ari_url,
                                       "--events", "-", *self.ways, stdout=PIPE, stderr=log)
        self.reader = asyncio.create_task(self.read())
        ready = asyncio.create_task(self.connected.wait())
        await asyncio.wait([self.reader, ready], timeout=10, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if not self.connected.is_set():
            status = self.process.returncode
            end = "" if status is None else f" and ended with status {status}"
            raise Trouble(f"claimer.py --app {self.app} did not connect to {self.asterisk.ari_url}{end}. "
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


class Ear(Media):
    """The caller's ear: counts the audio packets that are not silence."""

    PACKET_SECONDS = 0.02
    seconds = 0.0

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        # 12 bytes of RTP header, then µ-law, in which 0x7f and 0xff are silence.
        if len(data) > 12 and min(byte & 0x7F for byte in data[12:]) < 0x50:
            self.seconds += self.PACKET_SECONDS


class Caller:
    """One call, placed by SIPp. The caller's voice is a soft tone."""

    VOICE = tone(1.0, 300, 8000)

    def __init__(self, asterisk: Asterisk, scenario: str, number: str, extension: str) -> None:
        self.number, self.extension = number, extension
        self.ear = Ear()
        self.sipp = Sipp(asterisk.port("SIP"), HERE / "sipp" / f"{scenario}.xml", audio=self.VOICE, seconds=15,
                         folder=asterisk.logs / extension, options=("-trace_logs", "-log_file", "said.log"))

    async def call(self) -> int:
        """Make the call. Returns SIPp's exit status: 0, it went as the scenario has it."""
        await self.ear.open()
        try:
            await self.sipp.start(self.extension, caller=self.number, ear_port=self.ear.port)
            return await self.sipp.process.wait()
        finally:
            await self.sipp.end()
            await self.ear.close()

    def said(self) -> list[str]:
        """What happened on the line, as the scenario logs it."""
        log = self.sipp.folder / "said.log"
        return log.read_text().split("\n")[:-1] if log.exists() else []
