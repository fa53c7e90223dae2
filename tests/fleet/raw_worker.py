"""A worker that is driven by the test, message by message."""

import itertools
import re

from harness.events import Event
from harness.nats import NatsClient, token

P = "sb.v1"
_numbers = itertools.count(1)


class RawWorker:
    """An application on NATS that says hello when it is told to, and only then."""

    def __init__(self, client: NatsClient, app: str, worker: str = "") -> None:
        self.client = client
        self.app = app
        self.worker = worker or f"raw-{next(_numbers)}"

    @property
    def filter(self) -> str:
        """A filter that only this application matches; its name may have what is special in expressions, or in dialplans."""
        return "^" + re.sub(rb"[^A-Za-z0-9]", b".", self.app.encode()).decode() + "$"

    async def listen(self) -> None:
        await self.client.subscribe(f"{P}.offer.{token(self.app)}.*")

    async def hello(self, ttl_ms: int = 30000) -> None:
        self.client.publish(f"{P}.hello.{token(self.app)}", {"worker": self.worker, "ttl_ms": ttl_ms})
        await self.client.flush()

    async def offered(self, channel: str) -> Event:
        """The event, with `subject` of its message."""
        message = await self.client.wait(lambda one: self.is_event(one, "CallBroadcast", channel))
        return {**message["json"], "subject": message["subject"]}

    async def event(self, kind: str, channel: str) -> Event:
        return (await self.client.wait(lambda one: self.is_event(one, kind, channel)))["json"]

    def is_event(self, message: Event, kind: str, channel: str) -> bool:
        body = message.get("json")
        mine = message["subject"].startswith(f"{P}.offer.{token(self.app)}.") and isinstance(body, dict)
        return mine and body.get("type") == kind and body.get("channel", {}).get("id") == channel

    def offers(self, channel: str) -> list[Event]:
        return [one["json"] for one in self.client.matching(lambda one: self.is_event(one, "CallBroadcast", channel))]

    async def ask(self, verb: str, node: str, **body: object) -> Event | None:
        """The answer of a node; None if nobody listens there."""
        return await self.client.request(f"{P}.{verb}.{token(node)}.{token(self.app)}", {"worker": self.worker, **body})

    async def claim(self, offer: Event, **other: object) -> Event | None:
        return await self.ask("claim", offer["node"], channel_id=offer["channel"]["id"], offer=offer["offer"], **other)

    async def decline(self, offer: Event) -> Event | None:
        return await self.ask("decline", offer["node"], channel_id=offer["channel"]["id"], offer=offer["offer"])
