"""The sandbox's Asterisk under test: what its log says of damage, and its modules."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

# pylint: disable=wrong-import-position
from harness import asterisk  # noqa: E402
from harness.asterisk import REPO, Settings, in_thread  # noqa: E402

__all__ = ["HERE", "REPO", "Asterisk"]

# What Asterisk and the C library write when memory has been trampled on or an object misused.
DAMAGE = re.compile(r"FRACK|bad magic number|Excessive refcount|double free|corrupted|stack smashing")

SETTINGS = (
    f"EXTENSIONS={HERE / 'extensions.conf'}",
    "VERBOSE=0",
    # What memory is in use, to the byte: free memory that threads keep for themselves would count as used.
    "MODULES_EXTRA=heap_use.so",
    "WRAP=env GLIBC_TUNABLES=glibc.malloc.tcache_count=0",
)


class Asterisk(asterisk.Asterisk):
    """An instance of the sandbox that belongs to the soak."""

    def __init__(self, modules: str) -> None:
        super().__init__(22, word="soak")
        self.modules = modules

    async def start(self) -> None:
        await in_thread(self.up, Settings(22, self.modules, SETTINGS))

    async def stop(self) -> str:
        """Returns what was wrong with its end, or nothing."""
        return await in_thread(self.down)

    async def module(self, verb: str, module: str) -> str:
        """Load, unload or reload a module. Returns why it was refused, or nothing."""
        output = await in_thread(self.cli, f"module {verb} {module}")
        done = re.search(r"^(Loaded|Unloaded) |reloaded successfully", output, re.MULTILINE)
        return "" if done else output.strip() or "no reason given"

    def damage(self) -> list[str]:
        """Lines of the log, and of the console, that tell of damage."""
        found = []
        for path in (self.log, self.log.with_name("console")):
            with path.open(errors="replace") as lines:
                found += [line.strip() for line in lines if DAMAGE.search(line)]
        return found
