"""ari-race over NATS, against the fleet; tests/race tests its judgement."""

import asyncio
import json

from harness.asterisk import REPO

PROGRAM = REPO / "build" / "ari-race" / "ari-race"
CALLS = ("--endpoint", "Local/test@default", "--other", "wait@default", "--rate", "60")


async def race(world, folder, *options, over_nats=True):
    """Run it to its end with three applications: its exit status, its report, its history, and standard error."""
    make = await asyncio.create_subprocess_exec("make", "-s", "ari-race", cwd=REPO, stdout=asyncio.subprocess.DEVNULL)
    assert await make.wait() == 0
    report, history = folder / "report.json", folder / "history.jsonl"
    urls = [f"http://127.0.0.1:{case.asterisk.port('HTTP')}" for case in world.cases]
    nats = ("--nats", ",".join(world.fleet.urls), "--url", ",".join(urls)) if over_nats else ("--url", urls[0])
    command = [PROGRAM, "--quiet", "--json", report, "--history", history, "--app-prefix", f"{world.app_name('race')}-"]
    process = await asyncio.create_subprocess_exec(
        *command, *nats, *CALLS, *options, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, warnings = await process.communicate()
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    return process.returncode, json.loads(report.read_text()), lines, warnings.decode()


async def test_a_race_at_all_nodes_has_a_report_as_over_websockets(world, tmp_path):
    offer = ("--variable", "OFFER=10000,^race-", "--calls", "30")
    status, report, history, warnings = await race(world, tmp_path, *offer)
    assert (status, warnings) == (0, "")
    assert report["calls"]["made"] == 30 and report["calls"]["winners"] == {"0": 0, "1": 30, "2+": 0}
    assert report["errors"] == report["calls"]["won_but_websocket_lost"] == report["events"]["unclaimed_starts"] == 0
    assert report["answers"]["claim"]["204"] == report["answers"]["hangup"]["204"] == report["events"]["starts"] == 30
    assert report["options"]["claims_over"] == "nats"
    # Calls of all three nodes, which each worker hears of over the one bus.
    for case in world.cases:
        assert (await case.ari.get("/channels")).json == []
    assert {line["what"] for line in history} == {"call", "offer", "claim", "answer", "start", "end", "hangup"}

    _, other, _, _ = await race(world, tmp_path, *offer, over_nats=False)
    assert report.keys() == other.keys()
    assert all(report[key].keys() == other[key].keys() for key in ("options", "calls", "events", "latency_ms", "self"))
    measured = {name for name, values in report["latency_ms"].items() if values}
    assert measured == {name for name, values in other["latency_ms"].items() if values}
    assert report["latency_ms"]["offer_to_start"]["count"] == report["latency_ms"]["claim_to_start"]["count"] == 30


async def test_bids_and_declines(world, tmp_path):
    options = ("--apps", "4", "--decliners", "1", "--bid", "--calls", "12")
    # Held for a moment: who hangs up sooner than its bid is answered may be told that the call is gone.
    bids = ("--hold", "50", "--variable", "OFFER=10000,^race-,,,b(5000)")
    status, report, _, warnings = await race(world, tmp_path, *options, *bids)
    assert (status, warnings) == (0, "")
    bids, declines = report["answers"]["bid"], report["answers"]["decline"]
    assert bids["sent"] == 36 and bids["204"] == 12 and bids["none"] == declines["none"] == report["errors"] == 0
    assert declines["sent"] == declines["204"] == 12 and report["calls"]["winners"] == {"0": 0, "1": 12, "2+": 0}
    assert report["latency_ms"]["offer_to_start"]["count"] == 12


async def test_no_node_listens_under_a_prefix(world, tmp_path):
    status, report, _, warnings = await race(world, tmp_path, "--nats-prefix", "sb.none")
    assert status == 3 and report["calls"]["made"] == 0
    assert "sb.none" in warnings and "broadcast show nats" in warnings and warnings.count("\n") == 1
