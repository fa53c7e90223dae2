"""Coroutine tests run, and results are counted, as in the integration tests; but there is no Asterisk here."""

import importlib.util
from pathlib import Path

import pytest


def integration_tests():
    """Their conftest.py, under a name of its own."""
    path = Path(__file__).resolve().parent.parent / "integration" / "conftest.py"
    spec = importlib.util.spec_from_file_location("integration_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


INTEGRATION = integration_tests()

# pytest finds fixtures and hooks by these names.
loop = INTEGRATION.loop
pytest_pyfunc_call = INTEGRATION.pytest_pyfunc_call
pytest_sessionstart = INTEGRATION.pytest_sessionstart


@pytest.fixture(autouse=True)
def on_loop(loop):  # pylint: disable=redefined-outer-name
    """Coroutine tests find the loop that they run on."""
    return loop
