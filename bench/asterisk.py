"""The sandbox's Asterisk 22, started again for every run, with our modules or with its own."""

import os
import shutil
import sys
from pathlib import Path

import machine

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

# pylint: disable=wrong-import-position
from harness import asterisk  # noqa: E402
from harness.asterisk import REPO, SANDBOX, SandboxError, Settings  # noqa: E402

import before  # noqa: E402

OUT = REPO / "build" / "bench"

# What the report calls them, and what the sandbox does. "before" is the first version: ours of another source tree.
MODULES = {"ours": "ours", "own": "asterisk", "before": "ours"}


class BenchError(Exception):
    """A run that cannot count: the text says why."""


# What a run that cannot count may end with.
NO_RESULT = (BenchError, SandboxError, AssertionError, OSError, EOFError, TimeoutError)

# Settings of an outer make or sandbox that must not reach this one.
UNWANTED = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MODULES_EXTRA", "CONF", "WRAP", "SANITIZE", "CHANNELVARS")


class Asterisk(asterisk.Asterisk):
    """One start of the sandbox; use it in a `with`."""

    # Cores that others took while one was up: one value a start, for the runner to collect.
    others: list[float] = []

    def __init__(self, side: str, number: int = 0, **settings: str) -> None:
        super().__init__(22, number, word=os.environ.get("BENCH_INSTANCE", "bench"))
        more = (f"EXTENSIONS={dialplan()}", "VERBOSE=0", *(f"{name}={value}" for name, value in settings.items()))
        self.wanted = Settings(22, MODULES[side], more)
        self.program = before.sandbox() if side == "before" else SANDBOX

    def sandbox(self, *words: str) -> tuple[int, str]:
        return asterisk.to_its_end([str(self.program), *words], self.environment())

    def environment(self) -> dict[str, str]:
        return {name: value for name, value in super().environment().items() if name not in UNWANTED}

    def __enter__(self) -> "Asterisk":
        self.up(self.wanted)
        self._others = machine.Others((self.pid,))
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            Asterisk.others.append(self._others.share())
        problem = self.down()
        # The error of the run itself says more.
        if problem and kind is None:
            raise BenchError(problem)

    @property
    def http_port(self) -> int:
        return self.port("HTTP")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def cpu(self) -> float:
        return machine.process_cpu(self.pid)


def conf(name: str, **files: str) -> str:
    """A folder for the sandbox's CONF: conf("loud", cel="[general]\\nenable = yes") has one file, cel.conf."""
    folder = OUT / f"conf-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file, text in files.items():
        (folder / f"{file}.conf").write_text(text)
    return str(folder)


def dialplan() -> Path:
    """ari-race's and the bench's own, in one file for the sandbox."""
    path = OUT / "extensions.conf"
    parts = (REPO / "tools" / "ari-race" / "extensions.conf", REPO / "bench" / "extensions.conf")
    path.write_text("\n".join(part.read_text() for part in parts))
    return path
