"""The checker is only worth something if it refutes bad histories: small ones, written by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ledger import Ledger
from rules import violations

CHECKER = Path(__file__).resolve().parent / "check_history.py"


def ns(seconds: float) -> int:
    return int(seconds * 1_000_000_000)


def line(t: float, what: str, **fields: object) -> dict:
    return {"t": ns(t), "what": what, **fields}


def record(at: float, what: str, call: str = "c", **fields: object) -> dict:
    """A line of the dialplan, which the harness hears a bit later."""
    return {"t": ns(at + 0.01), "what": what, "call": call, "at": ns(at), **fields}


def claim(sent: float, app: str, status: int | None, answered: float | None = None) -> list[dict]:
    lines = [line(sent, "claim", call="c", app=app)]
    if status is not None:
        lines.append(line(answered or sent + 0.01, "answer", call="c", app=app, to="claim", status=status))
    return lines


def start(t: float, app: str) -> dict:
    return line(t, "start", call="c", app=app)


OFFERED = record(10, "offered", caller="100")
SUCCESS = {"stasis": "SUCCESS", "broadcast": "CLAIMED", "winner": "a", "lost": "", "try": "SUCCESS"}
TIMEOUT = {"stasis": "TIMEOUT", "broadcast": "TIMEOUT", "winner": "", "lost": "", "try": "SUCCESS"}
HANGUP = {"stasis": "TIMEOUT", "broadcast": "HANGUP", "winner": "", "lost": "", "try": "FAILED"}
WON = [OFFERED, record(11, "went-on", **SUCCESS), record(11.1, "ended", **SUCCESS)]
UNCLAIMED = [OFFERED, record(11, "went-on", **TIMEOUT), record(11.1, "ended", **TIMEOUT)]
CUT_SHORT = [OFFERED, record(11, "ended", **HANGUP)]


def broken(*histories: list[dict]) -> list[str]:
    """Which rules these histories, one for each process, break."""
    ledger = Ledger()
    for history in histories:
        ledger.add(history)
    ledger.close()
    return sorted({violation.rule for violation in violations(ledger)})


def test_a_good_call() -> None:
    a = [*claim(10.1, "a", 204), start(10.12, "a")]
    assert broken(WON, a, claim(10.1, "b", 409)) == []


def test_the_winner_may_claim_again() -> None:
    assert broken(WON, [*claim(10.1, "a", 204), start(10.12, "a"), *claim(10.2, "a", 204)]) == []


def test_nobody_claims() -> None:
    assert broken(UNCLAIMED, claim(11.5, "a", 404)) == []


# At most one winner


def test_two_claims_accepted() -> None:
    a = [*claim(10.1, "a", 204), start(10.12, "a")]
    assert "one winner" in broken(WON, a, claim(10.1, "b", 204))


def test_two_starts() -> None:
    a = [*claim(10.1, "a", 204), start(10.12, "a")]
    b = [*claim(10.1, "b", None), start(10.13, "b")]
    assert "one winner" in broken(WON, a, b)


def test_dialplan_names_another_winner() -> None:
    b = [*claim(10.1, "b", 204), start(10.12, "b")]
    assert "one winner" in broken(WON, b)


# A winner that is lost, and the next one

AGAIN = {"stasis": "SUCCESS", "broadcast": "CLAIMED", "winner": "b", "lost": "a", "try": "SUCCESS"}
OFFERED_AGAIN = [OFFERED, record(11, "went-on", **AGAIN), record(11.1, "ended", **AGAIN)]
NEXT_WINNER = [*claim(10.2, "b", 204), start(10.22, "b")]


def test_lost_winner_and_next_one() -> None:
    a = [*claim(10.1, "a", 204), line(10.11, "killed", app="a")]
    assert broken(OFFERED_AGAIN, a, NEXT_WINNER) == []


def test_next_winner_while_the_first_is_connected() -> None:
    assert "one winner" in broken(OFFERED_AGAIN, claim(10.1, "a", 204), NEXT_WINNER)


def test_next_winner_and_the_dialplan_has_lost_nobody() -> None:
    a = [*claim(10.1, "a", 204), line(10.11, "killed", app="a")]
    forgotten = {**AGAIN, "lost": ""}
    dialplan = [OFFERED, record(11, "went-on", **forgotten), record(11.1, "ended", **forgotten)]
    assert "one winner" in broken(dialplan, a, NEXT_WINNER)


def test_lost_winner_had_the_call() -> None:
    a = [*claim(10.1, "a", 204), start(10.12, "a"), line(10.13, "killed", app="a")]
    assert "one winner" in broken(OFFERED_AGAIN, a, NEXT_WINNER)


# The winner gets the call


def test_accepted_and_dropped() -> None:
    assert broken(UNCLAIMED, claim(10.1, "a", 204)) == ["winner gets call"]


def test_accepted_and_no_start() -> None:
    assert broken(WON, claim(10.1, "a", 204)) == ["winner gets call"]


def test_accepted_and_connection_gone() -> None:
    assert broken(WON, [*claim(10.1, "a", 204), line(10.12, "lost", app="a")]) == []


def test_connection_went_long_before() -> None:
    a = [line(5, "lost", app="a"), line(5.1, "connected", app="a"), *claim(10.1, "a", 204)]
    assert "winner gets call" in broken(WON, a)


def test_connection_went_long_after() -> None:
    assert "winner gets call" in broken(WON, [*claim(10.1, "a", 204), line(20, "lost", app="a")])


def test_connection_of_another_one_went() -> None:
    assert "winner gets call" in broken(WON, claim(10.1, "a", 204), [line(10.12, "lost", app="b")])


def test_connection_went_unnoticed_by_a_stopped_reader() -> None:
    faults = [line(10.05, "stopped", app="a"), line(20, "resumed", app="a")]
    assert broken(WON, [*claim(10.1, "a", 204), line(20.1, "lost", app="a")], faults) == []


def test_reader_was_stopped_and_its_connection_stayed() -> None:
    faults = [line(10.05, "stopped", app="a"), line(20, "resumed", app="a")]
    assert "winner gets call" in broken(WON, claim(10.1, "a", 204), faults)


def test_accepted_and_hung_up() -> None:
    caller = [line(10.11, "hangup", call="c")]
    assert broken(CUT_SHORT, claim(10.1, "a", 204), caller) == []


def test_accepted_and_the_sip_caller_left() -> None:
    assert broken(CUT_SHORT, claim(10.1, "a", 204), [line(9, "leaves", caller="100", at=ns(10.9))]) == []


def test_hung_up_by_nobody() -> None:
    assert "winner gets call" in broken(CUT_SHORT, claim(10.1, "a", 204))


def test_hung_up_too_late_to_be_the_reason() -> None:
    assert "winner gets call" in broken(CUT_SHORT, claim(10.1, "a", 204), [line(12, "hangup", call="c")])


def test_another_call_was_hung_up() -> None:
    assert "winner gets call" in broken(CUT_SHORT, claim(10.1, "a", 204), [line(10.5, "hangup", call="d")])


def test_dialplan_went_on_so_it_was_no_hang_up() -> None:
    caller = [line(10.11, "hangup", call="c")]
    assert "winner gets call" in broken(UNCLAIMED, claim(10.1, "a", 204), caller)


# Answers belong to their requests


def test_answers_out_of_order() -> None:
    def second(answer: dict) -> dict:
        return {**answer, "request": 2}

    first = claim(10.1, "a", 204, answered=11.5)
    late = [second(one) for one in claim(11.2, "a", 404)]
    a = [first[0], start(10.12, "a"), late[0], late[1], first[1]]
    assert broken(WON, a) == []
    swapped = [first[0], start(10.12, "a"), late[0], second(first[1]), {**late[1], "request": 0}]
    assert broken(WON, swapped) == ["no claim after the end"]


# Nobody uninvited


def test_start_without_a_claim() -> None:
    assert broken(WON, [start(10.12, "a")]) == ["no uninvited start"]


def test_start_after_a_refusal() -> None:
    assert broken(WON, [*claim(10.1, "a", 409), start(10.12, "a")]) == ["no uninvited start"]


def test_start_after_a_claim_without_an_answer() -> None:
    assert broken(WON, [*claim(10.1, "a", None), start(10.12, "a")]) == []


# Every call has a status


def test_call_that_does_not_end() -> None:
    assert broken(UNCLAIMED[:2]) == ["every call has a status"]


def test_offer_without_a_status() -> None:
    empty = {**TIMEOUT, "stasis": ""}
    assert broken([OFFERED, record(11, "went-on", **empty), record(11.1, "ended", **empty)]) == [
        "every call has a status"
    ]


def test_hung_up_without_a_status() -> None:
    caller = [line(10.5, "hangup", call="c")]
    assert broken([OFFERED, record(11, "ended", **{**HANGUP, "stasis": ""})], caller) == ["every call has a status"]


def test_ended_and_nobody_hung_up() -> None:
    assert broken(CUT_SHORT) == ["every call has a status"]


def test_second_offer_without_an_outcome_of_the_first() -> None:
    dialplan = [OFFERED, record(10.5, "offered"), *UNCLAIMED[1:]]
    assert broken(dialplan) == ["every call has a status"]


def test_originated_and_never_seen() -> None:
    answer = line(1, "answer", call="c", to="originate", status=200)
    assert broken([line(0, "call", call="c"), answer]) == ["every call has a status"]
    assert broken([line(0, "call", call="c"), answer, line(1, "hangup", call="c")]) == []


def test_claimed_and_unknown_to_the_dialplan() -> None:
    assert "every call has a status" in broken([*claim(10.1, "a", 404)])


def test_no_application_while_its_module_was_away() -> None:
    nothing = {**TIMEOUT, "stasis": "", "try": "NOAPP"}
    dialplan = [OFFERED, record(11, "went-on", **nothing), record(11.1, "ended", **nothing)]
    module = "app_stasis_broadcast.so"
    faults = [line(9, "unloading", module=module), line(12, "loaded", module=module)]
    assert broken(dialplan, faults) == []
    assert broken(dialplan) == ["every call has a status"]
    assert broken(dialplan, [line(2, "unloading", module=module), line(3, "loaded", module=module)]) != []


# Failures have reasons

FAILED = {"stasis": "FAILED", "broadcast": "ERROR", "winner": "", "lost": "", "try": "SUCCESS"}


def failed(**fields: str) -> list[dict]:
    outcome = {**FAILED, **fields}
    return [OFFERED, record(11, "went-on", **outcome), record(11.1, "ended", **outcome)]


def test_failed_for_no_reason() -> None:
    assert broken(failed()) == ["failures have reasons"]


def test_failed_for_a_reason() -> None:
    module = "res_stasis_broadcast.so"
    assert broken(failed(broadcast="INVALIDFILTER")) == []
    assert broken(failed(), [line(10.5, "unloading", module=module), line(12, "loaded", module=module)]) == []
    assert broken(failed(broadcast="CLAIMED"), [*claim(10.1, "a", 204), line(10.11, "killed", app="a")]) == []


# No claim after the end


def test_claim_accepted_after_the_dialplan_went_on() -> None:
    a = [*claim(10.1, "a", 204), start(10.12, "a"), *claim(11.0005, "a", 204)]
    assert broken(WON, a) == ["no claim after the end"]
    assert "no claim after the end" in broken(UNCLAIMED, claim(11.001, "b", 204))


def test_claim_sent_before_and_answered_after() -> None:
    a = [*claim(10.1, "a", 204), start(10.12, "a"), *claim(10.999, "a", 204, answered=11.2)]
    assert broken(WON, a) == []


def test_claim_accepted_after_the_call_ended() -> None:
    late = claim(11.1, "b", 204)
    assert "no claim after the end" in broken(CUT_SHORT, [line(10.5, "hangup", call="c")], late)


TWICE = [
    OFFERED,
    record(11, "went-on", **TIMEOUT),
    record(12, "offered"),
    record(13, "went-on", **SUCCESS),
    record(13.1, "ended", **SUCCESS),
]


def test_claim_between_two_offers() -> None:
    assert "no claim after the end" in broken(TWICE, [*claim(11.1, "a", 204, 11.2), start(12.1, "a")])


def test_claim_of_the_second_offer() -> None:
    assert broken(TWICE, [*claim(12.1, "a", 204), start(12.2, "a")]) == []
    assert broken(TWICE, [*claim(11.9, "a", 204, 12.05), start(12.2, "a")]) == []


# The command


def run(folder: Path, *histories: list[dict]) -> subprocess.CompletedProcess:
    for number, history in enumerate(histories):
        text = "".join(json.dumps(one) + "\n" for one in history)
        (folder / f"{number}.jsonl").write_text(text)
    command = [sys.executable, "-B", str(CHECKER), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_says_proved(tmp_path: Path) -> None:
    done = run(tmp_path, WON, [*claim(10.1, "a", 204), start(10.12, "a")])
    assert done.returncode == 0 and done.stdout.endswith("\nproved\n"), done


def test_command_names_the_call(tmp_path: Path) -> None:
    done = run(tmp_path, WON, claim(10.1, "a", 204))
    assert done.returncode == 1 and "call c" in done.stdout and done.stdout.endswith("NOT PROVED\n"), done


def test_command_proves_nothing_from_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, UNCLAIMED)
    assert done.returncode == 1, done


@pytest.mark.parametrize("text", ["{\n", '{"t": 1, "what": "offer"'])
def test_command_refuses_a_broken_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.jsonl").write_text(text)
    assert run(tmp_path, WON).returncode not in (0, 2)
