"""What must be true of broadcasts whose channels become others, asked of a history: SPEC rules 2, 11 and 12.

rules.py judges calls that keep their IDs. Here a run of StasisBroadcast() is what counts: the dialplan's record and the
winner's StasisStart name it, and it has one ID after the other. An ID can go from one run to another. Lines beside
those of history.py:

  the dialplan  offered, went-on and ended with `run`, and `call`, the ID that the channel has at that moment
  applications  offer; claim and answer; start with `run`; claimed (CallClaimed) with `winner`
  the mover     run (`run`, `timeout_ms`, `silent`: without a PBX, so that the dialplan tells nothing of it),
                masquerade (`run`, `old`) before it, masqueraded (`run`, `old`, `new`) after it, away and redirect
                (`run`) before the caller is sent to another run, whose name is the run's and "-next"
  winners       hangup with `run`, before they end the call
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from history import Line, read
from ledger import Claim
from rules import Violation, ms

SENT_ON = "runs whose caller was taken away or redirected"


@dataclass
class Run:
    """StasisBroadcast() once. Times are CLOCK_MONOTONIC in nanoseconds."""

    name: str
    timeout_ms: int = 0
    silent: bool = False
    offered: int | None = None
    # From then to the end of the offer, on the dialplan's own clock.
    lasted_ns: int = 0
    # The IDs that its channel has had.
    ids: list[str] = field(default_factory=list)
    went_on: int | None = None
    ended: int | None = None
    outcome: Line = field(default_factory=dict)
    starts: list[tuple[str, int]] = field(default_factory=list)
    # Somebody took its caller away, redirected it, or hung it up though it is not its winner.
    left: bool = False


class Record:
    """All runs by name, and what was said to whom under which ID."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.claims: list[tuple[str, Claim]] = []
        # What each application heard of each ID, in its order: offers, and claims with their winners.
        self.heard: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        self.first_offers: dict[str, int] = {}
        self.masquerades: list[tuple[str, str]] = []
        self._hangups: list[tuple[str, str]] = []
        self._unanswered: dict[tuple[str, str, int], Claim] = {}

    def run(self, line: Line) -> Run:
        return self.runs.setdefault(line["run"], Run(line["run"]))

    def add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            handler = getattr(self, "on_" + line["what"].replace("-", "_"), None)
            if handler:
                handler(line)

    def close(self) -> None:
        """All is in: an ID that was hung up may have been another run's by then."""
        for channel_id, name in self._hangups:
            for run in self.of(channel_id):
                run.left = run.left or run.name != name

    def of(self, channel_id: str) -> list[Run]:
        return [run for run in self.runs.values() if channel_id in run.ids]

    # The dialplan and the mover

    def on_run(self, line: Line) -> None:
        run = self.run(line)
        run.timeout_ms, run.silent = line["timeout_ms"], line["silent"]
        run.ids.append(line["call"])

    def on_offered(self, line: Line) -> None:
        run = self.run(line)
        run.offered, run.lasted_ns = line["at"], -line["wall"]
        run.ids.append(line["call"])

    def on_went_on(self, line: Line) -> None:
        run = self.run(line)
        run.went_on, run.outcome = line["at"], line
        run.lasted_ns += line["wall"]

    def on_ended(self, line: Line) -> None:
        run = self.run(line)
        run.ended = line["at"]
        run.outcome = run.outcome or line

    def on_masqueraded(self, line: Line) -> None:
        self.run(line).ids.append(line["new"])
        self.masquerades.append((line["old"], line["new"]))

    def on_away(self, line: Line) -> None:
        self.run(line).left = True

    on_redirect = on_away

    def on_hangup(self, line: Line) -> None:
        self._hangups.append((line["call"], line["run"]))

    # Applications

    def on_offer(self, line: Line) -> None:
        self.heard[line["app"], line["call"]].append(("offer", ""))
        first = self.first_offers.setdefault(line["call"], line["t"])
        self.first_offers[line["call"]] = min(first, line["t"])

    def on_claimed(self, line: Line) -> None:
        self.heard[line["app"], line["call"]].append(("claimed", line["winner"]))

    def on_claim(self, line: Line) -> None:
        claim = Claim(line["app"], line["t"])
        self.claims.append((line["call"], claim))
        self._unanswered[line["app"], line["call"], line["request"]] = claim

    def on_answer(self, line: Line) -> None:
        claim = self._unanswered.pop((line["app"], line["call"], line["request"]))
        claim.answered, claim.status = line["t"], line["status"]

    def on_start(self, line: Line) -> None:
        self.run(line).starts.append((line["app"], line["t"]))


# The rules


def one_winner(record: Record) -> Iterator[Violation]:
    """At most one application is given the call of a run."""
    for run in record.runs.values():
        apps = {app for app, _ in run.starts}
        if len(apps) > 1:
            yield Violation("one winner", run.name, f"StasisStart in {', '.join(sorted(apps))}")
        named = run.outcome.get("winner", "")
        if apps and named and named not in apps:
            yield Violation("one winner", run.name, f"StasisStart in {', '.join(apps)}, the dialplan names {named}")


def excused(record: Record, claim: Claim, run: Run) -> bool:
    """Whether the caller left the run, and the claim came before it was on offer in the next one."""
    following = record.runs.get(f"{run.name}-next")
    return run.left and (not following or following.offered is None or claim.sent < following.offered)


