"""The console in a real browser, on an Asterisk 22 with real calls. Otherwise as the tests of tests/integration."""

import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

# pylint: disable=wrong-import-position
from browser import Browser, Page  # noqa: E402
from harness.asterisk import Asterisk, Settings  # noqa: E402
from harness.case import open_case  # noqa: E402
from harness.hooks import interrupt, loop, pytest_pyfunc_call, pytest_sessionstart  # noqa: E402, F401

SETTINGS = Settings(22, more=(f"CONF={HERE / 'conf'}", f"EXTENSIONS={HERE / 'extensions.conf'}"))


def pytest_configure():
    signal.signal(signal.SIGTERM, interrupt)


@pytest.fixture(scope="session")
def asterisk():
    one = Asterisk(22)
    one.up(SETTINGS)
    yield one
    one.down()


@pytest.fixture
def case(asterisk, loop, request):  # noqa: F811
    if not asterisk.alive():
        asterisk.up(SETTINGS)
    yield from open_case(asterisk, loop, request.node.originalname)


@pytest.fixture(scope="session")
def browser(loop):  # noqa: F811
    one = loop.run_until_complete(Browser().start())
    yield one
    loop.run_until_complete(one.close())


@pytest.fixture
def page(browser, case, loop):  # noqa: F811
    """A page that is gone before the calls and the applications are. Nothing in it may have failed."""
    one = Page(browser)
    yield one
    loop.run_until_complete(one.do("goto", "about:blank"))
    assert not one.faults()
