#!/usr/bin/python3
"""Proves from the history of a soak of the fleet alone that the promises were kept.

usage: check.py FILE        the history: lines of JSON, each with `t` (seconds, monotonic) and `what`

  call     a call is placed: `call`, `node`
  hangup   its caller is about to hang up
  outcome  it has ended: `stasis`, `broadcast`, `winner`, `lost`, as the dialplan has them
  won      a worker has been told that a call is its own: `app`, `call`
  asked    nobody has answered a request of `app`: it may have won something and not know of it
  start    StasisStart has come to it
  faulty   from now until `until`, `app` may lose what it has won: it was killed, stopped or shut down
  died     an Asterisk was killed: `node`
  quiet    no faults from here on: all that is placed now is to be served
"""

import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

# After winning, so long a fault of the worker may still be why it does not get the call: hold_ms and the way there.
COMES_SECONDS = 9.0
# A request may lie so long in a NATS server that stands still.
LATE_SECONDS = 20.0


@dataclass
class Call:
    """All that is known of one call."""

    node: str
    placed: float
    hangup: float | None = None
    outcome: dict | None = None
    died: bool = False
    won: dict[str, float] = field(default_factory=dict)
    starts: list[str] = field(default_factory=list)


class History:
    """Calls by ID, faults by application."""

    def __init__(self, lines: list[dict]) -> None:
        self.calls: dict[str, Call] = {}
        self.faults: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self.unanswered: defaultdict[str, list[float]] = defaultdict(list)
        self.quiet = float("inf")
        for line in sorted(lines, key=lambda line: line["t"]):
            getattr(self, line["what"])(line)

    def call(self, line: dict) -> None:
        self.calls[line["call"]] = Call(line["node"], line["t"])

    def hangup(self, line: dict) -> None:
        self.calls[line["call"]].hangup = line["t"]

    def outcome(self, line: dict) -> None:
        self.calls[line["call"]].outcome = line

    def won(self, line: dict) -> None:
        self.calls[line["call"]].won[line["app"]] = line["t"]

    def asked(self, line: dict) -> None:
        self.unanswered[line["app"]].append(line["t"])

    def start(self, line: dict) -> None:
        self.calls[line["call"]].starts.append(line["app"])

    def faulty(self, line: dict) -> None:
        self.faults[line["app"]].append((line["t"], line["until"]))

    def died(self, line: dict) -> None:
        for call in self.calls.values():
            if call.node == line["node"] and not call.outcome:
                call.died = True

    def quiet_from(self, line: dict) -> None:
        self.quiet = line["t"]

    def is_faulty(self, app: str, since: float) -> bool:
        return any(start <= since + COMES_SECONDS and since <= end for start, end in self.faults[app])


def every_call_ends(history: History):
    for name, call in history.calls.items():
        if not call.outcome and not call.died:
            yield name, "nobody has told how it ended"
        elif call.outcome and not call.outcome["stasis"] and call.hangup is None:
            yield name, f"it ended without a status: {call.outcome}"


def one_winner(history: History):
    """Whoever was told that the call is its own, but for one, has lost it again."""
    for name, call in history.calls.items():
        lost = set(filter(None, (call.outcome or {}).get("lost", "").split("&")))
        winners = set(call.won) - lost
        if len(winners) > 1 and not call.died:
            yield name, f"won by {sorted(winners)}"


def winner_gets_the_call(history: History):
    """No claim is lost: who was told 204 gets StasisStart, unless it, the caller or the Asterisk is gone."""
    for name, call in history.calls.items():
        for app, at in call.won.items():
            gone = call.died or call.hangup is not None and call.hangup < at + COMES_SECONDS
            if app not in call.starts and not gone and not history.is_faulty(app, at):
                yield name, f"{app} has won it and did not get it"


def no_uninvited_start(history: History):
    """Who did not ask gets nothing. Who is faulty may not have told of its winning, and an answer may be lost."""
    for name, call in history.calls.items():
        for app in call.starts:
            asked = any(abs(at - call.placed) < LATE_SECONDS for at in history.unanswered[app])
            if app not in call.won and not asked and not history.is_faulty(app, call.placed):
                yield name, f"{app} got it and had not won it"


def claimed_calls_have_a_start(history: History):
    for name, call in history.calls.items():
        outcome = call.outcome or {}
        if outcome.get("broadcast") == "CLAIMED" and outcome["stasis"] == "SUCCESS" and call.hangup is None:
            if outcome["winner"] not in call.starts and not history.is_faulty(outcome["winner"], call.placed):
                yield name, f"{outcome['winner']} had it, as the dialplan says, and knows nothing of it"


def served_when_all_is_quiet(history: History):
    for name, call in history.calls.items():
        if call.placed >= history.quiet and call.hangup is None and (call.outcome or {}).get("broadcast") != "CLAIMED":
            yield name, f"nothing was wrong any more, and it ended with {call.outcome}"


RULES = (every_call_ends, one_winner, winner_gets_the_call, no_uninvited_start, claimed_calls_have_a_start,
         served_when_all_is_quiet)  # fmt: skip


def check(lines: list[dict]) -> tuple[Counter, list[str]]:
    """What there was, and what was wrong with it."""
    history = History(lines)
    calls = history.calls.values()
    counts = Counter(calls=len(calls), claims=sum(len(call.won) for call in calls), starts=sum(len(call.starts) for call in calls))
    counts.update((call.outcome or {"broadcast": "died with its Asterisk"})["broadcast"] or "hung up" for call in calls)
    wrong = [f"{rule.__name__.replace('_', ' ')}: call {name}: {text}" for rule in RULES for name, text in rule(history)]
    if not counts["claims"]:
        wrong.append("there was something to prove: no call was won")
    return counts, wrong


def read(path: Path) -> list[dict]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["what"] = "quiet_from" if line["what"] == "quiet" else line["what"]
    return lines


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    counts, wrong = check(read(Path(sys.argv[1])))
    print(dict(counts), *wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
