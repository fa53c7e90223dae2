"""Programs that the demo runs: each in a process group of its own, so that none outlives it."""
import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
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


async def run(*command: str | Path, env: dict[str, str], log: Path) -> None:
    """Run a program to its end with its output in a file; Trouble if it fails."""
    with log.open("wb") as output:
        process = await spawn(*command, env=env, stdout=output, stderr=STDOUT)
    try:
        status = await process.wait()
    finally:
        await stop(process)
    if status:
        words = " ".join(Path(word).name for word in map(str, command))
        raise Trouble(f"{words} failed with exit status {status}. The end of {log}:\n{tail(log)}")


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a file, indented."""
    text = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  {line}" for line in text[-lines:]) or "  (empty)"
