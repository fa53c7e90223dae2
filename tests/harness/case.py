"""What one test works with: applications, calls and their results, all gone when it ends."""

import asyncio
import itertools
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .ami import Ami, log_in_as
from .ari import Ari, AriApp, DeafApp
from .ari_client import NodeApp
from .asterisk import INTEGRATION, OURS, Asterisk, LogLine, read_log
from .events import Event, until
from .sip import Sipp

_numbers = itertools.count(1)

# What the log tells of applications that leave many calls unanswered: those of most tests do.
SILENCE = "^Application '.*' (is silent: it was offered|answers again, after) "


def is_ours(line: LogLine) -> bool:
    """Whether it is a warning, an error or a notice of the modules under test."""
    return line.file.startswith(OURS) and line.level in ("ERROR", "WARNING", "NOTICE")


def log_text(path: Path, start: int) -> str:
    """What was written to the log from a byte position on."""
    return "".join(line.text for line in read_log(path, start))


class Call:
    """A call that is on offer, by its channel's unique ID."""

    def __init__(self, case: "Case", channel_id: str) -> None:
        self.case = case
        self.id = channel_id

    async def result(self, where: str = "next") -> Event:
        """What the dialplan reported from a place."""
        return await self.case.ami.wait(lambda event: self._is_result(event, where))

    def results(self) -> list[str]:
        """The places that have reported so far."""
        return [event["Where"] for event in self.case.ami.events if self._is_result(event, event.get("Where"))]

    def _is_result(self, event: Event, where: str | None) -> bool:
        return (
            event.get("Event") == "UserEvent"
            and event["UserEvent"] == "Result"
            and event.get("Uniqueid") == self.id
            and event["Where"] == where
        )

    async def status(self) -> tuple[str, str]:
        """STASISSTATUS and BROADCASTSTATUS after the broadcast."""
        event = await self.result()
        return event["STASISSTATUS"], event["BROADCASTSTATUS"]

    async def hangup(self) -> None:
        answer = await self.case.ari.delete(f"/channels/{self.id}")
        assert answer.status in (204, 404), answer


class SipCall(Call):
    """A call that SIPp places. Its channel is known by the caller's number.

    scenario: a file of sipp/. media_port: where the caller wants its media, for scenarios that do not stream.
    `options` are those of Sipp.
    """

    def __init__(self, case: "Case", caller: str, scenario: str, media_port: int = 9, **options: Any) -> None:
        super().__init__(case, "")
        self.caller = caller
        self.media_port = media_port
        file = INTEGRATION / "sipp" / f"{scenario}.xml"
        self.sipp = Sipp(case.asterisk.port("SIP"), file, options=("-trace_msg",), **options)

    async def place(self, extension: str, offer: str) -> None:
        await self.sipp.start(extension, caller=self.caller, offer=offer, mediaport=self.media_port)
        try:
            event = await self.case.ami.wait(self._is_my_extension)
        except AssertionError as error:
            raise AssertionError(f"{error}; SIPp: {self.sipp.trace()}") from error
        self.id, self.channel = event["Uniqueid"], event["Channel"]

    def _is_my_extension(self, event: Event) -> bool:
        return event.get("Event") == "Newexten" and event["CallerIDNum"] == self.caller

    async def ended_well(self) -> None:
        """Wait until SIPp has gone through its scenario to the end."""
        await self.sipp.ended_well()

    async def end(self) -> None:
        await self.sipp.end()


