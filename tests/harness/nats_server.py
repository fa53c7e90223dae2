"""NATS servers for tests: one or a cluster, on loopback, each a process of its own that can be stopped and killed."""

import os
import random
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

READY_SECONDS = 10.0
# Below the ports that systems give to outgoing connections, so that a server that was killed finds its own again.
PORTS = range(20000, 29000)

_given: set[int] = set()
_given_lock = threading.Lock()


def free_port() -> int:
    """A TCP port that nobody uses now, and that this process has not been given before: it may be used only later."""
    with _given_lock:
        port = _unused(set(PORTS) - _given)
        _given.add(port)
    return port


def _unused(ports: set[int]) -> int:
    for port in random.sample(sorted(ports), min(200, len(ports))):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free TCP port")


@dataclass
class NatsServer:
    """One server. `more` is added to its configuration; a route is the port of another server's cluster."""

    folder: Path
    name: str
    port: int = field(default_factory=free_port)
    cluster_port: int = 0
    routes: tuple[int, ...] = ()
    more: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    pid: int = 0

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def conf(self) -> Path:
        return self.folder / f"{self.name}.conf"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def text(self) -> str:
        """Its configuration. Who does not read, or does not answer, is cut off soon: tests need not wait."""
        lines = [f"server_name: {self.name}", f"listen: 127.0.0.1:{self.port}",
                 'ping_interval: "2s"', "ping_max: 2", 'write_deadline: "1s"', "max_pending: 4MB"]  # fmt: skip
        if self.cluster_port:
            routes = ", ".join(f"nats-route://127.0.0.1:{port}" for port in self.routes)
            lines.append(f"cluster {{ name: fleet, listen: 127.0.0.1:{self.cluster_port}, routes: [{routes}] }}")
        return "\n".join([*lines, self.more, ""])

    def start(self) -> None:
        """Start it, and wait until it takes connections. It outlives this process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.conf.write_text(self.text())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["nats-server", "-c", str(self.conf)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **self.environment},
            )  # fmt: skip
        self.pid = self.process.pid
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"nats-server did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as sock:
                return sock.recv(4) == b"INFO"
        except OSError:
            return False

    def alive(self) -> bool:
        """Whether the process is there and is this server, and nobody else who got its number."""
        try:
            return bool(self.pid) and str(self.conf).encode() in Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False

    def send(self, number: int) -> None:
        if self.alive():
            os.kill(self.pid, number)

    def pause(self) -> None:
        """It reads and says nothing any more, but its connections stay: a partition."""
        self.send(signal.SIGSTOP)

    def go_on(self) -> None:
        self.send(signal.SIGCONT)

    def stop(self) -> None:
        """As an administrator does."""
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: int) -> None:
        self.send(number)
        self.send(signal.SIGCONT)
        deadline = time.monotonic() + READY_SECONDS
        while self.alive() and time.monotonic() < deadline:
            process = getattr(self, "process", None)
            if process and process.poll() is not None:
                break
            time.sleep(0.01)
        self.send(signal.SIGKILL)
        self.pid = 0


def cluster(folder: Path, count: int, more: str = "") -> list[NatsServer]:
    """So many servers that know each other; not started."""
    ports = [free_port() for _ in range(count)] if count > 1 else [0]
    return [NatsServer(folder, f"nats-{number}", cluster_port=port, routes=tuple(ports), more=more)
            for number, port in enumerate(ports, 1)]  # fmt: skip
