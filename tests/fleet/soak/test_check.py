"""The judge of the fleet's soak is judged: a good history passes, and each way to break a promise is seen."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from check import RULES, check  # noqa: E402  pylint: disable=wrong-import-position


def line(what, t, **fields):
    return {"what": what, "t": t, **fields}


def outcome(t, call="1", stasis="SUCCESS", broadcast="CLAIMED", winner="a", lost=""):
    return line("outcome", t, call=call, stasis=stasis, broadcast=broadcast, winner=winner, lost=lost)


CALL = line("call", 0, call="1", node="n")
WON, START = line("won", 1, call="1", app="a"), line("start", 2, call="1", app="a")
GOOD = [CALL, WON, START, outcome(3)]
HUNG_UP = line("hangup", 1.5, call="1")
KILLED = line("faulty", 1.2, app="a", until=2)
LOST = [CALL, WON, line("won", 3, call="1", app="b"), line("start", 4, call="1", app="b"), outcome(5, winner="b", lost="a")]

FINE = {
    "plain": GOOD,
    "nobody claimed": [*GOOD, line("call", 0, call="2", node="n"), outcome(3, "2", "TIMEOUT", "TIMEOUT", "")],
    "hung up before the start": [CALL, WON, HUNG_UP, outcome(3, stasis="", broadcast="HANGUP")],
    "killed after the claim": [*LOST, KILLED],
    "killed before it could tell": [CALL, KILLED, line("won", 1, call="1", app="b"), line("start", 2, call="1", app="b"),
                                    START, outcome(3)],
    "its answer was lost": [CALL, line("asked", 2, app="a"), START, outcome(3), *[dict(one, call="2") for one in GOOD]],
    "its Asterisk died": [CALL, WON, line("died", 2, node="n")],
    "quiet and served": [line("quiet_from", -1), *GOOD],
}  # fmt: skip
BROKEN = {
    "every call ends": [*GOOD, line("call", 0, call="2", node="n")],
    "every call ends, another Asterisk died": [CALL, WON, START, line("died", 2, node="m")],
    "every call ends, with a status": [CALL, WON, START, outcome(3, stasis="")],
    "one winner": [CALL, WON, START, line("won", 1, call="1", app="b"), line("start", 2, call="1", app="b"), outcome(3)],
    "winner gets the call": [CALL, WON, outcome(3, stasis="TIMEOUT", broadcast="TIMEOUT", winner="")],
    "winner gets the call, healthy and lost": LOST,
    "winner gets the call, killed long before": [*LOST, line("faulty", -20, app="a", until=-19)],
    "winner gets the call, another was killed": [*LOST, line("faulty", 1.2, app="c", until=2)],
    "no uninvited start": [CALL, WON, START, line("start", 2, call="1", app="b"), outcome(3)],
    "no uninvited start, asked long before": [*GOOD, line("asked", -30, app="b"), line("start", 2, call="1", app="b")],
    "claimed calls have a start": [CALL, line("hangup", 1, call="2"), line("call", 0, call="2", node="n"), outcome(2, "2"), outcome(3)],
    "served when all is quiet": [line("quiet_from", -1), *GOOD, line("call", 0, call="2", node="n"),
                                 outcome(3, "2", "TIMEOUT", "NOAPPS", "")],
    "there was something to prove": [CALL, outcome(3, stasis="TIMEOUT", broadcast="TIMEOUT", winner="")],
}  # fmt: skip


@pytest.mark.parametrize("lines", FINE.values(), ids=FINE)
def test_good_history(lines):
    assert check(lines)[1] == []


@pytest.mark.parametrize("rule, lines", BROKEN.items(), ids=BROKEN)
def test_broken_promise(rule, lines):
    _, wrong = check(lines)
    assert any(text.startswith(rule.split(",")[0] + ":") for text in wrong), wrong


def test_each_rule_is_tried():
    tried = {name.split(",")[0] for name in BROKEN}
    assert {rule.__name__.replace("_", " ") for rule in RULES} <= tried