def winner_gets_call(record: Record) -> Iterator[Violation]:
    """A claim that was accepted brings the call, unless the caller was taken elsewhere or hung up."""
    for channel_id, claim in record.claims:
        runs = record.of(channel_id)
        brought = any(app == claim.app for run in runs for app, _ in run.starts)
        if claim.accepted and not brought and not any(excused(record, claim, run) for run in runs):
            names = ", ".join(run.name for run in runs)
            what = f"claim of {claim.app} was accepted, and no StasisStart of {names} came"
            yield Violation("winner gets call", channel_id, what)


def no_uninvited_start(record: Record) -> Iterator[Violation]:
    """Who gets the call of a run has claimed it by one of its IDs."""
    for run in record.runs.values():
        for app, at in run.starts:
            if not any(
                claim.accepted and claim.app == app and channel_id in run.ids and claim.sent < at
                for channel_id, claim in record.claims
            ):
                yield Violation("no uninvited start", run.name, f"StasisStart in {app}, whose claims were refused")


def every_run_has_a_status(record: Record) -> Iterator[Violation]:
    """Every run of the dialplan has told how it went."""
    for run in record.runs.values():
        problem = "" if run.silent or run.left else status_problem(record, run)
        if problem:
            yield Violation("every run has a status", run.name, problem)


def status_problem(record: Record, run: Run) -> str:
    if run.offered is None:
        # Sent to it when the call was over.
        before = record.runs.get(run.name.removesuffix("-next"))
        return "" if before and before.outcome else "it never began"
    if run.ended is None and run.went_on is None:
        return "it has not ended"
    return "" if run.outcome.get("stasis") else "it left no STASISSTATUS"


def nobody_else_ends_a_run(record: Record) -> Iterator[Violation]:
    """A run ends by its own claim, time or caller: not because an earlier one with the same ID has ended."""
    for run in record.runs.values():
        problem = end_problem(run) if run.outcome and not run.left else ""
        if problem:
            yield Violation("nobody else ends a run", run.name, problem)


def end_problem(run: Run) -> str:
    told = (run.outcome.get("stasis"), run.outcome.get("broadcast"))
    if told == ("TIMEOUT", "TIMEOUT"):
        early = run.went_on is not None and run.lasted_ns < run.timeout_ms * 1_000_000
        return f"TIMEOUT after {run.lasted_ns / 1e6:.3f} of {run.timeout_ms} ms" if early else ""
    # Nobody hangs up but its winner.
    return "" if told == ("SUCCESS", "CLAIMED") else f"it ended with {told[0]} {told[1]}"


def no_claim_of_a_withdrawn_id(record: Record) -> Iterator[Violation]:
    """Once an application has heard of the new ID, the old one cannot be claimed any more."""
    for old, new in record.masquerades:
        withdrawn = record.first_offers.get(new)
        for channel_id, claim in record.claims:
            if channel_id == old and claim.accepted and withdrawn is not None and claim.sent > withdrawn:
                late = f"{ms(claim.sent, withdrawn)} after {new} was offered"
                yield Violation("no claim of a withdrawn id", old, f"claim of {claim.app}, {late}, was accepted")


def told_of_the_last_claim(record: Record) -> Iterator[Violation]:
    """What an application hears of a claim behind an offer is a claim of that offer, not of an earlier run's."""
    for (app, channel_id), heard in record.heard.items():
        runs = record.of(channel_id)
        number = -1
        for kind, winner in heard:
            number += kind == "offer"
            # A run that was sent on at once was never on offer: then this is the offer of a later one. A winner whose
            # caller was sent on had no StasisStart.
            unknown = any(run.left and not run.starts for run in runs[max(number, 0) :])
            winners = set() if unknown else {name for run in runs[max(number, 0) :] for name, _ in run.starts}
            if kind == "claimed" and number < 0:
                yield Violation("told of the last claim", channel_id, f"{app} was told of a claim and of no offer")
            elif kind == "claimed" and winners and winner not in winners:
                what = f"{app} was told that {winner} has claimed offer {number + 1}"
                yield Violation("told of the last claim", channel_id, what)


RULES = (
    one_winner,
    winner_gets_call,
    no_uninvited_start,
    every_run_has_a_status,
    nobody_else_ends_a_run,
    no_claim_of_a_withdrawn_id,
    told_of_the_last_claim,
)


def violations(record: Record) -> list[Violation]:
    return [violation for rule in RULES for violation in rule(record)]


def count(record: Record) -> Counter[str]:
    """What there was to be checked: a proof about nothing is none."""
    counts: Counter[str] = Counter(runs=len(record.runs), masquerades=len(record.masquerades))
    for run in record.runs.values():
        counts[SENT_ON] += bool(run.left)
        counts["runs with StasisStart"] += bool(run.starts)
        later_ids = set(run.ids) - {run.ids[0]}
        counts["runs on offer under a second ID"] += any(one in record.first_offers for one in later_ids)
        if run.outcome:
            counts[f"status {run.outcome.get('stasis') or 'none:'} {run.outcome.get('broadcast')}"] += 1
    for _, claim in record.claims:
        counts[f"claims answered {claim.status}"] += 1
    return counts


def open_file(path: Path) -> Record:
    record = Record()
    record.add(read(path))
    record.close()
    return record
