"""The judge over NATS, with a node that keeps the protocol and with faults."""

from pathlib import Path

import pytest
from bus import BusServer
from program import Race, Run
from server import LOGIN, Call, Server

pytestmark = pytest.mark.usefixtures("on_loop")

OPTIONS = ("--apps", "3", "--calls", "5", "--rate", "50", "--settle", "100")


class TwoWinnersOverNats(BusServer):
    """Each claim gets 204."""

    def wins(self, call: Call, application: str) -> bool:
        return True


class NoStartOverNats(BusServer):
    """The winner never gets the call."""

    async def start(self, call: Call) -> None:
        call.holder = call.winner


class TooShortHold(NoStartOverNats):
    """And no WebSocket can be in time."""

    hold_ms = 0


async def judge(kind: type[BusServer], folder: Path, *more: str) -> Run:
    async with kind() as server:
        async with Race(server.port, folder, "--nats", server.nats, *OPTIONS, *more, login=LOGIN) as race:
            return await race.end()


async def test_nothing_is_wrong(tmp_path: Path) -> None:
    run = await judge(BusServer, tmp_path)
    assert (run.status, run.warnings) == (0, "")
    assert run.report["calls"]["winners"] == {"0": 0, "1": 5, "2+": 0} and run.broken == {}
    assert run.report["latency_ms"]["offer_to_start"]["count"] == 5


async def test_two_winners(tmp_path: Path) -> None:
    run = await judge(TwoWinnersOverNats, tmp_path)
    assert run.status == 1 and set(run.broken.values()) == {"two-winners"} and len(run.broken) == 5


async def test_no_start(tmp_path: Path) -> None:
    run = await judge(NoStartOverNats, tmp_path)
    assert run.status == 1 and set(run.broken.values()) == {"won-without-start"} and len(run.broken) == 5


async def test_a_websocket_that_comes_too_late_breaks_no_rule(tmp_path: Path) -> None:
    run = await judge(TooShortHold, tmp_path, "--calls", "1")
    assert run.status == 0 and run.broken == {} and run.report["calls"]["won_but_websocket_lost"] == 1


async def test_no_nats(tmp_path: Path) -> None:
    async with Server() as server:
        async with Race(server.port, tmp_path, "--nats", "nats://race:secret@127.0.0.1:1", login=LOGIN) as race:
            run = await race.end()
    assert run.status == 3 and "--nats" in run.warnings and "secret" not in run.warnings
    assert run.warnings.count("\n") == 1


async def test_nats_goes_away(tmp_path: Path) -> None:
    async with BusServer() as server:
        async with Race(server.port, tmp_path, "--nats", server.nats, *OPTIONS, "--calls", "5000", login=LOGIN) as race:
            await server.until(lambda: server.events["StasisStart"] > 2)
            for writer, _ in server.subscribers.values():
                writer.close()
            run = await race.end()
    assert run.status == 3 and "NATS went away" in run.report["why"]