class Case:
    """A test's hold on one Asterisk. Starts from no channels and no applications, and leaves none."""

    def __init__(self, asterisk: Asterisk, name: str) -> None:
        self.asterisk = asterisk
        self.version = asterisk.version
        self.prefix = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] + f"-{next(_numbers)}"
        self.ari = Ari(asterisk.port("HTTP"))
        self.ami = Ami(asterisk.port("AMI"), asterisk.ami_secret)
        self.expected_log: list[str] = [SILENCE]
        self._apps: list[Any] = []
        self._closers: list[Any] = []

    async def open(self) -> "Case":
        self.log_start = self.asterisk.log.stat().st_size
        await self.ari.open()
        await self.ami.connect()
        try:
            await self._known_state()
        except BaseException:
            await self.disconnect()
            raise
        return self

    async def _known_state(self) -> None:
        channels = (await self.ari.get("/channels")).json
        apps = (await self.ari.get("/applications")).json
        assert not channels and not apps, f"not a clean start: {channels} {apps}"

    async def close(self) -> None:
        """Take everything down, whatever the test left, and check that nothing remains."""
        try:
            for closer in reversed(self._closers):
                await closer()
            await self.hang_up_all()
            await asyncio.gather(*(app.close() for app in self._apps))
            await self._no_applications()
            await self._no_broadcasts()
            await self._check_log()
        finally:
            await self.disconnect()

    async def disconnect(self) -> None:
        await self.ami.close()
        await self.ari.close()

    def at_end(self, closer: Any) -> None:
        """Have a coroutine function called when the test ends, before calls are hung up."""
        self._closers.append(closer)

    async def hang_up_all(self) -> None:
        async def none_left() -> bool:
            channels = (await self.ari.get("/channels")).json
            for channel in channels:
                await self.ari.delete(f"/channels/{channel['id']}")
            return not channels

        await until(none_left, "all channels are gone")

    async def _no_applications(self) -> None:
        """Wait until Asterisk has forgotten the applications of processes that have ended: it notices in its own time.

        One that still had a channel then stays until somebody comes and leaves under its name.
        """
        patient_until = time.monotonic() + 1

        async def none_left() -> bool:
            apps = (await self.ari.get("/applications")).json
            for app in apps if time.monotonic() > patient_until else []:
                await (await self.ari.websocket(app["name"])).close()
            return not apps

        await until(none_left, "all applications are gone")

    async def _no_broadcasts(self) -> None:
        answer = await self.ari.get("/broadcasts")
        if answer.status == 200:
            assert answer.json == [], f"broadcasts that outlived their channels: {answer.json}"

    # Applications

    def app_name(self, word: str = "app") -> str:
        return f"{word}-{self.prefix}-{next(_numbers)}"

    async def app(self, word: str = "app") -> AriApp:
        """Connect an application with a name of its own that begins with a word."""
        return await self.app_named(self.app_name(word))

    async def app_named(self, *names: str) -> AriApp:
        """Connect an application with these names on one WebSocket."""
        app = await AriApp(self.ari, *names).connect()
        self._apps.append(app)
        return app

    async def apps(self, count: int) -> list[AriApp]:
        return await asyncio.gather(*(self.app(f"app{number}") for number in range(count)))

    async def flush(self, *apps: AriApp) -> None:
        """Wait until each application has got everything that was on its way to it.

        Events of one application come in order, so one more offer, to everybody, comes last.
        """
        call = await self.call("10000")
        for app in apps:
            await app.offered(call.id)
            app.last_flush = call.id
        await call.hangup()
        await call.result("h")

    async def sent(self, call: Call, *app_names: str) -> None:
        """Wait until a call's offer has been sent to each, read or not: who has not been sent it when it is claimed hears nothing."""

        async def noted() -> bool:
            shown = await self.ami.cli(f"broadcast show channel {call.id}")
            return all(re.search(rf"^ +\d+\.\d .*{re.escape(name)}$", shown, re.MULTILINE) for name in app_names)

        await until(noted, "the offer is noted as sent")

    async def deaf_app(self) -> DeafApp:
        app = await DeafApp(self.ari, self.app_name("deaf")).connect()
        self._apps.append(app)
        return app

    async def node_app(self) -> NodeApp:
        """Connect an application with ari-client, as it comes."""
        app = await NodeApp(self.ari, self.app_name("node")).connect()
        self._apps.append(app)
        return app

    async def leave(self, app: Any) -> None:
        """Disconnect an application before the test ends."""
        self._apps.remove(app)
        await app.close()

    # Calls

    async def call(
        self, offer: str = "5000", extension: str = "test", channel_id: str = "", **variables: str
    ) -> Call:
        """Place a call over a Local channel. Its far end, which has the ID if one is given, runs the extension."""
        number = next(_numbers)
        call = Call(self, channel_id or f"{self.prefix}-{number}-offered")
        answer = await self.ari.request(
            "POST",
            "/channels",
            {
                "endpoint": f"Local/{extension}@default/n",
                "extension": "wait",
                "context": "default",
                "callerId": f"caller{number} <{1000 + number}>",
                "channelId": f"{self.prefix}-{number}-caller",
                "otherChannelId": call.id,
                "timeout": "120",
            },
            json={"variables": {"OFFER": offer, **variables}},
        )
        assert answer.status == 200, answer
        return call

    async def sip(
        self, extension: str = "sip", scenario: str = "caller", offer: str = "5000", **options: Any
    ) -> SipCall:
        """Place a call with SIPp. `options` are those of SipCall."""
        number = next(_numbers)
        call = SipCall(self, f"{7000000 + number}", scenario, **options)
        self.at_end(call.end)
        await call.place(extension, offer)
        return call

    async def channel_name(self, channel_id: str) -> str:
        return (await self.ari.get(f"/channels/{channel_id}")).json["name"]

    async def rtp_received(self, channel: str, at_least: int | None = None) -> int | bool:
        """How many RTP packets have come from a channel's caller, or whether that is enough."""
        answer = await self.ami.action("Getvar", Channel=channel, Variable="CHANNEL(rtcp,rxcount)")
        count = int(answer.get("Value") or 0)
        return count if at_least is None else count >= at_least

    # Log

    async def log(self) -> list[LogLine]:
        """What Asterisk has logged since the test began, up to now.

        A thread of its own writes the log, one line after the other: when the line about a stranger
        is in the file, all that was logged before is.
        """
        stranger = f"stranger-{next(_numbers)}"
        written = self.asterisk.log.stat().st_size
        connection = await log_in_as(self.asterisk.port("AMI"), stranger)
        await until(lambda: stranger in log_text(self.asterisk.log, written), "the log is written")
        connection.close()
        return [line for line in read_log(self.asterisk.log, self.log_start) if "'stranger-" not in line.text]

    async def our_log(self) -> list[LogLine]:
        """Warnings, errors and notices of the modules under test.

        But for those of silent applications: that comes of the calls of many tests.
        """
        return [line for line in await self.log() if is_ours(line) and not re.search(SILENCE, line.text)]

    def expect_log(self, pattern: str) -> None:
        """Say that our modules will log this. What nobody expected fails the test."""
        self.expected_log.append(pattern)

    async def _check_log(self) -> None:
        assert self.asterisk.alive(), "Asterisk has died"
        for line in await self.log():
            bad = re.search(r"FRACK|refcount|Exceptionally long|assertion failed", line.text, re.IGNORECASE)
            assert not bad, f"logged: {line.raw!r}"
            expected = any(re.search(pattern, line.text) for pattern in self.expected_log)
            assert expected or not is_ours(line), f"logged: {line.raw!r}"


def open_case(asterisk: Asterisk, loop: asyncio.AbstractEventLoop, name: str) -> Iterator[Case]:
    """What a fixture gives a test: its hold on an Asterisk, which is not left in a state that nobody knows."""
    case = Case(asterisk, name)
    try:
        loop.run_until_complete(case.open())
        yield case
        loop.run_until_complete(case.close())
    except BaseException:
        # The next test gets a fresh one.
        asterisk.down()
        raise
