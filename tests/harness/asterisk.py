"""One Asterisk of the sandbox: up, down, its command line, its log."""

import asyncio
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
REPO = TESTS.parent
INTEGRATION = TESTS / "integration"
SANDBOX = REPO / "sandbox" / "sandbox"

# What our source files log begins with their path; Asterisk's own have none, or another.
OURS = ("modules/", "core/")

LOG_LINE = re.compile(r"\[[^]]+\] (?P<level>[A-Z]+)\[\d+\](?:\[C-[0-9a-f]+\])? (?P<file>[^ :]+): ?(?P<text>.*)")


class SandboxError(RuntimeError):
    """The sandbox could not do what it was asked for; the text says why."""


def to_its_end(command: list[str], env: dict[str, str], shown: bool = False) -> tuple[int, str]:
    """Run a program that an interrupt does not reach and is to wait for: one that was started half cannot be stopped.

    Returns its exit status and what it told; nothing, if that is shown to the user instead.
    """
    stdout, stderr = (None, None) if shown else (subprocess.PIPE, subprocess.STDOUT)
    with subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
        text=True, errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            told, _ = process.communicate()
        except BaseException:
            process.communicate()
            raise
    return process.returncode, told or ""


async def in_thread(function: Callable, *arguments: object) -> Any:
    """What a function that blocks returns. Who is cancelled meanwhile goes on when the function has ended."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


@dataclass(frozen=True)
class Settings:
    """How an instance is started. Two tests with equal settings share the running Asterisk.

    asterisk: the version whose behaviour it has, 22 or 16; release: what the sandbox calls it, if that is another word.
    """

    asterisk: int = 22
    modules: str = "ours"
    # More settings of the sandbox as NAME=value.
    more: tuple[str, ...] = ()
    release: str = ""

    @property
    def special(self) -> bool:
        return self.modules != "ours" or bool(self.more)


@dataclass
class Asterisk:
    """A running instance. `word` says whose it is; `number` keeps instances of one version apart.

    Lanes of `make check` run at the same time: none has an instance of another one's.
    """

    version: int
    number: int = 0
    settings: Settings | None = None
    env: dict[str, str] = field(default_factory=dict)
    word: str = field(default_factory=lambda: "check" + os.environ.get("CHECK_LANE", ""))
    release: str = ""

    @property
    def name(self) -> str:
        return self.word + (f"-{self.number}" if self.number else "")

    def environment(self) -> dict[str, str]:
        """What the sandbox finds there. What up() asks for counts more."""
        return dict(os.environ, ASTERISK=self.release or str(self.version), INSTANCE=self.name)

    def sandbox(self, *words: str) -> tuple[int, str]:
        """Run the sandbox to its end: its exit status, and what it told."""
        return to_its_end([str(SANDBOX), *words], self.environment())

    def build_modules(self) -> None:
        """Build before up() would, which tells nothing until it has: here the sandbox tells the user what takes a while."""
        status, _ = to_its_end([str(SANDBOX), "build"], self.environment(), shown=True)
        if status:
            raise SandboxError("The modules could not be built; see above.")

    def up(self, settings: Settings) -> None:
        # Ports of their own, so that a sandbox may be up beside the tests.
        words = ["HTTP_PORT=free", "SIP_PORT=free", "AMI_PORT=free"]
        words += [f"MODULES={settings.modules}", f"EXTENSIONS={INTEGRATION / 'extensions.conf'}", *settings.more]
        status, told = self.sandbox("up", *words)
        if status:
            raise SandboxError(f"Asterisk {self.release or self.version} ({settings}) did not start: {told}")
        self.settings = settings
        self.read_env()

    def read_env(self) -> None:
        """What a running one tells of itself; nothing of one that is down."""
        status, told = self.sandbox("env")
        self.env = {} if status else dict(line.split("=", 1) for line in told.splitlines() if "=" in line)

    def down(self) -> str:
        """Stop it, whatever state it is in. Returns what was wrong with its end, or nothing."""
        status, told = self.sandbox("down")
        self.settings = None
        return (told.strip() or f"sandbox down ended with {status}") if status else ""

    def cli(self, command: str) -> str:
        """What a CLI command prints, from a console of its own."""
        return self.sandbox("cli", command)[1]

    def port(self, kind: str) -> int:
        return int(self.env[f"{kind}_PORT"])

    @property
    def ari_url(self) -> str:
        return self.env["ARI_URL"]

    @property
    def ami_secret(self) -> str:
        """The secret of the manager's user `sandbox`; a sandbox that has one for all does not tell it."""
        return self.env.get("AMI_SECRET", "sandbox")

    @property
    def folder(self) -> Path:
        return Path(self.env["SANDBOX_DIR"])

    @property
    def log(self) -> Path:
        return self.folder / "log" / "full"

    @property
    def pid(self) -> int:
        return int(self.env["PID"])

    def alive(self) -> bool:
        if not self.env:
            return False
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return False
        return self.folder.name.encode() in command


@dataclass
class LogLine:
    level: str
    file: str
    text: str
    raw: bytes


def read_log(path: Path, start: int) -> list[LogLine]:
    """The log's lines from a byte position on. A line without a head belongs to the one before."""
    with open(path, "rb") as log:
        log.seek(start)
        data = log.read()
    lines: list[LogLine] = []
    for raw in data.split(b"\n"):
        match = LOG_LINE.match(raw.decode(errors="replace"))
        if match:
            lines.append(LogLine(match["level"], match["file"], match["text"], raw))
        elif raw and lines:
            lines[-1].text += "\n" + raw.decode(errors="replace")
            lines[-1].raw += b"\n" + raw
    return lines
