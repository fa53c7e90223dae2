"""What a scenario is: one way to load Asterisk, and the stats that a run of it gives."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stats import Case

# Stats by the name of their case.
Stats = dict[str, float]


@dataclass
class Context:
    """What a run may know, and leave for the plots or for scenarios after it."""

    quick: bool
    # Samples for the plots: (what, side) -> values of all runs.
    samples: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    # Medians of what has run before: (case, side) -> value.
    known: dict[tuple[str, str], float] = field(default_factory=dict)

    def add_samples(self, what: str, side: str, values: list[float]) -> None:
        self.samples.setdefault((what, side), []).extend(values)


@dataclass(frozen=True)
class Scenario:
    """`measure` starts its own Asterisk, with the side it is given (ours or own), and returns stats."""

    name: str
    title: str
    cases: list[Case]
    measure: Callable[[Context, str], Stats]
    # How long one run takes, in seconds, full and quick: for the estimate until it has been seen.
    seconds: tuple[float, float]
    # Scenarios that must run before, for what they leave in the context.
    after: tuple[str, ...] = ()
    in_quick: bool = True
