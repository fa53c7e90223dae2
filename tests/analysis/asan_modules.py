#!/usr/bin/python3
"""Runs the C API's tests and the integration tests with our modules under AddressSanitizer.

usage: asan_modules.py [22] [16]      both without arguments; pytest arguments in $PYTEST_ARGS

Passes if no error and no leak is ours. A module with faults on purpose is loaded into every Asterisk: if the
sanitizer does not report these, it was not at work, and that fails too. A test that fails only because everything
is slower is named, but does not count here: make check judges that.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import reports
from sanitizer_plugin import NOT_BY_ITSELF, REPO, end, holds_a_module

from harness.asterisk import Asterisk, Settings

OUT = REPO / "build" / "analysis" / "asan"
CANARY = "test_sanitizer"
CATEGORY = "/stasis_broadcast/"

# The longest that the C API's tests may take; on an idle machine it is three minutes.
C_TESTS_SECONDS = 900


def environment(folder: Path) -> dict[str, str]:
    """What the sandbox and pytest need to know."""
    return {
        "SANITIZE": "address",
        # Asterisk is built without frame pointers: only the slow way of unwinding sees who asked for memory.
        "ASAN_OPTIONS": "fast_unwind_on_malloc=0:malloc_context_size=16",
        "SANITIZER_REPORTS": str(folder),
        "MODULES_EXTRA": f"{CANARY}.so",
        "PYTHONPATH": str(Path(__file__).parent),
        "START_SECONDS": "180",
        "DEADLINE_FACTOR": "4",
    }


def run_c_tests(version: int) -> tuple[int, int]:
    """The C API's tests: how many ran, how many passed."""
    asterisk = Asterisk(version, 7)
    try:
        asterisk.up(Settings(version, more=(f"MODULES_EXTRA={CANARY}.so test_stasis_broadcast.so test_dispatch.so", "WRITABLE_ETC=yes")))
        text = asterisk.cli(f"test execute category {CATEGORY}")
        # A console gives up after a minute without a word; the tests go on, and this waits for them.
        deadline = time.monotonic() + C_TESTS_SECONDS
        while not (summary := re.search(r"(\d+) Test\(s\) Executed +(\d+) Passed", text)):
            if not asterisk.alive() or time.monotonic() > deadline:
                break
            text = asterisk.cli("test show results all")
        (OUT / f"{version}-c-api.log").write_text(text)
        (OUT / f"{version}-asterisk.log").write_bytes(asterisk.log.read_bytes())
        end(asterisk)
    finally:
        asterisk.down()
    return (int(summary[1]), int(summary[2])) if summary else (0, 0)


def run_integration(version: int) -> tuple[int, int]:
    """The integration tests: how many ran, how many passed."""
    results = OUT / f"{version}-integration.results"
    env = dict(os.environ, CHECK_RESULTS=str(results))
    env["PYTEST_ARGS"] = f"-p sanitizer_plugin {env.get('PYTEST_ARGS', '')}"
    command = [REPO / "tests" / "integration" / "run", str(version)]
    with (
        open(OUT / f"{version}-integration.log", "w", encoding="utf-8") as log,
        subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True) as tests,
    ):
        try:
            status = tests.wait()
        except BaseException:
            # They take down what they have started.
            tests.terminate()
            tests.wait()
            raise
    # 1: some have failed. With any other they were not run to their end.
    if status not in (0, 1):
        return 0, 0
    lines = results.read_text().splitlines()
    failed = [line.rpartition(" ")[0] for line in lines if not line.endswith(" passed")]
    for test in failed:
        print(f"Asterisk {version}: not passed: {test}, see {log.name}")
    return len(lines), len(lines) - len(failed)


def judge(version: int, folder: Path) -> list[str]:
    """What is wrong according to the reports."""
    wrong = []
    ends = sorted(folder.iterdir())
    if not ends:
        wrong.append("no Asterisk was run")
    for one in ends:
        found = reports.read_all(one)
        canaries = [finding.title for finding in found if finding.by(CANARY)]
        if not any("overflow" in title for title in canaries) or not any("leak" in title for title in canaries):
            wrong.append(f"{one}: the sanitizer did not find the faults that were made on purpose")
        why = one / NOT_BY_ITSELF
        if why.exists() and holds_a_module(why):
            wrong.append(f"{why}: a module of ours could not be unloaded, and Asterisk did not end")
        elif why.exists():
            print(f"  {one.name}: Asterisk did not end by itself, with none of our modules left, see {why}")
        for finding in found:
            if finding.ours and not finding.by(CANARY):
                wrong.append(f"{finding.file}: {finding.title}")
        theirs = sum(not finding.ours for finding in found)
        print(f"  {one.name}: {len(found)} reports: {len(canaries)} made on purpose, {theirs} Asterisk's own")
    return wrong


def check(version: int) -> bool:
    folder = OUT / f"{version}-reports"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ.update(environment(folder))
    ran = 0
    for name, run in (("C API", run_c_tests), ("integration", run_integration)):
        count, passed = run(version)
        ran += count
        print(f"Asterisk {version}: {count} {name} tests, {passed} passed", flush=True)
        if not count:
            print(f"asan-modules: {name} tests did not run, see {OUT}")
            return False
    wrong = judge(version, folder)
    for line in wrong:
        print(f"asan-modules: {line}")
    if not wrong:
        print(f"Asterisk {version}: no error and no leak of ours in {ran} tests")
    return not wrong


def main() -> int:
    versions = [int(word) for word in sys.argv[1:]] or [22, 16]
    # Being told to stop is like Ctrl-C: what was started is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return 0 if all([check(version) for version in versions]) else 1
    except KeyboardInterrupt:
        print("asan-modules: interrupted, nothing is left running")
        return 130


if __name__ == "__main__":
    sys.exit(main())
