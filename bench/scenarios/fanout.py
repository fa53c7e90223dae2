"""How long it takes until the last of many applications holds the offer."""

from functools import partial

from asterisk import Asterisk, BenchError
from figures import Case, for_the_record, ratio_at_most
from race import race, warm_up
from scenario import Context, Figures, Scenario

# applications: (calls a second, calls, calls of a quick run). Slow enough that calls do not meet.
LOADS = {10: (50, 200, 50), 100: (20, 100, 30), 300: (8, 48, 12), 1000: (3, 24, 6)}


def measure(apps: int, context: Context, side: str) -> Figures:
    rate, calls, quick_calls = LOADS[apps]
    calls = quick_calls if context.quick else calls
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=apps, claimers=1, calls=max(5, calls // 10), rate=rate)
        result = race(asterisk, apps=apps, claimers=1, calls=calls, rate=rate)
    if result.trouble():
        raise BenchError(f"fan-out to {apps}: {result.trouble()}")
    return {f"fan-out-{apps}": result.ms("fan_out", "p50"), f"fan-out-{apps}-p99": result.ms("fan_out", "p99")}


def scenario(apps: int) -> Scenario:
    rate, calls, quick_calls = LOADS[apps]
    return Scenario(
        name=f"fan-out-{apps}",
        title=f"first to last of {apps} applications",
        cases=[
            Case(f"fan-out-{apps}", "ms", "at most 0.6 of own", ratio_at_most(0.6)),
            Case(f"fan-out-{apps}-p99", "ms", "", for_the_record),
        ],
        measure=partial(measure, apps),
        seconds=(5 + 1.1 * calls / rate, 5 + quick_calls / rate),
    )


SCENARIOS = [scenario(apps) for apps in LOADS]
