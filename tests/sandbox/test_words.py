"""What the sandbox tells who waits for it."""

import os
import shutil
import subprocess
import time

import pytest
from instance import REPO, Instance

TARGET = "build/sandbox/preload.so"
BUILDING = "Building the modules for Asterisk 22 ...\n"


@pytest.fixture
def idle():
    """An instance that is not started."""
    return Instance("22", "sandbox-words", ())


def test_build_is_told_when_there_is_something_to_build(idle):
    never = f"-DNEVER_{time.time_ns()}"
    told = [idle.sandbox("build", TARGET, CPPFLAGS=flags).stderr for flags in (never, never, f"{never}_2")]
    assert told == [BUILDING, "", BUILDING]
    (REPO / ".sandbox" / "22-sandbox-words" / "src" / TARGET).unlink()
    assert idle.sandbox("build", TARGET, CPPFLAGS=f"{never}_2").stderr == BUILDING


def test_what_one_instance_has_built_others_take_over(idle):
    flags = {"CPPFLAGS": f"-DNEVER_{time.time_ns()}"}
    idle.sandbox("build", TARGET, **flags)
    other = Instance("22", "sandbox-words-2", ())
    sources = REPO / ".sandbox" / "22-sandbox-words-2" / "src"
    shutil.rmtree(sources, ignore_errors=True)
    assert other.sandbox("build", TARGET, **flags).stderr == ""
    built = REPO / ".sandbox" / "22-sandbox-words" / "src" / TARGET
    assert (sources / TARGET).stat().st_mtime_ns == built.stat().st_mtime_ns
    # Not if it was built with other words.
    shutil.rmtree(sources)
    assert other.sandbox("build", TARGET, CPPFLAGS=f"{flags['CPPFLAGS']}_2").stderr == BUILDING


def test_status_of_what_is_down_is_a_failure_for_scripts_and_a_sentence_for_people(idle):
    done = idle.sandbox("status")
    sentence = "Asterisk 22 is down: INSTANCE=sandbox-words make sandbox-up starts it\n"
    assert (done.returncode, done.stdout) == (1, sentence)
    make = ["make", "--no-print-directory", "-C", str(REPO), "sandbox-status", "INSTANCE=sandbox-words"]
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(make, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, sentence, "")


@pytest.mark.parametrize("command", ["cli", "logs", "env"])
def test_command_that_needs_an_asterisk_says_so_where_there_is_none(idle, command):
    shutil.rmtree(REPO / ".sandbox" / "22-sandbox-words" / "log", ignore_errors=True)
    done = subprocess.run(
        [REPO / "sandbox" / "sandbox", command], env=os.environ | idle.settings, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "sandbox: Asterisk 22 is not up: INSTANCE=sandbox-words make sandbox-up\n"


def test_folder_of_settings_that_is_none_is_one_line(idle):
    done = idle.sandbox("up", CONF="/nonexistent")
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line != BUILDING.strip()]
    assert told == ["sandbox: CONF=/nonexistent is not a folder with .conf files"]
