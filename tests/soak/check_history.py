#!/usr/bin/python3
"""Proves from the histories of a soak alone that the promises were kept.

usage: check_history.py FOLDER ...      all *.jsonl below it, see history.py for what is in them

Exit status 0 if every rule of rules.py held, 1 if one was broken or nothing worth a proof happened.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ledger import Ledger, Call, open_folder
from rules import Violation, connection_gone, hung_up, violations

SHOWN = 20


@dataclass
class Findings:
    """What the history says."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    @property
    def worth_it(self) -> bool:
        """Whether there was anything to be proved."""
        return self.counts["calls"] > 0 and self.counts["claims answered 204"] > 0

    @property
    def proved(self) -> bool:
        return self.worth_it and not self.violations

    def __str__(self) -> str:
        lines = [f"  {count:7} {name}" for name, count in self.counts.items() if count]
        lines += [str(violation) for violation in self.violations[:SHOWN]]
        if len(self.violations) > SHOWN:
            lines.append(f"... and {len(self.violations) - SHOWN} more")
        return "\n".join(lines)


def count(ledger: Ledger) -> Counter[str]:
    """What there was to be checked: a proof about nothing is none."""
    counts: Counter[str] = Counter()
    calls = [call for call in ledger.calls.values() if call.rounds]
    counts["calls"] = len(calls)
    counts["offers"] = sum(len(call.rounds) for call in calls)
    counts["calls turned away meanwhile"] = sum(call.turned_away for call in ledger.calls.values())
    for call in calls:
        for claim in call.claims:
            counts[f"claims answered {claim.status}" if claim.status else "claims without an answer"] += 1
            if claim.accepted and claim.app not in {app for app, _ in call.starts}:
                reason = "connection gone" if connection_gone(ledger, call, claim) else "call hung up"
                counts[f"won and not got, {reason}"] += connection_gone(ledger, call, claim) or hung_up(call)
        counts[f"calls with StasisStart in {len({app for app, _ in call.starts})} applications"] += 1
        counts["calls offered again, winner lost"] += bool(call.lost_winners)
        counts["calls hung up while on offer or in Stasis"] += hung_up(call)
    for name, number in sorted(Counter(map(status, calls)).items()):
        counts[f"status {name}"] = number
    return counts


def status(call: Call) -> str:
    """How the call's last offer ended, as the dialplan knows it."""
    why = call.outcome.get("broadcast") or call.outcome.get("try") or ""
    return f"{call.outcome.get('stasis') or 'none:'} {why}"


def check(*folders: Path) -> Findings:
    findings = Findings()
    for folder in folders:
        ledger = open_folder(folder)
        findings.counts += count(ledger)
        findings.violations += violations(ledger)
    return findings


def main() -> int:
    folders = [Path(word) for word in sys.argv[1:]]
    if not folders or not all(folder.is_dir() for folder in folders):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    findings = check(*folders)
    print(findings)
    print("proved" if findings.proved else "NOT PROVED")
    return 0 if findings.proved else 1


if __name__ == "__main__":
    sys.exit(main())
