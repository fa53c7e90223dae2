"""What it takes to have the modules loaded and nothing to do."""

import asyncio
import time

import machine
from asterisk import Asterisk, BenchError
from stats import Case, Spread, more_than_own_by_at_most
from harness.plain import Http
from scenario import Context, Stats, Scenario

# In the order in which they are loaded.
MODULES = {
    "ours": ["res_stasis_broadcast", "res_ari_broadcasts", "app_stasis_broadcast"],
    "own": ["res_stasis_broadcast", "app_stasis_broadcast"],
}


async def load_times(port: int, modules: list[str], times: int) -> list[float]:
    """Unload and load the modules through ARI again and again; how long each load of all of them took, in ms."""
    http = await Http().open(port)

    async def ask(method: str, module: str) -> None:
        status = await http.request(method, f"/asterisk/modules/{module}.so")
        if status != 204:
            raise BenchError(f"{method} of module {module} was answered {status}")

    taken = []
    for _ in range(times):
        for module in reversed(modules):
            await ask("DELETE", module)
        start = time.monotonic()
        for module in modules:
            await ask("POST", module)
        taken.append((time.monotonic() - start) * 1000)
    http.close()
    return taken


def measure(context: Context, side: str) -> Stats:
    with Asterisk(side) as asterisk:
        memory = machine.memory_kib(asterisk.pid, "Rss") / 1024
        taken = asyncio.run(load_times(asterisk.http_port, MODULES[side], 5 if context.quick else 20))
    return {"idle-memory": memory, "load-time": Spread(taken[1:]).median}


SCENARIOS = [
    Scenario(
        "start-up",
        "loading the modules, and memory with nothing going on",
        [
            Case("load-time", "ms", "no more than own", more_than_own_by_at_most(0)),
            Case("idle-memory", "MiB", "no more than own + 1 MiB", more_than_own_by_at_most(1)),
        ],
        measure,
        (5, 4),
        most_pairs=3,
    )
]
