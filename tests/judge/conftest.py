"""Results are counted as in the integration tests; there is no Asterisk here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.hooks import pytest_sessionstart  # noqa: E402, F401
