"""The Asterisk of the demo: an instance of the tests' sandbox, and what its dialplan tells through AMI."""
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from process import Trouble, spawn, stop

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))

# pylint: disable=wrong-import-position
from harness import asterisk  # noqa: E402
from harness.ami import Ami  # noqa: E402
from harness.ari import Ari  # noqa: E402
from harness.asterisk import REPO, SANDBOX, SandboxError, Settings, in_thread  # noqa: E402

__all__ = ["HERE", "REPO", "Asterisk", "SandboxError"]


class DemoCalls(Ami):
    """A manager connection that passes each DemoCall event of the dialplan on, and keeps none."""

    def __init__(self, of: asterisk.Asterisk, heard: Callable[[dict[str, str]], None]) -> None:
        super().__init__(of.port("AMI"), of.ami_secret, events="user")
        self.heard = heard

    def add(self, event: dict[str, str]) -> None:
        if event.get("UserEvent") == "DemoCall":
            self.heard(event)


class Asterisk(asterisk.Asterisk):
    """A sandbox instance of the demo's own, on ports that are free: it disturbs no other."""

    def __init__(self, version: str, logs: Path, more: tuple[str, ...] = ()) -> None:
        super().__init__(version, word="demo")
        self.logs, self.more = logs, more
        self.shown_log = f".sandbox/{version}-demo/log/full"
        self.may_be_up = False
        self.ami: DemoCalls | None = None

    async def make_root(self) -> None:
        """Make the root, once; the sandbox says so on the terminal, as it takes a while."""
        process = await spawn(SANDBOX, "root", env=self.environment())
        try:
            status = await process.wait()
        finally:
            await stop(process, patience=30)
        if status:
            raise Trouble("The sandbox could not make its root; see above.")

    async def build(self) -> None:
        await in_thread(self.build_modules)

    async def start(self) -> None:
        self.may_be_up = True
        await in_thread(self.up, Settings(
            self.version, more=(f"EXTENSIONS={HERE / 'extensions.conf'}", *self.more)))

    async def stop(self) -> None:
        """Stop, whatever state it is in."""
        if self.ami:
            await self.ami.close()
        problem = await in_thread(self.down) if self.may_be_up else ""
        if problem:
            raise Trouble(problem)

    async def listen(self, heard: Callable[[dict[str, str]], None]) -> None:
        """From now on pass each DemoCall event of the dialplan to `heard`."""
        self.ami = await DemoCalls(self, heard).connect()

    async def wait_for_applications(self, wanted: set[str]) -> None:
        """Wait until exactly these ARI applications are registered."""
        registered: set[str] = set()
        deadline = asyncio.get_running_loop().time() + 10
        async with Ari(self.port("HTTP")) as ari:
            while asyncio.get_running_loop().time() < deadline:
                registered = {application["name"] for application in (await ari.get("/applications")).json}
                if registered == wanted:
                    return
                await asyncio.sleep(0.02)
        raise Trouble(f"After 10 s Asterisk has the applications {', '.join(sorted(registered)) or 'none'} "
                      f"instead of {', '.join(sorted(wanted)) or 'none'}: a process or a call has not ended. "
                      f"The log is {self.shown_log}")
