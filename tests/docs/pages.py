"""The pages for users: what of them can be run or compared, and the tables of names in them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent

# Those with commands and snippets. The others are for developers.
PAGES = (
    "README.md", "docs/GETTING_STARTED.md", "docs/RUNNING.md", "docs/APPLICATIONS.md", "docs/REFERENCE.md",
    "docs/MIGRATING.md", "docs/CONSOLE.md", "docs/PACKAGES.md", "docs/METRICS.md", "docs/FLEET.md",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the word behind it that says what it is for, and where it stands."""

    page: str
    line: int
    language: str
    purpose: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str:
        """What the page says that it is to be saved as."""
        return self.purpose.removeprefix("file=") if self.purpose.startswith("file=") else ""

    @property
    def commands(self) -> list[str]:
        """The lines of a shell block, without what stands behind a hash."""
        lines = [re.sub(r"\s+#.*", "", line) for line in self.text.splitlines()]
        return [line for line in lines if line.strip() and not line.startswith("#")]


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = []
    text = (REPO / page).read_text(encoding="utf-8")
    for match in re.finditer(r"^```(.*)\n((?s:.*?))^```$", text, re.MULTILINE):
        language, _, purpose = match[1].partition(" ")
        found.append(Block(page, text.count("\n", 0, match.start()) + 1, language, purpose, match[2]))
    return found


def block(page: str, language: str, purpose: str = "") -> Block:
    """The only block of a page with that language and purpose."""
    found = [one for one in blocks(page) if (one.language, one.purpose) == (language, purpose)]
    assert len(found) == 1, f"{page} has {len(found)} blocks ```{language} {purpose}"
    return found[0]


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next one of its rank or of a higher one."""
    text = (REPO / page).read_text(encoding="utf-8")
    match = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert match, f"{page} has no heading {heading!r}"
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


@dataclass
class Table:
    """A table: the text of its cells, without the head."""

    head: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def names(self, column: int = 0) -> list[str]:
        """What is written as code at the beginning of a column's cells."""
        return [code(row[column]) for row in self.rows]


def code(cell: str) -> str:
    """The first code of a cell; empty if it does not begin with any."""
    match = re.match(r"`([^`]+)`", cell)
    return match[1] if match else ""


def tables(text: str) -> list[Table]:
    """The tables of a text."""
    found: list[Table] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
        if not inside:
            found.append(Table(cells))
            inside = True
        elif set(line) - set("|-: "):
            found[-1].rows.append(cells)
    return found


def table(page: str, heading: str, first: str) -> Table:
    """The table of a section whose first column has that head."""
    found = [one for one in tables(section(page, heading)) if one.head[0] == first]
    assert len(found) == 1, f"{page}, {heading}: {len(found)} tables of {first!r}"
    return found[0]


def links(page: str) -> list[tuple[str, str]]:
    """Where a page leads to: file and heading, as written."""
    text = re.sub(r"^```(?s:.*?)^```$", "", (REPO / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = re.sub(r"`[^`\n]+`", "", text)
    return [tuple(link.partition("#")[::2]) for link in re.findall(r"\]\(([^)\s]+)\)", text)]


def anchors(path: Path) -> set[str]:
    """The headings of a page as links name them."""
    text = re.sub(r"^```(?s:.*?)^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
