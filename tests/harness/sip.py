"""SIP callers: SIPp, and their media."""

import asyncio
import contextlib
import itertools
import math
import random
import shutil
import socket
import struct
import tempfile
from pathlib import Path

from .events import DEADLINE

ULAW_RATE = 8000
FRAME = 160


# Ports are taken in turn, from a place of its own for each run, so that runs side by side do not meet.
_ports = itertools.cycle(range(40000, 60000, 10))
for _ in range(random.randrange(2000)):
    next(_ports)


def free_ports(count: int = 1) -> int:
    """The first of up to ten UDP ports in a row, the first one even, that nobody uses now."""
    for port in itertools.islice(_ports, 2000):
        with contextlib.ExitStack() as stack:
            try:
                for offset in range(count):
                    stack.enter_context(bound(port + offset))
            except OSError:
                continue
            return port
    raise RuntimeError("no free UDP ports")


def bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock


def ulaw(sample: int) -> int:
    """One 16-bit sample in G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def loudness(data: bytes) -> float:
    """Root mean square of mu-law samples, on the 16-bit scale."""

    def linear(byte: int) -> int:
        byte = ~byte & 0xFF
        return (((byte & 0x0F) << 3) + 132 << ((byte >> 4) & 7)) - 132

    return math.sqrt(sum(linear(byte) ** 2 for byte in data) / max(1, len(data)))


def tone(seconds: float, hertz: int = 440, level: int = 12000) -> bytes:
    count = int(seconds * ULAW_RATE)
    return bytes(ulaw(int(level * math.sin(2 * math.pi * hertz * i / ULAW_RATE))) for i in range(count))


def silence(seconds: float) -> bytes:
    return b"\xff" * int(seconds * ULAW_RATE)


class Sipp:
    """One SIPp process that places one call.

    scenario: its file. pause_ms: what its <pause/> waits. audio: mu-law, which it finds as audio.ulaw. folder: where
    SIPp writes; if none is given, one that is there until end(). options: further ones of SIPp.
    """

    def __init__(
        self, sip_port: int, scenario: Path, pause_ms: int = 0, audio: bytes = b"", seconds: int = 90,
        folder: Path | None = None, options: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.sip_port = sip_port
        self.scenario = scenario
        self.pause_ms = pause_ms
        self.audio = audio
        self.seconds = seconds
        self.keep = folder is not None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="sipp-"))
        self.options = options
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, extension: str, **keys: object) -> None:
        """Place the call. `keys` are what the scenario has in brackets: [caller] is start(..., caller=...)."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "audio.ulaw").write_bytes(self.audio)
        command = [
            "sipp", f"127.0.0.1:{self.sip_port}", "-sf", str(self.scenario), "-s", extension,
            "-m", "1", "-nostdin", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-ci", "127.0.0.1", "-p", str(free_ports()),
            "-mp", str(free_ports(4)), "-d", str(self.pause_ms), "-timeout", str(self.seconds), "-timeout_error",
            "-trace_err", "-error_file", "errors.log", *self.options,
        ]  # fmt: skip
        for name, value in keys.items():
            command += ["-key", name, str(value)]
        with (self.folder / "screen.log").open("wb") as screen:
            self.process = await asyncio.create_subprocess_exec(
                *command, cwd=self.folder, stdin=asyncio.subprocess.DEVNULL,
                stdout=screen, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    async def ended_well(self) -> None:
        code = await asyncio.wait_for(self.process.wait(), DEADLINE + self.pause_ms / 1000)
        assert code == 0, f"SIPp ended with {code}: {self.trace()}"

    def trace(self) -> str:
        """What SIPp saw, for a failed test."""
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in sorted(self.folder.glob("*.log")))

    async def end(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)


class Media(asyncio.DatagramProtocol):
    """A caller's own RTP socket: counts what it gets, and sends telephone events (RFC 4733)."""

    def __init__(self) -> None:
        self.received: list[tuple[float, bytes]] = []
        self._sequence = 1
        self._timestamp = 8000

    async def open(self) -> "Media":
        self.port = free_ports(2)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port)
        )
        return self

    async def close(self) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        self.received.append((asyncio.get_running_loop().time(), data))

    def audio(self) -> bytes:
        """All mu-law samples that have come."""
        return b"".join(data[12:] for _, data in self.received if data[1] & 0x7F == 0)

    def _send(self, to: tuple[str, int], kind: int, marker: bool, payload: bytes) -> None:
        head = struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, self._timestamp, 4711)
        self._sequence += 1
        self._transport.sendto(head + payload, to)

    async def send_audio(self, to: tuple[str, int], samples: bytes) -> None:
        """Stream mu-law in real time."""
        for start in range(0, len(samples), FRAME):
            self._send(to, 0, start == 0, samples[start : start + FRAME])
            self._timestamp += FRAME
            await asyncio.sleep(FRAME / ULAW_RATE)

    async def send_digits(self, to: tuple[str, int], digits: str) -> None:
        for digit in digits:
            number = "0123456789*#ABCD".index(digit)
            for step in range(1, 6):
                self._send(to, 101, step == 1, struct.pack("!BBH", number, 10, step * FRAME))
                await asyncio.sleep(FRAME / ULAW_RATE)
            for _ in range(3):
                self._send(to, 101, False, struct.pack("!BBH", number, 0x80 | 10, 5 * FRAME))
            self._timestamp += 10 * FRAME
            await asyncio.sleep(0.05)
