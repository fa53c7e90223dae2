"""One fleet for all tests: three Asterisks, three NATS servers. Each test begins and ends with all of it up."""

import asyncio
import contextlib
import itertools
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.asterisk import INTEGRATION  # noqa: E402
from harness.case import Case  # noqa: E402
from harness.events import until  # noqa: E402
from harness.fleet import Fleet  # noqa: E402
from harness.fleet_worker import Worker  # noqa: E402
from harness.hooks import interrupt, loop, pytest_pyfunc_call, pytest_sessionstart  # noqa: E402, F401
from harness.nats import NatsClient, token  # noqa: E402
from raw_worker import RawWorker  # noqa: E402

# What a node tells of NATS while it is away, and of workers that have died.
EXPECTED = ["^Fleet: ", "^The fleet", "^NATS: ", "claimed the call but was gone"]

# How long a call waits for its winner: above what a busy machine needs to bring it.
HOLD_MS = 5000

_numbers = itertools.count(1)


def pytest_configure(config):
    signal.signal(signal.SIGTERM, interrupt)


class World:
    """What a test works with: the fleet, a hold on each node, workers and clients of NATS that end with it."""

    def __init__(self, fleet: Fleet, name: str) -> None:
        self.fleet = fleet
        self.name = name
        self.cases: list[Case] = []
        self.workers: list[Worker] = []
        self.clients: list[NatsClient] = []
        self.raw_workers: list[RawWorker] = []

    async def open(self) -> "World":
        for node in self.fleet.nodes:
            case = await Case(node, f"{self.name}-{node.number}").open()
            case.expected_log += EXPECTED
            self.cases.append(case)
        self.bus = await self.client()
        await self.nodes_are_there()
        return self

    async def started_again(self, number: int) -> Case:
        """A node that has died is started, on ports that it did not have; a new hold on it."""
        old = self.cases[number]
        await old.disconnect()
        await asyncio.to_thread(old.asterisk.up, old.asterisk.settings)
        self.cases[number] = await Case(old.asterisk, old.prefix).open()
        self.cases[number].expected_log += EXPECTED
        return self.cases[number]

    @contextlib.contextmanager
    def nats_away(self) -> Iterator[None]:
        """No server of NATS is there within; after it, the clients of the test have to be made again."""
        for server in self.fleet.servers:
            server.kill()
        try:
            yield
        finally:
            for server in self.fleet.servers:
                server.start()

    async def nodes_are_there(self, count: int | None = None) -> None:
        """Wait until so many nodes, all if none is given, answer on NATS."""
        wanted = count or len(self.fleet.nodes)
        seen: set[str] = set()
        sid = await self.bus.subscribe("sb.v1.node.*", lambda message: seen.add(message["subject"]))

        def there() -> bool:
            self.bus.publish("sb.v1.ping")
            return len(seen) >= wanted

        await until(there, f"{wanted} nodes are on NATS")
        self.bus.unsubscribe(sid)

    async def ended(self, call) -> tuple[str, str]:
        """STASISSTATUS and BROADCASTSTATUS at the end of a call, whoever hung up."""
        event = await call.result("h")
        return event["STASISSTATUS"], event["BROADCASTSTATUS"]

    async def client(self, server: int = 0) -> NatsClient:
        client = await NatsClient(self.fleet.servers[server].port, inbox=f"_INBOX.test{next(_numbers)}").connect()
        self.clients.append(client)
        return client

    def app_name(self, word: str = "app") -> str:
        return f"{word}-{next(_numbers)}"

    async def worker(self, *options: str, app: str = "", language: str = "node", **env: str) -> Worker:
        """A worker that all nodes know."""
        worker = Worker(app or self.app_name(), self.fleet.urls, *options, language=language, **env)
        self.workers.append(worker)
        await worker.start()
        await self.known(worker.app)
        return worker

    async def raw(self, app: str = "", worker: str = "") -> RawWorker:
        """A worker that all nodes know, and that the test drives by hand."""
        one = RawWorker(await self.client(), app or self.app_name("raw"), worker)
        await one.listen()
        await one.hello()
        await self.known(one.app)
        self.raw_workers.append(one)
        return one

    async def known(self, app: str) -> None:
        """Wait until all nodes know an application: they have no call for it, and would offer it one."""
        await until(lambda: self.answers(app, 404), f"all nodes know {app!r}")

    async def lists(self, app: str, deadline: float, **body: int) -> list[dict]:
        """What the nodes answer within the time to who asks for a list: all of them, if none is slower."""
        answers: list[dict] = []
        inbox = f"{self.bus.inbox}.list{next(_numbers)}"
        sid = await self.bus.subscribe(inbox, lambda message: answers.append(message["json"]))
        self.bus.publish(f"sb.v1.list.{token(app)}", body, inbox)
        with contextlib.suppress(AssertionError):
            await until(lambda: len(answers) == len(self.fleet.nodes), "all nodes answer", deadline)
        self.bus.unsubscribe(sid)
        return answers

    async def gone(self, app: str, *nodes: str) -> None:
        """Wait until none of these nodes, all if none is named, knows it any more."""
        await until(lambda: self.answers(app, 403, *nodes), f"no node knows {app!r}")

    async def answers(self, app: str, status: int, *nodes: str) -> bool:
        """Whether these nodes, all if none is named, give this answer to who asks for the next call."""
        subjects = [f"sb.v1.take.{node}.{token(app)}" for node in nodes or [node.node for node in self.fleet.nodes]]
        answers = [await self.bus.request(subject, {"worker": "probe"}, 0.5) for subject in subjects]
        return all(answer and answer["status"] == status for answer in answers)

    async def give_up(self) -> None:
        for worker in self.workers:
            await worker.kill()

    async def close(self) -> None:
        """End what the test has started, and see that all is as it was."""
        for case in self.cases:
            await case.hang_up_all()
        for worker in self.workers:
            await worker.close()
        for raw in self.raw_workers:
            with contextlib.suppress(ConnectionError, AssertionError):
                await raw.hello(0)
        for case in self.cases:
            await case.close()
        for client in self.clients:
            await client.close()


@pytest.fixture(scope="session")
def fleet():
    one = Fleet(word="fleet-check")
    one.found() and one.down()
    one.up(INTEGRATION / "extensions.conf", more={"hold_ms": str(HOLD_MS)})
    yield one
    one.down()


@pytest.fixture
def world(fleet, loop, request):
    one = World(fleet, request.node.originalname)
    try:
        loop.run_until_complete(asyncio.wait_for(one.open(), 60))
        yield one
        loop.run_until_complete(asyncio.wait_for(one.close(), 90))
    except BaseException:
        # Not in a known state: the next test gets a fresh one.
        loop.run_until_complete(one.give_up())
        fleet.start_again()
        raise
