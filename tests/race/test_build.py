"""How ari-race is built."""

import os
import shutil
import subprocess
from pathlib import Path

from program import PROGRAM, REPO, environment


def test_make_says_where_it_is() -> None:
    done = subprocess.run(["make", "-s", "ari-race"], cwd=REPO, capture_output=True, text=True, check=True, timeout=120)
    path = REPO / done.stdout.splitlines()[-1].rpartition(" ")[2]
    assert path == PROGRAM and os.access(path, os.X_OK)


def test_without_libnats_it_says_how_to_get_it(tmp_path: Path) -> None:
    """What is compiled is the same but for one file."""
    folder = tmp_path / "built"
    shutil.copytree(PROGRAM.parent, folder, copy_function=shutil.copy2)
    command = ["make", "-s", "ari-race", "ARI_RACE_NATS=", f"ARI_RACE_BUILD={folder}"]
    subprocess.run(command, cwd=REPO, capture_output=True, check=True, timeout=120)
    program = folder / "ari-race"
    needs = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    assert "libnats" not in needs and "libwebsockets" in needs
    done = subprocess.run(
        [program, "--nats", "nats://127.0.0.1:4222"], capture_output=True, text=True, env=environment(), timeout=10,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("ari-race: --nats: ") and "libnats-dev" in done.stderr and done.stderr.count("\n") == 1
