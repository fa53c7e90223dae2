#!/usr/bin/python3
"""Measures our modules against Asterisk's own in the sandbox's Asterisk 22.

usage: bench.py [--quick | --list]

BENCH_PAIRS=5       how many times each scenario is run with ours and with own (quick: 1)
BENCH_CASES="..."   only scenarios whose names begin with one of these words; --list shows them
BENCH_INSTANCE=...  the sandbox's instance (bench), if two are to run at once

Results: build/bench/report.json, table.txt, table.md and *.svg. The exit status is 0 if the bench
ran to its end, whether targets were met or not.
"""

import os
import shutil
import sys

import machine
import plots
import report
from asterisk import OUT, Asterisk
from race import RULE_BROKEN_TEXT
from runner import Outcome, Progress, minutes, run_scenario
from scenario import Context, Scenario
from scenarios import ALL

# Above so much load for each core before anything has begun, somebody else is at work.
BUSY_LOAD = 0.4


def chosen(quick: bool, words: list[str]) -> list[Scenario]:
    """The scenarios that were asked for, with those that they need."""
    names = {s.name for s in ALL if (s.name.startswith(tuple(words)) if words else s.in_quick or not quick)}
    for scenario in reversed(ALL):
        if scenario.name in names:
            names.update(scenario.after)
    for scenario in ALL:
        if scenario.name in names and scenario.program and not shutil.which(scenario.program):
            print(f"{scenario.name} is left out: there is no {scenario.program} (Debian: apt install {scenario.program})")
            names.remove(scenario.name)
    return [scenario for scenario in ALL if scenario.name in names]


def pair_count(quick: bool) -> int:
    text = os.environ.get("BENCH_PAIRS") or ("1" if quick else "5")
    if not text.isdigit() or not 1 <= int(text) <= 100:
        sys.exit(f"bench: BENCH_PAIRS={text} is not a number from 1 to 100")
    return int(text)


def asterisk_version() -> str:
    with Asterisk("own") as asterisk:
        return asterisk.cli("core show version").split(" built")[0].removeprefix("Asterisk ").strip()


def head_of_report(quick: bool, pairs: int) -> dict:
    about = machine.describe()
    if about["load_at_start"] > BUSY_LOAD * about["cores"]:
        print(
            f"WARNING: load average {about['load_at_start']:.1f} on {about['cores']} cores before anything has begun: "
            "others are at work here. Trust the ratios more than the numbers, and no p99 much."
        )
    return {"commit": machine.commit(), "asterisk": asterisk_version(), **about, "quick": quick, "pairs": pairs}


def show(result: dict, quick: bool, seconds: float) -> None:
    print("\n" + report.text_table(result))
    print(f"\ncommit {result['commit']}, Asterisk {result['asterisk']}, {result['cpu']}, {result['cores']} cores")
    if quick:
        print("This was a rough measurement: few calls, too few pairs for a verdict. make bench takes its time.")
    print(f"{report.closing(result)} ({minutes(seconds)} min; {OUT}/report.json)")


def main() -> int:
    words = sys.argv[1:]
    if words == ["--list"]:
        print("\n".join(f"{scenario.name:22}{scenario.title}" for scenario in ALL))
        return 0
    if words not in ([], ["--quick"]):
        print((__doc__ or "").strip())
        return 0 if words in (["--help"], ["-h"]) else 2
    quick = bool(words)
    scenarios = chosen(quick, os.environ.get("BENCH_CASES", "").split())
    if not scenarios:
        sys.exit(f"bench: no scenario that can run has a name that begins with {os.environ['BENCH_CASES']}; see bench/bench.py --list")
    OUT.mkdir(parents=True, exist_ok=True)
    head = head_of_report(quick, pair_count(quick))
    progress = Progress(scenarios, head["pairs"], quick)
    context = Context(quick)
    outcomes: list[Outcome] = []
    result = report.build(head, outcomes)
    for scenario in scenarios:
        outcomes.append(run_scenario(scenario, context, progress))
        # After each, so that what was measured is there if the run is stopped.
        result = report.build(head, outcomes)
        report.write(result, OUT)
    plots.draw(OUT, result, context)
    show(result, quick, progress.elapsed())
    broken = [text for text in result["trouble"] if text.startswith("ours:") and RULE_BROKEN_TEXT in text]
    for text in broken:
        print(f"bench: a rule was broken, {text}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nbench: stopped; what was measured so far is in build/bench/report.json")
