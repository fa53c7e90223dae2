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
    asterisk: Asterisk, exten: str, times: int, each_ms: int = EACH_MS, also: Callable[[], float] = lambda: 0.0
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


def offers_only(context: Context, asterisk: Asterisk) -> float:
    """One call, offered again and again, less the loop around it: all of it is the broadcast. In ms."""
    times = 50 if context.quick else 200
    readers = start(asterisk, apps=APPS, claimers=0, calls_from="elsewhere", duration=600)
    readers.wait_until_registered(asterisk, APPS)
    base = asyncio.run(loop_cpu(asterisk, "waits", times // 5))[0] / (times // 5)
    used = asyncio.run(loop_cpu(asterisk, "offers", times))[0] / times
    offers = readers.finish().report["events"]["offers"]
    if offers != times * APPS:
        raise BenchError(f"CPU of broadcasts: {offers} offers were received, {times * APPS} were expected")
    until_gone(asterisk)
    return (used - base) * 1000


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
            "cpu-broadcast-100": offers_only(context, asterisk),
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
