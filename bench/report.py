"""build/bench/report.json, and the same as a table."""

import json
from pathlib import Path

from stats import Case, Pairs, Spread
from runner import Outcome
from scenario import BEFORE, NOTHING, OWN


def case_json(case: Case, pairs: Pairs, outcome: Outcome) -> dict:
    entry: dict = {"name": case.name, "unit": case.unit, "ours": None, "own": None, "ratio": None}
    if pairs.ours:
        entry["ours"] = Spread(pairs.ours).as_json()
    if pairs.own:
        entry["own"] = Spread(pairs.own).as_json()
        if pairs.ratio:
            entry["ratio"] = pairs.ratio.as_json(with_runs=False)
    else:
        entry["own_why"] = case.own_cannot or "; ".join(outcome.trouble) or "not run"
    entry["pairs"] = min(len(pairs.ours), len(pairs.own)) if pairs.own else len(pairs.ours)
    entry["target"] = case.target or None
    # No value of ours, no target reached.
    entry["met"] = case.verdict(pairs) if pairs.ours else (False if case.target else None)
    return entry


def build(head: dict, outcomes: list[Outcome]) -> dict:
    cases = []
    for outcome in outcomes:
        for case in outcome.scenario.cases:
            pairs = outcome.pairs(case.name)
            if pairs.ours or not any(outcome.runs["ours"]):
                entry = case_json(case, pairs, outcome)
                entry["scenario"] = outcome.scenario.title
                entry["beside"] = outcome.scenario.beside
                entry["others_cores"] = Spread(outcome.others).median if outcome.others else None
                cases.append(entry)
    return head | {"cases": cases, "trouble": [text for outcome in outcomes for text in outcome.trouble]}


def number(value: float) -> str:
    """Three digits that count, and no exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def spread(entry: dict | None) -> str:
    if not entry:
        return "-"
    return f"{number(entry['median'])} ({number(entry['min'])} to {number(entry['max'])})"


def verdict(entry: dict) -> str:
    return {True: "met", False: "NOT MET", None: ""}[entry["met"]]


# A table for each of those that ours is measured beside: what is written over it, and the columns of the two.
TABLES = {
    OWN: ("Beside Asterisk's own", ("Asterisk's own", "ours / own")),
    BEFORE: ("With everything off, beside the first version", ("the first version", "ours / first")),
    NOTHING: ("By itself", ()),
}


def row(entry: dict) -> tuple[str, ...]:
    beside = (spread(entry["own"]), spread(entry["ratio"])) if entry["beside"] else ()
    return (entry["name"], entry["unit"], spread(entry["ours"]), *beside, entry["target"] or "", verdict(entry))


def tables(report: dict) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Those that have rows: title, and lines of which the first is the head."""
    found = []
    for beside, (title, columns) in TABLES.items():
        lines = [row(entry) for entry in report["cases"] if entry["beside"] == beside]
        if lines:
            found.append((title, [("case", "unit", "ours", *columns, "target", ""), *lines]))
    return found


def text_of(lines: list[tuple[str, ...]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown_of(lines: list[tuple[str, ...]]) -> str:
    lines = [lines[0], ("---",) * len(lines[0]), *lines[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def text_table(report: dict) -> str:
    return "\n\n".join(f"{title}\n{text_of(lines)}" for title, lines in tables(report))


def markdown_table(report: dict) -> str:
    return "\n\n".join(f"### {title}\n\n{markdown_of(lines)}" for title, lines in tables(report))


def closing(report: dict) -> str:
    judged = [entry for entry in report["cases"] if entry["met"] is not None]
    missed = [entry["name"] for entry in judged if not entry["met"]]
    text = f"{len(judged) - len(missed)} of {len(judged)} targets met"
    return text + (f"; not met: {', '.join(missed)}" if missed else "")


def write(report: dict, folder: Path) -> None:
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    (folder / "table.txt").write_text(text_table(report) + "\n")
    (folder / "table.md").write_text(markdown_table(report) + "\n")
