"""The manager interface: CLI commands, and the dialplan's record of every call."""

import asyncio
import itertools
import time

from history import History

# Asterisk now and then forgets to wake a manager connection for an event, until it hears of it.
NUDGE_SECONDS = 0.1
ANSWER_SECONDS = 60.0
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

Message = dict[str, str]


class Manager:
    """One manager connection. What the dialplan tells is written to the history."""

    def __init__(self, port: int, history: History) -> None:
        self.port = port
        self.history = history
        self.ids = itertools.count(1)
        self.answers: dict[str, asyncio.Future] = {}
        self.open_calls: set[str] = set()
        self.calls = 0
        self.ended = False

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        await self.reader.readline()
        self.tasks = [asyncio.create_task(self.read()), asyncio.create_task(self.nudge())]
        answer = await self.action("Login", Username="sandbox", Secret="sandbox", Events="user")
        if answer["Response"] != "Success":
            raise RuntimeError(f"AMI does not let the soak in: {answer.get('Message')}")

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.writer.close()
        await asyncio.wait(self.tasks)

    async def action(self, name: str, **fields: str) -> Message:
        action_id = str(next(self.ids))
        answer = self.answers[action_id] = asyncio.get_running_loop().create_future()
        lines = [f"Action: {name}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in fields.items())]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await asyncio.wait_for(answer, ANSWER_SECONDS)

    async def cli(self, command: str) -> str:
        """What a CLI command prints. Commands about modules are barred here."""
        answer = await self.action("Command", Command=command)
        return answer.get("Output", "") or answer.get("Message", "")

    async def channels(self) -> int:
        """How many channels there are now."""
        return int((await self.action("CoreStatus"))["CoreCurrentCalls"])

    async def nudge(self) -> None:
        while not self.ended:
            await asyncio.sleep(NUDGE_SECONDS)
            self.writer.write(b"Action: Ping\r\n\r\n")

    async def read(self) -> None:
        message: Message = {}
        try:
            while line := await self.reader.readline():
                text = line.decode(errors="replace").rstrip("\r\n")
                if text:
                    name, _, value = text.partition(":")
                    value = value.removeprefix(" ")
                    message[name] = f"{message[name]}\n{value}" if name == "Output" and name in message else value
                elif message:
                    self.deliver(message)
                    message = {}
        except ConnectionError:
            pass
        self.ended = True
        for answer in self.answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the manager connection has ended"))

    def deliver(self, message: Message) -> None:
        if "Response" in message:
            answer = self.answers.pop(message.get("ActionID", ""), None)
            if answer and not answer.done():
                answer.set_result(message)
        elif message.get("UserEvent") == "Soak":
            self.record(message)

    def record(self, event: Message) -> None:
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
    # A pause between the two clocks makes it look later: a claim is not taken to be late for it.
    ago = time.time_ns() - (int(seconds) * 1_000_000 + int(micros)) * 1000
    now = time.monotonic_ns()
    return now - ago if 0 <= ago < LATE_NS else now
