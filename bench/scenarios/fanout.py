"""How long it takes until the last of many applications holds the offer."""

from asterisk import Asterisk, BenchError
from stats import Case, Spread, for_the_record, ratio_at_most
from history import call_to_last_offer_ms
from race import OPTIONS, race, rest, until_gone, warm_up
from scenario import Context, Stats, Scenario

ON_OFFER_MS = 400

# applications: (calls a second, calls, calls of a quick run). Slow enough that calls do not meet.
LOADS = {10: (50, 100, 50), 100: (20, 100, 30), 300: (10, 40, 12), 1000: (3, 16, 0)}


def fan_out(context: Context, asterisk: Asterisk, side: str, apps: int) -> Stats:
    rate, calls, quick_calls = LOADS[apps]
    calls = quick_calls if context.quick else calls
    if not calls:
        return {}
    # Names of their own: an application that comes back while Asterisk still puts it away gets lost.
    names = f"fan{apps}-"
    # To more than a hundred ours offers step by step, if it is not told to offer to all at once, as own does.
    words = (*OPTIONS, "RACE_OPTIONS=k(0)") if side == "ours" else ()
    # Nobody claims: what is not sent yet when a call is claimed is not sent at all by ours.
    result = race(
        asterisk, *words, history=True, apps=apps, app_prefix=names, claimers=0, calls=calls, rate=rate, timeout=ON_OFFER_MS,
        **rest(apps),
    )  # fmt: skip
    missing = result.report["calls"]["partly_offered"]
    if result.trouble() or missing:
        raise BenchError(f"fan-out to {apps}: {result.trouble() or f'{missing} calls that not all heard of'}")
    until_gone(asterisk)
    return {
        f"fan-out-{apps}": result.ms("fan_out", "p50"),
        f"fan-out-{apps}-call-to-last": Spread(call_to_last_offer_ms(result.history)).median,
    }


def measure(context: Context, side: str) -> Stats:
    stats: Stats = {}
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=100, claimers=1, calls=20, rate=40)
        for apps in LOADS:
            stats |= fan_out(context, asterisk, side, apps)
    return stats


def cases(apps: int) -> list[Case]:
    return [
        Case(f"fan-out-{apps}", "ms", "at most 0.6 of own", ratio_at_most(0.6)),
        Case(f"fan-out-{apps}-call-to-last", "ms", "", for_the_record),
    ]


SCENARIOS = [
    Scenario(
        "fan-out",
        "first to last application that holds the offer; beside it, from the originate to the last",
        [case for apps in LOADS for case in cases(apps)],
        measure,
        (36, 14),
    )
]
