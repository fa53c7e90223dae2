"""One fleet for all tests: three Asterisks, three NATS servers. Each test begins and ends with all of it up."""

import asyncio
import importlib.util
import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.asterisk import INTEGRATION  # noqa: E402
from harness.case import Case  # noqa: E402
from harness.events import until  # noqa: E402
from harness.fleet import Fleet  # noqa: E402
from harness.fleet_worker import Worker  # noqa: E402
from harness.nats import NatsClient, token  # noqa: E402
from raw_worker import RawWorker  # noqa: E402

PATH = INTEGRATION / "conftest.py"
SPEC = importlib.util.spec_from_file_location("integration_conftest", PATH)
SHARED = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(SHARED)

# pytest finds hooks and fixtures by these names.
pytest_sessionstart = SHARED.pytest_sessionstart
pytest_pyfunc_call = SHARED.pytest_pyfunc_call
loop = SHARED.loop

# What a node tells of NATS while it is away, and of greetings that do not make sense.
EXPECTED = ["^NATS", "^Fleet"]

_numbers = itertools.count(1)


def pytest_configure(config):
    SHARED.signal.signal(SHARED.signal.SIGTERM, SHARED.interrupt)


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

    async def raw(self, app: str = "", worker: str = "", ttl_ms: int = 30000) -> RawWorker:
        """A worker that all nodes know, and that the test drives by hand."""
        one = RawWorker(await self.client(), app or self.app_name("raw"), worker)
        await one.listen()
        await one.hello(ttl_ms)
        await self.known(one.app)
        self.raw_workers.append(one)
        return one

    async def known(self, app: str, count: int | None = None) -> None:
        """Wait until all nodes know an application: they list what it may claim, and do not say 403."""
        wanted = count or len(self.fleet.nodes)
        await until(lambda: self.know(app, wanted), f"{wanted} nodes know {app!r}")

    async def gone(self, app: str) -> None:
        """Wait until no node knows an application any more."""

        async def is_gone() -> bool:
            return not await self.know(app, 1)

        await until(is_gone, f"no node knows {app!r}")

    async def know(self, app: str, wanted: int) -> bool:
        inbox = f"_INBOX.list{next(_numbers)}"
        answers: list[dict] = []
        sid = await self.bus.subscribe(inbox, lambda message: answers.append(message.get("json") or {}))
        self.bus.publish(f"sb.v1.list.{token(app)}", {}, inbox)
        try:
            await until(lambda: len(answers) >= wanted, "answers", 0.5)
        except AssertionError:
            return False
        finally:
            self.bus.unsubscribe(sid)
        return sum("broadcasts" in answer for answer in answers) >= wanted

    async def close(self) -> None:
        """End what the test has started, and see that all is as it was."""
        for case in self.cases:
            await case.hang_up_all()
        for worker in self.workers:
            await worker.close()
        for raw in self.raw_workers:
            if not raw.client.ended:
                await raw.hello(0)
        for case in self.cases:
            await case.close()
        for client in self.clients:
            await client.close()


@pytest.fixture(scope="session")
def fleet():
    one = Fleet(word="fleet-check")
    one.found() and one.down()
    one.up(INTEGRATION / "extensions.conf")
    yield one
    one.down()


@pytest.fixture
def world(fleet, loop, request):
    one = World(fleet, request.node.originalname)
    try:
        loop.run_until_complete(asyncio.wait_for(one.open(), 30))
        yield one
    finally:
        loop.run_until_complete(asyncio.wait_for(one.close(), 30))
