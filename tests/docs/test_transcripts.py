"""The transcripts of docs/RUNNING.md are what a recording of today shows, but for numbers."""

import subprocess
import sys

from pages import REPO


def test_transcripts_are_what_is_recorded_today():
    done = subprocess.run([sys.executable, REPO / "tests/docs/record.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
