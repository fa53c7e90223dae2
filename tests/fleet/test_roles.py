"""contrib/nats/nats-server.conf: who may say what. Without Asterisk: NATS itself refuses what is not allowed."""

import asyncio
import re

import pytest
from harness.asterisk import REPO
from harness.nats import NatsClient
from harness.nats_server import NatsServer, free_port

PASSWORDS = {"SB_NODE_PASSWORD": "n0de", "SB_WORKER_PASSWORD": "w0rker", "SB_WATCHER_PASSWORD": "watcher1"}
USERS = dict(zip(("node-1", "sales-1", "watcher"), PASSWORDS.values()))
CONF = REPO / "contrib" / "nats" / "nats-server.conf"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The file as it is, but for the port, and with a second worker and a second node made as it says."""
    folder = tmp_path_factory.mktemp("roles")
    one = NatsServer(folder, "roles", free_port(), environment=PASSWORDS)
    text = CONF.read_text()
    assert "listen: 127.0.0.1:4222" in text
    one.text = lambda: text.replace("listen: 127.0.0.1:4222", f"listen: 127.0.0.1:{one.port}")
    one.start()
    yield one
    one.stop()


class Roles:
    """A connection for each role, and what each has heard."""

    def __init__(self, server) -> None:
        self.server = server
        self.open: list[NatsClient] = []

    async def client(self, user: str, password: str = "") -> NatsClient:
        client = NatsClient(self.server.port, user, password or USERS[user], inbox=f"_INBOX.{user}")
        await client.connect()
        self.open.append(client)
        return client

    async def close(self) -> None:
        for client in self.open:
            await client.close()


@pytest.fixture
def roles(server, loop):
    one = Roles(server)
    yield one
    loop.run_until_complete(one.close())


async def refused(client: NatsClient, subject: str) -> None:
    """Publishing there is refused, with the name of the subject."""
    count = len(client.errors)
    client.publish(subject, {})
    await client.flush()
    assert len(client.errors) == count + 1 and "Permissions Violation" in client.errors[-1], (subject, client.errors)


async def test_claim_and_its_answer(roles):
    node, worker, watcher = [await roles.client(user) for user in USERS]
    await watcher.subscribe("sb.v1.>")
    await node.subscribe("sb.v1.claim.node-1.*", lambda message: node.publish(message["reply"], {"status": 204}))
    assert await worker.request("sb.v1.claim.node-1.sales-1", {"channel_id": "1"}) == {"status": 204}
    await watcher.wait(lambda message: message["subject"] == "sb.v1.claim.node-1.sales-1")
    assert not worker.errors and not node.errors and not watcher.errors


async def test_offer_and_greetings(roles):
    node, worker = await roles.client("node-1"), await roles.client("sales-1")
    await worker.subscribe("sb.v1.offer.sales-1.*")
    await worker.subscribe("sb.v1.node.*")
    await node.subscribe("sb.v1.hello.*")
    for subject in ("sb.v1.offer.sales-1.node-1", "sb.v1.node.node-1"):
        node.publish(subject, {})
        await worker.wait(lambda message: message["subject"] == subject)
    worker.publish("sb.v1.hello.sales-1", {})
    await node.wait(lambda message: message["subject"] == "sb.v1.hello.sales-1")
    assert not node.errors and not worker.errors


@pytest.mark.parametrize("subject", [
    "sb.v1.claim.node-1.sales-2", "sb.v1.decline.node-1.sales-2", "sb.v1.take.node-1.sales-2", "sb.v1.bid.node-1.sales-2",
    "sb.v1.hello.sales-2", "sb.v1.list.sales-2", "sb.v1.offer.sales-1.node-1", "sb.v1.offer.sales-2.node-1",
    "sb.v1.node.node-1", "_INBOX.sales-2.1", "anything",
])  # fmt: skip
async def test_worker_cannot_speak_for_others(roles, subject):
    worker, node = await roles.client("sales-1"), await roles.client("node-1")
    for heard in ("sb.v1.claim.node-1.*", "sb.v1.hello.*"):
        await node.subscribe(heard)
    await refused(worker, subject)
    await node.flush()
    assert not node.events


@pytest.mark.parametrize("subject", ["sb.v1.offer.sales-2.*", "sb.v1.offer.*.*", "sb.v1.>", "_INBOX.>", "_INBOX.sales-2.>"])
async def test_worker_cannot_hear_others(roles, subject):
    worker = await roles.client("sales-1")
    await worker.subscribe(subject)
    assert re.search("Permissions Violation for Subscription", " ".join(worker.errors)), worker.errors


@pytest.mark.parametrize("subject", ["sb.v1.offer.sales-1.node-2", "sb.v1.node.node-2", "sb.v1.claim.node-2.sales-1", "_INBOX.sales-1.1"])
async def test_node_cannot_speak_for_others(roles, subject):
    await refused(await roles.client("node-1"), subject)


@pytest.mark.parametrize("subject", ["sb.v1.claim.node-1.sales-1", "sb.v1.offer.sales-1.node-1", "sb.v1.hello.sales-1", "sb.v1.take.node-1.sales-1"])
async def test_watcher_changes_nothing(roles, subject):
    await refused(await roles.client("watcher"), subject)


async def test_nobody_without_a_password(roles):
    for user, password in (("", ""), ("sales-1", "wrong"), ("node-1", "w0rker")):
        client = NatsClient(roles.server.port, user, password)
        with pytest.raises((ConnectionError, AssertionError, asyncio.TimeoutError)):
            await client.connect()
        assert "Authorization Violation" in " ".join(client.errors), client.errors
        await client.close()
