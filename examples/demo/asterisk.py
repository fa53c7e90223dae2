"""The Asterisk of the demo: an instance of the sandbox, and what its dialplan tells through AMI."""
import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import aiohttp

from process import Trouble, run, spawn, stop

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
SANDBOX = REPO / "sandbox" / "sandbox"


class Asterisk:
    """A sandbox instance of the demo's own, on ports that are free: it disturbs no other."""

    def __init__(self, version: str, logs: Path) -> None:
        self.version, self.logs = version, logs
        self.env = {
            "HTTP_PORT": "free", "SIP_PORT": "free", "AMI_PORT": "free", **os.environ,
            "ASTERISK": version, "INSTANCE": "demo", "EXTENSIONS": str(HERE / "extensions.conf"),
        }
        self.sip = self.ari = ""
        self.ami_port, self.ami_secret = 0, ""
        self.log = f".sandbox/{version}-demo/log/full"
        self.may_be_up = False
        self.ami: asyncio.Task | None = None

    async def make_root(self) -> None:
        """Make the root, once; the sandbox says so on the terminal, as it takes a while."""
        process = await spawn(SANDBOX, "root", env=self.env)
        try:
            status = await process.wait()
        finally:
            await stop(process, patience=30)
        if status:
            raise Trouble("The sandbox could not make its root; see above.")

    async def build(self) -> None:
        await run(SANDBOX, "build", env=self.env, log=self.logs / "build.log")

    async def up(self) -> None:
        """Start. An interrupt waits for it, so that there is an Asterisk for down() to find."""
        self.may_be_up = True
        start = asyncio.create_task(run(SANDBOX, "up", env=self.env, log=self.logs / "start.log"))
        try:
            await asyncio.shield(start)
        except asyncio.CancelledError:
            await asyncio.gather(start, return_exceptions=True)
            raise
        lines = (REPO / ".sandbox" / f"{self.version}-demo" / "env").read_text().splitlines()
        settings = dict(line.partition("=")[::2] for line in lines)
        self.ari, self.ami_port = settings["ARI_URL"], int(settings["AMI_PORT"])
        self.ami_secret = settings["AMI_SECRET"]
        self.sip = f"127.0.0.1:{settings['SIP_PORT']}"

    async def down(self) -> None:
        """Stop, whatever state it is in."""
        if self.ami:
            self.ami.cancel()
            await asyncio.wait([self.ami])
        if self.may_be_up:
            await run(SANDBOX, "down", env=self.env, log=self.logs / "stop.log")

    async def listen(self, heard: Callable[[dict[str, str]], None]) -> None:
        """Log in to AMI, and from then on pass each DemoCall event of the dialplan to `heard`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ami_port)
        await reader.readline()
        writer.write(f"Action: Login\r\nUsername: sandbox\r\nSecret: {self.ami_secret}\r\n\r\n".encode())
        answer = await asyncio.wait_for(read_message(reader), 5)
        if answer.get("Response") != "Success":
            writer.close()
            raise Trouble(f"AMI does not let the demo in: {answer.get('Message', answer)}")
        self.ami = asyncio.create_task(pass_on(reader, writer, heard))

    async def wait_for_applications(self, wanted: set[str]) -> None:
        """Wait until exactly these ARI applications are registered."""
        registered: set[str] = set()
        deadline = asyncio.get_running_loop().time() + 10
        async with aiohttp.ClientSession(auth=aiohttp.BasicAuth("ari", "ari")) as http:
            while asyncio.get_running_loop().time() < deadline:
                async with http.get(f"{self.ari}/applications") as answer:
                    registered = {application["name"] for application in await answer.json()}
                if registered == wanted:
                    return
                await asyncio.sleep(0.02)
        raise Trouble(f"After 10 s Asterisk has the applications {', '.join(sorted(registered)) or 'none'} "
                      f"instead of {', '.join(sorted(wanted)) or 'none'}: a process or a call has not ended. "
                      f"The log is {self.log}")


async def read_message(reader: asyncio.StreamReader) -> dict[str, str]:
    """One AMI message: lines "Name: value" up to an empty one. IncompleteReadError at the end."""
    text = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
    return dict(line.partition(": ")[::2] for line in text.splitlines() if line)


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                  heard: Callable[[dict[str, str]], None]) -> None:
    try:
        while True:
            message = await read_message(reader)
            if message.get("Event") == "UserEvent" and message.get("UserEvent") == "DemoCall":
                heard(message)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # Asterisk is gone; the call that waits for its outcome will say so.
    finally:
        writer.close()
