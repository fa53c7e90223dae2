"""The bench's judge of a line of calls: it finds each fault, and none where there is only a dispute."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "bench"))

# pylint: disable=wrong-import-position
from line_check import Take, Verdict, judge  # noqa: E402

# First in line first; the second one is not for all.
LINE = [("a", True), ("gold", False), ("b", True)]

CASES = {
    "in order": ([Take(True, 0, 1, "a"), Take(True, 2, 3, "gold"), Take(True, 4, 5, "b"), Take(True, 6, 7, None)], Verdict()),
    "not for it": ([Take(True, 0, 1, "a"), Take(False, 2, 3, "b")], Verdict()),
    "a better one was nobody's": ([Take(True, 0, 1, "b")], Verdict(wrong_order=1)),
    "a better one was taken later": ([Take(True, 0, 1, "gold"), Take(True, 2, 3, "a")], Verdict(wrong_order=1)),
    "a better one in dispute": ([Take(True, 0, 5, "a"), Take(True, 1, 2, "gold")], Verdict(disputed=1)),
    "none, and there was one": ([Take(True, 0, 1, "a"), Take(False, 2, 3, None)], Verdict(wrong_none=1)),
    "none, and none was there": ([Take(True, 0, 1, "a"), Take(False, 2, 3, "b"), Take(False, 4, 5, None)], Verdict()),
    "none in a dispute": ([Take(True, 0, 3, "a"), Take(True, 1, 9, "b"), Take(False, 4, 5, None)], Verdict(disputed=1)),
}


@pytest.mark.parametrize("takes, verdict", CASES.values(), ids=CASES)
def test_judge(takes: list[Take], verdict: Verdict) -> None:
    found = judge(LINE, takes)
    if verdict.wrong_order == verdict.wrong_none == 0:
        # Who overtakes in a dispute is no fault, however many take part in it.
        assert (found.wrong_order, found.wrong_none) == (0, 0)
        assert bool(found.disputed) == bool(verdict.disputed)
    else:
        assert found == verdict
