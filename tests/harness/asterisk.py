"""One Asterisk of the sandbox: up, down, its log."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
REPO = TESTS.parent
INTEGRATION = TESTS / "integration"
SANDBOX = REPO / "sandbox" / "sandbox"

# What our source files log begins with their path; Asterisk's own have none, or another.
OURS = ("modules/", "core/")

LOG_LINE = re.compile(r"\[[^]]+\] (?P<level>[A-Z]+)\[\d+\](?:\[C-[0-9a-f]+\])? (?P<file>[^ :]+): ?(?P<text>.*)")


def to_its_end(command: list[str]) -> tuple[int, str]:
    """Run a program that an interrupt does not reach and is to wait for: one that was started half cannot be stopped.

    Returns its exit status and what it told.
    """
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            told, _ = process.communicate()
        except BaseException:
            process.communicate()
            raise
    return process.returncode, told


@dataclass(frozen=True)
class Settings:
    """How an instance is started. Two tests with equal settings share the running Asterisk."""

    asterisk: int = 22
    modules: str = "ours"
    # More settings of the sandbox as NAME=value.
    more: tuple[str, ...] = ()

    @property
    def special(self) -> bool:
        return self.modules != "ours" or bool(self.more)


@dataclass
class Asterisk:
    """A running instance. `number` keeps instances of one version apart."""

    version: int
    number: int
    settings: Settings | None = None
    env: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "check" + (f"-{self.number}" if self.number else "")

    def _command(self, *arguments: str) -> list[str]:
        settings = f"ASTERISK={self.version}", f"INSTANCE={self.name}"
        return ["env", *settings, str(SANDBOX), *arguments]

    def up(self, settings: Settings) -> None:
        # Ports of their own, so that a sandbox may be up beside the tests.
        words = ["HTTP_PORT=free", "SIP_PORT=free", "AMI_PORT=free"]
        words += [f"MODULES={settings.modules}", f"EXTENSIONS={INTEGRATION / 'extensions.conf'}", *settings.more]
        status, told = to_its_end(self._command("up", *words))
        if status:
            raise RuntimeError(f"Asterisk {self.version} ({settings}) did not start: {told}")
        self.settings = settings
        text = subprocess.run(self._command("env"), capture_output=True, text=True, check=True).stdout
        self.env = dict(line.split("=", 1) for line in text.splitlines())

    def down(self) -> None:
        subprocess.run(self._command("down"), capture_output=True, check=False)
        self.settings = None

    def cli(self, command: str) -> str:
        """What a CLI command prints, from a console of its own."""
        done = subprocess.run(self._command("cli", command), capture_output=True, text=True, check=False)
        return done.stdout

    def port(self, kind: str) -> int:
        return int(self.env[f"{kind}_PORT"])

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
