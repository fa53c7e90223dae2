"""Which faults come when: a schedule that depends on the seed and the length of the soak only."""

import random
from dataclasses import dataclass

ROUND_SECONDS = 15.0
APPLICATIONS = 6

# What, and how often in a round.
FAULTS = {
    "kill": 2,
    "kill-on-win": 2,
    "kill-on-claim": 3,
    "stop": 1,
    "deaf": 1,
    "reconnect": 2,
    "twin": 1,
    "module-reload": 1,
    "module-unload": 1,
    "module-unload-idle": 1,
    "core-reload": 1,
    "burst": 1,
}


@dataclass(frozen=True)
class Step:
    """One fault: when (seconds from the start), to which application, and what chance adds."""

    at: float
    fault: str
    application: int
    # 0 to 1: how long, how soon, in which of two ways; each fault uses it as it needs.
    chance: float

    def __str__(self) -> str:
        return f"{self.at:8.3f} {self.fault:18} application {self.application} chance {self.chance:.3f}"


def make(seed: str, seconds: float) -> list[Step]:
    """Rounds of equal length; every fault comes in each of them, at random moments."""
    chance = random.Random(f"{seed} plan")
    rounds = max(1, round(seconds / ROUND_SECONDS))
    length = seconds / rounds
    steps = [
        Step(number * length + chance.uniform(0, length), fault, chance.randint(1, APPLICATIONS), chance.random())
        for number in range(rounds)
        for fault, times in FAULTS.items()
        for _ in range(times)
    ]
    return sorted(steps, key=lambda step: step.at)
