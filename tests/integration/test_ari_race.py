"""ari-race over the applications' own WebSockets, against a real Asterisk; tests/race tests its judgement."""

import asyncio
import json

import pytest

from harness.asterisk import REPO

PROGRAM = REPO / "build" / "ari-race" / "ari-race"
WEBSOCKET = ("--claims-over", "websocket")


async def build():
    make = await asyncio.create_subprocess_exec("make", "-s", "ari-race", cwd=REPO)
    assert await make.wait() == 0


async def race(case, folder, *options):
    """Run it to its end: its exit status, its report, and what it says on standard error."""
    await build()
    report = folder / "report.json"
    command = [
        PROGRAM, "--quiet", "--url", f"http://127.0.0.1:{case.asterisk.port('HTTP')}", "--json", report,
        "--app-prefix", f"{case.prefix}-", "--endpoint", "Local/test@default", "--other", "wait@default", *options,
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, warnings = await process.communicate()
    return process.returncode, json.loads(report.read_text()), warnings.decode()


@pytest.mark.only(22)
@pytest.mark.parametrize("share", ["1", "3"], ids=["one each", "one for three"])
async def test_claims_and_declines_over_websockets(case, tmp_path, share):
    options = ("--apps", "5", "--decliners", "2", "--apps-per-connection", share, "--calls", "20", "--rate", "50")
    status, report, warnings = await race(case, tmp_path, *WEBSOCKET, *options, "--variable", "OFFER=10000")
    assert (status, warnings) == (0, "")
    assert report["calls"]["winners"] == {"0": 0, "1": 20, "2+": 0}
    claims, declines = report["answers"]["claim"], report["answers"]["decline"]
    # Who has not heard of a call before another has claimed it hears nothing of it.
    assert 20 <= claims["sent"] <= 60 and claims["204"] == 20 and claims["none"] == declines["none"] == 0
    assert 0 < declines["sent"] <= 40 and set(declines) <= {"sent", "none", "204", "404", "409"}
    assert report["errors"] == 0 and report["latency_ms"]["claim_to_start"]["count"] == 20


BIDDERS = ("--apps", "5", "--bid", "--think", "20", "--spread", "20", "--calls", "20", "--rate", "50")


async def check_bids(case, folder, *options):
    """The best of five bids wins, each time: scores follow from the seed, so their mean does not depend on luck."""
    status, report, _ = await race(case, folder, *BIDDERS, *options)
    assert status == 0 and report["calls"]["winners"] == {"0": 0, "1": 20, "2+": 0}
    bids = report["answers"]["bid"]
    assert bids["sent"] == bids["202"] == 100 and bids["none"] == report["errors"] == 0, (bids, report["latency_ms"])
    assert report["answers"]["claim"]["sent"] == report["events"]["unclaimed_starts"] == 0
    assert report["latency_ms"]["offer_to_start"]["count"] == 20
    assert report["calls"]["mean_score"] > 750


async def test_bids(case, tmp_path):
    await check_bids(case, tmp_path, "--variable", "OFFER=10000,,,,b(5000)")


@pytest.mark.only(22)
async def test_bids_over_websockets(case, tmp_path):
    await check_bids(case, tmp_path, *WEBSOCKET, "--variable", "OFFER=10000,,,,b(5000)")


@pytest.mark.only(16)
async def test_an_asterisk_without_requests_over_websockets(case, tmp_path):
    """It says so, instead of claims that get no answer."""
    status, report, warnings = await race(case, tmp_path, *WEBSOCKET, "--variable", "OFFER=10000")
    assert status == 3 and report["calls"]["made"] == 0
    assert "does not answer requests over a WebSocket" in warnings and "--claims-over http" in warnings
