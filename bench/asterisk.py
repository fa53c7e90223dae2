"""The sandbox's Asterisk 22, started anew for every run, with our modules or with its own."""

import os
import subprocess
from pathlib import Path

import machine

REPO = Path(__file__).resolve().parent.parent
OUT = REPO / "build" / "bench"
SANDBOX = REPO / "sandbox" / "sandbox"

# What the report calls them, and what the sandbox does.
MODULES = {"ours": "ours", "own": "asterisk"}


class BenchError(Exception):
    """A run that cannot count: the text says why."""


class Asterisk:
    """One start of the sandbox; use it in a `with`."""

    # Cores that others took while one was up: one value a start, for the runner to collect.
    others: list[float] = []

    def __init__(self, side: str, **settings: str) -> None:
        self.side = side
        self.settings = settings
        self.env: dict[str, str] = {}

    def _sandbox(self, *words: str) -> str:
        env = clean_environment() | {"ASTERISK": "22", "INSTANCE": os.environ.get("BENCH_INSTANCE", "bench")}
        done = subprocess.run([SANDBOX, *words], capture_output=True, text=True, check=False, env=env)
        if done.returncode:
            raise BenchError(f"sandbox {words[0]} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self) -> "Asterisk":
        words = [f"MODULES={MODULES[self.side]}", f"EXTENSIONS={dialplan()}", "VERBOSE=0"]
        words += [f"{name}_PORT=free" for name in ("HTTP", "SIP", "AMI")]
        self._sandbox("up", *words, *(f"{name}={value}" for name, value in self.settings.items()))
        self.env = dict(line.split("=", 1) for line in self._sandbox("env").splitlines())
        self._others = machine.Others(self.pid)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                Asterisk.others.append(self._others.share())
            self._sandbox("down")
        except BenchError:
            # The error of the run itself says more.
            if kind is None:
                raise

    @property
    def pid(self) -> int:
        return int(self.env["PID"])

    @property
    def http_port(self) -> int:
        return int(self.env["HTTP_PORT"])

    @property
    def ami_port(self) -> int:
        return int(self.env["AMI_PORT"])

    @property
    def ami_secret(self) -> str:
        return self.env["AMI_SECRET"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def log(self) -> str:
        return Path(self.env["SANDBOX_DIR"], "log", "full").read_text(errors="replace")

    def cli(self, command: str) -> str:
        return self._sandbox("cli", command)

    def cpu(self) -> float:
        return machine.process_cpu(self.pid)


def clean_environment() -> dict[str, str]:
    """Settings of an outer make or sandbox must not reach this one."""
    unwanted = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MODULES_EXTRA", "CONF", "WRAP", "SANITIZE", "CHANNELVARS")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def dialplan() -> Path:
    """ari-race's and the bench's own, in one file for the sandbox."""
    path = OUT / "extensions.conf"
    parts = (REPO / "tools" / "ari-race" / "extensions.conf", REPO / "bench" / "extensions.conf")
    path.write_text("\n".join(part.read_text() for part in parts))
    return path
