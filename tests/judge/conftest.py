"""Results are counted as in the integration tests; there is no Asterisk here."""

import importlib.util
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent / "integration" / "conftest.py"
SPEC = importlib.util.spec_from_file_location("integration_conftest", PATH)
INTEGRATION = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(INTEGRATION)

# pytest finds hooks by this name.
pytest_sessionstart = INTEGRATION.pytest_sessionstart
