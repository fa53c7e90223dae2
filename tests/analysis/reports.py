"""Reads the reports of AddressSanitizer and UndefinedBehaviorSanitizer, and tells whose fault each is."""

import re
from dataclasses import dataclass
from pathlib import Path

# Frames of our modules. Only they are unloaded while Asterisk runs, so a frame in a library that
# is not there any more is theirs too.
OURS = re.compile(
    r"/(res_stasis_broadcast|app_stasis_broadcast|res_ari_broadcasts|test_[a-z_]+)\.so\b"
    r"|<unknown module>|\b(modules|core|tests/module)/[a-z_/]+\.[ch]:\d"
)

# Asterisk 16 leaks the body of each form that ast_http_get_post_vars() reads, for us as for others.
FORM_BODY = re.compile(r"^Direct leak(?s:.{0,400})\n *#3 \S+ in ast_http_get_post_vars ")

# Asterisk 16 keeps an event for a connection that is being closed in a queue that it never frees. What hangs on
# that queue, the parts of the event, is lost with it.
QUEUED_EVENTS = re.compile(
    r"^Direct leak(?s:.{0,400})\n *#2 \S+ +\(\S+/res_ari_events\.so\S+\n *#3 \S+ +\(\S+/res_stasis\.so\S+\n *#4 \S+ in stasis_app_send "
)
EVENT_PART = re.compile(r"^Indirect leak(?s:.{0,500})\n *#[23] .*/libjansson\.so")

START = re.compile(
    r"^==\d+==\s*(?:ERROR|WARNING|HINT): (?!LeakSanitizer: detected)(?P<error>.*)"
    r"|^(?P<leak>(?:Direct|Indirect) leak of .*)"
    r"|^(?P<undefined>\S+: runtime error: .*)"
)


@dataclass
class Finding:
    """One error or one leak, with its stacks."""

    title: str
    text: str
    file: Path
    # Whether the same report tells of events that Asterisk has lost.
    beside_lost_events: bool = False

    @property
    def ours(self) -> bool:
        if FORM_BODY.search(self.text) or QUEUED_EVENTS.search(self.text):
            return False
        if self.beside_lost_events and EVENT_PART.search(self.text):
            return False
        return bool(OURS.search(self.text)) or "LeakSanitizer" in self.title

    def by(self, module: str) -> bool:
        """Whether a module of this name is in its stacks."""
        return f"/{module}.so" in self.text or f"/{module}.c:" in self.text


def read(file: Path) -> list[Finding]:
    """The findings of one report file."""
    findings: list[Finding] = []
    for line in file.read_text(errors="replace").splitlines():
        match = START.match(line)
        if match:
            title = match["error"] or match["leak"] or match["undefined"]
            findings.append(Finding(title, "", file))
        if findings:
            findings[-1].text += line + "\n"
    lost = any(QUEUED_EVENTS.search(finding.text) for finding in findings)
    for finding in findings:
        finding.beside_lost_events = lost
    return findings


def read_all(folder: Path) -> list[Finding]:
    """The findings of all report files of a folder."""
    return [finding for file in sorted(folder.glob("**/sanitizer.*")) for finding in read(file)]
