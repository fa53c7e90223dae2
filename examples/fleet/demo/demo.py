#!/usr/bin/python3
"""The demo of the fleet: calls to three Asterisks, six workers on NATS; a NATS server and an Asterisk are killed.

Started by `make demo-fleet`, which installs what it needs. Exit status: 0, each caller was served; 1, at least one
was not; 2, the demo could not be carried out; 128 + N, ended by signal N.
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent.parent / "tests"))

# pylint: disable=wrong-import-position
from board import Board, Row  # noqa: E402
from callers import Caller, Nodes, place  # noqa: E402
from harness.ami import Ami  # noqa: E402
from harness.asterisk import REPO, SandboxError, in_thread  # noqa: E402
from harness.events import until  # noqa: E402
from harness.fleet import Fleet, Node  # noqa: E402
from harness.fleet_worker import Worker  # noqa: E402
from harness.nats import NatsClient  # noqa: E402

WORKERS = {"red": "node", "orange": "node", "yellow": "node", "green": "node", "blue": "c", "violet": "c"}
CALLERS = 48
# About 14 calls of 5.5 s at a time. Workers in C are faster, and would leave none to the others if they had room. There
# is room for all, also while the calls of an Asterisk that has died still take their places: who is full declines.
CAPACITY = {"node": 8, "c": 2}
PAUSE = 0.4
PLAY = "sound:demo-thanks"
NATS_DIES, ASTERISK_DIES, NATS_RETURNS = 4.0, 9.0, 13.0
LOGS = REPO / "build" / "demo-fleet"


class Outcomes(Ami):
    """A manager connection that passes on what the dialplan tells of each call's end."""

    def __init__(self, node: Node, heard: Callable[[dict[str, str]], None]) -> None:
        super().__init__(node.port("AMI"), node.ami_secret, events="user")
        self.heard = heard

    def add(self, event: dict[str, str]) -> None:
        if event.get("UserEvent") == "FleetCall":
            self.heard(event)


