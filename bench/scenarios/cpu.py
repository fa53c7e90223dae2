"""CPU time of the Asterisk process for a broadcast to 100 applications."""

import asyncio

from ari import Events, Http
from asterisk import Asterisk, BenchError
from figures import Case, ratio_at_most
from race import race, start, warm_up
from scenario import Context, Figures, Scenario

APPS = 100
RATE = 30
EACH_MS = 30


def whole_calls(context: Context, side: str) -> Figures:
    """Originated, offered, claimed, in Stasis, hung up: all that a call takes."""
    calls = 60 if context.quick else 240
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=APPS, claimers=1, calls=20, rate=RATE)
        before = asterisk.cpu()
        result = race(asterisk, apps=APPS, claimers=1, calls=calls, rate=RATE)
        used = asterisk.cpu() - before
    if result.trouble():
        raise BenchError(f"CPU of calls: {result.trouble()}")
    return {"cpu-call-100": used * 1000 / calls}


async def loop_cpu(asterisk: Asterisk, exten: str, times: int) -> float:
    """CPU seconds of one call that goes through a loop of the dialplan."""
    done = asyncio.Event()
    control = await Events(lambda data, _: done.set() if b"BenchDone" in data else None).open(
        asterisk.http_port, f"control-{exten}", everything=True
    )
    http = await Http().open(asterisk.http_port)
    before = asterisk.cpu()
    status = await http.request(
        "POST",
        "/channels",
        {"endpoint": f"Local/{exten}@bench", "extension": "other", "context": "ari-race", "priority": 1, "timeout": 600},
        {"variables": {"TIMES": str(times), "EACH": str(EACH_MS), "FILTER": "^race-"}},
    )
    if status != 200:
        raise BenchError(f"originate was answered {status}")
    await control.wait(done.wait(), 30 + 4 * times * EACH_MS / 1000)
    used = asterisk.cpu() - before
    http.close()
    control.close()
    return used


def offers_only(context: Context, side: str) -> Figures:
    """One call, offered again and again: the channel costs nothing, all is the broadcast."""
    times = 50 if context.quick else 250
    with Asterisk(side) as asterisk:
        warm_up(asterisk, apps=APPS, claimers=1, calls=20, rate=RATE)
        readers = start(asterisk, apps=APPS, claimers=0, calls_from="elsewhere", duration=600)
        readers.wait_until_registered(asterisk, APPS)
        base = asyncio.run(loop_cpu(asterisk, "waits", times // 5)) / (times // 5)
        used = asyncio.run(loop_cpu(asterisk, "offers", times)) / times
        offers = readers.finish().report["events"]["offers"]
    if offers != times * APPS:
        raise BenchError(f"CPU of broadcasts: {offers} offers were received, {times * APPS} were expected")
    return {"cpu-broadcast-100": (used - base) * 1000}


SCENARIOS = [
    Scenario(
        "cpu-broadcast-100",
        "CPU of Asterisk for one broadcast, 100 applications",
        [Case("cpu-broadcast-100", "ms", "at most 0.8 of own", ratio_at_most(0.8))],
        offers_only,
        (15, 6),
    ),
    Scenario(
        "cpu-call-100",
        "CPU of Asterisk for a whole call with its broadcast, 100 applications",
        [Case("cpu-call-100", "ms", "at most 0.8 of own", ratio_at_most(0.8))],
        whole_calls,
        (13, 6),
    ),
]
