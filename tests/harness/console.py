"""Asterisk's own console, for what AMI refuses ("module unload -f"): its socket, without a process for each command."""

import asyncio

from .asterisk import Asterisk
from .events import DEADLINE


async def console(asterisk: Asterisk, command: str) -> str:
    """Run one CLI command as `asterisk -rx` does. Returns what it printed."""
    reader, writer = await asyncio.open_unix_connection(asterisk.folder / "run" / "asterisk.ctl")
    try:
        # Asterisk greets with a line, and closes the connection when the command is done.
        await asyncio.wait_for(reader.readuntil(b"\n"), DEADLINE)
        writer.write(f"cli quit after {command}\0".encode())
        told = await asyncio.wait_for(reader.read(), DEADLINE)
    finally:
        writer.close()
    return told.decode(errors="replace").replace("\0", "").replace("\x7f", "")