class Demo:
    """One run."""

    def __init__(self) -> None:
        self.fleet = Fleet(word="fleet-demo")
        self.board = Board(self.tables)
        self.workers: dict[str, Worker] = {}
        self.callers = [Caller(f"{7000 + number}") for number in range(CALLERS)]
        self.nodes = Nodes([])
        self.amis: list[Ami] = []

    # What is seen

    def tables(self) -> list[Row | None]:
        servers = [(one.name, "up" if one.alive() else "DOWN") for one in self.fleet.servers]
        return [("NATS",), *servers, None, ("Asterisk", "", "calls", "served"), *map(self.node_row, self.fleet.nodes), None,
                ("worker", "", "offers", "won", "holds", "lost", "has a WebSocket to"), *map(self.worker_row, self.workers.values()),
                None, self.summary()]  # fmt: skip

    def node_row(self, node: Node) -> Row:
        mine = [caller for caller in self.callers if caller.node is node]
        served = sum(caller.state == "served" for caller in mine)
        return node.node, "DOWN" if node.node in self.nodes.down else "up", len(mine), served

    def worker_row(self, worker: Worker) -> Row:
        ports = {node.ari_url: node.node for node in self.fleet.nodes if node.env}
        there: set[str] = set()
        for line in worker.events:
            if line["event"] == "websocket-open":
                there.add(line["ari"])
            elif line["event"] in ("websocket-closed", "websocket-lost"):
                there.discard(line["ari"])
        return (worker.app, WORKERS[worker.app], len(worker.lines("offer")), len(worker.lines("start")), len(self.held(worker)),
                len(worker.lines("lost")), " ".join(sorted(ports[url] for url in there)))  # fmt: skip

    def held(self, worker: Worker) -> set[tuple[str, str]]:
        """The calls in a worker's hands: ARI of their nodes, and channels."""
        started, *over = ({(line["ari"], line["channel"]) for line in worker.lines(what)} for what in ("start", "end", "lost"))
        return started.difference(*over)

    def held_still(self) -> list[str]:
        return [f"{name} holds {channel} of {ari}" for name, worker in self.workers.items()
                for ari, channel in sorted(self.held(worker))]  # fmt: skip

    def summary(self) -> Row:
        states = [caller.state for caller in self.callers]
        again = sum(caller.attempts > 1 for caller in self.callers)
        return (f"{states.count('served')} of {CALLERS} callers served, {states.count('calls')} on the line, "
                f"{again} called again as their Asterisk died",)  # fmt: skip

    def heard(self, event: dict[str, str]) -> None:
        for caller in self.callers:
            if caller.number == event["Call"]:
                caller.outcome = event

    # What is done

    async def run(self) -> None:
        """All of it, but for the taking down."""
        await in_thread(self.fleet.build)
        self.board.say(f"A fleet: three Asterisks, three NATS servers, six workers, {CALLERS} callers\n")
        await self.step("three Asterisks and three NATS servers started, on 127.0.0.1 only",
                        in_thread(self.fleet.up, HERE / "extensions.conf"))  # fmt: skip
        self.nodes.all = self.fleet.nodes
        for node in self.fleet.nodes:
            self.amis.append(await Outcomes(node, self.heard).connect())
        await self.step("six workers connected to NATS, and to no Asterisk: four in Node.js, two in C", self.start_workers())
        self.board.say()
        ticker = asyncio.create_task(self.tick())
        try:
            await asyncio.gather(place(self.callers, self.nodes, PAUSE), self.kill_some())
            await self.all_ended()
        finally:
            ticker.cancel()

    async def step(self, what: str, work: Awaitable[object]) -> None:
        await work
        self.board.tell(what)

    async def start_workers(self) -> None:
        for name, language in WORKERS.items():
            self.workers[name] = Worker(name, self.fleet.urls, "--capacity", str(CAPACITY[language]), "--play", PLAY, language=language)
        await asyncio.gather(*(worker.start() for worker in self.workers.values()))
        async with NatsClient(self.fleet.servers[0].port) as client:
            await until(lambda: self.are_known(client), "all nodes know all workers")

    async def are_known(self, client: NatsClient) -> bool:
        answers = [await client.request(f"sb.v1.take.{node.node}.{app}", {"worker": "demo"}, 2)
                   for node in self.fleet.nodes for app in self.workers]  # fmt: skip
        return all(answer and answer["status"] == 404 for answer in answers)

    async def tick(self) -> None:
        while True:
            self.board.show()
            await asyncio.sleep(0.25)

    async def kill_some(self) -> None:
        server, node = self.fleet.servers[1], self.fleet.nodes[2]
        await asyncio.sleep(NATS_DIES)
        server.kill()
        self.board.tell(f"{server.name} killed : workers and nodes that it had go to another one")
        await asyncio.sleep(ASTERISK_DIES - NATS_DIES)
        os.kill(node.pid, signal.SIGKILL)
        self.nodes.down.add(node.node)
        there = [caller for caller in self.callers if caller.node is node and caller.state == "calls"]
        for caller in there:
            caller.hang_up()
        self.board.tell(f"{node.node} killed with {len(there)} call(s): their callers call again, at another Asterisk")
        await asyncio.sleep(NATS_RETURNS - ASTERISK_DIES)
        await in_thread(server.start)
        self.board.tell(f"{server.name} back")

    async def all_ended(self) -> None:
        try:
            await until(lambda: not self.held_still(), "the workers know that all calls have ended")
        except AssertionError as error:
            raise AssertionError(f"{error}: {', '.join(self.held_still())}") from error

    def keep_logs(self) -> None:
        """What the workers have told, for who wants to know what went wrong."""
        if not self.workers:
            return
        shutil.rmtree(LOGS, ignore_errors=True)
        LOGS.mkdir(parents=True)
        for name, worker in self.workers.items():
            lines = [json.dumps(line) for line in worker.events]
            (LOGS / f"{name}.log").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        print(f"What the workers have told: {LOGS.relative_to(REPO)}/", file=sys.stderr)

    async def take_down(self) -> None:
        """Leave nothing running. May be called at any time."""
        await asyncio.gather(*(worker.close() for worker in self.workers.values()))
        for ami in self.amis:
            await ami.close()
        await in_thread(self.fleet.down)

    def faults(self) -> list[str]:
        """What did not go as it should."""
        faults = [f"caller {caller.number} was not served: {caller.outcome or 'nobody says why'}"
                  for caller in self.callers if caller.state != "served"]  # fmt: skip
        wrong = [caller for caller in self.callers if caller.outcome.get("BROADCASTSTATUS") != "CLAIMED"]
        faults += [f"call of {caller.number} ended with {caller.outcome}" for caller in wrong if caller.state == "served"]
        faults += [f"{name} has won no call" for name, worker in self.workers.items() if not worker.lines("start")]
        return faults


async def carry_out(demo: Demo) -> int:
    """Run the demo and take everything down again, whatever happens."""
    task, stopped_by = asyncio.current_task(), []

    def interrupted(number: int) -> None:
        if not stopped_by:
            task.cancel()
        stopped_by.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupted, number)
    try:
        await demo.run()
        demo.board.end()
        return verdict(demo)
    except asyncio.CancelledError:
        return 128 + stopped_by[0] if stopped_by else 2
    except (SandboxError, RuntimeError, AssertionError, OSError) as trouble:
        print(f"\nThe demo cannot go on. {trouble}", file=sys.stderr)
        demo.keep_logs()
        return 2
    finally:
        stopped_by.append(0)
        await demo.take_down()


def verdict(demo: Demo) -> int:
    faults = demo.faults()
    for fault in faults:
        demo.board.say(f"!! {fault}")
    if faults:
        demo.keep_logs()
    else:
        demo.board.say(f"\nok {CALLERS} of {CALLERS} callers served, {time.monotonic() - demo.board.started:.0f} s in all.")
    return int(bool(faults))


def main() -> int:
    lock = REPO / "build" / "demo-fleet.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make demo-fleet is running here; wait for it to end.", file=sys.stderr)
            return 2
        return asyncio.run(carry_out(Demo()))


if __name__ == "__main__":
    sys.exit(main())
