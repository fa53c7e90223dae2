"""The fleet's metrics: there while its module is, and as docs/FLEET.md has them."""

import re

import pytest
from harness.asterisk import REPO
from harness.conf import load
from scraping import METRICS, PREFIX, PROMETHEUS, promtool, scraping

FLEET = "res_stasis_broadcast_nats.so"
pytestmark = [pytest.mark.only(22), pytest.mark.instance(MODULES_EXTRA=f"{PROMETHEUS} {METRICS} {FLEET}", VERBOSE=2)]


def fleet(scrape) -> dict[str, str]:
    return {name.removeprefix(PREFIX): kind for name, kind in scrape.types.items() if name.startswith(f"{PREFIX}fleet_")}


async def test_metrics_of_the_fleet(case):
    """Without settings the fleet is off, and all that is counted is 0."""
    case.expect_log("^Fleet: off")
    page = (REPO / "docs" / "FLEET.md").read_text()
    documented = dict(re.findall(r"^\| `(fleet_[a-z_]+)` \| (\w+) \|", page, re.MULTILINE))
    async with scraping(case) as scraper:
        scrape = await scraper.get()
        assert fleet(scrape) == documented and len(documented) > 5
        assert {sample.value for sample in scrape.samples if sample.name.startswith(f"{PREFIX}fleet_")} == {0}
        assert {one.labels["request"] for one in scrape.named("fleet_requests_total")} == {"claim", "bid", "decline", "take", "list"}
        assert not await promtool(scrape.text)
        await load(case, "unload", FLEET)
        assert not fleet(await scraper.get())
        await load(case, "load", FLEET)
        assert fleet(await scraper.get()) == documented
