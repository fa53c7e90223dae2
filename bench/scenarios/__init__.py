"""The scenarios, in the order in which they run."""

from scenario import Scenario

from . import cpu, fanout, hangup, idle, module, rates, stalled, waiting

ALL: list[Scenario] = [
    *fanout.SCENARIOS,
    *cpu.SCENARIOS,
    *rates.SCENARIOS,
    *hangup.SCENARIOS,
    *module.SCENARIOS,
    *idle.SCENARIOS,
    *waiting.SCENARIOS,
    *stalled.SCENARIOS,
]
