"""CPU time of the Asterisk process for a broadcast to 100 applications."""

import asyncio
from collections.abc import Callable

from asterisk import Asterisk, BenchError
from stats import Case, ratio_at_most
from harness.plain import Events, Http
from race import race, start, until_gone, warm_up
from scenario import Context, Stats, Scenario

APPS = 100
RATE = 40
EACH_MS = 30


async def loop_cpu(
    asterisk: Asterisk, exten: str, times: int, each_ms: int, also: Callable[[], float]
) -> tuple[float, float]:
    """CPU seconds of one call that goes through a loop of the dialplan: of Asterisk, and what else the function reads."""
    done = asyncio.Event()
    control = await Events(lambda data, _: done.set() if b"BenchDone" in data else None).open(
        asterisk.http_port, f"control-{exten}", all_channels=True
    )
    http = await Http().open(asterisk.http_port)
    before, also_before = asterisk.cpu(), also()
    status = await http.request(
        "POST",
        "/channels",
        {"endpoint": f"Local/{exten}@bench", "extension": "other", "context": "ari-race", "priority": 1, "timeout": 600},
        {"variables": {"TIMES": str(times), "EACH": str(each_ms), "FILTER": "^race-"}},
    )
    if status != 200:
        raise BenchError(f"originate was answered {status}")
    await control.wait(done.wait(), 30 + 4 * times * each_ms / 1000)
    used = asterisk.cpu() - before, also() - also_before
    http.close()
    control.close()
    return used


def offer_cost(
    asterisk: Asterisk, exten: str, times: int, waits: int, each_ms: int = EACH_MS, also: Callable[[], float] = lambda: 0.0
) -> tuple[float, float]:
    """CPU of one of so many offers less the loop around it, which `waits` times tell; in ms, as loop_cpu() has it."""
    base = asyncio.run(loop_cpu(asterisk, "waits", waits, each_ms, also))
    used = asyncio.run(loop_cpu(asterisk, exten, times, each_ms, also))
    return used[0] / times * 1000 - base[0] / waits * 1000, used[1] / times * 1000 - base[1] / waits * 1000


def offers_only(asterisk: Asterisk, times: int) -> float:
    """One call, offered so often, less the loop around it: all of it is the broadcast. In ms."""
    readers = start(asterisk, apps=APPS, claimers=0, calls_from="elsewhere", duration=600)
    readers.wait_until_registered(asterisk, APPS)
    cost = offer_cost(asterisk, "offers", times, times // 5)[0]
    offers = readers.finish().report["events"]["offers"]
    if offers != times * APPS:
        raise BenchError(f"CPU of broadcasts: {offers} offers were received, {times * APPS} were expected")
    until_gone(asterisk)
    return cost


def whole_calls(context: Context, asterisk: Asterisk) -> float:
    """Originated, offered, claimed, in Stasis, hung up: all that a call takes. In ms."""
    calls = 60 if context.quick else 200
    before = asterisk.cpu()
    result = race(asterisk, apps=APPS, claimers=1, calls=calls, rate=RATE)
    used = asterisk.cpu() - before
    if result.trouble():
        raise BenchError(f"CPU of calls: {result.trouble()}")
    return used * 1000 / calls


def measure(context: Context, side: str) -> Stats:
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=APPS, claimers=1, calls=20, rate=RATE)
        return {
            "cpu-broadcast-100": offers_only(asterisk, 50 if context.quick else 200),
            "cpu-call-100": whole_calls(context, asterisk),
        }


SCENARIOS = [
    Scenario(
        "cpu",
        "CPU time of Asterisk, 100 applications: for one broadcast; for a whole call with its broadcast",
        [
            Case("cpu-broadcast-100", "ms", "at most 0.8 of own", ratio_at_most(0.8)),
            Case("cpu-call-100", "ms", "at most 0.8 of own", ratio_at_most(0.8)),
        ],
        measure,
        (20, 9),
    ),
]
