"""What the sandbox tells who waits for it."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from instance import REPO, Instance

TARGET = "build/sandbox/preload.so"
OBJECT = "build/obj/core/pace.o"
EDITED = ("sandbox/loopback.c", "core/pace.c")
BUILDING = "Building the modules for Asterisk 22 ...\n"


@pytest.fixture
def idle():
    """An instance that is not started."""
    instance = Instance("22", "sandbox-words", ())
    instance.down()
    yield instance
    instance.down()


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of this project, whose files may be changed, in a folder with a name that wants care."""
    folder = tmp_path_factory.mktemp("clone") / "it's a \u00fcber $HOME 'clone'"
    folder.mkdir()
    for name in ("sandbox", "tools", "core", "modules", "include", "rest-api", "console", "samples", "Makefile", "VERSION", "install.mk", "lint.mk"):
        (shutil.copytree if (REPO / name).is_dir() else shutil.copy2)(REPO / name, folder / name)
    yield folder
    subprocess.run([folder / "sandbox" / "sandbox", "clean"], stdin=subprocess.DEVNULL, check=True)


@pytest.fixture
def pair(clone):
    """Two instances of a clone that have built the same, and the settings they have done it with."""
    flags = {"CPPFLAGS": f"-DNEVER_{time.time_ns()}"}
    pair = [Instance("22", name, (), clone) for name in ("one", "other")]
    for instance in pair:
        build(instance, flags)
    return *pair, flags


def build(instance, flags):
    """Build a file that depends on the flags and one that does not; what it told."""
    done = instance.sandbox("build", TARGET, OBJECT, **flags)
    assert done.returncode == 0, done.stderr
    return done.stderr


def when_built(instance):
    return [(instance.link / "src" / path).stat().st_mtime_ns for path in (TARGET, OBJECT)]


def edit(clone):
    """Change what both are made of."""
    for path in EDITED:
        with (clone / path).open("a") as source:
            source.write("\n")


def test_build_is_told_when_there_is_something_to_build(idle):
    never = f"-DNEVER_{time.time_ns()}"
    told = [idle.sandbox("build", TARGET, CPPFLAGS=flags).stderr for flags in (never, never, f"{never}_2")]
    assert told == [BUILDING, "", BUILDING]
    (idle.link / "src" / TARGET).unlink()
    assert idle.sandbox("build", TARGET, CPPFLAGS=f"{never}_2").stderr == BUILDING


def test_edit_in_the_second_of_a_build_is_built(clone, pair):
    one, _, flags = pair
    before = when_built(one)
    edit(clone)
    # Just after it: in the same second but for one in a million.
    end = (one.link / "src" / "build" / "built").stat().st_mtime_ns + 1000
    for path in EDITED:
        os.utime(clone / path, ns=(end, end))
    assert build(one, flags) == BUILDING
    assert min(when_built(one)) > max(before)


@pytest.mark.parametrize("left", ["nothing", "other sources", "other words"])
def test_what_one_instance_has_built_others_take_over(clone, pair, left):
    one, other, flags = pair
    if left == "nothing":
        shutil.rmtree(other.link / "src")
    elif left == "other sources":
        edit(clone)
    else:
        flags = {"CPPFLAGS": f"{flags['CPPFLAGS']}_2"}
    assert [build(instance, flags) for instance in (one, other)] == ["" if left == "nothing" else BUILDING, ""]
    assert when_built(one) == when_built(other)


@pytest.mark.parametrize("why", ["has other sources", "has failed"])
def test_what_does_not_fit_is_not_taken_over(clone, pair, why):
    one, other, flags = pair
    edit(clone)
    build(one, flags)
    if why == "has other sources":
        os.utime(one.link / "src" / "core" / "ere.h", ns=(0, 0))
    else:
        assert one.sandbox("build", "build/no-such-file", **flags).returncode
    with locked(one):
        assert build(other, flags) == BUILDING
    assert not set(when_built(one)) & set(when_built(other))


def test_one_that_fits_is_waited_for_while_it_starts(clone, pair):
    """Several nodes of a fleet start at once: each of them would build the same."""
    one, other, flags = pair
    edit(clone)
    build(one, flags)
    with locked(one) as lock:
        # It ends before the one that waits may give up, however slow this machine is.
        waits = threading.Timer(0.5, lambda: fcntl.flock(lock, fcntl.LOCK_UN))
        waits.start()
        assert build(other, flags) == ""
        waits.join()
    assert when_built(one) == when_built(other)


def locked(instance):
    """Its lock, as a command has it that is at work on it."""
    lock = Path(f"{instance.link.resolve()}.lock").open()
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def test_what_the_other_one_lacks_is_kept(clone, pair):
    """A file that has not changed is not built again, though what has changed comes from the other instance."""
    one, other, flags = pair
    before = when_built(other)
    (one.link / "src" / OBJECT).unlink()
    with (clone / EDITED[0]).open("a") as source:
        source.write("\n")
    assert one.sandbox("build", TARGET, **flags).stderr == BUILDING
    assert build(other, flags) == ""
    assert when_built(other) == [(one.link / "src" / TARGET).stat().st_mtime_ns, before[1]]


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
    shutil.rmtree(idle.link / "log", ignore_errors=True)
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


WRONG_PORTS = {
    "octal": ({"HTTP_PORT": "08088"}, "HTTP_PORT=08088 is not a number"),
    "high": ({"SIP_PORT": "65536"}, "SIP_PORT=65536 is not a port; ports are 1 to 65535"),
    "twice": ({"HTTP_PORT": "31000", "AMI_PORT": "31000"}, "HTTP_PORT and AMI_PORT are both 31000: give one of them another port"),
}


@pytest.mark.parametrize("ports, words", WRONG_PORTS.values(), ids=WRONG_PORTS)
def test_wrong_port_is_one_line(idle, ports, words):
    done = idle.sandbox("up", **ports)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"sandbox: {words}\n")


def test_asterisk_without_a_port_is_not_up(idle):
    """Nobody listens on it, but somebody has it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        done = idle.sandbox("up", AMI_PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.endswith(f"sandbox: Asterisk does not listen on port {port}: give another one with AMI_PORT=\n")
    assert idle.sandbox("status").returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_start_that_is_interrupted_leaves_nothing_behind(idle, number):
    """Here it would never end: what Asterisk is started under does not start it."""
    env = os.environ | idle.settings | {"HTTP_PORT": "free", "SIP_PORT": "free", "AMI_PORT": "free", "WRAP": "sh -c sleep${IFS}60"}
    with subprocess.Popen(
        [idle.repo / "sandbox" / "sandbox", "up"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as start:  # fmt: skip
        end = time.monotonic() + 120
        while not (idle.link / "asterisk.pid").exists():
            assert start.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        pid = int((idle.link / "asterisk.pid").read_text())
        os.killpg(start.pid, number)
        assert start.communicate(timeout=20)[0].endswith("sandbox: the start was interrupted\n")
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert idle.sandbox("env").stderr == "sandbox: Asterisk 22 is not up: INSTANCE=sandbox-words make sandbox-up\n"


def test_cache_is_named_from_where_the_command_is_given(clone, tmp_path):
    """But links in the clone lead there."""
    script = 'set -eu; SANDBOX=$1/sandbox REPO=$1 ASTERISK=22; . "$1/sandbox/lib/versions.sh"; version_read; . "$1/sandbox/lib/root.sh"'
    done = subprocess.run(
        ["bash", "-c", f'{script}; echo "$ROOT"', "sh", clone], cwd=tmp_path, env=os.environ | {"SANDBOX_CACHE": "my roots"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(done.stdout).parent == tmp_path / "my roots"
