#!/usr/bin/python3
"""Records the transcripts of docs/RUNNING.md from a real Asterisk, real applications and real calls: make transcripts.

usage: record.py [--check]      --check: changes nothing; says where the page shows something else

What is compared is what stays the same from one recording to the next: all but numbers.
"""

import argparse
import difflib
import json
import re
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.asterisk import REPO, Asterisk, Settings  # noqa: E402

PAGE = REPO / "docs" / "RUNNING.md"
HERE = Path(__file__).resolve().parent
# The longest that anything may take; far more than it does.
PATIENCE = 20


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for what sends no event."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.02)


class Stage:
    """An Asterisk, its applications and callers, and what was typed and printed so far."""

    def __init__(self, asterisk: Asterisk) -> None:
        self.asterisk = asterisk
        self.lines: list[str] = []
        self.workers: dict[str, subprocess.Popen] = {}

    # What the reader sees

    def say(self, command: str, printed: str) -> None:
        self.lines += [f"$ {command}", *(line.rstrip() for line in printed.strip("\n").splitlines())]

    def cli(self, command: str) -> str:
        """Type a command of Asterisk."""
        printed = self.asterisk.cli(command)
        self.say(f"asterisk -rx '{command}'", printed)
        return printed

    def shell(self, command: str, shown: str = "") -> str:
        """Type a command of the shell."""
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
        self.say(shown or command, done.stdout)
        return done.stdout

    # What happens meanwhile

    def worker(self, name: str, *options: str) -> subprocess.Popen:
        """Start an application, and wait until it is there."""
        command = [REPO / "examples/python/claimer.py", "--app", name, "--url", self.asterisk.ari_url, *options]
        self.workers[name] = subprocess.Popen(  # pylint: disable=consider-using-with
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        until(lambda: name in self.asterisk.cli("ari show apps").split(), f"{name} is connected")
        return self.workers[name]

    def ari(self, method: str, path: str, **parameters: str) -> object:
        request = Request(f"{self.asterisk.ari_url}{path}?{urlencode(parameters)}", method=method)
        request.add_header("Authorization", f"Basic {b64encode(b'ari:ari').decode()}")
        with urlopen(request, timeout=PATIENCE) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def call(self, extension: str, caller: str) -> None:
        self.ari("POST", "/channels", endpoint=f"Local/{extension}@default/n", context="default", extension="wait",
                 callerId=caller)  # fmt: skip

    def no_calls(self) -> bool:
        return not self.ari("GET", "/channels")

    def close(self) -> None:
        for worker in self.workers.values():
            worker.kill()
            worker.wait()
        for channel in self.ari("GET", "/channels"):
            try:
                self.ari("DELETE", f"/channels/{channel['id']}")
            except OSError:
                # The other end of a Local channel goes with it.
                pass


def story(stage: Stage) -> None:
    """What the debug lines tell of a call that two want and a third may not have."""
    stage.worker("sales-1", "--think", "150", "--then", "keep")
    stage.worker("sales-2", "--think", "50")
    stage.worker("billing-1", "--policy", "ignore")
    log = stage.asterisk.folder / "log" / "story.log"
    stage.asterisk.cli("logger add channel story.log debug")
    stage.asterisk.cli("core set debug 1 res_stasis_broadcast")
    stage.call("800", "5551234")
    until(lambda: "on offer" in log.read_text(), "the call is on offer")
    (broadcast,) = stage.ari("GET", "/broadcasts")
    try:
        stage.ari("POST", "/events/claim", channelId=broadcast["channel_id"], application="billing-1")
    except OSError:
        # 404: the filter does not match it.
        pass
    until(lambda: "'sales-1'" in log.read_text(), "the late claim has come")
    stage.shell(f"grep debug.c: {log} | cut -d ' ' -f 2,5-", "grep debug.c: /var/log/asterisk/story.log | cut -d ' ' -f 2,5-")
    stage.asterisk.cli("core set debug 0 res_stasis_broadcast")
    stage.asterisk.cli("logger remove channel story.log")


RECORDINGS = {"story": story}


def recorded() -> dict[str, list[str]]:
    """All transcripts, each with its own applications; on one Asterisk."""
    asterisk = Asterisk(22, word="transcripts")
    asterisk.up(Settings(22, more=(f"EXTENSIONS={HERE / 'extensions.conf'}",)))
    found = {}
    try:
        for name, play in RECORDINGS.items():
            stage = Stage(asterisk)
            try:
                play(stage)
            finally:
                stage.close()
            until(stage.no_calls, "all calls have ended")
            found[name] = stage.lines
    finally:
        asterisk.down()
    return found


def pattern(name: str) -> re.Pattern:
    """Where the page has a transcript."""
    return re.compile(rf"(<!-- recorded by make transcripts: {name} -->\n)(?s:.*?)(<!-- end -->)")


def put(text: str, name: str, lines: list[str]) -> str:
    """The page with a transcript in its place."""
    block = "\n".join(["", "```console recorded", *lines, "```", "", ""])
    changed, times = pattern(name).subn(lambda match: match[1] + block + match[2], text)
    if times != 1:
        raise RuntimeError(f"{PAGE} has {times} places for {name}")
    return changed


def constant(text: str) -> list[str]:
    """What stays the same from one recording to the next: no numbers, and no columns as wide as they are."""
    text = re.sub(r"\d+(\.\d+)*", "0", text)
    text = re.sub(r"\b0(ms|s|m|h)\b|\bnow\b", "0", text)
    text = re.sub(r"[ \t]+", " ", text)
    return [line.strip() for line in text.splitlines()]


def main() -> int:
    parser = argparse.ArgumentParser(description="Record the transcripts of docs/RUNNING.md.")
    parser.add_argument("--check", action="store_true", help="only say where the page differs")
    options = parser.parse_args()
    before = PAGE.read_text(encoding="utf-8")
    after = before
    for name, lines in recorded().items():
        after = put(after, name, lines)
    if not options.check:
        PAGE.write_text(after, encoding="utf-8")
        return 0
    differences = list(difflib.unified_diff(constant(before), constant(after), "the page", "a recording", n=0, lineterm=""))
    print("\n".join(differences))
    return bool(differences)


if __name__ == "__main__":
    sys.exit(main())
