"""The machine that the numbers come from, and what else it was doing meanwhile."""

import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def cores() -> int:
    return len(os.sched_getaffinity(0))


def describe() -> dict:
    return {
        "cpu": cpu_model(),
        "cores": cores(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "kernel": os.uname().release,
        "load_at_start": os.getloadavg()[0],
    }


def commit() -> str:
    """The commit that is measured; "+changes" when files of the product differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", REPO, *words], capture_output=True, text=True, check=False).stdout.strip()

    name = git("rev-parse", "--short=12", "HEAD") or "unknown"
    changed = git("status", "--porcelain", "--", "core", "include", "modules", "tools", "bench", "sandbox")
    return name + ("+changes" if changed else "")


def process_cpu(pid: int) -> float:
    """CPU seconds that a process has used, all its threads, also those that have ended."""
    # Linux makes the number of a process's CPU clock from its pid; see clock_getcpuclockid(3).
    return time.clock_gettime((~pid << 3) | 2)


class CpuMeter:
    """Notes a process's CPU time again and again, for whoever finds out later between which moments it counts."""

    EACH_SECONDS = 0.02

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.notes: list[tuple[int, float]] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._note)

    def __enter__(self) -> "CpuMeter":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _note(self) -> None:
        last = False
        while not last:
            last = self.over.wait(self.EACH_SECONDS)
            try:
                self.notes.append((time.monotonic_ns(), process_cpu(self.pid)))
            except OSError:
                # It has ended; whoever measures it finds out.
                return

    def _at(self, moment_ns: int) -> float:
        after = next((i for i, (noted_ns, _) in enumerate(self.notes) if noted_ns >= moment_ns), len(self.notes) - 1)
        (start_ns, start), (end_ns, end) = self.notes[max(0, after - 1)], self.notes[after]
        part = (moment_ns - start_ns) / (end_ns - start_ns) if end_ns > start_ns else 0
        return start + (end - start) * min(1.0, max(0.0, part))

    def between(self, start_ns: int, end_ns: int) -> float:
        """CPU seconds, of the monotonic clock."""
        return self._at(end_ns) - self._at(start_ns) if self.notes else 0.0


def memory_kib(pid: int, what: str) -> int:
    """A line of /proc/PID/smaps_rollup: Rss, Pss, Anonymous ..."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    raise RuntimeError(f"/proc/{pid}/smaps_rollup has no line {what}")


def busy_seconds() -> float:
    """CPU seconds that the whole machine has worked, all cores, stolen time included."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(word) for word in words)
    return (user + nice + system + irq + softirq + steal) / TICK


def clients_cpu() -> float:
    """CPU seconds of this program and of the children that have ended."""
    who = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in who)


@dataclass
class Others:
    """How much of the machine others than we and these processes take while a run lasts. Make one, then ask share()."""

    pids: tuple[int, ...]

    def __post_init__(self) -> None:
        self.start = time.monotonic(), self._theirs()

    def _theirs(self) -> float:
        return busy_seconds() - clients_cpu() - sum(process_cpu(pid) for pid in self.pids)

    def share(self) -> float:
        """In cores, since it was made."""
        seconds = time.monotonic() - self.start[0]
        return max(0.0, (self._theirs() - self.start[1]) / seconds) if seconds else 0.0
