"""What it costs that everybody is told: AMI, CEL, queue_log, Prometheus."""

import asyncio
from urllib.request import urlopen

from asterisk import Asterisk, BenchError, conf
from stats import Case, for_the_record, ours_at_most
from harness.ami import Ami
from race import OPTIONS, Race, race, until_gone, warm_up
from scenario import NOTHING, Context, Stats, Scenario

APPS = 100
RATE = 40
CALLS = 120
# Off and on by turns, in one Asterisk: two starts of it differ by more than what is looked for.
TURNS = 3
SCRAPE_SECONDS = 1
PROMETHEUS = "res_stasis_broadcast_prometheus.so"

# Asterisk's own part of it is there all the time: CEL, a manager that hears all, /metrics. Ours is switched.
SETTINGS = "[general]\nsilent_after = 0\nami_events = {0}\ncel_events = {0}\nqueue_log = {0}\n"
CEL = "[general]\nenable = yes\napps = all\nevents = USER_DEFINED\n"
CEL_CUSTOM = "[mappings]\nMaster.csv = ${CSV_QUOTE(${eventtype})},${CSV_QUOTE(${CHANNEL(uniqueid)})}\n"


async def switch(asterisk: Asterisk, ami: Ami, is_on: bool) -> None:
    file = asterisk.folder / "etc" / "stasis_broadcast.conf"
    file.write_text(SETTINGS.format("yes" if is_on else "no"))
    file.chmod(0o644)
    answer = await ami.action("ModuleLoad", Module="res_stasis_broadcast.so", LoadType="reload")
    loaded = PROMETHEUS in await ami.cli(f"module show like {PROMETHEUS}")
    if answer["Response"] == "Success" and is_on != loaded:
        # "module unload" is refused over AMI; its action is not.
        answer = await ami.action("ModuleLoad", Module=PROMETHEUS, LoadType="load" if is_on else "unload")
    if answer["Response"] != "Success":
        raise BenchError(f"observers {'on' if is_on else 'off'}: {answer}")


async def scrape(asterisk: Asterisk) -> None:
    """As Prometheus does, and more often."""
    while True:
        with await asyncio.to_thread(urlopen, asterisk.url + "/metrics") as answer:
            await asyncio.to_thread(answer.read)
        await asyncio.sleep(SCRAPE_SECONDS)


async def turn(context: Context, asterisk: Asterisk, ami: Ami, number: int, is_on: bool) -> Race:
    """Some calls, with a queue, offered to all and claimed by one."""
    await switch(asterisk, ami, is_on)
    scraper = asyncio.create_task(scrape(asterisk))
    result = await asyncio.to_thread(
        race, asterisk, *OPTIONS, "RACE_OPTIONS=q(bench)", apps=APPS, claimers=1, app_prefix=f"turn{number}-",
        calls=40 if context.quick else CALLS, rate=RATE,
    )  # fmt: skip
    if scraper.done():
        scraper.result()
    scraper.cancel()
    result.check(f"observers {'on' if is_on else 'off'}")
    until_gone(asterisk)
    return result


async def turns(context: Context, asterisk: Asterisk) -> tuple[float, float]:
    """CPU of Asterisk for a call, in ms: with all off, and with all on."""
    ami = await Ami(asterisk.port("AMI"), asterisk.ami_secret).connect()
    found: dict[bool, list[Race]] = {False: [], True: []}
    for number in range(2 * (1 if context.quick else TURNS)):
        # Off, on, on, off, off, on.
        is_on = number % 4 in (1, 2)
        found[is_on].append(await turn(context, asterisk, ami, number, is_on))
    told = sum(event["Event"] == "StasisBroadcastClaim" for event in ami.events)
    await ami.close()
    calls = {kind: sum(result.report["calls"]["made"] for result in results) for kind, results in found.items()}
    if told != calls[True]:
        raise BenchError(f"observers: the manager heard of {told} claims, {calls[True]} were made")
    off, on = (sum(result.cpu for result in found[kind]) * 1000 / calls[kind] for kind in (False, True))
    return off, on


def measure(context: Context, side: str) -> Stats:
    settings = {
        "CONF": conf("observers", cel=CEL, cel_custom=CEL_CUSTOM, stasis_broadcast=SETTINGS.format("no")),
        "MODULES_EXTRA": f"res_cdrel_custom.so cel_custom.so res_prometheus.so {PROMETHEUS}",
    }
    with Asterisk(side, **settings) as asterisk:
        warm_up(asterisk, apps=APPS, claimers=1, calls=20, rate=RATE)
        off, on = asyncio.run(turns(context, asterisk))
    return {"observers-off": off, "observers-on": on, "observers-rise": on / off}


SCENARIOS = [
    Scenario(
        "observers",
        f"CPU time of Asterisk for a call, {APPS} applications: AMI, CEL, queue_log and Prometheus off, and all on",
        [
            Case("observers-off", "ms", "", for_the_record),
            Case("observers-on", "ms", "", for_the_record),
            Case("observers-rise", "times", "at most 1.05", ours_at_most(1.05)),
        ],
        measure,
        (30, 10),
        beside=NOTHING,
    )
]
