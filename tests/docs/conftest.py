"""Tests with an Asterisk are as those of tests/integration, on instances of their own; others read the pages only."""

import signal
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

# pylint: disable=wrong-import-position
from harness.asterisk import Asterisk, Settings  # noqa: E402
from harness.case import open_case  # noqa: E402
from harness.hooks import interrupt, loop, pytest_pyfunc_call, pytest_sessionstart  # noqa: E402, F401

VERSIONS = (22, 16)


def pytest_configure(config):
    signal.signal(signal.SIGTERM, interrupt)
    config.addinivalue_line("markers", "only(version): the page tells it of this Asterisk only")


def pytest_generate_tests(metafunc):
    if "asterisk" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("asterisk", only.args if only else VERSIONS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def asterisk(request):
    one = Asterisk(request.param, word="docs")
    one.up(Settings(request.param))
    yield one
    one.down()


@pytest.fixture
def case(asterisk, loop, request):
    if not asterisk.alive():
        asterisk.up(Settings(asterisk.version))
    yield from open_case(asterisk, loop, request.node.originalname)
