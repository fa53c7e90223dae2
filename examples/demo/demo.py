#!/usr/bin/python3
"""The demo: six SIP calls are offered to three ARI applications, on an Asterisk made for the purpose.

Started by `make demo`, which installs what it needs. Exit status: 0, each call ended as it should;
1, at least one did not; 2, the demo could not be carried out; 128 + N, ended by signal N.
"""
import signal

# An interrupt before there is anything to take down just ends it.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import asyncio
import contextlib
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

import aiohttp

from asterisk import REPO, Asterisk, SandboxError
from cases import APPLICATIONS, CASES, Case, Seen
from console import ConsoleDemo
from people import Applications, Caller
from process import Trouble
from table import Table


class Demo:
    """One run."""

    ends_by_interrupt = False

    def __init__(self, version: str, logs: Path) -> None:
        self.version, self.logs = version, logs
        self.table = Table()
        self.asterisk = Asterisk(version, logs)
        self.applications = Applications(self.asterisk, self.application_told)
        self.seen = {case.extension: Seen() for case in CASES}
        self.calls_of_channels: dict[str, Seen] = {}
        self.reported: set[tuple[Case, str]] = set()
        self.news = asyncio.Event()

    # What is seen

    def application_told(self, event: dict) -> None:
        if event["event"] == "offer" and event["called"] in self.seen:
            self.calls_of_channels[event["channel"]] = self.seen[event["called"]]
        seen = self.calls_of_channels.get(event.get("channel", ""))
        if seen:
            seen.from_application(event)
            self.news.set()

    def dialplan_told(self, event: dict[str, str]) -> None:
        seen = self.seen.get(event.get("Call", ""))
        if seen:
            seen.outcome = event
            self.news.set()

    # What is done

    async def run(self) -> None:
        """All of it, but for the taking down."""
        self.table.say(f"StasisBroadcast on real calls: Asterisk {self.version}, three applications, six callers\n")
        await self.asterisk.make_root()
        await self.step("modules built", self.asterisk.build())
        await self.step("Asterisk started, on 127.0.0.1 only", self.asterisk.start())
        await self.asterisk.listen(self.dialplan_told)
        await self.step("red, green and blue connected: 3 x examples/python/claimer.py", self.prepare(CASES[0]))
        self.table.say()
        self.table.heading()
        for case in CASES:
            await self.prepare(case)
            await self.call(case)
        # To the last line, so that nothing comes after the verdict.
        await self.applications.stop()

    async def step(self, what: str, work: Awaitable[None]) -> None:
        started = time.monotonic()
        await work
        self.table.say(f"{time.monotonic() - started:6.1f} s  {what}")

    async def prepare(self, case: Case) -> None:
        """Let the applications have the ways that the case asks for."""
        await self.applications.follow({
            app: ["--policy", policy, "--think", str(case.think)]
            for app, policy in zip(APPLICATIONS, case.policies)
        })

    async def call(self, case: Case) -> None:
        """Place a call, and show what comes of it until all of it has been seen."""
        seen = self.seen[case.extension]
        caller = Caller(self.asterisk, case.scenario, f"10{case.number}", case.extension)
        ticker = asyncio.create_task(self.follow(case, seen, caller))
        try:
            seen.sipp_status = await caller.call()
            seen.line = caller.said()
            # The applications' and the dialplan's last words about it are still under way.
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.all_of(case, seen), 3)
        finally:
            ticker.cancel()
        faults = case.faults(seen)
        self.table.show(case, seen, "!!" if faults else "ok")
        self.report(case, faults)

    async def follow(self, case: Case, seen: Seen, caller: Caller) -> None:
        """Keep the row of a call up to date while it lasts."""
        while True:
            seen.hearing = caller.ear.seconds
            self.table.show(case, seen)
            await asyncio.sleep(0.1)

    async def all_of(self, case: Case, seen: Seen) -> None:
        while not case.is_over(seen):
            self.news.clear()
            await self.news.wait()

    async def take_down(self) -> None:
        """Leave nothing running. May be called at any time."""
        await self.applications.stop()
        await self.asterisk.stop()

    def verdict(self) -> int:
        """Say how it went, once all is over. Returns the exit status."""
        self.table.say()
        good = 0
        for case in CASES:
            # Once more: something may have come after the call was over that should not.
            faults = case.faults(self.seen[case.extension])
            self.report(case, faults)
            good += not faults
        self.table.say(f"{good} of {len(CASES)} calls ended as they should.")
        if good < len(CASES):
            self.table.say(self.where_the_logs_are())
            return 1
        return 0

    def report(self, case: Case, faults: list[str]) -> None:
        """Say what is wrong with a call, each thing once."""
        for fault in faults:
            if (case, fault) not in self.reported:
                self.reported.add((case, fault))
                self.table.say(f"      {case.number} {case.title}: {fault}")

    def where_the_logs_are(self) -> str:
        return (f"The logs are in {self.logs.relative_to(REPO)}/, "
                f"that of Asterisk is {self.asterisk.shown_log}")


