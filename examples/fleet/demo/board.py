"""What is going on in the fleet: on a terminal a table that changes, else a line for each thing that happens."""

import os
import shutil
import sys
import time
from collections.abc import Callable

Row = tuple[object, ...]
WIDTHS = (10, 8, 8, 8, 8, 8, 30)
COLOURS = {"up": "32", "DOWN": "1;31", "killed": "1;31", "back": "1;32", "ok": "1;32", "!!": "1;31"}


class Board:
    """`tables` gives the rows of now, headings first, None between two tables."""

    def __init__(self, tables: Callable[[], list[Row | None]]) -> None:
        self.tables = tables
        terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        height = shutil.get_terminal_size().lines
        self.live = terminal and height > 30
        self.coloured = terminal and not os.environ.get("NO_COLOR")
        self.started = time.monotonic()
        self.unfinished = 0

    def say(self, text: str = "") -> None:
        """A line that stays, with the table below it."""
        self.wipe()
        print(self.paint(text), flush=True)
        self.show()

    def tell(self, text: str) -> None:
        """The same, with the seconds since the start."""
        self.say(f"{time.monotonic() - self.started:6.1f} s  {text}")

    def wipe(self) -> None:
        if self.unfinished:
            print(f"\x1b[{self.unfinished}F\x1b[J", end="")
        self.unfinished = 0

    def show(self) -> None:
        if self.live:
            self.wipe()
            lines = self.lines()
            print("\n".join(map(self.paint, lines)), flush=True)
            self.unfinished = len(lines)

    def end(self) -> None:
        """The last state of the table stays."""
        self.wipe()
        self.live = False
        print("\n".join(map(self.paint, self.lines())), flush=True)

    def lines(self) -> list[str]:
        width = shutil.get_terminal_size().columns if self.coloured else 1000
        rows = [" ".join(str(cell).ljust(size) for cell, size in zip(row, WIDTHS)) if row else "" for row in self.tables()]
        return [row[:width].rstrip() for row in rows]

    def paint(self, text: str) -> str:
        if not self.coloured:
            return text
        return " ".join(f"\x1b[{COLOURS[word]}m{word}\x1b[0m" if word in COLOURS else word for word in text.split(" "))
