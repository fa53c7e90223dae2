"""What Prometheus gets: numbers that are right, text that is clean whatever names are, and no crash while modules go."""

import asyncio
import re
import time

import pytest
from harness.asterisk import REPO
from harness.events import until
from scraping import METRICS, PREFIX, PROMETHEUS, RES, Scrape, promtool, queued_call, run_app, scraping, settings

MODULES = f"{PROMETHEUS} {METRICS} test_prometheus.so"
pytestmark = [pytest.mark.only(22), pytest.mark.instance(MODULES_EXTRA=MODULES, VERBOSE=2)]

BY_NAME = ("prometheus_by_application = yes", "prometheus_by_queue = yes")

# Application names as ARI lets them be, and queue names: any bytes.
APPS = ['quo"te', "back\\slash", "brace}{", "ümläut-日本", "\\xff", "a=b;c"]
QUEUES = [b'quo"te', b"back\\slash", b"line\nfeed", b"\xff\xc3", b"\\xff\\xc3", "grün".encode(), b"\xed\xa0\x80", b"\\", b"\x80"]


def told(name: bytes) -> str:
    """A name as a label tells it: the rule of docs/METRICS.md, not the code's way."""
    name = re.sub(rb"\\(?=x[0-9a-fA-F]{2})", rb"\\x5c", name)
    return name.decode(errors="backslashreplace")


@pytest.fixture
def by_name(case, loop):
    loop.run_until_complete(settings(case, *BY_NAME))
    yield
    loop.run_until_complete(settings(case))


async def claimed_call(case, app):
    call = await case.call(f"10000,^{re.escape(app.app)}")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    return call


async def test_numbers_of_calls(case):
    """Each step of some calls is counted once."""
    async with scraping(case) as scraper:
        winner, other = await case.app("a"), await case.app("a")
        before = await scraper.get()
        call = await case.call("10000,^a-,,yes")
        await winner.offered(call.id)
        await other.offered(call.id)
        assert (await scraper.get()).value("open") == 1

        async def is_aging():
            # A call of less than a millisecond is as old as none.
            return (await scraper.get()).value("oldest_open_seconds") > 0

        await until(is_aging, "the call on offer gets older")
        assert await other.decline(call.id) == 204
        assert await winner.claim(call.id) == 204
        assert await other.claim(call.id) == 409
        assert await other.claim("nobody-knows") == 404
        await winner.started(call.id)
        await other.event("CallClaimed", call.id)
        await winner.proceed(call.id)
        await call.result()
        empty = await case.call("1,^nobody$")
        await empty.result()
        after = await until_counted(scraper, before)
        expected = {
            ("offers_total", ("outcome", "claimed")): 1, ("offers_total", ("outcome", "noapps")): 1,
            ("offers_total", ("outcome", "timeout")): 0, ("claims_total", ("result", "ok")): 1,
            ("claims_total", ("result", "taken")): 1, ("claims_total", ("result", "unknown")): 1,
            ("declines_total", ("result", "ok")): 1, ("lost_winners_total",): 0, ("reoffers_total",): 0,
            ("claim_seconds_count",): 1, ("delivery_seconds_count",): 2, ("open",): 0,
        }  # fmt: skip
        for (name, *labels), count in expected.items():
            assert after.value(name, **dict(labels)) - before.value(name, **dict(labels)) == count, (name, labels)
        assert 0 < after.value("claim_seconds_sum") - before.value("claim_seconds_sum") < 10
        assert not after.named("application_offers_total") and not after.named("queue_open")


async def test_bids_and_circles(case, by_name):
    async with scraping(case) as scraper:
        app, other = await case.app("b"), await case.app("b")
        before = await scraper.get()
        call = await case.call(f"200&20000,^{app.app}$&^b-,,,b(5000)")
        await asyncio.gather(app.offered(call.id), other.offered(call.id))
        for bidder, score in (app, "700"), (other, "20"):
            answer = await case.ari.post(f"/broadcasts/{call.id}/bid", application=bidder.app, score=score)
            assert answer.status == 202
        await app.started(call.id)
        after = await scraper.get()
        expected = {
            ("bids_total", ("result", "ok")): 2, ("bids_total", ("result", "taken")): 0, ("awards_total",): 1,
            ("award_scores_total",): 700, ("widenings_total",): 1, ("rounds_total", ("round", "1")): 0,
            ("rounds_total", ("round", "2")): 1, ("claims_total", ("result", "ok")): 0,
        }  # fmt: skip
        for (name, *labels), count in expected.items():
            assert after.value(name, **dict(labels)) - before.value(name, **dict(labels)) == count, (name, labels)
        for name, counts in ("bids", (1, 1)), ("awards", (1, 0)):
            found = [after.value(f"application_{name}_total", application=one.app) for one in (app, other)]
            assert tuple(found) == counts, name


