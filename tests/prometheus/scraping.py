"""Scrapes of one Asterisk, and the metrics in them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from harness.events import DEADLINE

METRICS, PROMETHEUS, RES = "res_stasis_broadcast_prometheus.so", "res_prometheus.so", "res_stasis_broadcast.so"
PREFIX = "asterisk_stasis_broadcast_"

SAMPLE = re.compile(r'(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>[0-9.]+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
ESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


@dataclass
class Sample:
    name: str
    labels: dict[str, str]
    value: float


class Scrape:
    """What one request got of ours: samples by name, types, and the text. A line that is none of ours is left out."""

    def __init__(self, text: str) -> None:
        self.lines = [line for line in text.split("\n") if PREFIX in line]
        self.types: dict[str, str] = {}
        self.samples: list[Sample] = []
        for line in self.lines:
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                assert name not in self.types, f"twice: {line}"
                self.types[name] = kind
            elif not line.startswith("#"):
                self.samples.append(read_sample(line))

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def named(self, name: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.name == PREFIX + name]

    def value(self, name: str, **labels: str) -> float:
        (sample,) = [one for one in self.named(name) if one.labels.items() >= labels.items()]
        return sample.value

    def values_of(self, label: str, name: str) -> list[str]:
        return [sample.labels[label] for sample in self.named(name)]


def read_sample(line: str) -> Sample:
    match = SAMPLE.match(line)
    assert match, f"not a sample: {line!r}"
    text, labels = match["labels"] or "", {}
    while text:
        found = LABEL.match(text)
        assert found, f"not a label: {text!r} in {line!r}"
        labels[found[1]] = re.sub(r"\\.", lambda escape: ESCAPED[escape[0]], found[2])
        text = text[found.end():]  # fmt: skip
    return Sample(match["name"], labels, float(match["value"]))


class Scraper:
    """Asks one Asterisk for its metrics."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/metrics"
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE))

    async def get(self) -> Scrape:
        async with self.session.get(self.url) as answer:
            assert answer.status == 200, answer
            return Scrape(await answer.text())

    async def close(self) -> None:
        await self.session.close()


@asynccontextmanager
async def scraping(case) -> AsyncIterator[Scraper]:
    scraper = Scraper(case.asterisk.port("HTTP"))
    try:
        yield scraper
    finally:
        await scraper.close()


async def settings(case, *lines: str) -> None:
    """Have these lines of stasis_broadcast.conf applied; none: no file."""
    file = case.asterisk.folder / "etc" / "stasis_broadcast.conf"
    if lines:
        file.write_text("[general]\n" + "".join(f"{line}\n" for line in lines))
        file.chmod(0o644)
    else:
        file.unlink(missing_ok=True)
    answer = await case.ami.action("ModuleLoad", Module=RES, LoadType="reload")
    assert answer["Response"] == "Success", lines


async def promtool(text: str) -> str:
    """What `promtool check metrics` says of a text."""
    process = await asyncio.create_subprocess_exec(
        "promtool", "check", "metrics",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate(text.encode())
    return told.decode() or ("" if process.returncode == 0 else f"promtool ended with {process.returncode}")


async def run_app(case, application: str, data: str) -> None:
    """Have a call run an application of tests/module/test_prometheus.c, and do not wait for its end."""
    answer = await case.ami.action(
        "Originate", Channel="Local/wait@default/n", Application=application, Data=data, Async="true"
    )
    assert answer["Response"] == "Success", answer


async def queued_call(case, queue: bytes, timeout: int, app_filter: str = "") -> None:
    """Offer a call in a queue."""
    await run_app(case, "TestQueue", f"{queue.hex()},{timeout},{app_filter}")
