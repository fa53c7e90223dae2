"""Runs ari-race, the load generator, and reads its report."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
from asterisk import OUT, REPO, Asterisk, BenchError

PROGRAM = REPO / "build" / "ari-race" / "ari-race"

# So many applications are many.
MANY = 300
REST_MS = 4000

# The longest that applications may take to come or go.
PATIENCE_SECONDS = 20
# It has got done when it takes less of a core than this for so long.
QUIET_SHARE, QUIET_SECONDS = 0.05, 2.5

# The dialplan that reads RACE_OPTIONS, the options of StasisBroadcast().
OPTIONS = ("--endpoint", "Local/offer@bench-options", "--variable")

# ari-race's exit status when one of its rules was broken: a result, but not a good one.
RULE_BROKEN = 1
RULE_BROKEN_TEXT = "calls broke a rule"


def applications(asterisk: Asterisk) -> list[str]:
    """Those that are registered now. The CLI tells: ARI fails to list a thousand."""
    return asterisk.cli("ari show apps").split()[3:]


def until(condition: Callable[[], bool], what: str) -> None:
    """Ask until it is true, for a while: for what Asterisk sends no event."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(0.05)


def unusual(answers: dict[str, dict[str, int]]) -> str:
    """The answers that a race should not have: "claim none: 2"."""
    usual = {kind: () if kind == "originate" else ("404", "409") for kind in answers}
    return ", ".join(
        f"{kind} {status}: {count}"
        for kind, counts in answers.items()
        for status, count in counts.items()
        if status != "sent" and count and not status.startswith("2") and status not in usual[kind]
    )


class Race:
    """One run of ari-race."""

    def __init__(self, report: dict[str, Any], history: Path | None) -> None:
        self.report = report
        self.history = history
        # CPU seconds of Asterisk from the first call to the end of the last, without the applications' coming and going.
        self.cpu = 0.0

    def rate(self) -> float:
        """Calls a second."""
        return self.report["calls"]["made"] / self.report["seconds"]

    def offers(self) -> float:
        """How many applications heard of a call."""
        return self.report["events"]["offers"] / self.report["calls"]["made"]

    def check(self, what: str) -> None:
        """It counts only if nothing went wrong and somebody got each call."""
        trouble = self.trouble() or (f"{self.lost()} calls that nobody got" if self.lost() else "")
        if trouble:
            raise BenchError(f"{what}: {trouble}")

    def ms(self, name: str, what: str) -> float:
        """A number of ari-race's table: ms("offer_to_start", "p99")."""
        values = self.report["latency_ms"][name]
        if values is None:
            raise BenchError(f"ari-race measured no {name}: {self.trouble() or 'no call came so far'}")
        return values[what]

    def trouble(self) -> str:
        """What went wrong, or nothing."""
        report = self.report
        found = []
        if report["ending"] != "complete":
            found.append(f"{report['ending']} {report['why']}")
        if report["rules_broken"]["count"]:
            found.append(f"{report['rules_broken']['count']} {RULE_BROKEN_TEXT}")
        if report["errors"]:
            found.append(f"{report['errors']} HTTP errors ({unusual(report['answers'])})")
        # An offer that is over before it is written is not sent to the rest: "partly_offered" is no fault.
        for key in ("failed", "not_offered"):
            if report["calls"][key]:
                found.append(f"{report['calls'][key]} calls {key}")
        return ", ".join(found)

    def lost(self) -> int:
        """Calls that nobody got."""
        return self.report["calls"]["made"] - self.report["calls"]["winners"]["1"]


def race(asterisk: Asterisk, *words: str, history: bool = False, **options: object) -> Race:
    """Run to the end. race(asterisk, apps=10, calls=300) is ari-race --apps 10 --calls 300."""
    command, report = command_line(asterisk, words, options)
    path = OUT / "race.history" if history else None
    if path:
        command += ["--history", str(path)]
    with machine.CpuMeter(asterisk.pid) as meter:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    result = read(done.returncode, done.stdout + done.stderr, report, path)
    start_ns = result.report["start_ns"]
    if options.get("apps", 0) >= MANY and meter.between(start_ns - 500_000_000, start_ns) > 0.2:
        raise BenchError("Asterisk had not got done with the applications' coming when the calls began")
    result.cpu = meter.between(start_ns, start_ns + round(result.report["seconds"] * 1e9))
    return result


def rest(apps: int) -> dict[str, object]:
    """Options for many applications: Asterisk tells each that is there of each that comes, and has to get done with that."""
    return {"rest": REST_MS} if apps >= MANY else {}


def warm_up(asterisk: Asterisk, **options: object) -> None:
    """A first race, not measured. Waits until its applications are gone, or the next ones would meet them."""
    race(asterisk, **options)
    until_gone(asterisk)


def until_quiet(*cpus: Callable[[], float]) -> None:
    """Until those whose CPU seconds these functions read have got done with the applications' coming.

    Asterisk tells its parts of each; a NATS server pings each client a second or two after it has come.
    """

    def share() -> float:
        before = sum(cpu() for cpu in cpus)
        time.sleep(QUIET_SECONDS)
        return (sum(cpu() for cpu in cpus) - before) / QUIET_SECONDS

    until(lambda: share() < QUIET_SHARE, "Asterisk has got done with the applications' coming")


def until_gone(asterisk: Asterisk) -> None:
    until(lambda: not applications(asterisk), "the applications of the last race are gone")


def start(asterisk: Asterisk, *words: str, **options: object) -> "Running":
    """Start it beside other work; finish() has the result."""
    return Running(*command_line(asterisk, words, options))


class Running:
    """An ari-race that runs."""

    def __init__(self, command: list[str], report: Path) -> None:
        self.report = report
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def wait_until_registered(self, asterisk: Asterisk, count: int) -> None:
        """Until so many applications are there."""
        until(
            lambda: self.process.poll() is not None or len(applications(asterisk)) == count,
            f"{count} applications are registered",
        )

    def finish(self) -> Race:
        """Ask it to end now, and read what it has."""
        self.process.terminate()
        text, _ = self.process.communicate(timeout=60)
        return read(self.process.returncode, text, self.report, None)


def command_line(asterisk: Asterisk, words: tuple[str, ...], options: dict[str, object]) -> tuple[list[str], Path]:
    report = OUT / "race.json"
    report.unlink(missing_ok=True)
    command = [str(PROGRAM), "--url", asterisk.url, "--quiet", "--json", str(report), *words]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    return command, report


def read(code: int, text: str, report: Path, history: Path | None) -> Race:
    if code not in (0, RULE_BROKEN) or not report.exists():
        raise BenchError(f"ari-race ended with {code}: {text[-600:].strip()}")
    return Race(json.loads(report.read_text()), history)
