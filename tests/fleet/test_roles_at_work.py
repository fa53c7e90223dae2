"""contrib/nats/nats-server.conf with a real node and real workers: what is allowed suffices, and what is not is refused."""

import asyncio

import pytest
from harness.asterisk import INTEGRATION, REPO
from harness.case import Case
from harness.events import until
from harness.fleet import Node
from harness.fleet_worker import Worker
from harness.nats import NatsClient
from harness.nats_server import NatsServer
from test_roles import CONF, PASSWORDS, USERS

FOLDER = REPO / ".sandbox" / "fleet-roles"


@pytest.fixture(scope="module")
def server():
    one = NatsServer(FOLDER, "roles", environment=PASSWORDS)
    text = CONF.read_text().replace("listen: 127.0.0.1:4222", f"listen: 127.0.0.1:{one.port}")
    one.text = lambda: text
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def node(server):
    one = Node(22, 1, word="fleet-roles")
    one.join([server.url], FOLDER, INTEGRATION / "extensions.conf", {"user": "node-1", "password": USERS["node-1"], "hold_ms": "5000"})
    yield one
    one.down()


class Site:
    """A node, and workers that all log in as sales-1."""

    def __init__(self, node, server) -> None:
        self.case = Case(node, "roles")
        self.case.expect_log("claimed the call but was gone")  # on a machine that has other things to do
        self.server = server
        self.workers: list[Worker] = []

    async def worker(self, app: str, language: str) -> Worker:
        one = Worker(app, [self.server.url], "--nats-user", "sales-1", language=language, NATS_PASSWORD=USERS["sales-1"])
        self.workers.append(one)
        return await one.start()

    async def known(self) -> None:
        """Wait until the node knows sales-1."""

        async def is_known() -> bool:
            answer = await client.request("sb.v1.take.node-1.sales-1", {"worker": "probe"}, 1)
            return bool(answer) and answer["status"] == 404

        async with NatsClient(self.server.port, "sales-1", USERS["sales-1"], "_INBOX.sales-1.probe") as client:
            await until(is_known, "the node knows sales-1")

    async def close(self) -> None:
        await self.case.hang_up_all()
        for worker in self.workers:
            await worker.close()
        await self.case.close()


@pytest.fixture
def site(node, server, loop):
    one = Site(node, server)
    loop.run_until_complete(one.case.open())
    yield one
    loop.run_until_complete(one.close())


@pytest.mark.parametrize("language", ["node", "c"])
async def test_worker_works(site, language):
    worker = await site.worker("sales-1", language)
    await site.known()
    call = await site.case.call("10000,^sales-")
    await worker.told("start", call.id)
    assert (await call.result("h"))["BROADCASTWINNER"] == "sales-1"
    await worker.told("websocket-closed")
    assert not worker.lines("refused")


async def test_worker_cannot_be_another(site):
    """It logs in as sales-1 and says that it is sales-2: NATS refuses all of it, and nobody is offered the call."""
    worker = await site.worker("sales-2", "node")
    await worker.told("refused")
    await asyncio.sleep(0.2)
    call = await site.case.call("1000,^sales-2$")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    assert not worker.lines("offer")
