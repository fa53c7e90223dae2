"""What is done with measured values: medians, ranges, ratios, and the verdict on a target."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Spread:
    """Values of several runs."""

    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_json(self, with_runs: bool = True) -> dict:
        result = {"median": self.median, "min": min(self.values), "max": max(self.values)}
        if with_runs:
            result["runs"] = self.values
        return result


@dataclass
class Pairs:
    """The values of one case, run by run: ours, and Asterisk's own where it can run the case."""

    ours: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> Spread | None:
        """Ours divided by own, pair by pair; None where own has no values, or is nothing to divide by."""
        if not self.own or 0 in self.own:
            return None
        return Spread([ours / own for ours, own in zip(self.ours, self.own)])


Verdict = Callable[[Pairs], bool | None]


@dataclass(frozen=True)
class Case:
    """One line of the report: a number, and what it has to reach."""

    name: str
    unit: str
    target: str
    # None: this number is for the record, it has no target.
    verdict: Verdict
    # Why Asterisk's own has no value here.
    own_cannot: str | None = None


def ours_at_most(limit: float) -> Verdict:
    return lambda pairs: Spread(pairs.ours).median <= limit


def ours_at_least(limit: float) -> Verdict:
    return lambda pairs: Spread(pairs.ours).median >= limit


def ratio_at_most(limit: float) -> Verdict:
    return lambda pairs: pairs.ratio is not None and pairs.ratio.median <= limit


def ratio_at_least(limit: float) -> Verdict:
    return lambda pairs: pairs.ratio is not None and pairs.ratio.median >= limit


def more_than_own_by_at_most(limit: float) -> Verdict:
    return lambda pairs: bool(pairs.own) and Spread(pairs.ours).median - Spread(pairs.own).median <= limit


def for_the_record(_: Pairs) -> None:
    return None
