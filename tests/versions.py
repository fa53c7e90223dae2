"""The versions of Asterisk that the sandbox has: its list, sandbox/versions, for Python."""

from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).resolve().parent.parent / "sandbox" / "versions"


@dataclass(frozen=True)
class Version:
    """One line of the list. `like` is the version whose behaviour it has, as the tests know it."""

    name: str
    like: int
    may_be_missing: bool


def read_versions(path: Path = LIST) -> list[Version]:
    versions = []
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, like, _, _, _, _, _, _, missing, _ = line.split()
            versions.append(Version(name, int(like), missing == "skipped"))
    return versions
