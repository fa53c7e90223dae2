"""README's five minutes and docs/GETTING_STARTED.md, walked word by word in a folder with this project's files."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from consoles import assert_shown, sessions
from harness.nats_server import free_port
from pages import REPO, Block, blocks

INSTANCE = "docs-walk"
# The longest that a command of the page may take; the first builds the modules.
SECONDS = 120
# The longest that an application may take to say what it is shown to say.
PATIENCE = 40
# What the second of two shows, unless it was not asked any more: then it takes another call, as the page says.
TOO_LATE = "claim: 409\n"


class Walk:
    """A reader with terminals in the project's folder, whose Asterisk has other ports than the page's."""

    def __init__(self, folder) -> None:
        self.folder = folder
        (REPO / ".sandbox").mkdir(exist_ok=True)
        for path in REPO.iterdir():
            (folder / path.name).symlink_to(path)
        self.ports = {"8088": free_port(), "5070": free_port(), "5038": free_port()}
        self.env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        self.env |= {"INSTANCE": INSTANCE, "ASTERISK": "22", "PYTHONUNBUFFERED": "1"}
        self.env |= {"HTTP_PORT": str(self.ports["8088"]), "SIP_PORT": str(self.ports["5070"])}
        self.env |= {"AMI_PORT": str(self.ports["5038"])}
        self.terminals: list[tuple[subprocess.Popen, Path]] = []
        self.commands: dict[str, str] = {}

    def here(self, text: str) -> str:
        """A text of the page with the ports and the folder of this Asterisk."""
        for shown, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{shown}", f"127.0.0.1:{port}")
        text = text.replace("/srv/sb/22/", f"/srv/sb/22-{INSTANCE}/").replace(".sandbox/22/", f".sandbox/22-{INSTANCE}/")
        # Its default is the page's.
        for example in ("claimer.py", "worker.py"):
            text = text.replace(f"{example} --", f"{example} --url http://127.0.0.1:{self.ports['8088']}/ari --")
        # It has to be there; installing it is the machine's matter.
        return text.replace("sudo apt-get install", "dpkg --status")

    def save(self, one: Block) -> None:
        (self.folder / one.file).write_text(self.here(one.text))

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", self.here(command)], cwd=self.folder, env=self.env, timeout=SECONDS, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout

    def start(self, command: str) -> None:
        """Run an application in a terminal of its own; it is there when Asterisk knows its name."""
        path = self.folder / f"terminal-{len(self.terminals)}"
        # Read by another way than it is written: with one file for both, reading moves the place where is written.
        with open(path, "w") as output:
            process = subprocess.Popen(  # pylint: disable=consider-using-with
                ["bash", "-c", f"exec {self.here(command)}"], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.terminals.append((process, path))
        name = command.split()[-1]
        self.until(lambda: self.is_connected(name), f"{name} is connected")

    def is_connected(self, name: str) -> bool:
        """Whether Asterisk knows the application; a worker's name is the end of it."""
        known = self.run('sandbox/sandbox cli "ari show apps"').split()
        return any(app == name or app.endswith(f"-{name}") for app in known)

    def shown(self) -> list[str]:
        """What the terminals show."""
        return [path.read_text() for _, path in self.terminals]

    def until(self, condition, what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"not within {PATIENCE} s: {what}; the terminals show {self.shown()}"
            time.sleep(0.05)

    def sees(self, expected: str) -> None:
        """Wait until a terminal shows lines, whatever the number of the call."""
        pattern = re.sub(r"\\?\d{9,}\\\.\d+", r"\\d+\\.\\d+", re.escape(expected.strip()))
        called = time.monotonic()

        def is_seen() -> bool:
            nonlocal called
            if any(re.search(pattern, text) for text in self.shown()):
                return True
            if expected == TOO_LATE and time.monotonic() - called > 5:
                self.run('sandbox/sandbox cli "channel request hangup all"')
                self.run(self.commands["call"])
                called = time.monotonic()
            return False

        self.until(is_seen, f"a terminal shows {expected!r}")

    def close_terminals(self) -> None:
        for process, _ in self.terminals:
            process.kill()
            process.wait()
        self.terminals = []

    def end(self) -> None:
        self.close_terminals()
        subprocess.run([REPO / "sandbox/sandbox", "down"], env=self.env, capture_output=True, check=False)


@pytest.fixture
def walk(tmp_path):
    walk = Walk(tmp_path)
    yield walk
    walk.end()


def no_apps(walk: Walk) -> bool:
    return not re.search(r"^(sales|hello)", walk.run('sandbox/sandbox cli "ari show apps"'), re.MULTILINE)


def step(walk: Walk, one: Block) -> None:
    """Do what a block of docs/GETTING_STARTED.md says."""
    if one.file:
        walk.save(one)
    elif one.purpose.startswith("terminal="):
        walk.start(one.text.strip())
    elif one.purpose == "seen":
        walk.sees(one.text)
    elif one.language == "sh":
        for command in one.commands:
            walk.run(command)
    elif one.language == "console":
        for command, shown in sessions(one):
            # What is to be seen may come a moment after what led to it.
            walk.until(lambda c=command, s=shown: is_shown(walk, one, c, s), f"{one.place}: {command} prints {shown}")


def is_shown(walk: Walk, one: Block, command: str, shown: list[str]) -> bool:
    try:
        assert_shown(one.place, [walk.here(line) for line in shown], walk.run(command))
    except AssertionError:
        if command.startswith("make"):
            raise
        return False
    return True


def test_getting_started(walk):
    for one in blocks("docs/GETTING_STARTED.md"):
        before = one.text
        if "grep -o 'STASISSTATUS" in before:
            # "Then end both applications with Ctrl-C, and place another call as before."
            walk.close_terminals()
            walk.until(lambda: no_apps(walk), "the applications have gone")
            walk.run(walk.commands["call"])
        if one.purpose == "call":
            walk.commands["call"] = one.text.strip()
            if "800@default" in one.text:
                # "Start hello.py sales-1 again."
                walk.start("/usr/bin/python3 hello.py sales-1")
        if "examples/pool/extensions.conf" in before:
            # "End hello.py."
            walk.close_terminals()
        step(walk, one)


def test_readme(walk):
    first, second = (one for one in blocks("README.md") if one.language == "sh")
    assert [line.split()[1] for line in first.commands] == ["demo", "console", "check"]
    for line in second.text.splitlines():
        command, _, remark = line.partition(" # ")
        if "another terminal" in remark:
            walk.start(command.strip())
        elif command.startswith("curl"):
            walk.run(command)
            walk.sees("claim")
        else:
            walk.run(command)
    assert "hello: claim" in "".join(walk.shown()) and "status=204" in "".join(walk.shown())
