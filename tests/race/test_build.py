"""How ari-race is built, and how its code hangs together."""

import graphlib
import os
import re
import subprocess
from pathlib import Path

from program import PROGRAM, REPO

SOURCE = REPO / "tools" / "ari-race"
LONGEST = 40


def files() -> list[Path]:
    return sorted([*SOURCE.glob("*.c"), *SOURCE.glob("*.h")])


def arrows() -> dict[str, set[str]]:
    """Which subject (its .c and .h together) includes which others."""
    found: dict[str, set[str]] = {}
    for file in files():
        names = re.findall(r'^#include "(\w+)\.h"$', file.read_text(), re.MULTILINE)
        found.setdefault(file.stem, set()).update(name for name in names if name != file.stem)
    return found


def functions(file: Path) -> dict[str, int]:
    """The length of each function, from the line of its name to its last brace."""
    lengths, name, begin = {}, "", 0
    for number, line in enumerate(file.read_text().splitlines(), 1):
        start = re.match(r"[a-z][\w *]*?(\w+)\((?!.*;$)", line)
        if start:
            name, begin = start[1], number
        elif line == "}" and name:
            lengths[name], name = number - begin + 1, ""
    return lengths


def test_make_says_where_it_is() -> None:
    done = subprocess.run(["make", "-s", "ari-race"], cwd=REPO, capture_output=True, text=True, check=True, timeout=120)
    path = REPO / done.stdout.splitlines()[-1].rpartition(" ")[2]
    assert path == PROGRAM and os.access(path, os.X_OK)


def test_arrows_point_one_way() -> None:
    graph = arrows()
    assert "stages" in graph["run"]
    graphlib.TopologicalSorter(graph).prepare()


def test_functions_of_one_screen() -> None:
    lengths = {f"{file.name}:{name}": length for file in files() for name, length in functions(file).items()}
    assert len(lengths) > 200
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
