"""Runs scenarios in pairs, ours and Asterisk's own by turns, and says how far it is."""

import statistics
import sys
import time
from dataclasses import dataclass, field

from asterisk import NO_RESULT, Asterisk
from stats import Pairs
from scenario import Context, Stats, Scenario

# A run that cannot count, for example because an application did not come up, is repeated; and so
# many pairs more are run in place of those of which one side still has no result.
TRIES = 2
MORE_PAIRS = 3


@dataclass
class Outcome:
    """All runs of one scenario."""

    scenario: Scenario
    runs: dict[str, list[Stats]] = field(default_factory=lambda: {"ours": [], "own": []})
    # Why runs were repeated or given up.
    trouble: list[str] = field(default_factory=list)
    # Cores that others took meanwhile, run by run.
    others: list[float] = field(default_factory=list)

    def complete(self) -> int:
        """How many pairs have all sides."""
        return sum(all(pair) for pair in zip(*(self.runs[side] for side in self.scenario.sides)))

    def pairs(self, name: str) -> Pairs:
        """The values of a case: only those pairs of which both sides have one, unless own has none at all."""
        ours = [stats.get(name) for stats in self.runs["ours"]]
        own = [stats.get(name) for stats in self.runs["own"]]
        if all(value is None for value in own):
            return Pairs([value for value in ours if value is not None], [])
        both = [(a, b) for a, b in zip(ours, own) if a is not None and b is not None]
        return Pairs([a for a, _ in both], [b for _, b in both])


class Progress:
    """One line a run: what, which pair, how long it has been, how long it will take."""

    def __init__(self, scenarios: list[Scenario], pairs: int, quick: bool) -> None:
        self.scenarios = scenarios
        self.pairs = pairs
        self.quick = quick
        self.start = time.monotonic()
        self.seen: dict[str, list[float]] = {}
        self.runs_done: dict[str, int] = {}

    def run_seconds(self, scenario: Scenario) -> float:
        seen = self.seen.get(scenario.name)
        return statistics.mean(seen) if seen else scenario.seconds[1 if self.quick else 0]

    def pairs_of(self, scenario: Scenario) -> int:
        return min(self.pairs, scenario.most_pairs)

    def remaining(self) -> float:
        runs = {s.name: len(s.sides) * self.pairs_of(s) - self.runs_done.get(s.name, 0) for s in self.scenarios}
        return sum(max(0, runs[s.name]) * self.run_seconds(s) for s in self.scenarios)

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def begin(self, scenario: Scenario, pair: int, side: str) -> None:
        number = self.scenarios.index(scenario) + 1
        print(
            f"[{minutes(self.elapsed())}, about {minutes(self.remaining())} left] "
            f"{number}/{len(self.scenarios)} {scenario.name}, pair {pair + 1}/{self.pairs_of(scenario)} {side:4}",
            end="",
            flush=True,
        )
        self.began = time.monotonic()

    def end(self, scenario: Scenario, stats: Stats, others: float) -> None:
        self.seen.setdefault(scenario.name, []).append(time.monotonic() - self.began)
        self.runs_done[scenario.name] = self.runs_done.get(scenario.name, 0) + 1
        text = "  ".join(f"{name} {value:.4g}" for name, value in stats.items())
        seconds = time.monotonic() - self.began
        print(f"  {text}  ({seconds:.0f} s, others took {others:.1f} cores)", flush=True)


def minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def run_side(scenario: Scenario, context: Context, side: str, outcome: Outcome) -> Stats:
    """One run that counts; empty if there was none."""
    for _ in range(TRIES):
        Asterisk.others.clear()
        try:
            stats = scenario.measure(context, side)
        except NO_RESULT as error:
            text = f"{side}: {error or type(error).__name__}"
            outcome.trouble.append(text)
            print(f"\n  run does not count, {text}", file=sys.stderr, flush=True)
            continue
        outcome.others.append(max(Asterisk.others))
        return stats
    return {}


def run_scenario(scenario: Scenario, context: Context, progress: Progress) -> Outcome:
    outcome = Outcome(scenario)
    pairs = progress.pairs_of(scenario)
    for pair in range(pairs + MORE_PAIRS):
        if outcome.complete() == pairs:
            break
        for side in scenario.sides if pair % 2 == 0 else reversed(scenario.sides):
            progress.begin(scenario, pair, side)
            stats = run_side(scenario, context, side, outcome)
            outcome.runs[side].append(stats)
            progress.end(scenario, stats, outcome.others[-1] if stats else 0.0)
    for side in scenario.sides:
        for case in scenario.cases:
            values = [stats[case.name] for stats in outcome.runs[side] if case.name in stats]
            if values:
                context.known[case.name, side] = statistics.median(values)
    return outcome
