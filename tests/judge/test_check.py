"""What tests/check makes of its parts: a copy of it, with parts of these tests' own and a sandbox that makes no root."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent.parent
ONE = 'echo "one passed" >$CHECK_RESULTS'


class Check:
    """A tree with nothing in it but tests/check and what it reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tests/check", "tests/versions.py", "sandbox/versions"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPO / name, folder / name)
        self.script("need", "exit 0")
        self.script("sandbox", '[ "$2" != ASTERISK=experimental ]')

    def script(self, name: str, text: str) -> None:
        path = self.folder / "sandbox" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, *parts: str, seconds: int = 60) -> tuple[int, list[str]]:
        """The exit status, and the lines that it has printed."""
        (self.folder / "tests" / "parts").write_text("\n".join(parts))
        env = dict(os.environ, CHECK_SECONDS=str(seconds))
        command = ["/usr/bin/python3", "-B", str(self.folder / "tests" / "check")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.fixture
def check(tmp_path):
    return Check(tmp_path)


def test_all_passed(check):
    status, lines = check.run(f"a 1 30 core {ONE}", f"b 2 30 sandbox,22 {ONE}")
    assert (status, lines[-1]) == (0, "2 passed, 0 failed")


def test_one_failed(check):
    status, lines = check.run(f"a 1 30 core {ONE}", 'b 1 30 core echo "two failed" >$CHECK_RESULTS')
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")
    assert "FAILED b: two" in lines


@pytest.mark.parametrize("command", ["true", "false", f"{ONE}; false"], ids=["no-test", "no-test-and-error", "error"])
def test_part_that_ends_otherwise_has_failed(check, command):
    status, lines = check.run(f"a 1 30 core {command}")
    assert status == 1 and lines[-1].endswith(" passed, 1 failed"), lines


def test_part_above_its_limit_is_stopped_and_has_failed(check):
    status, lines = check.run(f"a 1 1 core {ONE}; sleep 30")
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")


def test_all_above_their_limit_have_failed(check):
    """What runs is stopped, and what has not begun is not begun."""
    status, lines = check.run(f"a 1 30 core {ONE}; sleep 30", f"b 1 30 core {ONE}", seconds=2)
    assert (status, lines[-1]) == (1, "1 passed, 2 failed")
    assert "FAILED b: not begun within 2 s" in lines


def test_version_that_may_be_missing_is_said_to_be_skipped(check):
    status, lines = check.run(f"a 1 30 core {ONE}", f"b 1 30 sandbox,experimental {ONE}")
    assert (status, lines[-1]) == (0, "1 passed, 0 failed")
    assert any(line.startswith("SKIPPED b: there is no Asterisk experimental") for line in lines)


def test_nothing_but_skipped_is_no_success(check):
    status, lines = check.run(f"b 1 30 sandbox,experimental {ONE}")
    assert (status, lines[-1]) == (1, "0 passed, 0 failed")


def test_version_that_may_not_be_missing_ends_it(check):
    check.script("sandbox", "exit 1")
    status, lines = check.run(f"a 1 30 sandbox,22 {ONE}")
    assert status == 1 and "22 could not be made; 0 tests were run" in lines[-1]
