"""Results are counted as in the integration tests; each test that changes its Asterisk starts one of its own."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest
from instance import Instance


def integration_tests():
    """Their conftest.py, under a name of its own."""
    path = Path(__file__).resolve().parent.parent / "integration" / "conftest.py"
    spec = importlib.util.spec_from_file_location("integration_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# pytest finds hooks by their names.
pytest_sessionstart = integration_tests().pytest_sessionstart

# How root without a privilege is had: the sandbox then has no namespaces and no mounts.
PLAIN = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")

MODES = {"root": (), "root-that-may-not-mount": PLAIN} if os.getuid() == 0 else {"user": ()}


def pytest_configure(config):
    # Being told to stop is like Ctrl-C: what was started is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
