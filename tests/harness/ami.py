"""Asterisk's manager interface: actions with their answers, events as they come."""

import asyncio
import itertools

from .events import DEADLINE, Event, EventLog, until


class Ami(EventLog):
    """One manager connection. CLI commands go this way too: it is quicker than a process."""

    nudge_seconds = 0.25
    answer_seconds = DEADLINE

    def __init__(self, port: int, secret: str = "sandbox", events: str = "on", user: str = "sandbox") -> None:
        """`events`: which ones are wanted, in the words of the action Login; "off" is none."""
        super().__init__("AMI")
        self.port = port
        self.secret = secret
        self.user = user
        self.events_wanted = events
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future] = {}

    async def connect(self) -> "Ami":
        await until(self._log_in, "AMI lets us in")
        self._task = asyncio.create_task(self._read())
        self._nudger = asyncio.create_task(self._nudge())
        return self

    async def _log_in(self) -> bool:
        """Whether we are in. An Asterisk that has just been started ends some connections before it has read a word."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        fields = {"Action": "Login", "Username": self.user, "Secret": self.secret, "Events": self.events_wanted}
        try:
            self._writer.write(("".join(f"{key}: {value}\r\n" for key, value in fields.items()) + "\r\n").encode())
            answer = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), self.answer_seconds)
        except (ConnectionError, asyncio.IncompleteReadError):
            self._writer.close()
            return False
        assert b"Response: Success" in answer, answer
        return True

    async def close(self) -> None:
        self._nudger.cancel()
        self._writer.close()
        await asyncio.wait([self._task], timeout=DEADLINE)

    async def action(self, name: str, *lines: str, **fields: str) -> Event:
        """Send an action and wait for its answer. `lines` are for fields that come more than once."""
        action_id = str(next(self._ids))
        answer = self._answers[action_id] = asyncio.get_running_loop().create_future()
        text = [f"Action: {name}", f"ActionID: {action_id}", *lines]
        text += [f"{key}: {value}" for key, value in fields.items()]
        self._writer.write(("\r\n".join(text) + "\r\n\r\n").encode())
        return await asyncio.wait_for(answer, self.answer_seconds)

    async def cli(self, command: str) -> str:
        """What a CLI command prints. Asterisk refuses a few here, such as "module unload"."""
        answer = await self.action("Command", Command=command)
        assert answer["Response"] == "Success", answer
        return "\n".join(answer.get("Output", []))

    async def _nudge(self) -> None:
        """Asterisk now and then forgets to wake a manager connection for an event, until it hears of it."""
        while not self.ended and self.events_wanted != "off":
            await asyncio.sleep(self.nudge_seconds)
            self._writer.write(b"Action: Ping\r\n\r\n")

    async def _read(self) -> None:
        message: Event = {}
        try:
            while line := await self._reader.readline():
                text = line.decode(errors="replace").rstrip("\r\n")
                if text:
                    self._field(message, *text.partition(":")[::2])
                elif message:
                    self._deliver(message)
                    message = {}
        except ConnectionError:
            pass
        self.end("the AMI connection has ended")
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the AMI connection has ended"))

    @staticmethod
    def _field(message: Event, key: str, value: str) -> None:
        value = value[1:] if value.startswith(" ") else value
        if key == "Output":
            message.setdefault("Output", []).append(value)
        else:
            message[key] = value

    def _deliver(self, message: Event) -> None:
        if "Response" in message:
            answer = self._answers.pop(message.get("ActionID", ""), None)
            if answer and not answer.done():
                answer.set_result(message)
        else:
            self.add(message)


async def log_in_as(port: int, stranger: str) -> asyncio.StreamWriter:
    """Try to log in under a name that Asterisk does not know, which it logs as an error."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"Action: Login\r\nUsername: {stranger}\r\nSecret: none\r\n\r\n".encode())
    return writer
