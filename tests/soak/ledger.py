"""The histories of all processes, put together: what happened to each call and to each application."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from history import Line, read

NO_ANSWER = 0


@dataclass
class Claim:
    """One request of an application. Without an answer nobody knows what came of it."""

    app: str
    sent: int
    answered: int | None = None
    status: int = NO_ANSWER

    @property
    def accepted(self) -> bool:
        return self.status == 204


@dataclass
class Round:
    """StasisBroadcast() once. The dialplan goes on after it, except after a hang-up."""

    offered: int
    went_on: int | None = None
    outcome: Line = field(default_factory=dict)


@dataclass
class Call:
    """All that is known of one call. Times are CLOCK_MONOTONIC in nanoseconds."""

    id: str
    originated: bool = False
    turned_away: bool = False
    caller: str = ""
    rounds: list[Round] = field(default_factory=list)
    ended: int | None = None
    outcome: Line = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    starts: list[tuple[str, int]] = field(default_factory=list)
    hangups: list[int] = field(default_factory=list)

    @property
    def lost_winners(self) -> set[str]:
        """Whom the dialplan names as applications that claimed the call and were gone before they had it."""
        return set(filter(None, self.outcome.get("lost", "").split("&")))

    def apps_accepted(self) -> set[str]:
        return {claim.app for claim in self.claims if claim.accepted}


@dataclass
class Application:
    """When connections with this name ended, and when somebody did not read."""

    ends: list[int] = field(default_factory=list)
    stops: list[tuple[int, int]] = field(default_factory=list)


class Ledger:
    """Calls by id, applications by name, and when which module was away."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.applications: defaultdict[str, Application] = defaultdict(Application)
        self.away: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.leaves: dict[str, int] = {}
        self.everybody_hung_up: list[int] = []

    def call(self, line: Line) -> Call:
        return self.calls.setdefault(line["call"], Call(line["call"]))

    def read_folder(self, folder: Path) -> None:
        for path in sorted(folder.rglob("*.jsonl")):
            self.add(read(path))

    def add(self, lines: Iterable[Line]) -> None:
        """The history of one process, in its order."""
        Reader(self).read(lines)

    def close(self) -> None:
        """All histories are in: bring what several processes know into its order."""
        for call in self.calls.values():
            call.hangups += self.everybody_hung_up
            if call.caller in self.leaves:
                call.hangups.append(self.leaves[call.caller])


class Reader:
    """Reads the history of one process: its answers belong to its own requests."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.unanswered: dict[tuple[str, str, int], Claim] = {}
        self.since: dict[tuple[str, str], int] = {}

    def read(self, lines: Iterable[Line]) -> None:
        for line in lines:
            handler = getattr(self, "on_" + line["what"].replace("-", "_"), None)
            if handler:
                handler(line)
        # Who was stopped and killed never read again.
        for (kind, name), since in self.since.items():
            self.end(kind, name, since, since)

    # Applications

    def on_claim(self, line: Line) -> None:
        claim = Claim(line["app"], line["t"])
        self.ledger.call(line).claims.append(claim)
        self.unanswered[line["call"], line["app"], line.get("request", 0)] = claim

    def on_answer(self, line: Line) -> None:
        if line["to"] == "claim":
            claim = self.unanswered.pop((line["call"], line["app"], line.get("request", 0)))
            claim.answered, claim.status = line["t"], line["status"]
        elif line["to"] == "originate" and line["status"] == 200:
            self.ledger.call(line).originated = True

    def on_start(self, line: Line) -> None:
        self.ledger.call(line).starts.append((line["app"], line["t"]))

    def on_lost(self, line: Line) -> None:
        self.ledger.applications[line["app"]].ends.append(line["t"])

    on_killed = on_lost

    def on_stopped(self, line: Line) -> None:
        self.since["stop", line["app"]] = line["t"]

    def on_resumed(self, line: Line) -> None:
        self.end("stop", line["app"], self.since.pop(("stop", line["app"])), line["t"])

    # Callers

    def on_hangup(self, line: Line) -> None:
        self.ledger.call(line).hangups.append(line["t"])

    def on_leaves(self, line: Line) -> None:
        self.ledger.leaves[line["caller"]] = line["at"]

    def on_all_hung_up(self, line: Line) -> None:
        self.ledger.everybody_hung_up.append(line["t"])

    # The dialplan

    def on_offered(self, line: Line) -> None:
        call = self.ledger.call(line)
        call.caller = line.get("caller", "")
        call.rounds.append(Round(line["at"]))

    def on_went_on(self, line: Line) -> None:
        call = self.ledger.call(line)
        call.rounds[-1].went_on = line["at"]
        call.rounds[-1].outcome = call.outcome = line

    def on_turned_away(self, line: Line) -> None:
        self.ledger.call(line).turned_away = True

    def on_ended(self, line: Line) -> None:
        call = self.ledger.call(line)
        call.ended, call.outcome = line["at"], line

    # Modules

    def on_unloading(self, line: Line) -> None:
        self.since.setdefault(("module", line["module"]), line["t"])

    def on_loaded(self, line: Line) -> None:
        self.end("module", line["module"], self.since.pop(("module", line["module"])), line["t"])

    def end(self, kind: str, name: str, since: int, until: int) -> None:
        if kind == "stop":
            self.ledger.applications[name].stops.append((since, until))
        else:
            self.ledger.away[name].append((since, until))


def open_folder(folder: Path) -> Ledger:
    ledger = Ledger()
    ledger.read_folder(folder)
    ledger.close()
    return ledger


def numbered(calls: Iterable[Call]) -> Iterator[tuple[Call, int, Round]]:
    """Every round of every call."""
    for call in calls:
        for number, one in enumerate(call.rounds):
            yield call, number, one
