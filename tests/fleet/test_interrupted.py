"""A fleet to try out that is told to stop while it starts."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent.parent
SECONDS = 30


@pytest.fixture
def clone(tmp_path):
    """A folder with the command in it, and a sandbox that starts no Asterisk; the NATS servers are real."""
    for name in ("sandbox/fleet", "sandbox/versions", "tests/versions.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(REPO / name, tmp_path / name)
    shutil.copytree(REPO / "tests/harness", tmp_path / "tests/harness")
    script = tmp_path / "sandbox/sandbox"
    script.write_text("#!/bin/sh\n[ $1 != up ] || { touch $0.up; sleep 1; }\n")
    script.chmod(0o755)
    yield tmp_path
    for pid in servers(tmp_path):
        os.kill(pid, signal.SIGKILL)


def servers(clone: Path) -> list[int]:
    """The NATS servers of a fleet."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes().startswith(f"nats-server\0-c\0{clone}/".encode()):
                found.append(int(entry.parent.name))
        except OSError:
            pass
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_start_leaves_no_server_behind(clone, number):
    with subprocess.Popen([clone / "sandbox/fleet", "up", "1"], stderr=subprocess.PIPE, text=True) as start:
        end = time.monotonic() + SECONDS
        while not (clone / "sandbox/sandbox.up").exists():
            assert start.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        assert len(servers(clone)) == 3
        start.send_signal(number)
        assert start.communicate(timeout=SECONDS)[1] == "fleet: interrupted\n"
    assert start.returncode == 130
    assert not servers(clone)
