"""What everybody in a soak did and heard: lines of JSON, one file for each process.

Each line has `t`, CLOCK_MONOTONIC in nanoseconds, which all processes of a machine share, and
`what`; where it applies `call` (id of the channel) and `app`. ari-race writes the same.

  applications  connected, lost, replaced (another connection has taken the name), offer, claim and
                decline (before the request is sent), answer (with `to` and `status`; 0: none came; to
                the claim with the same `request`, where an application may claim a call twice),
                start, end (StasisStart, StasisEnd), hangup (before that request), stopped and
                resumed (reading), killed (by itself)
  callers       call (before the originate request), answer, hangup
  SIP callers   leaves, with `caller` and `at`: when it will hang up, at the soonest
  the dialplan  offered, went-on (the broadcast has returned), turned-away (kept from it), ended (the
                channel has gone), with `at`, the dialplan's clock brought to CLOCK_MONOTONIC, and
                its variables
  the faults    killed, stopped, resumed, all-hung-up (the last calls), unloading and loaded (`module`), and
                all that was done as `fault`, `module` and `cli`
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class History:
    """A file that is complete up to the moment when its writer is killed: a line is one write()."""

    def __init__(self, path: Path | str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, what: str, **fields: Any) -> None:
        line = json.dumps({"t": time.monotonic_ns(), "what": what, **fields})
        os.write(self.file, line.encode() + b"\n")


def read(path: Path) -> Iterator[Line]:
    """The lines of one file.."""
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")
    if lines[-1]:
        raise ValueError(f"{path}: the last line has no end; its writer was cut off")
    for number, line in enumerate(lines[:-1], 1):
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}:{number}: not JSON: {error}") from error
