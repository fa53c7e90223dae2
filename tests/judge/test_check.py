"""What tests/check makes of its parts: a copy of it, with parts of these tests' own and a sandbox that makes no root."""

import os
import shutil
import signal
import subprocess
import time
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

    def run(self, *parts: str, seconds: int = 60, **more: str) -> tuple[int, list[str]]:
        """The exit status, and the lines that it has printed."""
        (self.folder / "tests" / "parts").write_text("\n".join(parts))
        inherited = {name: text for name, text in os.environ.items() if name not in ("CHECK_AGAIN", "PYTEST_ARGS")}
        env = inherited | {"CHECK_SECONDS": str(seconds)} | more
        command = ["/usr/bin/python3", "-B", str(self.folder / "tests" / "check")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.fixture
def check(tmp_path):
    return Check(tmp_path)


def test_all_passed(check):
    status, lines = check.run(f"a 1 30 once core {ONE}", f"b 2 30 once sandbox,22 {ONE}")
    assert (status, lines[-1]) == (0, "2 passed, 0 failed")


def test_one_failed(check):
    status, lines = check.run(f"a 1 30 once core {ONE}", 'b 1 30 once core echo "two failed" >$CHECK_RESULTS')
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")
    assert "FAILED b: two" in lines


@pytest.mark.parametrize("command", ["true", "false", f"{ONE}; false"], ids=["no-test", "no-test-and-error", "error"])
def test_part_that_ends_otherwise_has_failed(check, command):
    status, lines = check.run(f"a 1 30 once core {command}")
    assert status == 1 and lines[-1].endswith(" passed, 1 failed"), lines


def test_part_above_its_limit_is_stopped_and_has_failed(check):
    status, lines = check.run(f"a 1 1 once core {ONE}; sleep 30")
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")


def test_all_above_their_limit_have_failed(check):
    """What runs is stopped, and what has not begun is not begun."""
    status, lines = check.run(f"a 1 30 once core {ONE}; sleep 30", f"b 1 30 once core {ONE}", seconds=2)
    assert (status, lines[-1]) == (1, "1 passed, 2 failed")
    assert "FAILED b: not begun within 2 s" in lines


def test_version_that_may_be_missing_is_said_to_be_skipped(check):
    status, lines = check.run(f"a 1 30 once core {ONE}", f"b 1 30 once sandbox,experimental {ONE}")
    assert (status, lines[-1]) == (0, "1 passed, 0 failed")
    assert any(line.startswith("SKIPPED b: there is no Asterisk experimental") for line in lines)


def test_nothing_but_skipped_is_no_success(check):
    status, lines = check.run(f"b 1 30 once sandbox,experimental {ONE}")
    assert (status, lines[-1]) == (1, "0 passed, 0 failed")


def test_version_that_may_not_be_missing_ends_it(check):
    check.script("sandbox", "exit 1")
    status, lines = check.run(f"a 1 30 once sandbox,22 {ONE}")
    assert status == 1 and "22 could not be made; 0 tests were run" in lines[-1]


def test_lanes_share_no_asterisk(check):
    """What runs at the same time would take the other's down, or unload its modules."""
    command = f'PYTHONPATH={REPO}/tests /usr/bin/python3 -Bc "from harness.asterisk import Asterisk; print(Asterisk(22).name)"'
    status, lines = check.run(f"a 1 30 once core {ONE}; {command}", f"b 2 30 once core {ONE}; {command}")
    names = [line.partition(" | ")[2] for line in lines if " | check" in line]
    assert status == 0 and len(names) == len(set(names)) == 2, lines


def test_version_of_several_lanes_is_built_before_they_begin(check):
    """Each lane's instances would compile the same at the same time."""
    check.script("sandbox", 'echo "told $1 $ASTERISK"')
    parts = [f"a 1 30 once sandbox,22,16 {ONE}", f"b 1 30 once sandbox,22 {ONE}", f"c 2 30 once sandbox,16 {ONE}"]
    status, lines = check.run(*parts)
    told = [line for line in lines if line.startswith("told build") or "passed, 0 failed, " in line]
    assert status == 0 and told[0] == "told build 16" and len(told) == 4, lines


def test_spare_lane_gives_way(check):
    command = f"{ONE}; nice; cat /proc/self/autogroup 2>/dev/null"
    status, lines = check.run(f"a spare 30 once core {command}", f"b 2 30 once core {command}")
    nice = {name: [line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ") and " | " in line] for name in "ab"}
    assert status == 0 and set(nice["a"][:-1]) == {"19"} and "19" not in nice["b"], lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_one_ends_its_parts(check, number):
    """They are in sessions of their own, which a terminal that goes takes nothing of."""
    command = f"trap 'touch {check.folder}/told; exit 1' TERM; touch {check.folder}/begun; for _ in {{1..300}}; do sleep 0.1; done"
    (check.folder / "tests" / "parts").write_text(f"a 1 30 once core {command}\nb 1 30 once core {ONE}")
    with subprocess.Popen(["/usr/bin/python3", "-B", check.folder / "tests" / "check"], stdout=subprocess.DEVNULL) as run:
        end = time.monotonic() + 30
        while not (check.folder / "begun").exists():
            assert run.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        run.send_signal(number)
        assert run.wait(30) == 1
    assert (check.folder / "told").exists()
    assert not (check.folder / "build" / "check" / "b.results").exists()


# What is asked again

PYTEST = "/usr/bin/python3 -B -m pytest -q -p no:cacheprovider"
ASKED = "PASSED ONLY WHEN ASKED AGAIN"

# Counts as the integration tests do.
CONFTEST = (Path(__file__).parent / "conftest.py").read_text().replace("__file__", repr(__file__))

# Tests that fail the first so many times that they are run. Each writes down that it was run.
SAMPLE = """
import os
import pathlib
import pytest

HERE = pathlib.Path(__file__).parent

@pytest.mark.parametrize("name,failures", {cases})
def test_it(name, failures):
    with (HERE / "ran").open("a") as file:
        file.write(name + chr(10))
    assert (HERE / "ran").read_text().split().count(name) > failures
"""


class Sample:
    """A part with tests of real pytest: sample(a=0, b=1) has b fail once."""

    def __init__(self, folder: Path, again: str = "again", name: str = "sample", **failures: int) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "conftest.py").write_text(CONFTEST)
        (self.folder / "test_sample.py").write_text(SAMPLE.format(cases=list(failures.items())))
        self.line = f"{name} 1 60 {again} core cd {self.folder} && {PYTEST}"

    def ran(self) -> list[str]:
        return (self.folder / "ran").read_text().split()


def asked(lines: list[str]) -> list[str]:
    return [line.partition(";")[0].removeprefix(ASKED).strip() for line in lines if line.startswith(ASKED)]


def test_what_fails_once_is_asked_again_alone_and_named(check, tmp_path):
    sample = Sample(tmp_path, a=0, b=1, c=0)
    status, lines = check.run(sample.line)
    assert (status, lines[-1]) == (0, "3 passed, 0 failed")
    assert asked(lines) == ["sample: test_sample.py::test_it[b-1]"]
    assert sample.ran() == ["a", "b", "c", "b"]


def test_what_fails_twice_has_failed(check, tmp_path):
    sample = Sample(tmp_path, a=0, b=2, c=1)
    status, lines = check.run(sample.line)
    assert (status, lines[-1]) == (1, "2 passed, 1 failed")
    assert "FAILED sample: test_sample.py::test_it[b-2]" in lines
    assert asked(lines) == ["sample: test_sample.py::test_it[c-1]"]
    assert sample.ran() == ["a", "b", "c", "b", "c"]


def test_reason_stands_below_what_has_failed(check, tmp_path):
    """A machine's output may be all that is left of a run."""
    sample = Sample(tmp_path, a=0, b=2, c=1)
    _, lines = check.run(sample.line, CI="true")
    below = {line.partition(";")[0]: following.strip() for line, following in zip(lines, lines[1:])}
    assert below["FAILED sample: test_sample.py::test_it[b-2]"].startswith("AssertionError: assert 2 > 2")
    assert below[f"{ASKED} sample: test_sample.py::test_it[c-1]"].startswith("AssertionError: assert 1 > 1")


def test_more_of_a_part_than_may_be_asked_are_not_asked_again(check, tmp_path):
    sample = Sample(tmp_path, a=1, b=1, c=1, d=1, e=0)
    status, lines = check.run(sample.line, CHECK_AGAIN="3")
    assert (status, lines[-1], asked(lines)) == (1, "1 passed, 4 failed", [])
    assert len(sample.ran()) == 5


def test_as_many_as_may_be_asked_are_the_most_of_all_parts_together(check, tmp_path):
    first = Sample(tmp_path, name="first", a=1, b=1)
    second = Sample(tmp_path, name="second", a=1, b=1)
    third = Sample(tmp_path, name="third", a=1)
    status, lines = check.run(first.line, second.line, third.line, CHECK_AGAIN="3")
    assert (status, lines[-1], len(asked(lines))) == (1, "3 passed, 2 failed", 3)
    assert second.ran() == ["a", "b"]


@pytest.mark.parametrize("count,again", [(8, 8), (9, 0)])
def test_eight_may_be_asked_unless_said_otherwise(check, tmp_path, count, again):
    sample = Sample(tmp_path, **{f"t{number}": 1 for number in range(count)})
    _, lines = check.run(sample.line)
    assert len(asked(lines)) == again


@pytest.mark.parametrize("more", [{"CHECK_AGAIN": "0"}, {"PYTEST_ARGS": "-v"}], ids=["none-wanted", "tests-chosen"])
def test_nothing_is_asked_again(check, tmp_path, more):
    sample = Sample(tmp_path, a=0, b=1)
    status, lines = check.run(sample.line, **more)
    assert (status, lines[-1], asked(lines)) == (1, "1 passed, 1 failed", [])


def test_what_needs_no_asterisk_is_not_asked_again(check, tmp_path):
    sample = Sample(tmp_path, again="once", a=0, b=1)
    status, lines = check.run(sample.line)
    assert (status, lines[-1], asked(lines)) == (1, "1 passed, 1 failed", [])
    assert sample.ran() == ["a", "b"]


TWO = "printf 'one passed\\ntwo failed\\n' >$CHECK_RESULTS"


@pytest.mark.parametrize("end", ["exit 2", "exit 139", "kill -SEGV $$"])
def test_part_that_was_not_run_to_its_end_is_not_asked_again(check, end):
    """What it has not come to might have failed as well."""
    status, lines = check.run(f'a 1 30 again core [ -z "$CHECK_ONLY" ] || {ONE.replace("one", "two")}; {TWO}; {end}')
    assert (status, lines[-1], asked(lines)) == (1, "1 passed, 1 failed", [])


def test_part_above_its_limit_is_not_asked_again(check):
    status, lines = check.run(f"a 1 1 again core {TWO}; sleep 30")
    assert (status, lines[-1], asked(lines)) == (1, "1 passed, 2 failed", [])


@pytest.mark.parametrize("answer", ["true", "echo 'one passed' >$CHECK_RESULTS", "echo 'two passed' >$CHECK_RESULTS; exit 3",
                                    "printf 'two passed\\ntwo failed\\n' >$CHECK_RESULTS; exit 1"])  # fmt: skip
def test_no_clear_answer_is_no_pass(check, answer):
    status, lines = check.run(f'a 1 30 again core if [ -n "$CHECK_ONLY" ]; then {answer}; else {TWO}; exit 1; fi')
    assert (status, lines[-1], asked(lines)) == (1, "1 passed, 1 failed", [])


def test_what_fails_beside_what_is_asked_again_has_failed(check):
    """A part that cannot leave out the others."""
    answer = "printf 'one failed\\ntwo passed\\n' >$CHECK_RESULTS; exit 1"
    status, lines = check.run(f'a 1 30 again core if [ -n "$CHECK_ONLY" ]; then {answer}; else {TWO}; exit 1; fi')
    assert (status, lines[-1], asked(lines)) == (1, "1 passed, 1 failed", ["a: two"])
    assert "FAILED a: one" in lines


def test_parts_that_are_never_asked_again():
    lines = (REPO / "tests" / "parts").read_text().splitlines()
    words = {line.split()[0]: line.split()[3] for line in lines if line and not line.startswith("#")}
    for name in ("core", "judge", "fuzz", "stress", "hardening", "analyze", "cross", "model"):
        assert words[name] == "once", name


def test_parts_that_are_asked_again_can_tell_that_tests_have_failed():
    """make ends with 2 whatever it runs ended with, and then nobody knows whether all tests were run."""
    lines = (REPO / "tests" / "parts").read_text().splitlines()
    for line in lines:
        if line and not line.startswith("#") and line.split()[3] == "again":
            assert not line.split(None, 5)[5].split("&&")[-1].split()[0] == "make", line
