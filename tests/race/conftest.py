"""Coroutine tests run, and results are counted, as in the integration tests; but there is no Asterisk here."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.hooks import loop, pytest_pyfunc_call, pytest_sessionstart  # noqa: E402, F401


@pytest.fixture(autouse=True)
def on_loop(loop):  # pylint: disable=redefined-outer-name
    """Coroutine tests find the loop that they run on."""
    return loop
