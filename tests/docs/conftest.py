"""Tests with an Asterisk are as those of tests/integration, on instances of their own; others read the pages only."""

import importlib.util
import signal
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

# pylint: disable=wrong-import-position
from harness.asterisk import Asterisk, Settings  # noqa: E402
from harness.case import Case  # noqa: E402


def integration_tests():
    """Their conftest.py, under a name of its own."""
    spec = importlib.util.spec_from_file_location("integration_conftest", TESTS / "integration" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# pytest finds hooks and fixtures by their names.
_integration = integration_tests()
pytest_sessionstart = _integration.pytest_sessionstart
pytest_pyfunc_call = _integration.pytest_pyfunc_call
loop = _integration.loop

VERSIONS = (22, 16)


def pytest_configure(config):
    signal.signal(signal.SIGTERM, _integration.interrupt)
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
    case = Case(asterisk, request.node.originalname)
    try:
        loop.run_until_complete(case.open())
        yield case
        loop.run_until_complete(case.close())
    except BaseException:
        # Not in a known state: the next test gets a fresh one.
        asterisk.down()
        raise
