"""20 of 21 applications stop reading: what the live one notices."""

from asterisk import Asterisk
from stats import Case, for_the_record, ours_at_most
from history import call_to_offer_ms
from race import Race, race, warm_up
from scenario import Context, Stats, Scenario

APPS = 21
STALLED = 20
RATE = 400
CALLS = 8000
REFERENCE_CALLS = 2000
# A quick run makes each event some 6 kB long, so that sockets are full after fewer calls.
QUICK_RATE = 100
QUICK_CALLS = 900
QUICK_REFERENCE_CALLS = 300
QUICK_BULK = ("--variable", "BULK=" + "x" * 6000)

WRITE_TIMEOUTS = (100, 5000)


def run(context: Context, side: str, write_timeout: int, stalled: int) -> Race:
    """One Asterisk, one ari-race; the first application reads and claims."""
    settings = {"WEBSOCKET_WRITE_TIMEOUT": str(write_timeout)}
    words: tuple[str, ...] = ()
    rate, calls = RATE, CALLS if stalled else REFERENCE_CALLS
    if context.quick:
        settings["CHANNELVARS"] = "BULK"
        words = QUICK_BULK
        rate, calls = QUICK_RATE, QUICK_CALLS if stalled else QUICK_REFERENCE_CALLS
    with Asterisk(side, **settings) as asterisk:
        warm_up(asterisk, apps=APPS, claimers=1, calls=100, rate=100)
        return race(asterisk, *words, history=True, apps=APPS, claimers=1, stalled=stalled, calls=calls, rate=rate)


def measure(context: Context, side: str) -> Stats:
    """The reference comes right before the runs that are compared with it."""
    reference = run(context, side, WRITE_TIMEOUTS[0], 0).report["apps"][0]["offer_delay_ms"]
    stats = {"none-stalled-p99": reference["p99"], "none-stalled-worst": reference["max"]}
    for write_timeout in WRITE_TIMEOUTS[:1] if context.quick else WRITE_TIMEOUTS:
        result = run(context, side, write_timeout, STALLED)
        name = f"stalled-{write_timeout}"
        context.add_samples(name, side, call_to_offer_ms(result.history))
        stats |= {
            f"{name}-worst": result.ms("offer_delay", "max"),
            f"{name}-p99": result.ms("offer_delay", "p99"),
            f"{name}-p99-rise": result.ms("offer_delay", "p99") / reference["p99"],
            f"{name}-not-offered": result.report["calls"]["not_offered"],
            f"{name}-cut": result.report["stalled"]["cut"],
        }
    return stats


def cases(write_timeout: int) -> list[Case]:
    name = f"stalled-{write_timeout}"
    return [
        Case(f"{name}-worst", "ms", "at most 25 ms", ours_at_most(25)),
        Case(f"{name}-p99-rise", "times", "at most 1.5 times the p99 with none stalled", ours_at_most(1.5)),
        Case(f"{name}-p99", "ms", "", for_the_record),
        Case(f"{name}-not-offered", "calls", "none", ours_at_most(0)),
        Case(f"{name}-cut", "applications", "", for_the_record),
    ]


SCENARIOS = [
    Scenario(
        "stalled",
        "20 of 21 applications do not read; websocket_write_timeout 100 and 5000",
        [
            *(case for write_timeout in WRITE_TIMEOUTS for case in cases(write_timeout)),
            Case("none-stalled-worst", "ms", "", for_the_record),
            Case("none-stalled-p99", "ms", "", for_the_record),
        ],
        measure,
        (90, 20),
        # The two are orders of magnitude apart.
        most_pairs=2,
    )
]
