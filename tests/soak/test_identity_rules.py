"""The rules of identity.py refute bad histories: small ones, written by hand."""

import pytest
from identity import Record, violations


def line(t: float, what: str, **fields: object) -> dict:
    return {"t": int(t * 1e9), "what": what, **fields}


def dialplan(at: float, what: str, run: str = "r", call: str = "x", **fields: object) -> dict:
    return line(at + 0.01, what, run=run, call=call, at=int(at * 1e9), wall=int(at * 1e9), **fields)


def claim(sent: float, app: str, status: int, call: str = "x", request: int = 1) -> list[dict]:
    return [
        line(sent, "claim", app=app, call=call, request=request),
        line(sent + 0.01, "answer", app=app, call=call, request=request, to="claim", status=status),
    ]


def offer(t: float, call: str = "x", app: str = "a") -> dict:
    return line(t, "offer", app=app, call=call)


def told(t: float, winner: str, call: str = "x", app: str = "a") -> dict:
    return line(t, "claimed", app=app, call=call, winner=winner)


def start(t: float, app: str = "a", run: str = "r") -> dict:
    return line(t, "start", app=app, run=run, call="x")


def begins(run: str = "r", silent: bool = False) -> dict:
    return line(9, "run", run=run, call="x", timeout_ms=1000, silent=silent)


SUCCESS = {"stasis": "SUCCESS", "broadcast": "CLAIMED", "winner": "a"}
TIMEOUT = {"stasis": "TIMEOUT", "broadcast": "TIMEOUT", "winner": ""}
ERROR = {"stasis": "FAILED", "broadcast": "ERROR", "winner": ""}
BECAME = line(10.4, "masqueraded", run="r", old="x", new="y")
WON = [begins(), dialplan(10, "offered"), offer(10.1), *claim(10.2, "a", 204), start(10.21), told(10.22, "a")]
MOVED = [begins(), dialplan(10, "offered"), offer(10.1), BECAME, offer(10.5, "y")]
MOVED_WON = [*MOVED, *claim(10.6, "a", 204, "y"), start(10.62), told(10.63, "a", "y")]
TAKEN = [begins(silent=True), offer(10.1), line(10.3, "away", run="r"), begins("r-next")]
SECOND = [dialplan(10.4, "offered", "r-next"), offer(10.5)]
SECOND_WON = [*TAKEN, *SECOND, *claim(10.6, "a", 204), start(10.62, run="r-next"), told(10.63, "a")]


def broken(*lines: dict) -> list[str]:
    record = Record()
    record.add(lines)
    record.close()
    return sorted({violation.rule for violation in violations(record)})


def test_good_histories() -> None:
    assert broken(*WON, dialplan(11, "went-on", **SUCCESS)) == []
    assert broken(*MOVED_WON, dialplan(11, "went-on", call="y", **SUCCESS)) == []
    assert broken(*SECOND_WON, dialplan(11, "went-on", "r-next", **SUCCESS)) == []
    assert broken(*MOVED, dialplan(11, "went-on", call="y", **TIMEOUT)) == []


def test_claimed_and_then_another_one() -> None:
    """Between the claim and the hand-over: the winner has the call under the new ID, claims of the old one go on."""
    lines = [begins(), dialplan(10, "offered"), offer(10.1), *claim(10.2, "a", 204), BECAME, start(10.5)]
    assert broken(*lines, *claim(10.6, "a", 204, request=2), dialplan(11, "went-on", call="y", **SUCCESS)) == []


def test_two_winners() -> None:
    lines = [*WON, *claim(10.3, "b", 204), start(10.4, "b"), dialplan(11, "went-on", **SUCCESS)]
    assert broken(*lines) == ["one winner"]


def test_winner_without_its_call() -> None:
    lines = [*MOVED, *claim(10.6, "a", 204, "y"), dialplan(11, "went-on", call="y", **SUCCESS)]
    assert broken(*lines) == ["winner gets call"]


def test_winner_of_a_call_that_was_taken_away_may_not_have_it() -> None:
    lines = [begins(silent=True), offer(10.1), *claim(10.2, "b", 204), *TAKEN[2:], *SECOND]
    won = [*claim(10.6, "a", 204), start(10.62, run="r-next"), dialplan(11, "went-on", "r-next", **SUCCESS)]
    assert broken(*lines, *won) == []


def test_winner_of_the_second_run_has_no_such_excuse() -> None:
    lines = [*TAKEN, *SECOND, *claim(10.6, "a", 204), dialplan(11, "went-on", "r-next", **SUCCESS)]
    assert broken(*lines) == ["winner gets call"]


def test_call_for_who_has_not_claimed_it() -> None:
    lines = [*MOVED, *claim(10.6, "a", 404, "y"), start(10.7), dialplan(11, "went-on", call="y", **SUCCESS)]
    assert broken(*lines) == ["no uninvited start"]


@pytest.mark.parametrize(
    "lines",
    [
        [*WON],
        [*WON, dialplan(11, "went-on", stasis="", broadcast="CLAIMED")],
        [begins()],
    ],
)
def test_run_without_a_status(lines: list[dict]) -> None:
    assert "every run has a status" in broken(*lines)


@pytest.mark.parametrize("outcome", [ERROR, {**TIMEOUT, "broadcast": "HANGUP"}, {**SUCCESS, "stasis": "FAILED"}])
def test_second_run_is_ended_by_the_first(outcome: dict) -> None:
    assert broken(*TAKEN, *SECOND, dialplan(10.7, "went-on", "r-next", **outcome)) == ["nobody else ends a run"]


def test_time_is_over_too_soon() -> None:
    assert broken(*MOVED, dialplan(10.9, "went-on", call="y", **TIMEOUT)) == ["nobody else ends a run"]


def test_old_id_is_claimed_after_it_was_withdrawn() -> None:
    lines = [*MOVED, *claim(10.6, "a", 204), start(10.62), dialplan(11, "went-on", call="y", **SUCCESS)]
    assert broken(*lines) == ["no claim of a withdrawn id"]


def test_told_of_an_earlier_claim_behind_the_next_offer() -> None:
    lines = [begins(silent=True), offer(10.1), *claim(10.2, "b", 204), *TAKEN[2:], *SECOND, told(10.55, "b")]
    won = [*claim(10.6, "a", 204), start(10.62, run="r-next"), dialplan(11, "went-on", "r-next", **SUCCESS)]
    assert broken(*lines, *won) == ["told of the last claim"]


def test_told_of_a_claim_and_of_no_offer() -> None:
    assert "told of the last claim" in broken(*WON, told(10.3, "a", app="b"), dialplan(11, "went-on", **SUCCESS))
