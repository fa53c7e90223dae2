"""The console in a real browser, on an Asterisk 22 with real calls. Otherwise as the tests of tests/integration."""

import importlib.util
import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

# pylint: disable=wrong-import-position
from browser import Browser, Page  # noqa: E402
from harness.asterisk import Asterisk, Settings  # noqa: E402
from harness.case import Case  # noqa: E402

SETTINGS = Settings(22, more=(f"CONF={HERE / 'conf'}", f"EXTENSIONS={HERE / 'extensions.conf'}"))


def integration_tests():
    """Their conftest.py, under a name of its own."""
    spec = importlib.util.spec_from_file_location("integration_conftest", HERE.parent / "integration" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# pytest finds hooks and fixtures by their names.
_integration = integration_tests()
pytest_sessionstart = _integration.pytest_sessionstart
pytest_pyfunc_call = _integration.pytest_pyfunc_call
loop = _integration.loop


def pytest_configure():
    signal.signal(signal.SIGTERM, _integration.interrupt)


@pytest.fixture(scope="session")
def asterisk():
    # The folder of the integration tests, in which the modules are built already.
    one = Asterisk(22, number=1)
    one.up(SETTINGS)
    yield one
    one.down()


@pytest.fixture
def case(asterisk, loop, request):
    if not asterisk.alive():
        asterisk.up(SETTINGS)
    case = Case(asterisk, request.node.originalname)
    try:
        loop.run_until_complete(case.open())
        yield case
        loop.run_until_complete(case.close())
    except BaseException:
        # Not in a known state: the next test gets a fresh one.
        asterisk.down()
        raise


@pytest.fixture(scope="session")
def browser(loop):
    one = loop.run_until_complete(Browser().start())
    yield one
    loop.run_until_complete(one.close())


@pytest.fixture
def page(browser, case, loop):
    """A page that is gone before the calls and the applications are. Nothing in it may have failed."""
    one = Page(browser)
    yield one
    loop.run_until_complete(one.do("goto", "about:blank"))
    assert not one.faults()
