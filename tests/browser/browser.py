"""Debian's Chromium, led by Playwright: what a person does with a page, and sees of it."""

import asyncio
import itertools
import json
import os
from pathlib import Path
from typing import Any

from harness.events import DEADLINE, Event, EventLog, until
from harness.npm import install

HERE = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"

# An answer of Playwright may be a picture.
LONGEST_LINE = 2**26


class Browser(EventLog):
    """One browser, with one page at a time. Its events are what the page tells by itself."""

    def __init__(self) -> None:
        super().__init__("browser")
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future] = {}

    async def start(self) -> "Browser":
        modules = await asyncio.to_thread(install, HERE, "browser")
        self._process = await asyncio.create_subprocess_exec(
            "node", HERE / "browser.js", CHROMIUM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, limit=LONGEST_LINE, env={**os.environ, "NODE_PATH": str(modules)},
        )  # fmt: skip
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._process.stderr.read())]
        await self.wait(lambda line: line["told"] == "ready", deadline=60)
        return self

    async def _read(self) -> None:
        async for text in self._process.stdout:
            line = json.loads(text)
            if "id" in line:
                self._waiting.pop(line["id"]).set_result(line)
            else:
                self.add(line)
        self.end(f"it has ended: {(await self._tasks[1]).decode()[-2000:]}")

    async def call(self, on: str, name: str, *arguments: Any) -> Any:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        line = {"id": number, "on": on, "call": name, "arguments": arguments}
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        line = await asyncio.wait_for(answer, DEADLINE * 3)
        assert "error" not in line, f"{on}.{name}{arguments}: {line['error']}"
        return line["answer"]

    async def close(self) -> None:
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), DEADLINE)
        await asyncio.gather(*self._tasks)


class Page:
    """A page of its own: nothing of it is left in the next one."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    async def open(self, url: str, width: int = 1280, height: int = 900, scheme: str = "dark", **more: Any) -> None:
        self.first = len(self.browser.events)
        options = {"viewport": {"width": width, "height": height}, "colorScheme": scheme, **more}
        await self.browser.call("tool", "open", options)
        await self.do("goto", url)

    async def do(self, name: str, *arguments: Any) -> Any:
        return await self.browser.call("page", name, *arguments)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.browser.call("keyboard", "press", key)

    async def evaluate(self, expression: str) -> Any:
        return await self.do("evaluate", expression)

    async def text(self, selector: str) -> str:
        """What can be read in all that a selector finds, one a line."""
        return await self.browser.call("tool", "read", selector)

    async def reads(self, selector: str, *words: str, without: str = "\0") -> str:
        """Wait until all of these words can be read there, and another one cannot."""
        seen = ""

        async def there() -> bool:
            nonlocal seen
            seen = await self.text(selector)
            return all(word in seen for word in words) and without not in seen

        try:
            await until(there, f"{selector} reads {words}")
        except AssertionError as error:
            raise AssertionError(f"{error}, without {without!r}; it reads: {seen!r}; told: {self.told()}") from error
        return seen

    async def focused(self) -> str:
        return await self.evaluate("document.activeElement.id || document.activeElement.innerText || document.activeElement.tagName")

    def told(self) -> list[Event]:
        return [event for event in self.browser.events[self.first :] if event["told"] != "request"]

    def requests(self) -> list[str]:
        return [event["url"] for event in self.browser.events[self.first :] if event["told"] == "request"]

    def faults(self) -> list[Event]:
        """Scripts that failed, and what the content security policy kept out."""
        words = ("Content Security Policy", "TrustedHTML", "Refused to")
        return [event for event in self.told()
                if event["told"] == "error" or any(word in event.get("text", "") for word in words)]  # fmt: skip
