"""Packages from npm that a folder's package.json names, in build/ and nowhere else."""

import fcntl
import shutil
import subprocess
from pathlib import Path

from .asterisk import REPO


def install(source: Path, name: str) -> Path:
    """Have npm put them into build/NAME, once. Two runs may want it at the same time. Returns their node_modules."""
    build = REPO / "build" / name
    build.mkdir(parents=True, exist_ok=True)
    with open(build / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (source / "package.json").read_text()
        done = build / "installed"
        if not (done.exists() and done.read_text() == wanted):
            shutil.copy(source / "package.json", build)
            command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
            npm = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False)
            assert npm.returncode == 0, f"{' '.join(command)}: {npm.stderr}"
            done.write_text(wanted)
    return build / "node_modules"
