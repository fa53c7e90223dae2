"""A fleet: Asterisks of the sandbox that are joined by NATS servers, all of them on loopback."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .asterisk import REPO, Asterisk, Settings
from .nats_server import NatsServer, cluster, free_port

MODULE = "res_stasis_broadcast_nats.so"
CONF = "stasis_broadcast_nats.conf"


class Node(Asterisk):
    """One Asterisk of a fleet; its name there is node-NUMBER."""

    @property
    def node(self) -> str:
        return f"node-{self.number}"

    def join(self, servers: list[str], folder: Path, extensions: Path | None, more: dict[str, str], sandbox: tuple[str, ...] = ()) -> None:
        """Start it with the fleet's module. `more` are further settings of the module, `sandbox` of the sandbox."""
        http = free_port()
        conf = folder / self.node
        conf.mkdir(parents=True, exist_ok=True)
        values = {"servers": ",".join(servers), "node": self.node, "ari": f"http://127.0.0.1:{http}/ari", **more}
        (conf / CONF).write_text("[general]\n" + "".join(f"{name} = {value}\n" for name, value in values.items()))
        settings = (f"EXTENSIONS={extensions or ''}", f"CONF={conf}", f"HTTP_PORT={http}", f"MODULES_EXTRA={MODULE}",
                    f"SYSTEMNAME={self.node}", *sandbox)  # fmt: skip
        self.started_with = Settings(self.version, more=settings)
        self.up(self.started_with)


@dataclass
class Fleet:
    """Nodes and servers. `word` keeps fleets of one clone apart."""

    count: int = 3
    servers_count: int = 3
    word: str = "fleet"
    # Settings of the sandbox that all nodes have.
    sandbox: tuple[str, ...] = ()
    nodes: list[Node] = field(default_factory=list)
    servers: list[NatsServer] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return REPO / ".sandbox" / self.word

    @property
    def state(self) -> Path:
        return self.folder / "fleet.json"

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    def build(self) -> None:
        """Build the modules for the first node, and tell the user so if it takes a while. up() does it without a word."""
        Node(22, 1, word=self.word).build_modules()

    def up(self, extensions: Path | None, server_conf: str = "", more: dict[str, str] | None = None) -> None:
        """Start all of it, or nothing. `more` are settings of the module on all nodes."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.servers = cluster(self.folder, self.servers_count, server_conf)
        self.nodes = [Node(22, number, word=self.word) for number in range(1, self.count + 1)]
        try:
            for server in self.servers:
                server.start()
            self.record()
            self.start_nodes(extensions, more or {})
            self.record()
        except BaseException:
            self.down()
            raise

    def start_nodes(self, extensions: Path | None, more: dict[str, str]) -> None:
        """The first one builds the modules; then the others, side by side, for which the sandbox uses what it has built.

        A node prefers a server of its own.
        """

        def join(node: Node) -> None:
            turn = (node.number - 1) % len(self.urls)
            node.join(self.urls[turn:] + self.urls[:turn], self.folder, extensions, more, self.sandbox)

        first, *others = self.nodes
        join(first)
        with ThreadPoolExecutor() as pool:
            list(pool.map(join, others))

    def start_again(self) -> None:
        """All of it, with what it has been started with."""
        for server in self.servers:
            server.kill()
            server.start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.down, self.nodes))
            list(pool.map(lambda node: node.up(node.started_with), self.nodes))

    def record(self) -> None:
        """What who comes later needs to know to take it down."""
        servers = [{"name": one.name, "port": one.port, "pid": one.pid} for one in self.servers]
        self.state.write_text(json.dumps({"nodes": self.count, "servers": servers}))

    def found(self) -> bool:
        """Find a fleet that another process has started. False if there is none."""
        if not self.state.exists():
            return False
        state = json.loads(self.state.read_text())
        self.count = state["nodes"]
        self.servers = [NatsServer(self.folder, **one) for one in state["servers"]]
        self.nodes = [Node(22, number, word=self.word) for number in range(1, self.count + 1)]
        for node in self.nodes:
            node.read_env()
        return True

    def down(self) -> list[str]:
        """Stop all of it, in whatever state it is. Returns what was wrong with the end of a node."""
        with ThreadPoolExecutor() as pool:
            problems = [problem for problem in pool.map(Node.down, self.nodes) if problem]
        for server in self.servers:
            server.stop()
        self.state.unlink(missing_ok=True)
        return problems
