"""Who calls: a SIP call each, to one Asterisk after the other. Whose Asterisk dies calls again, as a SIP proxy would do."""

import asyncio
from dataclasses import dataclass, field

from harness.asterisk import INTEGRATION
from harness.fleet import Node
from harness.sip import Sipp

SCENARIO = INTEGRATION / "sipp" / "caller.xml"
PATIENCE = 30


@dataclass
class Caller:
    """One caller, who is content when somebody has answered, talked and hung up."""

    number: str
    node: Node | None = None
    attempts: int = 0
    state: str = "waits"
    outcome: dict[str, str] = field(default_factory=dict)
    sipp: Sipp | None = None

    async def call(self, nodes: "Nodes") -> None:
        """Call until it goes well, or three times."""
        while self.attempts < 3 and self.state != "served":
            self.attempts += 1
            self.node = nodes.next(self.node)
            self.state = "calls"
            self.sipp = Sipp(self.node.port("SIP"), SCENARIO, seconds=PATIENCE)
            try:
                await self.sipp.start("fleet", caller=self.number, offer="", mediaport=9)
                status = await self.sipp.process.wait()
            finally:
                await self.sipp.end()
            self.state = "served" if status == 0 else "failed"

    def hang_up(self) -> None:
        """The line is dead."""
        if self.sipp and self.sipp.process and self.sipp.process.returncode is None:
            self.sipp.process.kill()


class Nodes:
    """Whom to call next: the Asterisks that are up, in turn."""

    def __init__(self, nodes: list[Node]) -> None:
        self.all = nodes
        self.down: set[str] = set()
        self.turn = 0

    def next(self, tried: Node | None) -> Node:
        up = [node for node in self.all if node.node not in self.down and node is not tried]
        self.turn += 1
        return up[self.turn % len(up)]


async def place(callers: list[Caller], nodes: Nodes, pause: float) -> None:
    """All of them, one after the other, until the last has hung up."""
    tasks = []
    try:
        for caller in callers:
            tasks.append(asyncio.create_task(caller.call(nodes)))
            await asyncio.sleep(pause)
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
