"""A copy of a root, in which packages come and go. The tests of a file are one story, in their order."""

import os
import signal
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

# pylint: disable=wrong-import-position
from harness.asterisk import Asterisk, Settings  # noqa: E402
from harness.case import Case  # noqa: E402
from harness.hooks import interrupt, loop, pytest_pyfunc_call, pytest_sessionstart  # noqa: E402, F401
from system import System  # noqa: E402


def pytest_configure(config):
    signal.signal(signal.SIGTERM, interrupt)
    config.addinivalue_line("markers", "only(version): cannot exist on another Asterisk")


def pytest_collection_modifyitems(items):
    """Leave out what this Asterisk cannot have."""
    items[:] = [item for item in items if all(m.args == (version(),) for m in item.iter_markers("only"))]


def version():
    return int(os.environ["ASTERISK"])


@pytest.fixture(scope="session")
def system():
    return System()


@pytest.fixture(scope="session")
def running(system):
    """The Asterisk of the copy: running("installed") is one with the modules that the packages have put there."""
    asterisk = Asterisk(version(), word="package")

    def up(modules="installed"):
        if asterisk.settings is None or asterisk.settings.modules != modules:
            asterisk.up(Settings(version(), modules, (f"CONF={Path(__file__).parent / 'conf'}",)))
        return asterisk

    yield up
    asterisk.down()


@pytest.fixture
def case(running, loop, request):
    """A test's hold on the Asterisk with the installed modules; another one is asked for with restart()."""
    case = Case(running(), request.node.originalname)
    loop.run_until_complete(case.open())
    yield case
    loop.run_until_complete(case.close())
