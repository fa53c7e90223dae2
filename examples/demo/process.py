"""Programs that the demo runs: each in a process group of its own, so that none outlives it."""
import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import Any


class Trouble(Exception):
    """The demo cannot go on; the text says why and what to do."""


async def spawn(*command: str | Path, **how: Any) -> Process:
    """Start a program that a Ctrl-C on the terminal does not reach: stop() ends it."""
    return await asyncio.create_subprocess_exec(
        *map(str, command), stdin=DEVNULL, start_new_session=True, **how
    )


async def stop(process: Process | None, patience: float = 3) -> None:
    """End a program and what it started, and wait until it is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), patience)


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a file, indented."""
    text = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  {line}" for line in text[-lines:]) or "  (empty)"
