"""What pytest asks of each folder's conftest.py: how coroutine tests run, and how results are counted."""

import asyncio
import inspect
import os
from pathlib import Path

import pytest

from .events import DEADLINE_FACTOR

# The longest that one test may take, its clean-up not included.
TEST_SECONDS = 180 * DEADLINE_FACTOR


def interrupt(*_):
    """Being told to stop is like Ctrl-C: what was started is taken down."""
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run coroutine tests on the session's loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    loop = pyfuncitem.funcargs["loop"]
    loop.run_until_complete(asyncio.wait_for(pyfuncitem.obj(**arguments), TEST_SECONDS))
    return True


class Results:
    """One line a test in the file that `make check` counts. A test that did not run did not pass."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("")
        self.verdicts: dict[str, str] = {}

    def pytest_runtest_logreport(self, report):
        passed = report.outcome == "passed" and self.verdicts.get(report.nodeid) != "failed"
        self.verdicts[report.nodeid] = "passed" if passed else "failed"
        if report.when == "teardown":
            with self.path.open("a") as file:
                file.write(f"{report.nodeid} {self.verdicts[report.nodeid]}\n")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        """Only the tests that `make check` asks again."""
        path = os.environ.get("CHECK_ONLY")
        if path:
            names = set(Path(path).read_text().splitlines())
            config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in names])
            items[:] = [item for item in items if item.nodeid in names]

    def pytest_collectreport(self, report):
        if report.failed:
            with self.path.open("a") as file:
                file.write(f"{report.nodeid or 'collection'} failed\n")


def pytest_sessionstart(session):
    path = os.environ.get("CHECK_RESULTS")
    if path:
        session.config.pluginmanager.register(Results(path))
