"""Outbound WebSockets (22.5 and later): one that stays is an application as any, one for a call is that call's."""

import json

import aiohttp
import pytest
from aiohttp import web
from harness.events import EventLog, until

CLIENT = """[outbound]
type = websocket_client
uri = ws://127.0.0.1:{port}/ari
protocols = ari
connection_type = {kind}
connection_timeout = 2000
reconnect_interval = 500
reconnect_attempts = 4
"""

CONNECTION = """
[outbound]
type = outbound_websocket
websocket_client_id = outbound
apps = {app}
local_ari_user = ari
"""


class Server:
    """An application that Asterisk connects to: what each connection was told, in a log of its own."""

    def __init__(self):
        self.connections = []
        self._sockets = []

    async def open(self):
        site = web.Application()
        site.router.add_get("/ari", self._serve)
        self._runner = web.AppRunner(site)
        await self._runner.setup()
        listener = web.TCPSite(self._runner, "127.0.0.1", 0, shutdown_timeout=1)
        await listener.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def close(self):
        for socket in self._sockets:
            await socket.close()
        await self._runner.cleanup()

    async def _serve(self, request):
        socket = web.WebSocketResponse(protocols=["ari"])
        await socket.prepare(request)
        log = EventLog("outbound connection")
        self._sockets.append(socket)
        self.connections.append(log)
        async for message in socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                log.add(json.loads(message.data))
        log.end("its WebSocket has closed")
        return socket


async def connect(case, kind, app):
    """Have Asterisk connect to an application of ours; gone at the end."""
    server = await Server().open()
    etc = case.asterisk.folder / "etc"
    ari = (etc / "ari.conf").read_text()

    async def reload():
        await case.ami.cli("module reload res_websocket_client.so")
        await case.ami.cli("module reload res_ari.so")

    async def take_away():
        (etc / "ari.conf").write_text(ari)
        await reload()
        (etc / "websocket_client.conf").write_text("")
        await reload()
        await server.close()

    case.at_end(take_away)
    (etc / "websocket_client.conf").write_text(CLIENT.format(port=server.port, kind=kind))
    (etc / "ari.conf").write_text(ari + CONNECTION.format(app=app))
    await reload()
    return server


@pytest.mark.only(22)
async def test_connection_for_a_call_is_offered_no_other_one(case):
    """Its name is registered while its call lasts: it hears of that call only, and can claim no other one."""
    server = await connect(case, "per_call_config", "house")
    other = await case.app("other")
    own = await case.call("house", extension="to-stasis")
    await until(lambda: server.connections, "Asterisk has connected")
    start = await server.connections[0].wait(lambda event: event["type"] == "StasisStart")
    assert start["channel"]["id"] == own.id
    name = start["application"]
    assert name.startswith("house:Local/")
    call = await case.call("10000")
    await other.offered(call.id)
    assert (await case.ari.broadcast(call.id))["recipients"] == [other.app]
    assert (await case.ari.post(f"/broadcasts/{call.id}/claim", application=name)).status == 403
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await case.flush(other)
    assert not [event for event in server.connections[0].events if event["type"].startswith("Call")]
    assert len(server.connections) == 1
    await own.hangup()
    await until(lambda: server.connections[0].ended, "the call's connection is closed")


@pytest.mark.only(22)
async def test_connection_that_stays_is_an_application_as_any(case):
    server = await connect(case, "persistent", "house")
    await until(lambda: server.connections and case.ari.registered("house"), "the application is registered")
    call = await case.call("10000,,,yes")
    await server.connections[0].wait(lambda event: event["type"] == "CallBroadcast")
    assert await case.ari.claim(call.id, "house") == 204
    start = await server.connections[0].wait(lambda event: event["type"] == "StasisStart")
    assert start["channel"]["id"] == call.id
    await server.connections[0].wait(lambda event: event["type"] == "CallClaimed")


@pytest.mark.only(22)
async def test_connection_that_is_away_is_still_an_application(case):
    """Asterisk keeps it registered and queues its events: it counts as a recipient, as docs/APPLICATIONS.md says."""
    server = await connect(case, "persistent", "house")
    await until(lambda: server.connections and case.ari.registered("house"), "the application is registered")
    await server.close()
    call = await case.call("300")
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
