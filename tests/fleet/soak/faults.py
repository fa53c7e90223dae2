"""What is done to a fleet while it works: to workers, to NATS, to Asterisks, one after the other."""

import asyncio
import os
import random
import signal
import time
from collections import Counter

from harness.asterisk import in_thread
from harness.fleet import MODULE
from harness.nats import NatsClient

PAUSE = 2.0
# How long a worker that was told to go may take with its calls.
GOES_SECONDS = 12.0
# A soak of so many seconds has time for much of a kind.
LONG_SECONDS = 300.0
# What, and how often it is drawn.
KINDS = {
    "kill_worker": 4, "stop_worker": 3, "shut_down_worker": 3, "kill_server": 2, "pause_server": 2, "all_servers": 1,
    "kill_asterisk": 1, "reload_module": 1, "garbage": 2,
}  # fmt: skip


class Faults:
    """Draws them, and does them."""

    def __init__(self, soak) -> None:
        self.soak, self.chance, self.fleet = soak, random.Random(f"{soak.seed} faults"), soak.fleet
        self.log = (soak.folder / "faults.txt").open("w", encoding="ascii")
        self.done: Counter[str] = Counter()

    async def carry_out(self, seconds: float) -> None:
        """Every kind once, in an order that is drawn, then any; all is whole again at the end."""
        end = time.monotonic() + seconds
        first = self.chance.sample(sorted(KINDS), len(KINDS))
        while time.monotonic() < end:
            kind = first.pop() if first else self.chance.choices(list(KINDS), list(KINDS.values()))[0]
            start = time.monotonic()
            try:
                await getattr(self, kind)()
            except (AssertionError, ConnectionError, OSError, RuntimeError, asyncio.TimeoutError) as error:
                self.soak.problems.append(f"{kind}: {type(error).__name__} {error}")
            self.done[kind] += 1
            self.log.write(f"{start:.3f} {kind} {time.monotonic() - start:.3f} s\n")
            self.log.flush()
            await asyncio.sleep(self.chance.uniform(0, PAUSE))

    def faulty(self, app: str, seconds: float) -> None:
        self.soak.write("faulty", app=app, until=time.monotonic() + seconds)

    def draw_worker(self):
        place = self.chance.choice(sorted(self.soak.workers))
        return place, self.soak.workers[place]

    async def kill_worker(self) -> None:
        place, worker = self.draw_worker()
        self.faulty(worker.app, 0)
        await worker.kill()
        await self.free_calls(worker)
        await self.soak.start_worker(place)

    async def free_calls(self, worker) -> None:
        """Calls that a dead worker had stay in Stasis: their callers hang up."""
        held = {line["channel"] for line in worker.lines("start")} - {line["channel"] for line in worker.lines("end")}
        for call in held & self.soak.open_calls:
            self.soak.write("hangup", call=call)
        for hold in self.soak.holds:
            for call in held & self.soak.open_calls:
                if hold.up:
                    await hold.ari.delete(f"/channels/{call}")

    async def stop_worker(self) -> None:
        """It stands still for a while, and goes on."""
        _, worker = self.draw_worker()
        seconds = self.chance.uniform(0.5, 5)
        self.faulty(worker.app, seconds + 1)
        worker.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        worker.send(signal.SIGCONT)

    async def shut_down_worker(self) -> None:
        """As an upgrade does it: it loses nothing, so it is not faulty."""
        place, worker = self.draw_worker()
        await worker.told("connected", deadline=GOES_SECONDS)
        worker.send(signal.SIGTERM)
        await self.soak.start_worker(place)
        status = await worker.finished(GOES_SECONDS)
        assert status == 0, f"{worker.app} ended with {status}"

    async def kill_server(self) -> None:
        server = self.chance.choice(self.fleet.servers)
        server.kill()
        await asyncio.sleep(self.chance.uniform(0.2, 4))
        await in_thread(server.start)

    async def pause_server(self) -> None:
        """A partition: connections stay, and nothing comes."""
        server = self.chance.choice(self.fleet.servers)
        server.pause()
        await asyncio.sleep(self.chance.uniform(0.5, 6))
        server.go_on()

    async def all_servers(self) -> None:
        for server in self.fleet.servers:
            server.kill()
        await asyncio.sleep(self.chance.uniform(0.2, 3))
        for server in self.fleet.servers:
            await in_thread(server.start)

    async def kill_asterisk(self) -> None:
        hold = self.chance.choice(self.soak.holds)
        hold.up = False
        os.kill(hold.node.pid, signal.SIGKILL)
        self.soak.write("died", node=hold.node.node)
        prefix = {call for call in self.soak.open_calls if self.soak.node_of[call] == hold.node.node}
        self.soak.open_calls -= prefix
        await hold.close()
        await in_thread(hold.node.up, hold.node.settings or hold.node.started_with)
        await hold.open()

    async def reload_module(self) -> None:
        """Unload, under load, and load: what is with a worker stays there."""
        hold = self.chance.choice(self.soak.holds)
        for kind in ("unload", "load"):
            for _ in range(100):
                answer = await hold.ami.action("ModuleLoad", Module=MODULE, LoadType=kind)
                if answer["Response"] == "Success":
                    break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError(f"{MODULE} cannot be {kind}ed: {answer}")
            await asyncio.sleep(self.chance.uniform(0, 1))

    async def garbage(self) -> None:
        """Five megabytes, of all kinds and on every subject; a hundred the first time in a soak that is long enough."""
        most = 100_000_000 if self.soak.seconds >= LONG_SECONDS and not self.done["garbage"] else 5_000_000
        bodies = [b"", b"{", b"null", b"[" * 5000, b'{"worker":' * 2000, self.chance.randbytes(2000),
                  b'{"worker":"w","channel_id":"\\u0000","offer":"x"}', b'{"worker":"' + b"w" * 200000 + b'"}']  # fmt: skip
        words = ["claim.node-1", "decline.node-2", "bid.node-3", "take.node-1", "hello", "list", "node", "offer"]
        names = [worker.app for worker in self.soak.workers.values()] + ["x", "%zz", "node-1"]
        server = self.chance.choice(self.fleet.servers)
        async with NatsClient(server.port) as client:
            sent = 0
            while sent < most:
                body = self.chance.choice(bodies)
                client.publish(f"sb.v1.{self.chance.choice(words)}.{self.chance.choice(names)}", body)
                sent += len(body) + 100
                if client.writer.transport.get_write_buffer_size() > 500_000:
                    await client.writer.drain()
                    await asyncio.sleep(0)
            await client.flush()
