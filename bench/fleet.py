"""A NATS server and Asterisks of ours on it, started again for every run."""

import contextlib
import re

import machine
from asterisk import OUT, Asterisk, conf
from harness.fleet import CONF, MODULE
from harness.nats_server import NatsServer, free_port
from race import until, until_gone


class Server(NatsServer):
    """A NATS server with its own defaults: those of the tests find who does not answer sooner, which costs."""

    def text(self) -> str:
        return f"server_name: {self.name}\nlisten: 127.0.0.1:{self.port}\n"


class Node(Asterisk):
    """One Asterisk. How much others took is the fleet's to say, which knows who belongs to it."""

    def __init__(self, number: int, server: Server) -> None:
        http = free_port()
        settings = (
            f"servers = {server.url}", f"node = bench-{number}", f"ari = http://127.0.0.1:{http}/ari"
        )  # fmt: skip
        files = {CONF.removesuffix(".conf"): "\n".join(("[general]", *settings, ""))}
        folder = conf(f"nats-{number}", **files)
        super().__init__(
            "ours", number, CONF=folder, HTTP_PORT=str(http), MODULES_EXTRA=MODULE, SYSTEMNAME=f"bench-{number}"
        )

    def workers(self) -> int:
        """Workers that have said hello, and not good-bye."""
        return int(re.search(r"^Workers: +(\d+)", self.cli("broadcast show nats"), re.MULTILINE)[1])


class Fleet:
    """Use it in a `with`."""

    def __init__(self, count: int = 1) -> None:
        self.server = Server(OUT / "nats", "nats")
        self.nodes = [Node(number, self.server) for number in range(count)]
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Fleet":
        with self._stack:
            self.server.start()
            self._stack.callback(self.server.stop)
            for node in self.nodes:
                self._stack.enter_context(node)
            # Each node has appended what it takes for others; only the fleet knows.
            self._stack.callback(self._tell_others)
            self._others = machine.Others((self.server.pid, *(node.pid for node in self.nodes)))
            self._stack = self._stack.pop_all()
        return self

    def _tell_others(self) -> None:
        self.others = self._others.share()

    def __exit__(self, *error: object) -> None:
        count = len(Asterisk.others)
        self._stack.__exit__(*error)
        Asterisk.others[count:] = [self.others]

    def server_cpu(self) -> float:
        return machine.process_cpu(self.server.pid)

    def cpu(self) -> float:
        """Of all Asterisks."""
        return sum(node.cpu() for node in self.nodes)

    @property
    def urls(self) -> str:
        return ",".join(node.url for node in self.nodes)

    def until_gone(self) -> None:
        """Until no node knows a worker of the last race, nor its WebSocket."""
        for node in self.nodes:
            until(lambda: not node.workers(), "the workers of the last race are gone")
            until_gone(node)
