#!/usr/bin/python3
"""Records the transcripts of docs/RUNNING.md from a real Asterisk, real applications and real calls: make transcripts.

usage: record.py [--check]      --check: changes nothing; says where the page shows something else

What is compared is what stays the same from one recording to the next: all but numbers.
"""

import argparse
import difflib
import json
import re
import signal
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

    def note(self, text: str) -> None:
        self.lines += ["", f"# {text}"] if self.lines else [f"# {text}"]

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


def column(stage: Stage, app: str, name: str) -> str:
    """A column of "broadcast show apps" for an application."""
    head, *rows = stage.asterisk.cli("broadcast show apps").splitlines()
    row = next((row for row in rows if row.split()[-1:] == [app]), "")
    return row.split()[head.split().index(name)] if row else ""


def on_offer(stage: Stage) -> list[str]:
    """The channels that wait now."""
    return [one["channel_id"] for one in stage.ari("GET", "/broadcasts") if one["state"] == "open"]


def night(stage: Stage) -> None:
    """Three applications, one of them stopped: found and put right with the commands alone."""
    for name in ("sales-1", "sales-2", "night-1"):
        stage.worker(name)
    stage.asterisk.cli("broadcast reset stats")
    stage.call("900", "5550001")
    until(lambda: column(stage, "night-1", "Won") == "1", "night-1 has answered a call")
    until(stage.no_calls, "that call has ended")
    sleeper = stage.workers["night-1"]
    sleeper.send_signal(signal.SIGSTOP)
    # What the callers see: nobody answers.
    for number in range(10):
        stage.call("900", f"55510{number:02}")
        stage.call("800", f"55520{number:02}")
    until(lambda: column(stage, "night-1", "State") == "silent", "night-1 is silent")
    until(stage.no_calls, "all calls have ended")
    stage.call("901", "5553003")
    until(lambda: on_offer(stage), "a caller waits")
    (waiting,) = on_offer(stage)

    stage.note("Who waits?")
    stage.cli("broadcast show")
    stage.note("A caller, for an application that ^night- matches. Which are there?")
    stage.cli("broadcast match ^night-")
    stage.cli("broadcast show apps")
    stage.note("night-1 is silent: connected, and it has not answered one of its last calls. Did it get this one?")
    stage.cli(f"broadcast show channel {waiting}")
    stage.note("It was sent the event and did nothing. The log knows since when:")
    log = stage.asterisk.log
    stage.shell(f"grep \"Application 'night-1'\" {log} | cut -d ' ' -f 1,2,3,5-",
                "grep \"Application 'night-1'\" /var/log/asterisk/full | cut -d ' ' -f 1,2,3,5-")  # fmt: skip
    stage.note("The caller need not wait for it to be repaired:")
    stage.cli(f"broadcast withdraw {waiting}")
    stage.note("And its process?")
    stage.shell(f"ps -o pid,stat,comm -p {sleeper.pid}")
    stage.note("T: somebody has stopped it. Let it go on, and place a call.")
    stage.shell(f"kill -CONT {sleeper.pid}")
    stage.call("900", "5550002")
    until(lambda: column(stage, "night-1", "Won") == "2", "night-1 has answered a call")
    until(stage.no_calls, "that call has ended")
    stage.cli("broadcast show apps like ^night-")
    told = stage.shell(f"grep \"Application 'night-1'\" {log} | tail -1 | cut -d ' ' -f 1,2,3,5-",
                "grep \"Application 'night-1'\" /var/log/asterisk/full | tail -1 | cut -d ' ' -f 1,2,3,5-")  # fmt: skip
    if not re.search(r"answers again, after \d\d calls", told):
        raise RuntimeError(f"night-1 did not answer ten calls and one, but the log says: {told}")


RECORDINGS = {"story": story, "night": night}


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
    text = re.sub(r"\[C-[0-9a-f]+\]", "", text)
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
