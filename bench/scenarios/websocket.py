"""Ten applications race for every call, with claims over their own WebSockets."""

from asterisk import Asterisk
from stats import Case, for_the_record, ratio_at_least, ratio_at_most
from race import Race, race, until_gone, warm_up
from scenario import Context, Stats, Scenario

APPS = 10
AT_ONCE = 20
SECONDS = 4
WAYS = {"ours": ("websocket",), "own": ("websocket", "http")}


def at_50(context: Context, asterisk: Asterisk, way: str) -> Race:
    result = race(asterisk, apps=APPS, app_prefix=f"{way}-", calls=60 if context.quick else 250, rate=50, claims_over=way)
    result.check(f"50 calls a second, claims over {way}")
    until_gone(asterisk)
    return result


def saturated(context: Context, asterisk: Asterisk, way: str) -> float:
    seconds = 2 if context.quick else SECONDS
    result = race(
        asterisk, apps=APPS, app_prefix=f"most-{way}-", concurrency=AT_ONCE, duration=seconds, claims_over=way
    )
    result.check(f"{AT_ONCE} calls at once, claims over {way}")
    until_gone(asterisk)
    return result.rate()


def measure(context: Context, side: str) -> Stats:
    slow: dict[str, Race] = {}
    fast: dict[str, float] = {}
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=APPS, calls=50, rate=50)
        for way in WAYS[side]:
            slow[way] = at_50(context, asterisk, way)
            fast[way] = saturated(context, asterisk, way)
    other = WAYS[side][-1]
    return {
        "race-ws-p50": slow["websocket"].ms("offer_to_start", "p50"),
        "race-ws-p99": slow["websocket"].ms("offer_to_start", "p99"),
        "race-ws-highest": fast["websocket"],
        # Ours is the same once more, and own is over HTTP.
        "race-ws-p50-http": slow[other].ms("offer_to_start", "p50"),
        "race-ws-highest-http": fast[other],
    }


SCENARIOS = [
    Scenario(
        "race-ws",
        "race of 10 applications over WebSockets: 50 calls/s, and 20 calls at once; -http: own over HTTP",
        [
            Case("race-ws-p50", "ms", "at most 0.9 of own", ratio_at_most(0.9)),
            Case("race-ws-p99", "ms", "", for_the_record),
            Case("race-ws-p50-http", "ms", "at most 0.55 of own over HTTP", ratio_at_most(0.55)),
            Case("race-ws-highest", "calls/s", "at least 1.3 of own", ratio_at_least(1.3)),
            Case("race-ws-highest-http", "calls/s", "", for_the_record),
        ],
        measure,
        (21, 12),
    )
]
