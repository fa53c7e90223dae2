"""The table of calls: filled in as they go on a terminal, else one line for each when it is over."""
import os
import re
import shutil
import sys
import time

from cases import APPLICATIONS, Case, Seen

HEADINGS = ("", "call", "offered to", "claims and answers", "winner", "ms", "what the caller got")
WIDTHS = (2, 22, 14, 28, 6, 4, 38)
GAP = "  "
COLOURS = {"red": "31", "green": "32", "blue": "34", "ok": "1;32", "!!": "1;31"}


class Table:
    """Where all that the demo says goes."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.live = terminal
        self.coloured = terminal and not os.environ.get("NO_COLOR")
        self.width = shutil.get_terminal_size().columns if terminal else 1000
        self.wide = self.width > len(GAP.join(" " * width for width in WIDTHS))
        self.unfinished = 0  # lines on the screen that the next ones replace

    def say(self, text: str = "") -> None:
        """A line that is not of the table, or several."""
        self.unfinished = 0
        print(text, flush=True)

    def heading(self) -> None:
        if self.wide:
            self.say(self.paint(join(HEADINGS), {name: "1" for name in HEADINGS if name}))

    def show(self, case: Case, seen: Seen, verdict: str | None = None) -> None:
        """Bring the row of a call up to date; with a verdict it stays."""
        if not self.live and verdict is None:
            return
        mark = verdict or "|/-\\"[int(time.monotonic() * 8) % 4]
        lines = [line[: self.width].rstrip() for line in self.row(mark, case, seen)]
        back = f"\x1b[{self.unfinished}F\x1b[J" if self.unfinished else ""
        print(back + "\n".join(self.paint(line, COLOURS) for line in lines), flush=True)
        self.unfinished = len(lines) if verdict is None else 0

    def row(self, mark: str, case: Case, seen: Seen) -> list[str]:
        title = f"{case.number} {case.title}"
        offered = " ".join(app for app in APPLICATIONS if app in seen.offers)
        answers = ", ".join([f"{app} {status}" for app, status in sorted(seen.claims, key=lambda claim: claim[1])]
                            + [f"{app} no" if status == 204 else f"{app} no ({status})"
                               for app, status in seen.declines])
        winner, ms, got = seen.winner(), seen.outcome.get("BROADCASTTIME", ""), seen.caller_got()
        if self.wide:
            return [join((mark, title, offered, answers, winner, ms, got))]
        won = f"won by {winner} after {ms or '?'} ms; " if winner else ""
        return [
            join((mark, title)),
            f"     offered to {offered or '-'}; answers: {answers or '-'}",
            f"     {won}the caller got {got or '-'}",
        ]

    def paint(self, text: str, colours: dict[str, str]) -> str:
        if not self.coloured:
            return text
        names = "|".join(re.escape(name) for name in sorted(colours, key=len, reverse=True))
        return re.sub(rf"(?<!\w)({names})(?!\w)", lambda found: f"\x1b[{colours[found[1]]}m{found[1]}\x1b[0m", text)


def join(cells: tuple[str, ...]) -> str:
    """Cells side by side; what does not fit is cut, but not the last one."""
    fitted = [cell[:width].ljust(width) for cell, width in zip(cells[:-1], WIDTHS)]
    return GAP.join([*fitted, cells[-1]])
