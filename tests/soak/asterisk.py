"""The sandbox's Asterisk under test: up, down, what its log says of damage."""

import asyncio
import os
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
SANDBOX = REPO / "sandbox" / "sandbox"

# What Asterisk and the C library write when memory has been trampled on or an object misused.
DAMAGE = re.compile(r"FRACK|bad magic number|Excessive refcount|double free|corrupted|stack smashing")


class Asterisk:
    """An instance of the sandbox that belongs to the soak, on ports that are free."""

    def __init__(self, modules: str, logs: Path) -> None:
        self.modules = modules
        self.logs = logs
        self.settings = dict(
            os.environ,
            ASTERISK="22",
            INSTANCE="soak",
            MODULES=modules,
            EXTENSIONS=str(HERE / "extensions.conf"),
            HTTP_PORT="free",
            SIP_PORT="free",
            AMI_PORT="free",
            VERBOSE="0",
            # What memory is in use, to the byte: free memory that threads keep for themselves would count as used.
            MODULES_EXTRA="heap_figures.so",
            WRAP="env GLIBC_TUNABLES=glibc.malloc.tcache_count=0",
        )
        self.env: dict[str, str] = {}

    async def sandbox(self, *words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            SANDBOX,
            *words,
            env=self.settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            output, _ = await process.communicate()
        except asyncio.CancelledError:
            # A start that is broken off would leave an Asterisk; it ends by itself soon.
            await process.communicate()
            raise
        return process.returncode, output.decode(errors="replace").strip()

    async def up(self) -> None:
        code, output = await self.sandbox("up")
        if code:
            raise RuntimeError(f"Asterisk did not start: {output}")
        _, output = await self.sandbox("env")
        self.env = dict(line.split("=", 1) for line in output.splitlines())

    async def module(self, verb: str, module: str) -> str:
        """Load, unload or reload a module. Returns why it was refused, or nothing."""
        _, output = await self.sandbox("cli", f"module {verb} {module}")
        done = re.search(r"^(Loaded|Unloaded) |reloaded successfully", output, re.MULTILINE)
        return "" if done else output or "no reason given"

    async def down(self) -> str:
        """Stop it. Returns what was wrong with its end, or nothing."""
        code, output = await self.sandbox("down")
        return (output or f"sandbox down ended with {code}") if code else ""

    @property
    def pid(self) -> int:
        return int(self.env["PID"])

    @property
    def ari(self) -> str:
        return self.env["ARI_URL"]

    @property
    def log(self) -> Path:
        return Path(self.env["SANDBOX_DIR"]) / "log" / "full"

    def alive(self) -> bool:
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
            return Path(self.env["SANDBOX_DIR"]).name.encode() in command
        except FileNotFoundError:
            return False

    def damage(self) -> list[str]:
        """Lines of the log, and of the console, that tell of damage."""
        found = []
        for path in (self.log, self.log.with_name("console")):
            with path.open(errors="replace") as lines:
                found += [line.strip() for line in lines if DAMAGE.search(line)]
        return found
