"""The most suitable of 32 applications gets the call, and not the fastest."""

from asterisk import Asterisk
from history import last_bid_to_start_ms
from stats import Case, Spread, for_the_record, ours_at_least, ours_at_most
from race import OPTIONS, race, until_gone, warm_up
from scenario import Context, Stats, Scenario

APPS = 32
CALLS = 120
QUICK_CALLS = 30
RATE = 20
# From at once to 300 ms, evenly, and each suitable from 0 to 1, evenly.
ANSWERS = {"think": 150, "spread": 150}
WINDOW = "RACE_OPTIONS=b(100)"
# When all have answered, long before this, nothing is to be waited for.
LONG_WINDOW = "RACE_OPTIONS=b(3000)"
QUICK_ANSWERS = {"think": 20, "spread": 20}


def suitability(context: Context, asterisk: Asterisk, *words: str) -> Stats:
    calls = QUICK_CALLS if context.quick else CALLS
    result = race(asterisk, *words, apps=APPS, app_prefix="bids-", calls=calls, rate=RATE, **ANSWERS)
    result.check("bids")
    until_gone(asterisk)
    return {
        "bids-suitability": result.report["calls"]["mean_score"] / 1000,
        "bids-offer-to-start-p50": result.ms("offer_to_start", "p50"),
    }


def all_answered(context: Context, asterisk: Asterisk) -> Stats:
    calls = QUICK_CALLS if context.quick else CALLS
    result = race(
        asterisk, "--bid", *OPTIONS, LONG_WINDOW, history=True, apps=APPS, app_prefix="all-", calls=calls, rate=RATE,
        **QUICK_ANSWERS,
    )  # fmt: skip
    result.check("bids of all")
    delays = sorted(last_bid_to_start_ms(result.history, APPS))
    return {"bids-all-p50": Spread(delays).median, "bids-all-p99": delays[len(delays) * 99 // 100]}


def measure(context: Context, side: str) -> Stats:
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=APPS, calls=20, rate=RATE)
        if side == "own":
            return suitability(context, asterisk)
        return suitability(context, asterisk, "--bid", *OPTIONS, WINDOW) | all_answered(context, asterisk)


SCENARIOS = [
    Scenario(
        "bids",
        f"{APPS} applications answer within 300 ms: b(100), and whoever is first",
        [
            Case("bids-suitability", "mean", "at least 0.75", ours_at_least(0.75)),
            Case("bids-offer-to-start-p50", "ms", "", for_the_record),
            Case("bids-all-p50", "ms", "", for_the_record, own_cannot="it has no bids"),
            Case("bids-all-p99", "ms", "at once: at most 10 ms", ours_at_most(10), own_cannot="it has no bids"),
        ],
        measure,
        (20, 10),
        most_pairs=3,
    )
]
