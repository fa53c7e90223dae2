"""CPU time of Asterisk for a claimed call, over the number of applications."""

from asterisk import Asterisk, BenchError
from stats import Case, for_the_record, ours_at_most
from race import OPTIONS, race, rest, until_gone, warm_up
from scenario import Context, Stats, Scenario

APPS = (10, 100, 1000)
# What of it is no broadcast at all, but Asterisk that tells a thousand applications' subscriptions of each call.
DIRECT = (10, 1000)
# Asterisk's own does some 30 with 1000 applications.
RATE = 20
CALLS = 80
WORKERS = {"think": 1, "think_sigma": 0.5}


def call(context: Context, asterisk: Asterisk, side: str, apps: int) -> tuple[float, float]:
    """CPU in ms for all that a call takes: originated, offered, claimed, in Stasis, hung up. And how many heard of it."""
    calls = 30 if context.quick else CALLS
    words = (*OPTIONS, "RACE_OPTIONS=k(8)") if side == "ours" else ()
    result = race(
        asterisk, *words, apps=apps, app_prefix=f"pool{apps}-", claimers=apps // 2, calls=calls, rate=RATE, **WORKERS,
        **rest(apps),
    )  # fmt: skip
    result.check(f"CPU with {apps} applications")
    until_gone(asterisk)
    return result.cpu * 1000 / calls, result.offers()


def direct(context: Context, asterisk: Asterisk, apps: int) -> float:
    """The same for a call that is offered to nobody: its dialplan hands it to one application with Stasis()."""
    name = f"direct{apps}-"
    words = ("--endpoint", "Local/direct@ari-race", "--variable", f"RACE_APP={name}1")
    calls = 20 if context.quick else CALLS * 3 // 4
    result = race(asterisk, *words, apps=apps, app_prefix=name, claimers=0, calls=calls, rate=RATE, **rest(apps))
    if result.report["events"]["starts"] != calls:
        raise BenchError(f"{result.report['events']['starts']} of {calls} calls came to Stasis")
    until_gone(asterisk)
    return result.cpu * 1000 / calls


def measure(context: Context, side: str) -> Stats:
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=100, claimers=50, calls=20, rate=RATE, **WORKERS)
        found = {apps: call(context, asterisk, side, apps) for apps in APPS}
        # With either module it is the same.
        floor = {apps: direct(context, asterisk, apps) for apps in DIRECT} if side == "ours" else {}
    times = [cpu for cpu, _ in found.values()]
    return {
        **{f"pool-cpu-{apps}": cpu for apps, (cpu, _) in found.items()},
        "pool-cpu-rise": max(times) / min(times),
        **{f"pool-cpu-{apps}-offers": offers for apps, (_, offers) in found.items()},
        **{f"pool-cpu-{apps}-stasis": cpu for apps, cpu in floor.items()},
    }


SCENARIOS = [
    Scenario(
        "pool-cpu",
        "CPU time of Asterisk for a claimed call, with k(8), over the number of applications",
        [
            *(Case(f"pool-cpu-{apps}", "ms", "", for_the_record) for apps in APPS),
            Case("pool-cpu-rise", "times", "most to least at most 1.3", ours_at_most(1.3)),
            *(Case(f"pool-cpu-{apps}-offers", "a call", "", for_the_record) for apps in APPS),
            *(Case(f"pool-cpu-{apps}-stasis", "ms", "", for_the_record, own_cannot="the same") for apps in DIRECT),
        ],
        measure,
        (38, 25),
        most_pairs=3,
    )
]
