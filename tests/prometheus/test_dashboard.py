"""contrib/grafana: each query of the dashboard has an answer from a real Prometheus while ari-race makes calls."""

import asyncio
import json
import math
import re
import time

import pytest
from harness.asterisk import REPO
from harness.events import until
from prometheus_server import prometheus
from scraping import METRICS, PREFIX, PROMETHEUS, settings

pytestmark = [
    # All tests of a run have one.
    pytest.mark.usefixtures("asterisk"),
    pytest.mark.only(22),
    pytest.mark.instance(MODULES_EXTRA=f"{PROMETHEUS} {METRICS} test_prometheus.so", VERBOSE=2),
]

DASHBOARD = json.loads((REPO / "contrib" / "grafana" / "stasis-broadcast.json").read_text())
PROGRAM = REPO / "build" / "ari-race" / "ari-race"

# What Grafana puts in the place of its variables: four scrapes at the least.
VARIABLES = {"$__rate_interval": "5s", "$instance": ".*"}

# The longest that a query may be without an answer.
SECONDS = 30


def panels() -> list[dict]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    """As Prometheus gets them."""
    found = [target["expr"] for panel in panels() for target in panel["targets"]]
    for name, value in VARIABLES.items():
        found = [query.replace(name, value) for query in found]
    return found


def test_dashboard_is_whole():
    """Panels have numbers of their own, do not lie on each other, and ask the data source that is chosen."""
    identities = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(identities) == len(set(identities))
    places = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        mine = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not mine & places and max(x for x, _ in mine) < 24, panel["title"]
        places |= mine
    for panel in panels():
        assert panel["targets"] and panel["description"], panel["title"]
        assert all(one["datasource"]["uid"] == "${datasource}" for one in [panel, *panel["targets"]])
    assert not [query for query in queries() if "$" in query]


def test_dashboard_shows_each_metric():
    """None of docs/METRICS.md is forgotten."""
    documented = re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", (REPO / "docs" / "METRICS.md").read_text(), re.MULTILINE)
    asked = set(re.findall(rf"{PREFIX}([a-z_]+)", " ".join(queries())))
    asked = {re.sub("(?<=seconds)_(bucket|sum|count)$", "", name) for name in asked}
    assert asked == {name for name, _ in documented}


async def race(case, folder):
    """ari-race, for as long as the test needs it."""
    make = await asyncio.create_subprocess_exec("make", "-s", "ari-race", cwd=REPO)
    assert await make.wait() == 0
    return await asyncio.create_subprocess_exec(
        PROGRAM, "--quiet", "--url", f"http://127.0.0.1:{case.asterisk.port('HTTP')}", "--app-prefix", "race-",
        "--apps", "4", "--decliners", "1", "--calls", "100000", "--rate", "20", "--endpoint", "Local/test@default",
        "--other", "wait@default", "--variable", "OFFER=10000,^race-,,yes", "--json", folder / "race.json",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def claim_queued_calls(case, agent):
    """Calls of a queue, with bids and circles, each of which an application claims and ends."""
    while True:
        call = await case.call(f"1&10000,^nobody$&^{agent.app}$,,,q(support)b(100)")
        await agent.offered(call.id)
        answer = await case.ari.post(f"/broadcasts/{call.id}/bid", application=agent.app, score="800")
        assert answer.status == 202
        await agent.started(call.id)
        await call.hangup()
        agent.events.clear()
        await asyncio.sleep(0.2)


async def test_each_query_has_an_answer(case, tmp_path):
    case.expect_log("^Application '.*' ")
    await settings(case, "prometheus_by_application = yes", "prometheus_by_queue = yes")
    agent = await case.app("agent")
    async with prometheus(tmp_path, case.asterisk.port("HTTP")) as server:
        load = await race(case, tmp_path)
        queue = asyncio.create_task(claim_queued_calls(case, agent))
        try:
            await all_answered(server, lambda: load.returncode is None and not queue.done())
            assert await server.query(f'{PREFIX}application_connections{{application="{agent.app}"}}') == [1]
            assert await server.query('up{job="asterisk"}') == [1]
            (variable,) = [one for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()
            assert await server.api(f"label/{label}/values", **{"match[]": metric}) == [
                f"127.0.0.1:{case.asterisk.port('HTTP')}"
            ]
        finally:
            queue.cancel()
            await asyncio.gather(queue, return_exceptions=True)
            if load.returncode is None:
                load.terminate()
            await load.wait()
        # Duplicate series, times that go back: all that it did not like.
        assert server.log.read_text() == ""
    await settings(case)


async def all_answered(server, running) -> None:
    """Wait until each query has numbers."""
    left = set(queries())
    end = time.monotonic() + SECONDS

    async def answered() -> bool:
        assert running(), "the load has ended"
        for query in sorted(left):
            if any(not math.isnan(value) for value in await server.query(query)):
                left.discard(query)
        return not left

    try:
        await until(answered, "each query has an answer", max(end - time.monotonic(), 0))
    except AssertionError as error:
        raise AssertionError(f"{error}: {sorted(left)}") from error


def documented(language: str, file: str) -> str:
    """What docs/METRICS.md puts into a file."""
    page = (REPO / "docs" / "METRICS.md").read_text()
    return re.search(rf"^```{language} {re.escape(file)}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]


async def test_settings_of_the_page(case, tmp_path):
    """With what docs/METRICS.md has for both sides, Prometheus gets the metrics."""
    target = "your-asterisk:8088"
    scrape = documented("yaml", "prometheus.yml")
    assert target in scrape
    config = "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n" + scrape.replace(target, "127.0.0.1:{port}")
    file = case.asterisk.folder / "etc" / "prometheus.conf"
    before = file.read_text()
    file.write_text(documented("ini", "prometheus.conf"))
    try:
        await case.ami.cli("module reload res_prometheus.so")
        async with prometheus(tmp_path, case.asterisk.port("HTTP"), config) as server:
            await until(lambda: server.query(f"{PREFIX}open"), "our metrics are there")
            assert await server.query('up{job="asterisk"}') == [1]
    finally:
        file.write_text(before)
        await case.ami.cli("module reload res_prometheus.so")
