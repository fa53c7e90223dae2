"""One Asterisk of the sandbox, as its owner and as others see it."""

import os
import socket
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
SECONDS = 15.0


class Instance:
    """A sandbox that is started with some words before the command: those that take privileges away."""

    def __init__(self, version: str, name: str, words: tuple[str, ...], repo: Path = REPO) -> None:
        self.words = words
        self.repo = repo
        self.settings = {"ASTERISK": version, "INSTANCE": name}
        self.env: dict[str, str] = {}

    def sandbox(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess:
        ports = {"HTTP_PORT": "free", "SIP_PORT": "free", "AMI_PORT": "free"}
        return subprocess.run(
            [*self.words, self.repo / "sandbox" / "sandbox", *arguments],
            env=os.environ | ports | self.settings | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self, **settings: str) -> None:
        done = self.sandbox("up", **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        self.env = dict(line.split("=", 1) for line in self.sandbox("env").stdout.splitlines())

    def down(self) -> None:
        done = self.sandbox("down")
        assert done.returncode == 0, done.stderr

    def cli(self, command: str) -> str:
        return self.sandbox("cli", command).stdout

    @property
    def link(self) -> Path:
        """How its clone calls its folder: not before a command was at work on it, though the folder may be an earlier clone's."""
        return self.repo / ".sandbox" / f"{self.settings['ASTERISK']}-{self.settings['INSTANCE']}"

    @property
    def folder(self) -> Path:
        return Path(self.env["SANDBOX_DIR"])

    @property
    def root(self) -> Path:
        return Path(self.env["SANDBOX_ROOT"])

    @property
    def inside(self) -> str:
        """The folder's name inside the root."""
        return f"/{self.folder.relative_to(self.root)}"

    def processes(self) -> list[int]:
        """All processes that are this instance's Asterisk."""
        found = []
        words = f"asterisk\0-C\0{self.inside}/etc/asterisk.conf\0-f\0"
        for entry in Path("/proc").iterdir():
            try:
                if (entry / "cmdline").read_text(errors="replace").startswith(words):
                    found.append(int(entry.name))
            except (OSError, ValueError):
                pass
        return found

    def as_asterisk(self, script: str) -> list[str]:
        """The words that run a shell script in the root as Asterisk's own user."""
        line = next(line for line in (self.root / "etc/passwd").read_text().splitlines() if line.startswith("asterisk:"))
        user, group = line.split(":")[2:4]
        return ["chroot", f"--userspec=+{user}:+{group}", "--groups=", str(self.root), "sh", "-c", script]


class Ami:
    """A plain manager connection, which anybody on this machine may open."""

    def __init__(self, port: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(port)), SECONDS)
        self.lines = self.socket.makefile("rwb")
        self.lines.readline()

    def __enter__(self) -> "Ami":
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.socket.close()

    def send(self, name: str, **fields: str) -> None:
        text = "".join(f"{key}: {value}\r\n" for key, value in {"Action": name, **fields}.items())
        self.lines.write(text.encode() + b"\r\n")
        self.lines.flush()

    def wait(self, **wanted: str) -> dict[str, str]:
        """The next message that has these fields; a value may be the beginning of what is there."""
        message: dict[str, str] = {}
        while line := self.lines.readline():
            text = line.decode(errors="replace").rstrip("\r\n")
            if text:
                key, _, value = text.partition(": ")
                message[key] = value
            elif all(message.get(key, "").startswith(value) for key, value in wanted.items()):
                return message
            else:
                message = {}
        raise AssertionError("the AMI connection has ended")

    def action(self, name: str, **fields: str) -> dict[str, str]:
        self.send(name, ActionID=name, **fields)
        return self.wait(ActionID=name, Response="")

    def login(self, secret: str) -> str:
        return self.action("Login", Username="sandbox", Secret=secret)["Response"]