def say_how_to_go_on(table: Table, version: str) -> None:
    setting, url, sip = ("", "", 5070) if version == "22" else (
        f" ASTERISK={version}", " --url http://127.0.0.1:8089/ari", 5071)
    table.say(f"""
Now you: an Asterisk to stay, an application that claims, and, in another terminal, a call for it
  make sandbox-up{setting}
  examples/python/claimer.py --app hello{url}
  sipp -sn uac 127.0.0.1:{sip} -i 127.0.0.1 -s offer -m 1 -d 1000
and in the end: make sandbox-down{setting}

Or watch it in the browser, with workers and callers, and a console that shows them: make console{setting}""")


async def carry_out(demo: Demo | ConsoleDemo) -> int:
    """Run the demo and take everything down again, whatever happens."""
    task, stopped_by = asyncio.current_task(), []

    def interrupted(number: int) -> None:
        if not stopped_by:
            task.cancel()
        stopped_by.append(number)
        demo.table.live = False
        with contextlib.suppress(OSError):
            demo.table.say("\nTaking everything down ..." if demo.ends_by_interrupt
                           else "\nInterrupted; taking everything down ...")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupted, number)
    status = 2
    try:
        await demo.run()
        status = 0
    except asyncio.CancelledError:
        status = 0 if demo.ends_by_interrupt else 128 + stopped_by[0]
    except (Trouble, SandboxError) as trouble:
        tell_trouble(f"The demo cannot go on. {trouble}")
    except (AssertionError, OSError, aiohttp.ClientError, asyncio.TimeoutError) as error:
        tell_trouble(f"The demo cannot go on. {type(error).__name__}: {error}\n{demo.where_the_logs_are()}")
    finally:
        # An interrupt from now on does not keep it from tidying up.
        stopped_by.append(0)
        try:
            await demo.take_down()
        except Trouble as trouble:
            tell_trouble(f"It could not be taken down as it should. {trouble}")
            status = status or 2
    return status


def tell_trouble(text: str) -> None:
    with contextlib.suppress(OSError):
        print(f"\n{text}", file=sys.stderr)


def main() -> int:
    started = time.monotonic()
    version = os.environ.get("ASTERISK") or "22"
    logs = REPO / "build" / "demo" / version
    logs.mkdir(parents=True, exist_ok=True)
    with (logs.parent / f"{version}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another make demo with Asterisk {version} is running here; wait for it to end.", file=sys.stderr)
            return 2
        shutil.rmtree(logs)
        logs.mkdir()
        demo = ConsoleDemo(version, logs) if os.environ.get("CONSOLE") else Demo(version, logs)
        status = asyncio.run(carry_out(demo))
        if status == 0:
            status = demo.verdict()
            demo.table.say(f"Everything is down again. {time.monotonic() - started:.1f} s in all.")
        if status == 0 and not demo.ends_by_interrupt:
            say_how_to_go_on(demo.table, version)
    return status


if __name__ == "__main__":
    sys.exit(main())
