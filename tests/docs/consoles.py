"""Blocks that show commands after "$ " and what they print: … stands for anything, a line of … for any lines."""

import re

from pages import Block


def sessions(block: Block) -> list[tuple[str, list[str]]]:
    """The commands of a block, and the lines that they print."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            assert found, f"{block.place}: begins without a command"
            found[-1][1].append(line)
    return found


def assert_shown(place: str, shown: list[str], printed: str) -> None:
    """That a command printed what the page shows."""
    pattern = ""
    for line in shown:
        if line == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ ]*\n"
    printed = "".join(line.rstrip() + "\n" for line in printed.strip("\n").splitlines())
    assert re.fullmatch(pattern, printed), f"{place} shows\n{chr(10).join(shown)}\nand it prints\n{printed}"
