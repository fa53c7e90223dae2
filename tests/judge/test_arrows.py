"""How the code hangs together: who is called knows nothing of who calls (docs/ARCHITECTURE.md)."""

import graphlib
import re
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent.parent
CORE = REPO / "core"
MODULES = REPO / "modules"
RESOURCE = MODULES / "res_stasis_broadcast"
RACE = REPO / "tools" / "ari-race"
FOLDERS = sorted({CORE, MODULES, RACE, *(file.parent for file in MODULES.rglob("*.c"))})
# Subjects of several files, which call each other by a header of their own.
FAMILIES = {
    "broadcast": {"broadcast", "claim", "bids", "recipients", "observers", "telling"},
    "ere": {"ere", "ere_bracket"},
    "options": {"options", "options_check"},
}
# What other modules may know of the resource module: optional API, and plain C.
SHOWN = re.compile(r"res_stasis_broadcast/(\w+_api|\w+_types|settings_values)\.h")
LONGEST = 40

sys.setrecursionlimit(10000)


def files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.c"), *folder.glob("*.h")])


def plain(file: Path) -> str:
    """The code of a file, without comments and what stands in quotes (but for includes)."""
    text = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
    return re.sub(r'(?m)^(?!#include).*$', lambda line: re.sub(r'"(?:\\.|[^"\\])*"', '""', line[0]), text)


def includes(file: Path) -> list[str]:
    return re.findall(r'^#include "([^"]+)"', file.read_text(), re.MULTILINE)


def subject(stem: str) -> str:
    return next((name for name, stems in FAMILIES.items() if stem in stems), stem)


def arrows_by_includes(folder: Path) -> dict[str, set[str]]:
    """Which subject (its .c and .h together) includes which others of its folder, but for headers that files share."""
    sources = {file.stem for file in folder.glob("*.c")}
    graph: dict[str, set[str]] = {}
    for file in files(folder):
        known = {name[:-2] for name in includes(file) if name[:-2] in sources}
        if file.stem in sources:
            graph.setdefault(subject(file.stem), set()).update(map(subject, known))
    return {name: others - {name} for name, others in graph.items()}


def own_names(code: str) -> set[str]:
    """The functions and variables of a file that others can name."""
    functions = re.findall(r"^(?!static\b)[a-z][\w *]*?(\w+)\([^;{]*\)\s*\n\{", code, re.MULTILINE)
    variables = re.findall(r"^(?!static\b)[a-z][\w *]*?(\w+)(?:\[\w*\])* =", code, re.MULTILINE)
    return {*functions, *variables}


def arrows_by_names(folder: Path) -> dict[str, set[str]]:
    """Which subject names a function or a variable of which others."""
    code = {file.stem: plain(file) for file in folder.glob("*.c")}
    owner = {name: stem for stem, text in code.items() for name in own_names(text)}
    graph: dict[str, set[str]] = {}
    for stem, text in code.items():
        hidden = set(re.findall(r"^static [\w *]*?(\w+)(?:\(|\[| =|;)", text, re.MULTILINE))
        named = set(re.findall(r"\b[a-z]\w+\b", text)) - hidden
        graph.setdefault(subject(stem), set()).update(subject(owner[name]) for name in named & owner.keys())
    return {name: others - {name} for name, others in graph.items()}


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def functions(file: Path) -> dict[str, int]:
    """The length of each function, from the line of its name to its last brace."""
    lengths, name, begin = {}, "", 0
    for number, line in enumerate(file.read_text().splitlines(), 1):
        start = re.match(r"[a-zA-Z_][\w *]*?(\w+)\((?!.*;$)", line)
        if start:
            name, begin = start[1], number
        elif line == "}" and name:
            lengths[name], name = number - begin + 1, ""
    return lengths


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(REPO)))
@pytest.mark.parametrize("arrows", [arrows_by_includes, arrows_by_names], ids=["includes", "names"])
def test_no_circle(folder: Path, arrows) -> None:
    assert circle(arrows(folder)) == []


def test_arrows_are_seen() -> None:
    for arrows in arrows_by_includes, arrows_by_names:
        graph = arrows(RESOURCE)
        assert {"widening", "attach", "events"} <= graph["offer"] and "candidates" in graph["widening"]
        assert "broadcast" in arrows(CORE)["registry"]
    assert circle({"queue": {"thread"}, "thread": {"queue"}})
    assert "stages" in arrows_by_includes(RACE)["run"]
    assert "workers" in arrows_by_names(RESOURCE / "dispatch")["watchdog"]


def test_core_knows_no_module() -> None:
    own = {file.name for file in CORE.glob("*.h")}
    foreign = {(file.name, name) for file in files(CORE) for name in includes(file) if name not in own}
    assert foreign == set()
    assert not [file.name for file in files(CORE) if "asterisk" in plain(file)]


def test_modules_meet_at_their_headers() -> None:
    """A module takes of another what that shows, of the core only the resource module."""
    core = {file.name for file in CORE.glob("*.h")}
    wrong = []
    for file in MODULES.rglob("*.[ch]"):
        if RESOURCE in file.parents or file.parent == MODULES:
            continue
        own = {other.name for other in file.parent.glob("*.h")}
        shared = {other.name for other in MODULES.glob("*.h")} | {"version.h"}
        wrong += [
            (str(file.relative_to(MODULES)), name)
            for name in includes(file)
            if not name.startswith(("asterisk", "rest-api/")) and name not in own | shared and not SHOWN.fullmatch(name)
            or name in core - own - shared
        ]
    assert wrong == []


def test_functions_of_one_screen() -> None:
    lengths = {f"{file.name}:{name}": n for folder in FOLDERS for file in files(folder) for name, n in functions(file).items()}
    assert len(lengths) > 1000
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
