"""200 workers and 50 calls a second: the page keeps up, and is drawn in time. BROWSER_LOAD_SECONDS says for how long."""

import asyncio
import datetime
import json
import os
import time

from console import opened

from harness.asterisk import REPO

SECONDS = int(os.environ.get("BROWSER_LOAD_SECONDS", "10"))
WORKERS, RATE = 200, 50

# How long frames take, and how old an event is when the page gets to it.
WATCH = """{
    window.frames = []; window.lags = []; window.tasks = [];
    let last = performance.now();
    const frame = (now) => { frames.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration))).observe({type: 'longtask'});
    const set = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage').set;
    Object.defineProperty(WebSocket.prototype, 'onmessage', {set(handler) {
        set.call(this, (message) => {
            const sent = /"timestamp":"([^"]*)"/.exec(message.data.slice(-300)) ?? /"timestamp":"([^"]*)"/.exec(message.data);
            if (sent) lags.push(Date.now() - new Date(sent[1].replace('+0000', 'Z')));
            handler(message);
        });
    }});
    1
}"""


def lags(watcher) -> list[float]:
    """How old events were when a watcher beside the page had them, in ms."""
    since = time.time() - time.monotonic()
    return [1000 * (since + event["at"] - datetime.datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp())
            for event in watcher.events]  # fmt: skip


async def race(case, folder):
    """ari-race plays the workers and makes the calls. Returns its report."""
    make = await asyncio.create_subprocess_exec("make", "-s", "ari-race", cwd=REPO)
    assert await make.wait() == 0
    report = folder / "report.json"
    process = await asyncio.create_subprocess_exec(
        REPO / "build" / "ari-race" / "ari-race", "--quiet", "--url", f"http://127.0.0.1:{case.asterisk.port('HTTP')}",
        "--json", report, "--apps", str(WORKERS), "--app-prefix", "load-", "--claimers", "random:2", "--think", "200",
        "--spread", "150", "--hold", "500", "--rate", str(RATE), "--duration", str(SECONDS), "--timeout", "20000",
        "--endpoint", "Local/load@default", "--other", "wait@default", stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    case.at_end(lambda: stop(process))
    _, warnings = await process.communicate()
    assert report.exists(), warnings.decode()
    return json.loads(report.read_text())


async def stop(process):
    if process.returncode is None:
        process.terminate()
        await process.wait()


def share(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def told(word: str, values: list[float]) -> str:
    return (f"{word}: p50 {share(values, 0.5):.0f} ms, p95 {share(values, 0.95):.0f}, p99 {share(values, 0.99):.0f},"
            f" longest {max(values, default=0):.0f} ({len(values)})")  # fmt: skip


async def test_keeps_up(case, page, tmp_path, capsys):
    await opened(page, case)
    # From here on it is watched: the next connection is made after it.
    await page.do("addInitScript", WATCH)
    await page.do("reload")
    await page.reads("#nodes", "live")
    # Events are late where Asterisk is: another watcher hears of them beside the page.
    watcher = await case.app_named("console-beside")
    report = await asyncio.wait_for(race(case, tmp_path), SECONDS + 120)
    made = report["calls"]["made"]
    assert made >= RATE * SECONDS * 0.25, report["calls"]
    await page.reads("#offers-now", f"{report['calls']['winners']['1']:,} claimed".replace(",", ""))
    await page.reads("#line-empty", "Nobody is waiting")
    assert "did not reach" not in await page.text("#problems")
    seen = {name: await page.evaluate(name) for name in ("frames", "lags", "tasks")}
    beside = lags(watcher)
    with capsys.disabled():
        print(f"\n{made} calls in {SECONDS} s to {WORKERS} workers; {told('frames', seen['frames'])};"
              f" {told('age of events here', seen['lags'])}; {told('beside', beside)}; {told('tasks over 50 ms', seen['tasks'])}")  # fmt: skip
    # Two cores do all of it: Asterisk, workers, callers and the browser.
    assert share(seen["frames"], 0.95) < 500
    assert share(seen["lags"], 0.95) < share(beside, 0.95) + 1000
