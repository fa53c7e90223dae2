"""How ari-race is built."""

import os
import subprocess

from program import PROGRAM, REPO


def test_make_says_where_it_is() -> None:
    done = subprocess.run(["make", "-s", "ari-race"], cwd=REPO, capture_output=True, text=True, check=True, timeout=120)
    path = REPO / done.stdout.splitlines()[-1].rpartition(" ")[2]
    assert path == PROGRAM and os.access(path, os.X_OK)
