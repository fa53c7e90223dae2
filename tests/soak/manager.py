"""The manager interface: CLI commands, and the dialplan's record of every call."""

import time

# First of all: it puts the harness on the path.
from asterisk import Asterisk  # isort: skip
from harness.ami import Ami, Event
from history import History

# An older event than this was not late: the system's clock has been set meanwhile.
LATE_NS = 30_000_000_000

# What the dialplan tells, and what it is called in the history.
FIELDS = {
    "Stasis": "stasis",
    "Broadcast": "broadcast",
    "Winner": "winner",
    "Lost": "lost",
    "Try": "try",
    "Caller": "caller",
}


class Manager(Ami):
    """One manager connection. What the dialplan tells is written to the history, and not kept."""

    nudge_seconds = 0.1
    # In a burst of calls Asterisk has other things to do.
    answer_seconds = 60.0

    def __init__(self, asterisk: Asterisk, history: History) -> None:
        super().__init__(asterisk.port("AMI"), asterisk.ami_secret, events="user")
        self.history = history
        self.open_calls: set[str] = set()
        self.calls = 0

    async def channels(self) -> int:
        """How many channels there are now."""
        return int((await self.action("CoreStatus"))["CoreCurrentCalls"])

    def add(self, event: Event) -> None:
        if event.get("UserEvent") == "Soak":
            self.record(event)

    def record(self, event: Event) -> None:
        """A line of the dialplan's record."""
        what, call = event["What"], event["Call"]
        if what == "offered":
            self.calls += call not in self.open_calls
            self.open_calls.add(call)
        elif what == "ended":
            self.open_calls.discard(call)
        fields = {short: event[name] for name, short in FIELDS.items() if name in event}
        self.history.write(what, call=call, at=monotonic_ns(event["At"]), **fields)


def monotonic_ns(wall: str) -> int:
    """The dialplan's wall clock, seconds with six decimals, as CLOCK_MONOTONIC."""
    seconds, micros = wall.split(".")
    # A pause between the two clocks makes it seem later: a claim is not taken to be late for it.
    ago = time.time_ns() - (int(seconds) * 1_000_000 + int(micros)) * 1000
    now = time.monotonic_ns()
    return now - ago if 0 <= ago < LATE_NS else now
