"""The scenarios, in the order in which they run."""

from scenario import Scenario

from . import before, bids, cpu, fanout, hangup, idle, line, module, nats, observers, pool, poolcpu, rates, stalled, waiting, websocket

ALL: list[Scenario] = [
    *fanout.SCENARIOS,
    *cpu.SCENARIOS,
    *rates.SCENARIOS,
    *websocket.SCENARIOS,
    *pool.SCENARIOS,
    *poolcpu.SCENARIOS,
    *bids.SCENARIOS,
    *line.SCENARIOS,
    *hangup.SCENARIOS,
    *module.SCENARIOS,
    *idle.SCENARIOS,
    *waiting.SCENARIOS,
    *stalled.SCENARIOS,
    *observers.SCENARIOS,
    *nats.SCENARIOS,
    *before.SCENARIOS,
]