async def until_counted(scraper, before: Scrape) -> Scrape:
    """A scrape after both CallClaimed events were counted as sent."""
    labels = {"type": "CallClaimed", "result": "sent"}

    async def counted():
        after = await scraper.get()
        return after if after.value("events_total", **labels) == before.value("events_total", **labels) + 2 else None

    return await until(counted, "two CallClaimed are counted")


async def test_histograms_grow_to_their_count(case):
    async with scraping(case) as scraper:
        app = await case.app()
        await claimed_call(case, app)

        async def counted():
            scrape = await scraper.get()
            return scrape if scrape.value("delivery_seconds_count") else None

        # The event is counted when it has been written, and may be here before that.
        scrape = await until(counted, "the event is counted")
        for name in ("claim_seconds", "delivery_seconds"):
            buckets = [sample.value for sample in scrape.named(f"{name}_bucket")]
            limits = [float(limit) for limit in scrape.values_of("le", f"{name}_bucket")]
            assert buckets == sorted(buckets) and limits == sorted(limits)
            assert limits[-1] == float("inf") and buckets[-1] == scrape.value(f"{name}_count") > 0


async def test_promtool_finds_nothing(case, by_name):
    async with scraping(case) as scraper:
        app = await case.app()
        await claimed_call(case, app)
        await queued_call(case, b"support", 10)
        await until_queue(scraper, "support")
        scrape = await scraper.get()
        assert scrape.value("application_claims_total", application=app.app, result="won") == 1
        assert await promtool(scrape.text) == ""
        # That it can find something.
        assert "open" in await promtool(f"{PREFIX}open 1\n")


async def connect(case, names: list[str]) -> set[str]:
    """Have applications of these names, whatever they are, until the test ends: their names as ARI tells them."""
    sockets = [await case.ari.websocket(name) for name in names]

    async def there() -> set[str]:
        return {app["name"] for app in (await case.ari.get("/applications")).json}

    async def close() -> None:
        for socket in sockets:
            await socket.close()

        async def gone() -> bool:
            return not await there()

        await until(gone, "the applications are gone")

    case.at_end(close)

    async def all_there() -> set[str] | None:
        return await there() if len(await there()) == len(names) else None

    return await until(all_there, "the applications are there")


async def until_queue(scraper, name: str) -> None:
    async def counted():
        return name in (await scraper.get()).values_of("queue", "queue_offered_total")

    await until(counted, f"queue {name!r} is counted")


async def test_names_of_any_sort(case, by_name):
    """Labels tell each name, and no two alike: a series that comes twice would end the scrape."""
    async with scraping(case) as scraper:
        names = await connect(case, APPS)
        assert set("\"\\") <= set("".join(names))
        for name in QUEUES:
            await queued_call(case, name, 10)
        for name in QUEUES:
            await until_queue(scraper, told(name))
        scrape = await scraper.get()
        queues = scrape.values_of("queue", "queue_open")
        assert {told(name) for name in QUEUES} <= set(queues) and len(queues) == len(set(queues))
        apps = scrape.values_of("application", "application_silent")
        assert {told(name.encode()) for name in names} <= set(apps) and len(apps) == len(set(apps))
        assert await promtool(scrape.text) == ""


async def test_no_more_names_than_are_set(case):
    async with scraping(case) as scraper:
        await settings(case, *BY_NAME, "prometheus_max_names = 2")
        try:
            await case.app_named("!3", "!1", "!2", "!4")
            for name in (b"!q1", b"!q2", b"!q3"):
                await queued_call(case, name, 10)

            async def counted():
                return (await scraper.get()).value("left_out_queues") >= 1

            await until(counted, "three queues are counted")
            scrape = await scraper.get()
            assert scrape.values_of("application", "application_offers_total") == ["!1", "!2"]
            assert scrape.values_of("queue", "queue_open") == ["!q1", "!q2"]
            assert scrape.value("left_out_applications") >= 2
        finally:
            await settings(case)


