#!/usr/bin/python3
"""Does a flood of claims for unknown ids slow down good claims?  flood.py [--seconds 30] [--rounds 5] [--rate 1000]

Offers are claimed by applications (ari-race) in rounds, by turns without and with a flood beside them. Passes if
the p99 of the good claims (offer to 204, median of the rounds) grows by no more than half. Each kind of round
starts as often first as second, so that a busy hour of the machine falls on both.
"""

import argparse
import json
import multiprocessing
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests"))

# pylint: disable=wrong-import-position
from harness.asterisk import Asterisk, Settings  # noqa: E402

OUT = REPO / "build" / "analysis"
RACE = REPO / "build" / "ari-race" / "ari-race"
MOST = 1.5
CONNECTIONS = 10


def ask(number: int, port: int) -> bytes:
    """A claim for an id that nobody has, in the name of an application that is there, as it goes over the wire."""
    return (
        f"POST /ari/events/claim?channelId=flood-{os.getpid()}-{number}&application=race-1&api_key=ari:ari HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def answer(connection: socket.socket) -> int:
    """The status of the next answer on a connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(4096)
        if not chunk:
            raise RuntimeError("Asterisk closed a connection of the flood")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1])
    while len(body) < length:
        body += connection.recv(length - len(body))
    return int(data.split(b" ", 2)[1])


def flooder(port: int, rate: int, stop: object, counts: object) -> None:
    """Plain sockets and no library: what the flood itself takes of the machine must not count."""
    # It is told to stop by the process that started it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    connections = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    began, number = time.monotonic(), 0
    while not stop.is_set():
        for connection in connections:
            connection.sendall(ask(number, port))
            number += 1
        for connection in connections:
            counts[0 if answer(connection) == 404 else 1] += 1
        time.sleep(max(0.0, began + number / rate - time.monotonic()))


class Flood:
    """A flood in a process of its own, in a `with`."""

    def __init__(self, port: int, rate: int) -> None:
        self.stop = multiprocessing.Event()
        self.counts = multiprocessing.Array("l", 2, lock=False)
        self.process = multiprocessing.Process(target=flooder, args=(port, rate, self.stop, self.counts))

    def __enter__(self) -> "Flood":
        self.began = time.monotonic()
        self.process.start()
        return self

    def __exit__(self, trouble: type[BaseException] | None, *_: object) -> None:
        self.seconds = time.monotonic() - self.began
        self.stop.set()
        self.process.join(20)
        if trouble:
            self.process.kill()
            return
        if self.process.is_alive() or self.process.exitcode:
            self.process.kill()
            raise RuntimeError("the flood did not go on to the end")
        if self.counts[1]:
            raise RuntimeError(f"{self.counts[1]} claims for unknown ids were not answered 404")

    @property
    def rate(self) -> float:
        return self.counts[0] / self.seconds


def race(port: int, seconds: int) -> float:
    """One round of good claims: the p99 from offer to 204, in ms."""
    report = OUT / "flood-race.json"
    report.unlink(missing_ok=True)
    command = [RACE, "--url", f"http://127.0.0.1:{port}", "--quiet", "--json", report, "--apps", "3", "--rate", "20"]
    command += ["--duration", str(seconds)]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ari-race ended with {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return json.loads(report.read_text())["latency_ms"]["offer_to_won"]["p99"]


def measure(port: int, options: argparse.Namespace) -> tuple[list[float], list[float], list[float]]:
    quiet, flooded, rates = [], [], []

    def one_quiet() -> None:
        quiet.append(race(port, options.seconds))

    def one_flooded() -> None:
        with Flood(port, options.rate) as running:
            flooded.append(race(port, options.seconds))
        rates.append(running.rate)

    race(port, 2)
    for number in range(options.rounds):
        for run in (one_quiet, one_flooded)[:: -1 if number % 2 else 1]:
            run()
        print(f"round {number + 1}: p99 {quiet[-1]:.2f} ms, with {rates[-1]:.0f} unknown ids a second "
              f"{flooded[-1]:.2f} ms", flush=True)  # fmt: skip
    return quiet, flooded, rates


def verdict(name: str, passed: bool) -> bool:
    results = os.environ.get("CHECK_RESULTS")
    if results:
        with open(results, "a", encoding="utf-8") as file:
            file.write(f"{name} {'passed' if passed else 'failed'}\n")
    return passed


def positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to 86400")
    return number


def run(options: argparse.Namespace) -> tuple[list[float], list[float], list[float]]:
    """All rounds, on an Asterisk that is taken down whatever happens."""
    print(f"flood: {options.rounds} rounds of {options.seconds} s without and {options.seconds} s with it", flush=True)
    OUT.mkdir(parents=True, exist_ok=True)
    asterisk = Asterisk(22, 8)
    dialplan = REPO / "tools" / "ari-race" / "extensions.conf"
    try:
        asterisk.up(Settings(22, more=(f"EXTENSIONS={dialplan}", "VERBOSE=0")))
        return measure(asterisk.port("HTTP"), options)
    finally:
        asterisk.down()


def judge(quiet: list[float], flooded: list[float], rates: list[float], rate: int) -> int:
    before, after = statistics.median(quiet), statistics.median(flooded)
    reached = statistics.median(rates)
    if reached < 0.9 * rate:
        print(f"flood: only {reached:.0f} of {rate} claims a second got through: this machine is too busy to tell")
        verdict("flood-rate-is-reached", False)
        return 1
    fine = verdict("flood-of-unknown-ids", after <= MOST * before)
    print(f"flood: p99 of good claims {before:.2f} ms, with {reached:.0f} unknown ids a second {after:.2f} ms: "
          f"{'within' if fine else 'NOT within'} {MOST} times")  # fmt: skip
    return 0 if fine else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=positive, default=30, help="of each round")
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--rate", type=positive, default=1000, help="claims for unknown ids a second")
    options = parser.parse_args()
    # Being told to stop is like Ctrl-C: what was started is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return judge(*run(options), options.rate)
    except KeyboardInterrupt:
        print("flood: interrupted, nothing is left running")
        return 130


if __name__ == "__main__":
    sys.exit(main())
