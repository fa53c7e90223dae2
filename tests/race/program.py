"""Runs ari-race, and reads what it reports."""

import asyncio
import json
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent.parent
PROGRAM = REPO / "build" / "ari-race" / "ari-race"
MAN_PAGE = REPO / "tools" / "ari-race" / "ari-race.1"

# Far above what any run here needs: it only decides how long one that does not end takes to fail.
DEADLINE = 30.0


def environment(login: str | None = None) -> dict[str, str]:
    """Ours, with this log-in or none in it."""
    others = {name: value for name, value in os.environ.items() if name != "ARI_RACE_LOGIN"}
    return others | ({"ARI_RACE_LOGIN": login} if login else {})


@dataclass
class Run:
    """What ari-race said in the end."""

    status: int
    text: str
    warnings: str
    report: dict[str, Any]
    history: list[dict[str, Any]]

    def count(self, title: str) -> int:
        """The number behind a title of the text; lines that count nothing may be missing."""
        found = re.search(rf"^{re.escape(title)} +(\d+)$", self.text, re.MULTILINE)
        return int(found[1]) if found else 0

    @property
    def broken(self) -> dict[str, str]:
        """Which calls broke which rule, as text and JSON agree."""
        words = {"two-winners": "two winners", "won-without-start": "204 and no StasisStart"}
        named = {one["call"]: one["rule"] for one in self.report["rules_broken"]["calls"]}
        assert self.report["rules_broken"]["count"] == len(named)
        said = dict(re.findall(r"^RULE BROKEN: (\S+): (.*)$", self.text, re.MULTILINE))
        assert said == {call: words[rule] for call, rule in named.items()}
        return named


class Race:
    """A running ari-race."""

    def __init__(
        self, port: int, folder: Path, *options: str, login: str | None = None, memory: int = resource.RLIM_INFINITY
    ) -> None:
        self.json = folder / "report.json"
        self.history = folder / "history.jsonl"
        url = f"http://127.0.0.1:{port}"
        files = ("--json", str(self.json), "--history", str(self.history))
        self.command = (str(PROGRAM), "--quiet", "--url", url, *files, *options)
        self.login = login
        self.memory = memory

    async def __aenter__(self) -> "Race":
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment(self.login),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (self.memory, self.memory)),
        )  # fmt: skip
        return self

    async def __aexit__(self, _: object, error: BaseException | None, *__: object) -> None:
        """Stop it, if it has not ended. Who waited in vain for what it should have done is told what it said."""
        if self.process.returncode is None:
            self.process.kill()
        if error and not self.process.stderr.at_eof():
            _, warnings = await self.process.communicate()
            error.add_note(f"ari-race: status {self.process.returncode}, {warnings.decode()!r}")
        await self.process.wait()

    async def end(self) -> Run:
        """Wait until it ends by itself."""
        text, warnings = await asyncio.wait_for(self.process.communicate(), DEADLINE)
        # A test may have it written elsewhere.
        lines = self.history.read_text().splitlines() if self.history.exists() else []
        history = [json.loads(line) for line in lines]
        report = json.loads(self.json.read_text())
        run = Run(self.process.returncode, text.decode(), warnings.decode(), report, history)
        assert run.report["status"] == run.status
        return run
