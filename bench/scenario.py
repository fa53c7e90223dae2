"""What a scenario is: one way to load Asterisk, and the stats that a run of it gives."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stats import Case

# What ours is measured beside: its runs are called "own", whichever it is.
OWN = "Asterisk's own"
BEFORE = "the first version"
NOTHING = ""

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
    # OWN, BEFORE, or NOTHING where nobody else can do it, or ours is compared with itself in the same run.
    beside: str = OWN
    # The most pairs that it is worth: fewer where the results are orders of magnitude apart.
    most_pairs: int = 100
    # A program without which it is left out.
    program: str = ""

    @property
    def sides(self) -> tuple[str, ...]:
        return ("ours", "own") if self.beside else ("ours",)
