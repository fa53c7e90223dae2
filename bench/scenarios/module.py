"""What only a caller of the C API can measure: bench/module, which uses the public API alone."""

import json

from asterisk import Asterisk, BenchError
from stats import Case, for_the_record, ours_at_most, ratio_at_least
from scenario import Context, Stats, Scenario

MODULE = {"MODULES_EXTRA": "bench_stasis_broadcast.so"}
FILTER = "^(sales|support|billing)-[0-9]+$"
APPS = 100
THREADS = 4
ALIVE = 20000


def ask(asterisk: Asterisk, command: str) -> dict:
    """A command of the bench module; its answer is one line of JSON."""
    text = asterisk.cli("stasis broadcast-bench " + command)
    try:
        answer = json.loads(text)
    except ValueError:
        raise BenchError(f"{command}: {text.strip()}") from None
    if "error" in answer:
        raise BenchError(f"{command}: {answer['error']}")
    return answer


def offer(context: Context, side: str) -> Stats:
    with Asterisk(side, **MODULE) as asterisk:
        ask(asterisk, f"offer {APPS} 50")
        answer = ask(asterisk, f"offer {APPS} {200 if context.quick else 1000}")
    return {
        "offer-call-100": answer["call_ns"]["median"] / 1000,
        "offer-call-100-p99": answer["call_ns"]["p99"] / 1000,
        "offer-told-100": answer["all_told_ns"]["median"] / 1000,
    }


def claims(context: Context, side: str) -> Stats:
    seconds = 1 if context.quick else 2
    with Asterisk(side, **MODULE) as asterisk:
        ask(asterisk, f"claims {THREADS} 100 1")
        answer = ask(asterisk, f"claims {THREADS} {ALIVE} {seconds}")
    if answer["wrong"]:
        raise BenchError(f"{answer['wrong']} of {answer['claims']} claims got a wrong answer")
    return {"claims": answer["claims_per_second"]}


def memory(context: Context, side: str) -> Stats:
    # What a thread keeps for its next allocation must not count as in use.
    wrap = {"WRAP": "env GLIBC_TUNABLES=glibc.malloc.tcache_count=0"}
    with Asterisk(side, **MODULE, **wrap) as asterisk:
        answer = ask(asterisk, f'memory {500 if context.quick else 3000} "{FILTER}"')
    return {"memory-claimed": answer["bytes_each"]}


SCENARIOS = [
    Scenario(
        "offer-call",
        f"the call's thread in stasis_app_broadcast_channel, {APPS} applications",
        [
            Case("offer-call-100", "µs", "under 200 µs", ours_at_most(199.999)),
            Case("offer-call-100-p99", "µs", "", for_the_record),
            Case("offer-told-100", "µs", "", for_the_record),
        ],
        offer,
        (6, 4),
    ),
    Scenario(
        "claims",
        f"claims a second from {THREADS} threads, {ALIVE} claimed broadcasts alive",
        [Case("claims", "claims/s", "at least 20 times own", ratio_at_least(20))],
        claims,
        (12, 9),
        most_pairs=3,
    ),
    Scenario(
        "memory",
        f"memory of a claimed broadcast with filter {FILTER}",
        [Case("memory-claimed", "bytes", "at most 512", ours_at_most(512))],
        memory,
        (6, 4),
        most_pairs=3,
    ),
]
