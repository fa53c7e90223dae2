"""Many applications of which half are busy: calls a second at saturation, with k(8) and with no options."""

from asterisk import Asterisk
from stats import Case, for_the_record, ratio_at_least, ratio_at_most
from race import OPTIONS, Race, race, rest, until_gone, warm_up
from scenario import Context, Stats, Scenario

# Applications: what to reach beside own, calls a second and offer to StasisStart, with k(8) and with the defaults.
TARGETS = {100: (1.7, 0.3, 1.1), 1000: (12, 0.05, 8)}
AT_ONCE = 8
SECONDS = 4
# Programs that answer in a millisecond, now and then in three.
WORKERS = {"think": 1, "think_sigma": 0.5, "concurrency": AT_ONCE}


def saturate(context: Context, asterisk: Asterisk, apps: int, kind: str, options: str = "") -> Race:
    """As many calls as Asterisk can do; the second half of the applications is busy with something else."""
    words = (*OPTIONS, f"RACE_OPTIONS={options}") if options else ()
    # Names of their own: an application that comes back while Asterisk still puts it away gets lost.
    result = race(
        asterisk, *words, apps=apps, app_prefix=f"{kind}{apps}-", claimers=apps // 2,
        duration=2 if context.quick else SECONDS, **WORKERS, **rest(apps),
    )  # fmt: skip
    result.check(f"{apps} applications, {kind}")
    until_gone(asterisk)
    return result


def both(apps: int, name: str, result: Race) -> Stats:
    return {
        f"pool-{apps}-{name}": result.rate(),
        f"pool-{apps}-{name}-p50": result.ms("offer_to_start", "p50"),
        f"pool-{apps}-{name}-offers": result.offers(),
    }


def measure(context: Context, side: str) -> Stats:
    stats: Stats = {}
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=100, claimers=50, calls=50, **WORKERS)
        for apps in TARGETS:
            plain = saturate(context, asterisk, apps, "plain")
            # Asterisk's own has no options: one race of it is beside both of ours.
            first = saturate(context, asterisk, apps, "first", "k(8)") if side == "ours" else plain
            stats |= both(apps, "k8", first) | both(apps, "default", plain)
    return stats


def cases(apps: int) -> list[Case]:
    calls, start, default = TARGETS[apps]
    return [
        Case(f"pool-{apps}-k8", "calls/s", f"at least {calls} times own", ratio_at_least(calls)),
        Case(f"pool-{apps}-k8-p50", "ms", f"at most {start} of own", ratio_at_most(start)),
        Case(f"pool-{apps}-k8-offers", "a call", "", for_the_record),
        Case(f"pool-{apps}-default", "calls/s", f"at least {default} times own", ratio_at_least(default)),
        Case(f"pool-{apps}-default-p50", "ms", "", for_the_record),
        Case(f"pool-{apps}-default-offers", "a call", "", for_the_record),
    ]


SCENARIOS = [
    Scenario(
        "pool",
        "half of 100 and of 1000 applications claim after 1 ms, 8 calls at once: k(8), and no options",
        [case for apps in TARGETS for case in cases(apps)],
        measure,
        (32, 20),
    )
]
