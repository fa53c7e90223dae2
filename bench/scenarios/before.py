"""With everything off: nothing is to cost more than it did in the first version."""

from asterisk import Asterisk, conf
from stats import Case, ratio_at_least, ratio_at_most
from race import race, until_gone, warm_up
from scenario import BEFORE, Context, Stats, Scenario

from .cpu import offers_only

APPS = 100
RACERS = 10
# What "as before" means: no worse than by the noise of these cases.
NOISE = 1.05

# All that the first version did not have. It refuses settings that it does not know.
OFF = """[general]
first = 0
silent_after = 0
ami_events = no
cel_events = no
queue_log = no
"""


def race_at(context: Context, asterisk: Asterisk) -> Stats:
    slow = race(asterisk, apps=RACERS, app_prefix="slow-", calls=50 if context.quick else 200, rate=50)
    slow.check("50 calls a second")
    until_gone(asterisk)
    fast = race(asterisk, apps=RACERS, app_prefix="fast-", concurrency=20, duration=2 if context.quick else 4)
    fast.check("20 calls at once")
    calls = fast.report["calls"]["made"]
    return {
        "before-race-50-p50": slow.ms("offer_to_start", "p50"),
        "before-race-highest": fast.rate(),
        "before-call-cpu": fast.cpu * 1000 / calls,
    }


def measure(context: Context, side: str) -> Stats:
    settings = {"CONF": conf("off", stasis_broadcast=OFF)} if side == "ours" else {}
    with Asterisk("ours" if side == "ours" else "before", **settings) as asterisk:
        warm_up(asterisk, apps=APPS, claimers=1, calls=20, rate=40)
        cpu = offers_only(asterisk, 40 if context.quick else 120)
        return {"before-broadcast-cpu": cpu} | race_at(context, asterisk)


SCENARIOS = [
    Scenario(
        "before",
        "everything off, beside the first version: CPU of a broadcast, races of 10 applications",
        [
            Case("before-broadcast-cpu", "ms", "at most 1.05 of the first version", ratio_at_most(NOISE)),
            Case("before-call-cpu", "ms", "at most 1.05 of the first version", ratio_at_most(NOISE)),
            Case("before-race-50-p50", "ms", "at most 1.05 of the first version", ratio_at_most(NOISE)),
            Case("before-race-highest", "calls/s", "at least 0.95 of the first version", ratio_at_least(1 / NOISE)),
        ],
        measure,
        (24, 13),
        beside=BEFORE,
    )
]
