"""Outbound WebSockets (22.5 and later): one that stays is an application as any, one for a call is that call's."""

import asyncio
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


async def test_x(case):
    server = await connect(case, "per_call_config", "house")
    print((await case.ari.get("/applications")).json)
    print(await case.ami.cli("ari show outbound-websockets"))
    call = await case.call("house", extension="to-stasis")
    await asyncio.sleep(2)
    print(len(server.connections), [c.events for c in server.connections])
    print((await case.ari.get("/applications")).json)
    print([l.raw for l in await case.log() if l.level in ("ERROR", "WARNING")])
    await call.hangup()
    await asyncio.sleep(1)
    print((await case.ari.get("/applications")).json)
    assert 0
