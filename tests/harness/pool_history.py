"""Judges what the workers of examples/pool have told: one worker a call, within its capacity, skills and rests, VIPs first."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from .events import DEADLINE_FACTOR

# What is told within so many seconds of each other may have happened in the other order. With a sanitizer, much later.
CLOSE = 0.15 * DEADLINE_FACTOR


@dataclass
class Pool:
    """What is known of the workers, by application name, and of the calls, by the caller's number."""

    capacity: dict[str, int]
    wrap_up: dict[str, float]
    languages: dict[str, set[str]]
    language: dict[str, str]
    vips: set[str]
    lines: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = sorted(self.lines, key=lambda line: line["time"])
        self.caller = {line["channel"]: line["caller"] for line in self.lines if line["event"] == "offer"}
        self.starts = {line["channel"]: line for line in self.lines if line["event"] == "start"}

    def of(self, *events: str) -> list[dict]:
        return [line for line in self.lines if line["event"] in events]


def judge(pool: Pool) -> list[str]:
    """What is wrong with it, a line each."""
    rules = (each_call_once, capacity_kept, rests_kept, skills_kept, vips_first, longest_idle_first)
    return [fault for rule in rules for fault in rule(pool)]


def each_call_once(pool: Pool) -> list[str]:
    faults = []
    for event in ("start", "end"):
        times = Counter(pool.caller.get(line["channel"]) for line in pool.of(event))
        faults += [f"caller {caller}: {times[caller]} times {event}" for caller in pool.language if times[caller] != 1]
    return faults


def capacity_kept(pool: Pool) -> list[str]:
    """From the start of a call to the end of the rest after it, its seat is taken."""
    taken: Counter = Counter()
    faults = []
    for line in pool.of("start", "ready"):
        taken[line["app"]] += 1 if line["event"] == "start" else -1
        if taken[line["app"]] > pool.capacity[line["app"]]:
            faults.append(f"{line['app']} has {taken[line['app']]} seats taken at {line['time']}")
    return faults


def rests_kept(pool: Pool) -> list[str]:
    faults = []
    ended: dict[str, float] = {}
    for line in pool.of("end", "ready"):
        if line["event"] == "end":
            ended[line["channel"]] = line["time"]
        elif line["time"] - ended[line["channel"]] < pool.wrap_up[line["app"]] - 0.01:
            faults.append(f"{line['app']} rested {line['time'] - ended[line['channel']]:.3f} s only")
    return faults


def skills_kept(pool: Pool) -> list[str]:
    return [
        f"{line['app']} has a caller who speaks {pool.language[pool.caller[line['channel']]]}"
        for line in pool.of("offer", "start")
        if pool.language[pool.caller[line["channel"]]] not in pool.languages[line["app"]]
    ]


def vips_first(pool: Pool) -> list[str]:
    """A worker that took the next in line took no other call while a VIP waited whom it had been offered."""
    faults = []
    offered = defaultdict(list)
    own = {(line["app"], line["channel"]) for line in pool.of("bid", "claim")}
    for line in pool.of("offer", "start"):
        app, time = line["app"], line["time"]
        if line["event"] == "offer":
            offered[app].append(line)
        elif (app, line["channel"]) not in own and pool.caller[line["channel"]] not in pool.vips:
            faults += [
                f"{app} took {pool.caller[line['channel']]} while VIP {offer['caller']} waited"
                for offer in offered[app]
                if offer["caller"] in pool.vips
                and offer["time"] < time - CLOSE
                and pool.starts[offer["channel"]]["time"] > time + CLOSE
            ]
    return faults


def longest_idle_first(pool: Pool) -> list[str]:
    """Of those who bid for a call, the highest bid has it, unless somebody took it as the next in line."""
    faults = []
    bids: dict[str, dict[str, int]] = defaultdict(dict)
    for line in pool.of("bid"):
        if line["status"] == 202 and line["time"] < pool.starts[line["channel"]]["time"] - CLOSE / 3:
            bids[line["channel"]][line["app"]] = line["score"]
    for channel, scores in bids.items():
        winner = pool.starts[channel]["app"]
        if winner in scores and scores[winner] < max(scores.values()):
            faults.append(f"{winner} has caller {pool.caller[channel]} with {scores[winner]} of {scores}")
    return faults
