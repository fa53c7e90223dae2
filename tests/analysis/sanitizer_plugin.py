"""pytest plugin: ends each Asterisk of the integration tests so that its sanitizer tells of leaks, and keeps
the reports. Leaves out what measures resident memory. Loaded by asan_modules.py; the folder for the reports is
in $SANITIZER_REPORTS.
"""

import dataclasses
import itertools
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests"))

# pylint: disable=wrong-import-position
from harness.asterisk import Asterisk, Settings  # noqa: E402

# The modules under test, those that use others first.
MODULES = ("test_dispatch", "test_stasis_broadcast", "res_ari_broadcasts", "app_stasis_broadcast", "res_stasis_broadcast")

# An Asterisk under a sanitizer goes through all its memory at its end.
END_SECONDS = 120

# How long the last channels may take to go. One that Asterisk has lost stays for ever, and "core stop gracefully"
# would wait for it: one in some hundred calls of an Originate without a PBX, once they are redirected, with a sanitizer.
# Wait() leaves them behind as StasisBroadcast() does.
CHANNELS_SECONDS = 20

# What is kept of an Asterisk that did not end by itself, and how much of its log.
NOT_BY_ITSELF = "not-by-itself"
LOG_CHARACTERS = 200_000

_numbers = itertools.count(1)


def end(asterisk: Asterisk) -> None:
    """Unload our modules and stop Asterisk with all its clean-ups, so that what is left is a leak."""
    if not asterisk.env:
        return
    if asterisk.alive():
        for module in MODULES:
            asterisk.cli(f"module unload {module}.so")
        # Asked now: an Asterisk that is about to stop does not answer.
        left = asterisk.cli("module show like broadcast")
        if wait_for(lambda: has_no_channels(asterisk), CHANNELS_SECONDS):
            asterisk.cli("core stop gracefully")
            wait_for(lambda: not asterisk.alive(), END_SECONDS)
        if asterisk.alive():
            # Its own clean-ups are left out then; leaks of ours show all the same, since our modules are unloaded.
            keep_why(asterisk, left)
            asterisk.cli("core stop now")
            wait_for(lambda: not asterisk.alive(), END_SECONDS)
    keep_reports(asterisk)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it has come true in time."""
    deadline = time.monotonic() + seconds
    while not (came := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return came


def has_no_channels(asterisk: Asterisk) -> bool:
    """Whether nothing keeps an Asterisk from stopping; also if it does not answer."""
    match = re.search(r"^(\d+) active channel", asterisk.cli("core show channels count"), re.MULTILINE)
    return not match or match[1] == "0"


def keep_why(asterisk: Asterisk, left: str) -> None:
    """Write down what tells why an Asterisk does not end by itself: first, which of our modules are left."""
    log = asterisk.log.read_text(errors="replace")[-LOG_CHARACTERS:]
    (asterisk.folder / "log" / NOT_BY_ITSELF).write_text(f"{left}\n{log}")


def holds_a_module(why: Path) -> bool:
    """Whether one of our modules could not be unloaded, by what keep_why() wrote."""
    return "\n0 modules loaded" not in why.read_text(errors="replace")


def keep_reports(asterisk: Asterisk) -> None:
    """Copy the reports: the next start empties the instance's folder."""
    folder = Path(os.environ["SANITIZER_REPORTS"]) / f"{asterisk.name}-{next(_numbers)}"
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in ("sanitizer.*", NOT_BY_ITSELF):
        for report in (asterisk.folder / "log").glob(pattern):
            (folder / report.name).write_bytes(report.read_bytes())
    asterisk.env = {}


def with_canary(settings: Settings) -> Settings:
    """The module with faults on purpose is in the environment's MODULES_EXTRA, which that of a test would replace."""
    canary = os.environ["MODULES_EXTRA"]
    more = (f"{word} {canary}" if word.startswith("MODULES_EXTRA=") else word for word in settings.more)
    return dataclasses.replace(settings, more=tuple(more))


def pytest_configure() -> None:
    """Put the end in front of whatever starts an Asterisk again or stops it."""
    up, down = Asterisk.up, Asterisk.down

    def up_after_end(self: Asterisk, settings: Settings) -> None:
        end(self)
        up(self, with_canary(settings))
        # What the next test's are compared with.
        self.settings = settings

    def down_after_end(self: Asterisk) -> str:
        end(self)
        return down(self)

    Asterisk.up, Asterisk.down = up_after_end, down_after_end


def pytest_collection_modifyitems(items: list) -> None:
    """A sanitizer does not give memory back, so that resident memory says nothing."""
    items[:] = [item for item in items if not item.get_closest_marker("resident")]
