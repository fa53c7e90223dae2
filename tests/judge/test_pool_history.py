"""The judge of the worked pool (tests/harness/pool_history.py) refuses each history that breaks a rule."""

import copy
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.pool_history import Pool, judge  # noqa: E402

ANNA, BERT = "sales-de_en-anna", "sales-en-bert"

# Anna has the first call by a bid; the VIP waits in line until she has rested, and is taken before an older call.
GOOD = [
    (1.0, ANNA, "offer", "c1", {"caller": "551"}),
    (1.0, BERT, "offer", "c1", {"caller": "551"}),
    (1.1, ANNA, "bid", "c1", {"status": 202, "score": 500}),
    (1.1, BERT, "bid", "c1", {"status": 202, "score": 300}),
    (1.2, ANNA, "start", "c1", {}),
    (1.5, BERT, "offer", "c4", {"caller": "554"}),
    (1.6, BERT, "start", "c4", {}),
    (2.0, ANNA, "offer", "c2", {"caller": "552"}),
    (2.1, ANNA, "offer", "c3", {"caller": "993"}),
    (3.0, ANNA, "end", "c1", {}),
    (3.5, ANNA, "ready", "c1", {}),
    (3.6, ANNA, "start", "c3", {}),
    (4.0, ANNA, "end", "c3", {}),
    (4.5, ANNA, "ready", "c3", {}),
    (4.6, ANNA, "start", "c2", {}),
    (5.0, ANNA, "end", "c2", {}),
    (5.5, ANNA, "ready", "c2", {}),
    (6.0, BERT, "end", "c4", {}),
    (6.5, BERT, "ready", "c4", {}),
]


def faults(change=lambda lines: None, **facts):
    lines = [
        {"time": time, "app": app, "event": event, "channel": channel, **copy.deepcopy(more)}
        for time, app, event, channel, more in GOOD
    ]
    change(lines)
    known = {
        "capacity": {ANNA: 1, BERT: 1},
        "wrap_up": {ANNA: 0.5, BERT: 0.5},
        "languages": {ANNA: {"de", "en"}, BERT: {"en"}},
        "language": {"551": "en", "552": "de", "993": "de", "554": "en"},
        "vips": {"993"},
    }
    return judge(Pool(lines=lines, **(known | facts)))


def find(lines, event, channel, app=None):
    return next(one for one in lines if (one["event"], one["channel"]) == (event, channel) and app in (None, one["app"]))


def swap_the_vip(lines):
    for line in lines:
        if line["event"] != "offer":
            line["channel"] = {"c2": "c3", "c3": "c2"}.get(line["channel"], line["channel"])


def test_good_history_has_no_fault():
    assert not faults()


@pytest.mark.parametrize(
    "change,fault",
    [
        (lambda lines: lines.remove(find(lines, "start", "c2")), "caller 552: 0 times start"),
        (lambda lines: lines.append(dict(find(lines, "start", "c4"), app=ANNA, time=5.8)), "caller 554: 2 times start"),
        (lambda lines: lines.remove(find(lines, "end", "c4")) or lines.remove(find(lines, "ready", "c4")), "times end"),
        (lambda lines: find(lines, "start", "c3").update(time=2.9), "2 seats taken"),
        (lambda lines: find(lines, "ready", "c1").update(time=3.2), "rested 0.200 s only"),
        (lambda lines: find(lines, "start", "c2").update(app=BERT), "a caller who speaks de"),
        (swap_the_vip, "took 552 while VIP 993 waited"),
        (lambda lines: find(lines, "bid", "c1", BERT).update(score=501), "with 500 of"),
    ],
    ids=["lost", "twice", "no-end", "capacity", "rest", "skill", "vip", "idle"],
)
def test_history_that_breaks_a_rule_is_refused(change, fault):
    assert any(fault in one for one in faults(change)), faults(change)
