"""A NATS of these tests' own, and the node of a fleet on it, for the same purpose as server.py: to prove the judge."""

import asyncio
import contextlib
import json

from server import Call, Inner, Server

INFO = {"server_id": "tests", "version": "2.9.0", "proto": 1, "max_payload": 1048576, "host": "127.0.0.1", "port": 0}


class BusServer(Server):
    """The server of these tests as a node of a fleet. Workers are offered calls over NATS; their WebSockets bring StasisStart."""

    hold_ms = 2000

    async def __aenter__(self) -> "BusServer":
        await super().__aenter__()
        self.subscribers: dict[str, tuple[asyncio.StreamWriter, str]] = {}
        self.workers: set[str] = set()
        self._bus = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.nats = f"nats://127.0.0.1:{self._bus.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._bus.close()
        for writer, _ in self.subscribers.values():
            writer.close()
        await super().__aexit__(*error)

    def recipients(self) -> list[str]:
        return sorted(self.workers)

    async def send(self, event: str, application: str, call: Call, **more: object) -> None:
        if event == "CallBroadcast":
            message = {"type": event, "application": application, "channel": {"id": call.id}, "offer": "one", **more}
            self.publish(f"sb.v1.offer.{application}.node-1", message)
            self.events[event] += 1
            return
        await self.until(lambda: application in self.sockets)
        await super().send(event, application, call, **more)

    def publish(self, subject: str, body: dict) -> None:
        data = json.dumps(body).encode()
        found = next((one for start, one in self.subscribers.items() if subject.startswith(start)), None)
        if found:
            found[0].write(f"MSG {subject} {found[1]} {len(data)}\r\n".encode() + data + b"\r\n")

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"INFO " + json.dumps(INFO).encode() + b"\r\n")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while words := (await reader.readline()).decode().split():
                match words:
                    case ["PING"]:
                        writer.write(b"PONG\r\n")
                    case ["SUB", subject, sid]:
                        self.subscribers[subject.rstrip("*")] = writer, sid
                    case ["PUB", subject, *reply, size]:
                        body = json.loads((await reader.readexactly(int(size) + 2))[:-2])
                        await self._request(subject.split(".")[2:], body, reply[0] if reply else "")
        writer.close()

    async def _request(self, words: list[str], body: dict, reply: str) -> None:
        ari = f"http://127.0.0.1:{self.port}/ari"
        match words:
            case ["hello", application]:
                (self.workers.add if body["ttl_ms"] else self.workers.discard)(application)
            case ["list", _]:
                self.publish(reply, {"node": "node-1", "ari": ari, "broadcasts": []})
            case ["claim", "node-1", application]:
                assert body["offer"] == "one"
                inner = Inner({"channelId": body["channel_id"], "application": application}, {})
                status = (await self.claim(inner)).status
                self.publish(reply, {"status": status, "ari": ari, "hold_ms": self.hold_ms})
