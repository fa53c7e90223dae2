"""Beside Asterisk's own res_stasis_broadcast, which counts nothing."""

import pytest
from harness.asterisk import read_log
from scraping import METRICS, PROMETHEUS, scraping

pytestmark = [
    pytest.mark.only(22),
    pytest.mark.instance(modules="asterisk", MODULES_EXTRA=f"{PROMETHEUS} {METRICS}", VERBOSE=2),
]


async def test_no_metrics_beside_asterisks_own(case):
    """The page is as it would be without us, and the log says so once, however often it is asked for."""
    async with scraping(case) as scraper:
        for _ in range(3):
            assert not (await scraper.get()).lines
    (line,) = [one for one in read_log(case.asterisk.log, 0) if one.level == "ERROR"]
    assert "there are no metrics of broadcasts" in line.text
