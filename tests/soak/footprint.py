"""What Asterisk takes of the machine when all is quiet, and whether that has grown."""

import asyncio
import contextlib
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from asterisk import Asterisk
from manager import Manager

# Nothing has changed for so long: threads without work, ours among them, go after 10 s.
QUIET_SECONDS = 11.0
# Idle HTTP connections and threads go within this time.
SETTLE_SECONDS = 90.0
STEP_SECONDS = 0.5
GROWTH = 0.02

# Where Asterisk puts the answer to a CLI command, ours too: it may still be open when the answer has come.
ANSWER_FILE = "/ast-ami-"

# The thread of an HTTP or manager connection. Of these there is one when all is quiet: ours.
CONNECTION_THREAD = "handle_tcptls_connection"


@dataclass(frozen=True)
class Footprint:
    """heap_kb is what the allocator has given out, resident_kb what the system sees of it, free memory returned.

    left_behind are threads of WebSockets that Asterisk itself forgets, see docs/RELIABILITY.md; threads
    are the others.
    """

    heap_kb: int
    resident_kb: int
    threads: int
    left_behind: int
    files: int

    def __str__(self) -> str:
        left_behind = f" (and {self.left_behind} left behind by WebSockets)" if self.left_behind else ""
        return (
            f"{self.heap_kb} kB in use, {self.resident_kb} kB resident, {self.threads} threads{left_behind}, "
            f"{self.files} files"
        )

    def most(self, other: "Footprint | None") -> "Footprint":
        """The larger one of each: a base that one warm-up more would not raise."""
        if other is None:
            return self
        theirs = asdict(other)
        return Footprint(**{name: max(value, theirs[name]) for name, value in asdict(self).items()})


def open_files(process: Path) -> list[str]:
    """What a process has open, but for what it closes meanwhile."""
    names = []
    for entry in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(str(entry.readlink()))
    return sorted(names)


async def measure(asterisk: Asterisk, manager: Manager) -> Footprint:
    folder = Path(f"/proc/{asterisk.pid}")
    resident = re.search(r"^Rss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE)
    heap = re.search(r"(\d+) bytes in use", await manager.cli("heap show"))
    left_behind = (await manager.cli("core show threads")).count(CONNECTION_THREAD) - 1
    return Footprint(
        heap_kb=int(heap[1]) // 1024,
        resident_kb=int(resident[1]),
        threads=sum(1 for _ in (folder / "task").iterdir()) - left_behind,
        left_behind=left_behind,
        files=sum(ANSWER_FILE not in name for name in open_files(folder)),
    )


def grown(what: str, base: Footprint, now: Footprint) -> bool:
    return getattr(now, what) > getattr(base, what) * (1 + GROWTH)


async def settle(asterisk: Asterisk, manager: Manager, base: Footprint | None) -> Footprint:
    """Wait until threads and files stay, and with a base until they are back there, or it takes too long."""
    start = since = time.monotonic()
    now = await measure(asterisk, manager)
    while time.monotonic() - start < SETTLE_SECONDS:
        await asyncio.sleep(STEP_SECONDS)
        before, now = now, await measure(asterisk, manager)
        if (now.threads, now.files) != (before.threads, before.files):
            since = time.monotonic()
        back = base is None or not any(grown(what, base, now) for what in ("heap_kb", "threads", "files"))
        if back and time.monotonic() - since > QUIET_SECONDS:
            break
    await manager.cli("malloc trim")
    return await measure(asterisk, manager)


async def note(asterisk: Asterisk, manager: Manager, path: Path) -> None:
    """Which threads, files and applications there are, for those who want to know what has grown."""
    files = open_files(Path(f"/proc/{asterisk.pid}"))
    maps = Path(f"/proc/{asterisk.pid}/smaps").read_text()
    threads = await manager.cli("core show threads")
    applications = await manager.cli("ari show apps")
    path.write_text("\n".join([*files, "", threads, "", applications, "", maps]))
