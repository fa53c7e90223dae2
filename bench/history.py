"""Single values out of ari-race's history, for the pictures."""

import json
from collections.abc import Iterator
from pathlib import Path


def lines(path: Path) -> Iterator[dict]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def offer_to_start_ms(path: Path) -> list[float]:
    """For each call that was won: from the winner's offer to its StasisStart."""
    offers: dict[tuple[str, str], int] = {}
    found = []
    for line in lines(path):
        key = line.get("call", ""), line.get("app", "")
        if line["what"] == "offer":
            offers.setdefault(key, line["t"])
        elif line["what"] == "start" and key in offers:
            found.append((line["t"] - offers[key]) / 1e6)
    return found


def call_to_offer_ms(path: Path) -> list[float]:
    """For each call and application that reads: from the originate to the offer."""
    calls: dict[str, int] = {}
    found = []
    for line in lines(path):
        if line["what"] == "call":
            calls[line["call"]] = line["t"]
        elif line["what"] == "offer" and line["call"] in calls:
            found.append((line["t"] - calls[line["call"]]) / 1e6)
    return found


def call_to_last_offer_ms(path: Path) -> list[float]:
    """For each call: from the originate to the offer that came last."""
    calls: dict[str, int] = {}
    last: dict[str, int] = {}
    for line in lines(path):
        if line["what"] == "call":
            calls[line["call"]] = line["t"]
        elif line["what"] == "offer":
            last[line["call"]] = line["t"]
    return [(moment - calls[call]) / 1e6 for call, moment in last.items() if call in calls]


def last_bid_to_start_ms(path: Path, bidders: int) -> list[float]:
    """For each call for which all have bid: from the sending of the last bid to StasisStart."""
    bids: dict[str, list[int]] = {}
    starts: dict[str, int] = {}
    for line in lines(path):
        if line["what"] == "bid":
            bids.setdefault(line["call"], []).append(line["t"])
        elif line["what"] == "start":
            starts.setdefault(line["call"], line["t"])
    return [(starts[call] - max(sent)) / 1e6 for call, sent in bids.items() if len(sent) == bidders and call in starts]
