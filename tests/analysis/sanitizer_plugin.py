"""pytest plugin: ends each Asterisk of the integration tests so that its sanitizer tells of leaks, and keeps
the reports. Leaves out what measures resident memory. Loaded by asan_modules.py; the folder for the reports is
in $SANITIZER_REPORTS.
"""

import dataclasses
import itertools
import os
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests"))

# pylint: disable=wrong-import-position
from harness.asterisk import Asterisk, Settings  # noqa: E402

# The modules under test, those that use others first.
MODULES = ("test_dispatch", "test_stasis_broadcast", "res_ari_broadcasts", "app_stasis_broadcast", "res_stasis_broadcast")

# An Asterisk under a sanitizer goes through all its memory at its end.
END_SECONDS = 120

_numbers = itertools.count(1)


def end(asterisk: Asterisk) -> None:
    """Unload our modules and stop Asterisk with all its clean-ups, so that what is left is a leak."""
    if not asterisk.env:
        return
    if asterisk.alive():
        for module in MODULES:
            asterisk.cli(f"module unload {module}.so")
        asterisk.cli("core stop gracefully")
        deadline = time.monotonic() + END_SECONDS
        while asterisk.alive() and time.monotonic() < deadline:
            time.sleep(0.1)
    keep_reports(asterisk)


def keep_reports(asterisk: Asterisk) -> None:
    """Copy the reports: the next start empties the instance's folder."""
    folder = Path(os.environ["SANITIZER_REPORTS"]) / f"{asterisk.name}-{next(_numbers)}"
    folder.mkdir(parents=True, exist_ok=True)
    for report in (asterisk.folder / "log").glob("sanitizer.*"):
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
