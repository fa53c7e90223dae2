"""A fleet over NATS, beside the same calls over WebSockets."""

from functools import partial

from asterisk import Asterisk, BenchError
from fleet import Fleet
from stats import Case, for_the_record, ours_at_most, ratio_at_most
from race import Race, Running, race, start, until, until_gone, until_quiet, warm_up
from scenario import NOTHING, Context, Stats, Scenario
from scenarios.cpu import offer_cost

PROGRAM = "nats-server"
NO_SERVER = "has no NATS"

# One offer to many: so many applications, and how long each offer lasts.
MANY = 1000
OFFER_MS = 400
OFFERS, QUICK_OFFERS = 12, 5

# applications: (calls a second, calls, calls of a quick run)
LOADS = {10: (50, 150, 50), 100: (20, 80, 30)}
NATS_TO_WEBSOCKETS = 1.5

# Saturation: nodes, workers, calls at once, seconds.
NODES, WORKERS, AT_ONCE, SECONDS = 3, 3000, 8, 6


def all_heard(readers: Running, times: int) -> None:
    offers = readers.finish().report["events"]["offers"]
    if offers != times * MANY:
        raise BenchError(f"{offers} offers were received, {times * MANY} were expected")


def offers_over_nats(times: int) -> Stats:
    with Fleet() as fleet:
        node = fleet.nodes[0]
        readers = start(node, apps=MANY, claimers=0, calls_from="elsewhere", duration=600, nats=fleet.server.url)
        until(lambda: readers.process.poll() is not None or node.workers() == MANY, f"{MANY} workers have said hello")
        until_quiet(node.cpu, fleet.server_cpu)
        asterisk, server = offer_cost(node, "offers-all", times, times, OFFER_MS, fleet.server_cpu)
        all_heard(readers, times)
        fleet.until_gone()
    return {"nats-cpu-1000": asterisk, "nats-cpu-1000-server": server}


def offers_over_websockets(times: int) -> Stats:
    with Asterisk("own") as asterisk:
        readers = start(asterisk, apps=MANY, claimers=0, calls_from="elsewhere", duration=600)
        readers.wait_until_registered(asterisk, MANY)
        until_quiet(asterisk.cpu)
        stats = {"nats-cpu-1000": offer_cost(asterisk, "offers", times, times, OFFER_MS)[0]}
        all_heard(readers, times)
        until_gone(asterisk)
    return stats


def measure_cpu(context: Context, side: str) -> Stats:
    times = QUICK_OFFERS if context.quick else OFFERS
    return offers_over_nats(times) if side == "ours" else offers_over_websockets(times)


def run(context: Context, asterisk: Asterisk, apps: int, kind: str, **over: str) -> Race:
    """All applications claim each call. Names of their own: one that comes back while it is put away gets lost."""
    rate, calls, quick_calls = LOADS[apps]
    result = race(
        asterisk, apps=apps, app_prefix=f"{kind}-", calls=quick_calls if context.quick else calls, rate=rate, **over
    )
    result.check(f"{apps} applications over {kind}")
    return result


def start_times(name: str, result: Race) -> Stats:
    return {f"{name}-{what}": result.ms("offer_to_start", what) for what in ("p50", "p99")}


def measure_start(context: Context, side: str, apps: int) -> Stats:
    name = f"nats-start-{apps}"
    if side == "own":
        with Asterisk("own") as asterisk:
            warm_up(asterisk, apps=apps, calls=20, rate=40)
            return start_times(name, run(context, asterisk, apps, "websockets"))
    with Fleet() as fleet:
        node = fleet.nodes[0]
        warm_up(node, apps=apps, calls=20, rate=40)
        beside = start_times(f"{name}-websockets", run(context, node, apps, "websockets"))
        until_gone(node)
        ours = start_times(name, run(context, node, apps, "nats", nats=fleet.server.url))
        fleet.until_gone()
    return ours | beside | {f"{name}-ratio": ours[f"{name}-p50"] / beside[f"{name}-websockets-p50"]}


def measure_saturation(context: Context, _: str) -> Stats:
    with Fleet(NODES) as fleet:
        first = fleet.nodes[0]
        before = fleet.cpu(), fleet.server_cpu()
        result = race(
            first, apps=WORKERS, concurrency=AT_ONCE, think=1, think_sigma=0.5, duration=2 if context.quick else SECONDS,
            nats=fleet.server.url, url=fleet.urls, settle=0,
        )  # fmt: skip
        after = fleet.cpu(), fleet.server_cpu()
    result.check(f"{WORKERS} workers at {NODES} nodes")
    seconds = result.report["seconds"]
    return {
        "nats-3000": result.rate(),
        "nats-3000-p50": result.ms("offer_to_start", "p50"),
        "nats-3000-p99": result.ms("offer_to_start", "p99"),
        "nats-3000-asterisks": (after[0] - before[0]) / seconds,
        "nats-3000-server": (after[1] - before[1]) / seconds,
        "nats-3000-client": result.report["self"]["cpu_share"],
    }


def start_cases(apps: int) -> list[Case]:
    name = f"nats-start-{apps}"
    target = f"at most {NATS_TO_WEBSOCKETS} times ours over WebSockets"
    return [
        Case(f"{name}-p50", "ms", "", for_the_record),
        Case(f"{name}-p99", "ms", "", for_the_record),
        Case(f"{name}-ratio", "times", target, ours_at_most(NATS_TO_WEBSOCKETS), "is not on NATS"),
        Case(f"{name}-websockets-p50", "ms", "", for_the_record, "is in the lines above"),
        Case(f"{name}-websockets-p99", "ms", "", for_the_record, "is in the lines above"),
    ]


SCENARIOS = [
    Scenario(
        "nats-cpu-1000",
        "CPU time of Asterisk for an offer to 1000 applications: ours over NATS, own over WebSockets; and of nats-server",
        [
            Case("nats-cpu-1000", "ms", "at most 0.1 of own", ratio_at_most(0.1)),
            Case("nats-cpu-1000-server", "ms", "", for_the_record, NO_SERVER),
        ],
        measure_cpu,
        (20, 14),
        program=PROGRAM,
    ),
    *(
        Scenario(
            f"nats-start-{apps}",
            f"{apps} applications race for each call: ours over NATS, and over WebSockets; own over WebSockets",
            start_cases(apps),
            partial(measure_start, apps=apps),
            (16, 11),
            program=PROGRAM,
        )
        for apps in LOADS
    ),
    Scenario(
        "nats-3000",
        "3 nodes, one NATS server and 3000 workers on this machine: as many calls as it can do, 8 at once; and the cores",
        [
            Case("nats-3000", "calls/s", "", for_the_record),
            Case("nats-3000-p50", "ms", "", for_the_record),
            Case("nats-3000-p99", "ms", "", for_the_record),
            Case("nats-3000-asterisks", "cores", "", for_the_record),
            Case("nats-3000-server", "cores", "", for_the_record),
            Case("nats-3000-client", "cores", "", for_the_record),
        ],
        measure_saturation,
        (40, 30),
        in_quick=False,
        beside=NOTHING,
        most_pairs=3,
        program=PROGRAM,
    ),
]
