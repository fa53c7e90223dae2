"""`make console`: the console on an Asterisk with workers and callers, until Ctrl-C."""
import socket
from pathlib import Path

import shift
from asterisk import HERE, Asterisk
from table import Table

PAGE = "/static/stasis-broadcast/index.html"

# The port that people know, if nobody has it.
KNOWN_PORT = 8088


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class ConsoleDemo:
    """One run, with the steps that carry_out() of demo.py goes through."""

    # There is no other end.
    ends_by_interrupt = True

    def __init__(self, version: str, logs: Path) -> None:
        self.table = Table()
        self.asterisk = Asterisk(version, logs, more=(
            f"CONF={HERE / 'console'}", *([f"HTTP_PORT={KNOWN_PORT}"] if is_free(KNOWN_PORT) else [])))

    async def run(self) -> None:
        self.table.say("A console in the browser, with workers and callers; it takes a moment ...")
        await self.asterisk.make_root()
        await self.asterisk.build()
        await self.asterisk.start()
        self.table.say(f"""
Open    http://127.0.0.1:{self.asterisk.port("HTTP")}{PAGE}
Log in  as reader, password reader: may look
        as ari, password ari: may withdraw calls as well

{len(shift.WORKERS)} workers take calls as they come in. Ctrl-C ends it.""")
        await shift.work(self.asterisk.ari_url)
        self.table.say(f"Asterisk has gone. {self.where_the_logs_are()}")

    async def take_down(self) -> None:
        await self.asterisk.stop()

    def verdict(self) -> int:
        return 0

    def where_the_logs_are(self) -> str:
        return f"Its log is {self.asterisk.shown_log}"
