"""Results are counted as in the integration tests; each test that changes its Asterisk starts one of its own."""

import os
import signal
import sys
from pathlib import Path

import pytest
from instance import Instance

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.hooks import interrupt, pytest_sessionstart  # noqa: E402, F401

# How root without a privilege is had: the sandbox then has no namespaces and no mounts.
PLAIN = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")

MODES = {"root": (), "root-that-may-not-mount": PLAIN} if os.getuid() == 0 else {"user": ()}


def pytest_configure(config):
    signal.signal(signal.SIGTERM, interrupt)
    config.addinivalue_line("markers", "only_as_root: has no meaning for an ordinary user's sandbox")


def pytest_collection_modifyitems(items):
    if os.getuid():
        items[:] = [item for item in items if not item.get_closest_marker("only_as_root")]


@pytest.fixture(params=MODES, scope="module")
def mode(request):
    return request.param


@pytest.fixture(params=["22", "16"], scope="module")
def version(request):
    return request.param


@pytest.fixture(scope="module")
def shared(mode, version):
    """An Asterisk that tests of one file share."""
    instance = Instance(version, "sandbox-shared", MODES[mode])
    instance.up(MODULES_EXTRA="test_programs.so")
    yield instance
    instance.down()


@pytest.fixture
def own(mode):
    """An Asterisk that a test starts and stops itself."""
    instance = Instance("22", "sandbox-own", MODES[mode])
    yield instance
    instance.down()
