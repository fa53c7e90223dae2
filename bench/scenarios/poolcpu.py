"""CPU time of Asterisk for a claimed call, over the number of applications."""

from asterisk import Asterisk
from stats import Case, for_the_record, ours_at_most
from race import OPTIONS, race, until_gone, warm_up
from scenario import Context, Stats, Scenario

APPS = (10, 100, 1000)
# Asterisk's own does some 30 with 1000 applications.
RATE = 20
CALLS = 80
WORKERS = {"think": 1, "think_sigma": 0.5}


def call_cpu(context: Context, asterisk: Asterisk, side: str, apps: int) -> float:
    """Originated, offered, claimed, in Stasis, hung up: all that a call takes. In ms."""
    calls = 30 if context.quick else CALLS
    words = (*OPTIONS, "RACE_OPTIONS=k(8)") if side == "ours" else ()
    result = race(
        asterisk, *words, apps=apps, app_prefix=f"pool{apps}-", claimers=apps // 2, calls=calls, rate=RATE, **WORKERS
    )
    result.check(f"CPU with {apps} applications")
    until_gone(asterisk)
    return result.cpu * 1000 / calls


def measure(context: Context, side: str) -> Stats:
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=100, claimers=50, calls=20, rate=RATE, **WORKERS)
        stats = {f"pool-cpu-{apps}": call_cpu(context, asterisk, side, apps) for apps in APPS}
    return stats | {"pool-cpu-rise": max(stats.values()) / min(stats.values())}


SCENARIOS = [
    Scenario(
        "pool-cpu",
        "CPU time of Asterisk for a claimed call, with k(8), over the number of applications",
        [
            *(Case(f"pool-cpu-{apps}", "ms", "", for_the_record) for apps in APPS),
            Case("pool-cpu-rise", "times", "most to least at most 1.3", ours_at_most(1.3)),
        ],
        measure,
        (20, 12),
    )
]
