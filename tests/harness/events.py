"""Events in the order in which they came, and waiting for the next one that matters."""

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

# The longest that anything may take that ought to happen at once. Far above what is needed: it
# only decides how long a broken Asterisk takes to fail a test.
DEADLINE = 30.0

Event = dict[str, Any]
Predicate = Callable[[Event], bool]

# How many times as long all may take where everything is slower: with a sanitizer.
DEADLINE_FACTOR = float(os.environ.get("DEADLINE_FACTOR", "1"))
DEADLINE *= DEADLINE_FACTOR


class EventLog:
    """A list of events that grows. Each gets its arrival on the monotonic clock as `at`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[Event] = []
        self.ended: str | None = None
        self._waiters: list[asyncio.Future] = []

    def add(self, event: Event) -> None:
        event["at"] = time.monotonic()
        self.events.append(event)
        self._wake()

    def end(self, why: str) -> None:
        """No more events will come."""
        self.ended = self.ended or why
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def matching(self, predicate: Predicate) -> list[Event]:
        return [event for event in self.events if predicate(event)]

    async def wait_count(self, count: int, predicate: Predicate, deadline: float = DEADLINE) -> list[Event]:
        """The first `count` events that match, those that are already there included."""
        until = time.monotonic() + deadline
        while len(found := self.matching(predicate)) < count:
            left = until - time.monotonic()
            if self.ended or left <= 0:
                why = self.ended or f"not within {deadline} s"
                raise AssertionError(
                    f"{self.name}: {len(found)} of {count} expected events: {why}; has {self.summary()}"
                )
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await asyncio.wait([waiter], timeout=left)
        return found[:count]

    async def wait(self, predicate: Predicate, deadline: float = DEADLINE) -> Event:
        return (await self.wait_count(1, predicate, deadline))[0]

    def summary(self) -> str:
        return repr([event.get("type") or event.get("Event") for event in self.events][-40:])


async def until(condition: Callable[[], Any], what: str, deadline: float = DEADLINE) -> Any:
    """Ask again and again (only for what sends no event), until the answer is true; return it.

    Most answers come within a few milliseconds: it asks again soon at first, then less and less often.
    """
    end = time.monotonic() + deadline
    pause = 0.001
    while True:
        answer = condition()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        await asyncio.sleep(pause)
        pause = min(2 * pause, 0.02)
