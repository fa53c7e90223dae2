"""Ten applications race for every call: at 50 calls a second, and as fast as it goes."""

from asterisk import Asterisk, BenchError
from stats import Case, for_the_record, ratio_at_least, ratio_at_most
from history import offer_to_start_ms
from race import Race, race, warm_up
from scenario import Context, Stats, Scenario

APPS = 10
WARM_UP = {"apps": APPS, "calls": 50, "rate": 50}

# The search for the highest rate: from START up by FACTOR until it is not sustained, then the
# middle between the last two.
START = 500
FACTOR = 1.25
LIMIT = 2000
STEP_SECONDS = 2.5
# What "sustained" means: every call was won, no error, nearly the rate that was asked for, and
# neither the offer nor the hand-over took longer than this.
P99_MS = 250
ACHIEVED = 0.95


def at_50(context: Context, side: str) -> Stats:
    calls = 100 if context.quick else 350
    with Asterisk(side) as asterisk:
        warm_up(asterisk, **WARM_UP)
        result = race(asterisk, history=True, apps=APPS, calls=calls, rate=50)
    if result.trouble():
        raise BenchError(f"race at 50 a second: {result.trouble()}")
    context.add_samples("race-50", side, offer_to_start_ms(result.history))
    return {
        "race-50-p50": result.ms("offer_to_start", "p50"),
        "race-50-p99": result.ms("offer_to_start", "p99"),
    }


def sustained(result: Race) -> bool:
    if result.trouble() or result.lost():
        return False
    made = result.report["calls"]["made"] / result.report["seconds"]
    slowest = max(result.ms("call_to_offer", "p99"), result.ms("offer_to_start", "p99"))
    return made >= ACHIEVED * result.report["options"]["rate"] and slowest <= P99_MS


def sustains(asterisk: Asterisk, rate: float, seconds: float) -> bool:
    """Whether one of two tries succeeds: others on this machine may have spoilt one."""
    return any(
        sustained(race(asterisk, apps=APPS, calls=round(rate * seconds), rate=round(rate, 1))) for _ in range(2)
    )


def search(asterisk: Asterisk, seconds: float) -> float:
    good, bad = 0.0, float(START)
    while bad <= LIMIT and sustains(asterisk, bad, seconds):
        good, bad = bad, bad * FACTOR
    while good == 0.0 and bad > 10:
        bad /= FACTOR**2
        if sustains(asterisk, bad, seconds):
            return bad
    middle = (good + bad) / 2
    return middle if sustains(asterisk, middle, seconds) else good


def highest(context: Context, side: str) -> Stats:
    with Asterisk(side) as asterisk:
        warm_up(asterisk, **WARM_UP)
        rate = search(asterisk, 2 if context.quick else STEP_SECONDS)
        # What a call takes of the processor says what bounds the rate.
        calls = round(rate * 2)
        before = asterisk.cpu()
        result = race(asterisk, apps=APPS, calls=calls, rate=round(rate, 1))
        used = asterisk.cpu() - before
    return {
        "race-highest": rate,
        "race-highest-asterisk": used / result.report["seconds"],
        "race-highest-client": result.report["self"]["cpu_share"],
    }


def at_own_highest(context: Context, side: str) -> Stats:
    rate = context.known["race-highest", "own"]
    with Asterisk(side) as asterisk:
        warm_up(asterisk, **WARM_UP)
        result = race(asterisk, apps=APPS, calls=round(rate * (3 if context.quick else 6)), rate=round(rate, 1))
    return {
        "race-at-own-highest-p50": result.ms("offer_to_start", "p50"),
        "race-at-own-highest-p99": result.ms("offer_to_start", "p99"),
    }


def latency_cases(name: str) -> list[Case]:
    return [Case(f"{name}-{what}", "ms", "at most 0.9 of own", ratio_at_most(0.9)) for what in ("p50", "p99")]


SCENARIOS = [
    Scenario("race-50", "race of 10 applications, 50 calls/s", latency_cases("race-50"), at_50, (13, 6)),
    Scenario(
        "race-highest",
        "the highest rate of calls that 10 applications race for",
        [
            Case("race-highest", "calls/s", "at least 1.3 of own", ratio_at_least(1.3)),
            Case("race-highest-asterisk", "cores", "", for_the_record),
            Case("race-highest-client", "cores", "", for_the_record),
        ],
        highest,
        (24, 20),
        in_quick=False,
    ),
    Scenario(
        "race-at-own-highest",
        "race of 10 applications at the highest rate of own",
        latency_cases("race-at-own-highest"),
        at_own_highest,
        (11, 6),
        after=("race-highest",),
        in_quick=False,
    ),
]