async def test_documented(case, by_name):
    """docs/METRICS.md has each metric with its type and labels, and no other."""
    rows = re.findall(r"^\| `([a-z_]+)` \| (\w+) \|([^|]*)\|", (REPO / "docs" / "METRICS.md").read_text(), re.MULTILINE)
    documented = {PREFIX + name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    async with scraping(case) as scraper:
        app = await case.app()
        await queued_call(case, b"support", 10)
        await until_queue(scraper, "support")
        scrape = await scraper.get()
        series = [len([one for one in scrape.samples if one.labels.get(label) == name])
                  for label, name in (("application", app.app), ("queue", "support"))]  # fmt: skip
    sample = (REPO / "samples" / "stasis_broadcast.conf").read_text()
    assert re.search(r"Each application is (\d+) series, each queue (\d+)\.", sample).groups() == tuple(map(str, series))
    there = {}
    for name, kind in scrape.types.items():
        names = {name} if kind != "histogram" else {f"{name}_bucket"}
        labels = {label for sample in scrape.samples if sample.name in names for label in sample.labels}
        there[name] = kind, labels - {"le"}
    assert there == documented


async def module(case, verb: str, name: str) -> str:
    return await asyncio.to_thread(case.asterisk.cli, f"module {verb} {name}")


class Scrapers:
    """Some that scrape without a pause. Each scrape has all of our families, or none."""

    def __init__(self, scraper) -> None:
        self.full, self.empty = 0, 0
        self.scraper = scraper
        self.tasks = [asyncio.create_task(self._run()) for _ in range(3)]

    async def _run(self) -> None:
        while True:
            scrape = await self.scraper.get()
            if scrape.lines:
                assert scrape.lines[-1].startswith(f"{PREFIX}left_out_queues "), scrape.lines[-1]
                self.full += 1
            else:
                self.empty += 1

    async def more(self, what: str) -> None:
        """Wait until three more scrapes of a kind have ended."""
        start = getattr(self, what)
        await until(lambda: self.check() and getattr(self, what) >= start + 3, f"scrapes that are {what}")

    def check(self) -> bool:
        for task in self.tasks:
            if task.done():
                task.result()
        return True

    async def end(self) -> None:
        self.check()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_metrics_unloaded_while_it_is_scraped(case, by_name):
    async with scraping(case) as scraper:
        await case.app()
        scrapers = Scrapers(scraper)
        for _ in range(10):
            await scrapers.more("full")
            assert (await module(case, "unload", METRICS)).startswith("Unloaded")
            await scrapers.more("empty")
            assert (await module(case, "load", METRICS)).startswith("Loaded")
        await scrapers.more("full")
        await scrapers.end()


@pytest.mark.parametrize("how", ["-f", "-h"])
async def test_provider_unloaded_by_force_while_it_is_scraped(case, how):
    """The metrics vanish, nothing is logged of it, and they come back. The settings are read again, too."""
    await settings(case, *BY_NAME)
    async with scraping(case) as scraper:
        scrapers = Scrapers(scraper)
        for _ in range(5):
            await scrapers.more("full")
            assert (await module(case, f"unload {how}", RES)).startswith("Unloaded")
            await scrapers.more("empty")
            assert (await module(case, "load", RES)).startswith("Loaded")
        await scrapers.more("full")
        await scrapers.end()
        assert not [line for line in await case.our_log() if "prometheus" in line.file]
    await settings(case)


@pytest.mark.instance(MODULES_EXTRA=MODULES, VERBOSE=3)
async def test_provider_that_came_later_is_unloaded_politely_while_it_is_scraped(case):
    """Asterisk does not know then that we use it."""
    await settings(case, *BY_NAME)
    users = [METRICS, "res_ari_broadcasts.so", "app_stasis_broadcast.so", "test_prometheus.so"]
    for name in [*users, RES]:
        assert (await module(case, "unload", name)).startswith("Unloaded"), name
    assert (await module(case, "load", METRICS)).startswith("Loaded")
    async with scraping(case) as scraper:
        scrapers = Scrapers(scraper)
        for _ in range(10):
            await scrapers.more("empty")
            assert (await module(case, "load", RES)).startswith("Loaded")
            await scrapers.more("full")
            assert (await module(case, "unload", RES)).startswith("Unloaded")
        await scrapers.end()
    for name in [RES, *users[1:]]:
        assert (await module(case, "load", name)).startswith("Loaded"), name
    await settings(case)


async def test_prometheus_unloaded_by_force_beneath_us(case, by_name):
    """Its page is gone; when it comes back, ours has to be loaded again."""
    async with scraping(case) as scraper:
        assert (await module(case, "unload -f", PROMETHEUS)).startswith("Unloaded")
        async with scraper.session.get(scraper.url) as answer:
            assert answer.status == 404
        assert (await module(case, "load", PROMETHEUS)).startswith("Loaded")
        await module(case, "unload", METRICS)
        assert (await module(case, "load", METRICS)).startswith("Loaded")
        assert (await scraper.get()).named("open")


APPLICATIONS = 10000


async def test_10000_applications(case):
    """A scrape that tells of each takes less than a second; three, where the machine is busy."""
    # Events of so many offers would hold up the answers of AMI.
    await settings(case, *BY_NAME, f"prometheus_max_names = {2 * APPLICATIONS}", "ami_events = no")
    async with scraping(case) as scraper:
        await run_app(case, "TestApps", f"many-,{APPLICATIONS}")

        async def counted():
            return f"many-{APPLICATIONS - 1:05}" in (await scraper.get()).values_of("application", "application_silent")

        await until(counted, "all are counted", 60)
        times = []
        for _ in range(3):
            start = time.monotonic()
            async with scraper.session.get(scraper.url) as answer:
                text = await answer.read()
            times.append(time.monotonic() - start)
        print(f"{len(text)} bytes, {times} s")
        assert text.count(b"application_silent{") >= APPLICATIONS - 10
        assert min(times) < 3, times
    await settings(case)
