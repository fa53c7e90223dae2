"""The first version, to compare with: its modules, built and run by the sandbox of today."""

import shutil
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
COMMIT = "0ad6300"
FOLDER = REPO / "build" / "bench" / f"before-{COMMIT}"


def sandbox() -> Path:
    """The sandbox of its source tree, which is unpacked when it is wanted first."""
    program = FOLDER / "sandbox" / "sandbox"
    if not program.exists():
        unpack()
    return program


def unpack() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", REPO, "archive", COMMIT], capture_output=True, check=False)
    if archive.returncode:
        raise OSError(f"the first version, commit {COMMIT}, is not in this clone: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", FOLDER], input=archive.stdout, check=True)
    # Whatever a sandbox has to do with what is measured is the same for both.
    shutil.rmtree(FOLDER / "sandbox")
    shutil.copytree(REPO / "sandbox", FOLDER / "sandbox")
    # It asks for these, which the first version did not have.
    (FOLDER / "tools").mkdir(exist_ok=True)
    for name in ("VERSION", "tools/version"):
        shutil.copy(REPO / name, FOLDER / name)
