"""A Prometheus of Debian's on loopback, which scrapes one Asterisk each second."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from harness.events import DEADLINE, until
from harness.nats_server import free_port

# One target; nothing is written anywhere but into the test's folder.
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs: [{{job_name: asterisk, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""


class Prometheus:
    """Its HTTP API."""

    def __init__(self, port: int, log: Path) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.log = log
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE))

    async def ready(self) -> bool:
        try:
            async with self.session.get(f"{self.base}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def api(self, path: str, **params: str) -> Any:
        """What is under `data` of an answer of /api/v1; an error is one of the test."""
        async with self.session.get(f"{self.base}/api/v1/{path}", params=params) as answer:
            body = json.loads(await answer.read())
            assert body["status"] == "success", (path, params, body)
            return body["data"]

    async def query(self, query: str) -> list[float]:
        """The values that a query has now, one for each series."""
        return [float(series["value"][1]) for series in (await self.api("query", query=query))["result"]]


@asynccontextmanager
async def prometheus(folder: Path, asterisk_port: int, config: str = CONFIG) -> AsyncIterator[Prometheus]:
    """Start it in a folder of its own, and have it ended whatever happens."""
    (folder / "prometheus.yml").write_text(config.format(port=asterisk_port))
    port = free_port()
    log = folder / "prometheus.log"
    with open(log, "wb") as output:
        process = await asyncio.create_subprocess_exec(
            "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
        )  # fmt: skip
    server = Prometheus(port, log)
    try:
        await until(server.ready, f"Prometheus is ready ({log})")
        yield server
    finally:
        await server.session.close()
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), DEADLINE)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
