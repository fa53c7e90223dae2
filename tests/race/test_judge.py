"""What ari-race makes of a server that keeps the protocol, and of each fault."""

import json
import re
import signal
import socket
from pathlib import Path

import faults
import pytest
from program import Race, Run
from server import LOGIN, Server

pytestmark = pytest.mark.usefixtures("on_loop")


async def judge(server: Server, folder: Path, *options: str) -> Run:
    async with Race(server.port, folder, *options, login=LOGIN) as race:
        return await race.end()


async def judge_fault(kind: type[Server], folder: Path, *options: str) -> tuple[Run, Server]:
    """Let it judge a server with a fault that stays there until the end."""
    async with kind() as server:
        run = await judge(server, folder, *options)
        check_answers(run, server)
    return run, server


def check_answers(run: Run, server: Server) -> None:
    """Both sides count the same answers, in JSON and text."""
    for kind, counts in run.report["answers"].items():
        given = server.answers.get(kind, {})
        expected = {str(status): count for status, count in given.items()}
        assert counts == {"sent": sum(given.values()), "none": 0, **expected}
        said = re.search(rf"^{kind} +(\d+) sent(.*)$", run.text, re.MULTILINE)
        assert bool(said) == bool(given)
        if said:
            assert dict(re.findall(r"(\d+): (\d+)", said[2])) == {key: str(count) for key, count in expected.items()}


def winners(run: Run) -> list[int]:
    """Calls with no, one, more winners, as text and JSON agree."""
    counts = list(run.report["calls"]["winners"].values())
    titles = ("calls with 0 winners", "calls with 1 winner", "calls with 2 or more winners")
    assert counts == [run.count(title) for title in titles]
    return counts


def check_harmless(run: Run) -> None:
    assert run.status == 0
    assert run.report["ending"] == "complete" and run.report["why"] == ""
    assert run.broken == {}
    assert run.count("claims with 204 and no StasisStart") == run.report["calls"]["won_without_start"] == 0


def check_gone(run: Run, why: str, status: int = 3) -> None:
    assert run.status == status
    assert run.report["ending"] == "asterisk-gone"
    assert re.search(why, run.report["why"])
    assert f"ari-race: {run.report['why']}\n" in run.warnings
    if run.text:
        assert f", asterisk-gone: {run.report['why']}\n" in run.text


# The protocol kept


async def test_connections_are_kept_alive_until_the_calls_begin(tmp_path: Path) -> None:
    """Asterisk closes those that are idle for 15 s, which many applications may take to come: a claim could meet that."""
    async with faults.ManyPings() as server:
        check_harmless(await judge(server, tmp_path, "--apps", "4", "--calls", "2", "--rest", "12000"))
    # Each connection that was warmed up for claims.
    assert server.before_calls - server.before_applications >= 4


async def test_a_good_run(tmp_path: Path) -> None:
    """Three of four applications race for twenty calls: all that is counted and measured."""
    roles = ("--apps", "4", "--claimers", "3", "--notify")
    run, server = await judge_fault(Server, tmp_path, *roles, "--calls", "20", "--concurrency", "4")
    check_harmless(run)
    assert run.warnings == ""
    assert winners(run) == [0, 20, 0]
    report = run.report
    calls, events, answers = report["calls"], report["events"], report["answers"]
    assert [calls[key] for key in ("made", "failed", "not_offered", "partly_offered", "undecided")] == [20, 0, 0, 0, 0]
    assert answers["claim"]["sent"] == 60 and answers["claim"]["204"] == 20 and answers["claim"]["409"] == 40
    assert answers["originate"] == {"sent": 20, "200": 20, "none": 0}
    assert answers["hangup"] == {"sent": 20, "204": 20, "none": 0}
    assert (events["offers"], events["starts"], events["claimed"], events["foreign"]) == (80, 20, 80, 0)
    assert events["repeated_offers"] == events["unclaimed_starts"] == events["websockets_lost"] == 0
    assert server.events["CallBroadcast"] == 80 and server.events["StasisStart"] == 20
    assert report["errors"] == 0
    assert report["asterisk"] == "of these tests"
    counts = {name: hist["count"] for name, hist in report["latency_ms"].items() if hist}
    assert counts["offer_to_answer"] == 60 and counts["offer_delay"] == 80
    for once_a_call in ("call_to_offer", "fan_out", "offer_to_won", "claim_to_start", "offer_to_start"):
        assert counts[once_a_call] == 20
    apps = report["apps"]
    assert [app["role"] for app in apps] == ["claimer"] * 3 + ["watcher"]
    assert [app["claims"] for app in apps] == [20, 20, 20, 0] and [app["offers"] for app in apps] == [20] * 4
    assert sum(app["won"] for app in apps) == sum(app["starts"] for app in apps) == 20
    check_history(run, server)


def check_history(run: Run, server: Server) -> None:
    """Each line of a good run of twenty calls, and that the winners are those of the server."""
    found: dict[str, int] = {}
    for line in run.history:
        found[line["what"]] = found.get(line["what"], 0) + 1
        assert run.report["start_ns"] <= line["t"]
    assert {key: found[key] for key in ("call", "offer", "claim", "start", "hangup", "claimed")} == {
        "call": 20, "offer": 80, "claim": 60, "start": 20, "hangup": 20, "claimed": 80,
    }  # fmt: skip
    won = {line["call"]: line["app"] for line in run.history if line.get("to") == "claim" and line["status"] == 204}
    assert won == {call.id: call.winner for call in server.calls.values()}


@pytest.mark.parametrize(
    "login, options",
    [
        (LOGIN, ()),
        (None, ("--user", LOGIN)),
        ("race:wrong", ("--user", "race", "--password", "se:cret")),
    ],
    ids=["environment", "user", "password"],
)
async def test_log_in(tmp_path: Path, login: str | None, options: tuple[str, ...]) -> None:
    async with Server() as server, Race(server.port, tmp_path, "--calls", "1", *options, login=login) as race:
        run = await race.end()
    check_harmless(run)
    assert winners(run) == [0, 1, 0]


async def test_all_decline(tmp_path: Path) -> None:
    """Then the calls are over at once, not only after their time."""
    run, _ = await judge_fault(Server, tmp_path, "--decliners", "3", "--calls", "4", "--timeout", "60000")
    check_harmless(run)
    assert winners(run) == [4, 0, 0]
    assert run.report["answers"]["decline"] == {"sent": 12, "204": 12, "none": 0}
    assert run.report["answers"]["claim"]["sent"] == 0


@pytest.mark.parametrize("options, kind, status", [(("--bid",), "bid", "202"), (("--decliners", "2"), "decline", "204")])
async def test_answers_that_come_when_the_calls_are_over(tmp_path: Path, options: tuple, kind: str, status: str) -> None:
    """They are waited for: each request has its answer in the report."""
    run, _ = await judge_fault(faults.LateAnswers, tmp_path, "--apps", "3", "--calls", "2", *options)
    check_harmless(run)
    sent = run.report["answers"][kind]["sent"]
    assert sent in (4, 6)
    assert run.report["answers"][kind] == {"sent": sent, status: sent, "none": 0}


async def test_claims_that_come_too_late(tmp_path: Path) -> None:
    """404 belongs to a race: no error."""
    options = ("--calls", "2", "--concurrency", "2", "--timeout", "50", "--think", "400")
    run, _ = await judge_fault(Server, tmp_path, *options)
    check_harmless(run)
    assert winners(run) == [2, 0, 0]
    assert run.report["answers"]["claim"] == {"sent": 6, "404": 6, "none": 0}
    assert run.report["errors"] == 0


async def test_lognormal_think_times(tmp_path: Path) -> None:
    """Half think for less than --think, and a tenth for more than 3.6 times as long with a sigma of 1."""
    options = ("--apps", "1", "--calls", "300", "--rate", "200", "--think", "20", "--think-sigma", "1")
    run, _ = await judge_fault(Server, tmp_path, *options, "--answer-timeout", "60000")
    check_harmless(run)
    times = run.report["latency_ms"]["offer_to_answer"]
    # On a busy machine all answers come somewhat later, no answer sooner.
    assert times["min"] < 12 and 15 < times["p50"] < 60 and times["p90"] > 50 and times["p99"] > 100


async def test_a_rest_before_the_first_call(tmp_path: Path) -> None:
    """It is not part of the run; and who does not want to wait any more can end it."""
    run, _ = await judge_fault(Server, tmp_path, "--calls", "2", "--concurrency", "1", "--rest", "700")
    check_harmless(run)
    assert run.report["seconds"] < 0.6
    async with Server() as server, Race(server.port, tmp_path, "--rest", "3600000", login=LOGIN) as race:
        await server.until(lambda: len(server.sockets) == 3)
        race.process.send_signal(signal.SIGINT)
        run = await race.end()
    assert run.report["ending"] == "interrupted" and run.report["calls"]["made"] == 0


async def test_stalled_applications(tmp_path: Path) -> None:
    """They do not read, are no recipients that miss offers, and Asterisk is asked about them."""
    run, server = await judge_fault(Server, tmp_path, "--stalled", "1", "--calls", "5", "--concurrency", "1")
    check_harmless(run)
    assert winners(run) == [0, 5, 0]
    assert run.report["stalled"]["apps"] == 1 and run.report["stalled"]["cut"] == 0
    assert run.report["stalled"]["unread_bytes"] > 5 * len("CallBroadcast")
    assert run.report["apps"][2]["offers"] == run.report["calls"]["partly_offered"] == 0
    assert server.answers["application"] == {200: 1}


# Three applications on one WebSocket: when it stands, ari-race is ready for calls.
ELSEWHERE = ("--calls-from", "elsewhere", "--apps-per-connection", "3", "--calls")


async def test_calls_from_elsewhere(tmp_path: Path) -> None:
    async with Server() as server, Race(server.port, tmp_path, *ELSEWHERE, "5", login=LOGIN) as race:
        await server.until(lambda: len(server.sockets) == 3)
        for number in range(5):
            await server.incoming(f"elsewhere-{number}")
        run = await race.end()
        check_answers(run, server)
    check_harmless(run)
    assert winners(run) == [0, 5, 0]
    assert run.report["calls"]["made"] == 5
    assert run.report["answers"]["originate"]["sent"] == 0
    assert run.report["answers"]["claim"]["sent"] == 15


async def test_calls_while_the_last_websocket_is_opened(tmp_path: Path) -> None:
    """Whose WebSocket stands is offered calls, and claims them: they count, and the run goes on with those that follow."""
    apart = ("--calls-from", "elsewhere", "--apps-per-connection", "1", "--apps", "3", "--calls", "3")
    async with faults.CallsBeforeTheLast() as server, Race(server.port, tmp_path, *apart, login=LOGIN) as race:
        await server.until(lambda: len(server.sockets) == 3)
        await server.incoming("to-all")
        run = await race.end()
        check_answers(run, server)
    check_harmless(run)
    assert winners(run) == [0, 3, 0]
    assert run.report["events"]["foreign"] == 0
    assert run.report["events"]["offers"] == run.report["answers"]["claim"]["sent"] == 7


async def test_interrupted_while_the_last_websocket_is_opened(tmp_path: Path) -> None:
    """A call that came before all were connected is hung up, and told."""
    options = ("--calls-from", "elsewhere", "--apps-per-connection", "1", "--apps", "2", "--hold", "3600000")
    async with faults.NoLastWebSocket() as server, Race(server.port, tmp_path, *options, login=LOGIN) as race:
        await server.until(lambda: len(server.sockets) == 1)
        await server.incoming("early")
        await server.until(lambda: server.events["StasisStart"] == 1)
        race.process.send_signal(signal.SIGINT)
        run = await race.end()
        assert server.calls["early"].over
    assert run.status == 0
    assert run.report["ending"] == "interrupted"
    assert winners(run) == [0, 1, 0]
    assert run.report["answers"]["hangup"]["204"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    """Calls that are open are hung up, and counted."""
    options = ("--calls", "3", "--concurrency", "3", "--hold", "3600000")
    async with Server() as server, Race(server.port, tmp_path, *options, login=LOGIN) as race:
        await server.until(lambda: server.events["StasisStart"] == 3)
        race.process.send_signal(number)
        run = await race.end()
        assert all(call.over for call in server.calls.values())
    assert run.status == 0
    assert run.report["ending"] == "interrupted"
    assert run.report["calls"]["made"] == 3
    assert run.report["answers"]["hangup"]["204"] == 3
    assert run.broken == {}


# Claims over the applications' own WebSockets

WEBSOCKET = ("--claims-over", "websocket")


@pytest.mark.parametrize("share", ["1", "4"])
async def test_claims_over_websockets(tmp_path: Path, share: str) -> None:
    options = ("--apps", "4", "--decliners", "1", "--apps-per-connection", share, "--calls", "20", "--concurrency", "4")
    run, server = await judge_fault(Server, tmp_path, *WEBSOCKET, *options)
    check_harmless(run)
    assert winners(run) == [0, 20, 0]
    assert run.report["options"]["claims_over"] == "websocket"
    assert run.report["answers"]["claim"] == {"sent": 60, "204": 20, "409": 40, "none": 0}
    assert server.over["claim"] == 60 and server.over["decline"] == 20
    assert run.report["latency_ms"]["claim_to_start"]["count"] == 20


async def test_two_winners_over_websockets(tmp_path: Path) -> None:
    run, server = await judge_fault(faults.TwoWinners, tmp_path, *WEBSOCKET, "--apps", "2", "--calls", "3")
    assert run.status == 1
    assert run.broken == dict.fromkeys(server.calls, "two-winners")


async def test_an_asterisk_that_takes_no_requests_over_websockets(tmp_path: Path) -> None:
    async with faults.NoRequestsOverWebSockets() as server:
        run = await judge(server, tmp_path, *WEBSOCKET)
    check_gone(run, r"^Asterisk of these tests does not answer requests over a WebSocket: 20\.14, .*--claims-over http$")
    assert server.calls == {}


async def test_claims_over_websockets_that_are_not_answered(tmp_path: Path) -> None:
    async with faults.SilentOverWebSockets() as server:
        run = await judge(server, tmp_path, *WEBSOCKET, "--calls", "1", "--answer-timeout", "300")
    check_gone(run, r"^nothing came from Asterisk for 0\.3 s$")
    assert run.report["answers"]["claim"] == {"sent": 3, "none": 3} and run.report["self"]["late"] >= 3


async def test_a_websocket_that_breaks_under_a_claim(tmp_path: Path) -> None:
    options = ("--apps", "1", "--calls", "1", "--timeout", "100")
    async with faults.WinnerLostBeforeTheAnswer() as server:
        run = await judge(server, tmp_path, *WEBSOCKET, *options)
    check_harmless(run)
    assert run.report["answers"]["claim"] == {"sent": 1, "none": 1}
    assert run.report["events"]["websockets_lost"] == 1


# Broken rules


async def test_two_winners(tmp_path: Path) -> None:
    run, server = await judge_fault(faults.TwoWinners, tmp_path, "--apps", "2", "--calls", "3", "--concurrency", "1")
    assert run.status == 1
    assert winners(run) == [0, 0, 3]
    assert run.broken == dict.fromkeys(server.calls, "two-winners")


async def test_two_winners_one_late(tmp_path: Path) -> None:
    """The run does not end before its last claims are answered."""
    options = ("--apps", "2", "--calls", "1", "--settle", "0")
    run, server = await judge_fault(faults.LateSecondWinner, tmp_path, *options)
    assert run.status == 1
    assert winners(run) == [0, 0, 1]
    assert run.broken == dict.fromkeys(server.calls, "two-winners")


async def test_many_broken_calls(tmp_path: Path) -> None:
    """All are counted, twenty are named."""
    run, server = await judge_fault(faults.TwoWinners, tmp_path, "--apps", "2", "--calls", "25", "--concurrency", "5")
    assert run.status == 1
    assert winners(run) == [0, 0, 25]
    broken = run.report["rules_broken"]
    assert broken["count"] == 25
    named = [one["call"] for one in broken["calls"]]
    assert len(set(named)) == 20 and set(named) <= set(server.calls)
    assert run.text.count("RULE BROKEN: ") == 20


async def test_no_stasis_start(tmp_path: Path) -> None:
    run, server = await judge_fault(faults.NoStart, tmp_path, "--calls", "2", "--concurrency", "2")
    assert run.status == 1
    assert winners(run) == [0, 2, 0]
    assert run.broken == dict.fromkeys(server.calls, "won-without-start")
    assert run.count("claims with 204 and no StasisStart") == run.report["calls"]["won_without_start"] == 2
    assert run.report["events"]["starts"] == 0
    assert run.report["calls"]["undecided"] == 0
    # It does not leave them behind, though nobody has them.
    assert all(call.over for call in server.calls.values())


async def test_stasis_start_in_another_application(tmp_path: Path) -> None:
    options = ("--apps", "2", "--claimers", "1", "--calls", "3", "--concurrency", "1")
    run, server = await judge_fault(faults.WrongStart, tmp_path, *options)
    assert run.status == 1
    assert winners(run) == [0, 3, 0]
    assert run.broken == dict.fromkeys(server.calls, "won-without-start")
    assert run.count("StasisStart without a claim") == run.report["events"]["unclaimed_starts"] == 3
    assert [(app["won"], app["starts"]) for app in run.report["apps"]] == [(3, 0), (0, 3)]


async def test_a_caller_from_elsewhere_who_hangs_up(tmp_path: Path) -> None:
    """ari-race cannot know who ended the call, and says so in its man page: a broken rule."""
    async with faults.CallerHangsUp() as server, Race(server.port, tmp_path, *ELSEWHERE, "1", login=LOGIN) as race:
        await server.until(lambda: len(server.sockets) == 3)
        await server.incoming("elsewhere-1")
        run = await race.end()
    assert run.status == 1
    assert run.broken == {"elsewhere-1": "won-without-start"}
    assert run.report["answers"]["hangup"]["sent"] == 0


# No rule broken, though it may seem so


async def test_winner_that_lost_its_websocket(tmp_path: Path) -> None:
    run, _ = await judge_fault(faults.WinnerLost, tmp_path, "--apps", "2", "--calls", "1")
    check_harmless(run)
    assert winners(run) == [0, 1, 0]
    assert run.count("204, but the winner lost its WebSocket") == run.report["calls"]["won_but_websocket_lost"] == 1
    assert run.count("WebSockets of readers that broke") == run.report["events"]["websockets_lost"] == 1


async def test_winner_that_lost_its_websocket_and_another_that_wins(tmp_path: Path) -> None:
    run, _ = await judge_fault(faults.WinnerLostOfferedAgain, tmp_path, "--apps", "2", "--calls", "1")
    check_harmless(run)
    assert winners(run) == [0, 1, 0]
    assert run.report["answers"]["claim"]["204"] == 2
    assert run.count("204, but the winner lost its WebSocket") == run.report["calls"]["won_but_websocket_lost"] == 1
    assert run.count("offers repeated to an application") == run.report["events"]["repeated_offers"] == 1


# Faults that break no rule, but are named


async def test_claims_that_fail(tmp_path: Path) -> None:
    options = ("--calls", "2", "--concurrency", "2", "--timeout", "100")
    run, _ = await judge_fault(faults.ClaimsFail, tmp_path, *options)
    check_harmless(run)
    assert winners(run) == [2, 0, 0]
    assert run.report["answers"]["claim"] == {"sent": 6, "500": 6, "none": 0}
    assert run.report["errors"] == 6


async def test_originates_that_fail(tmp_path: Path) -> None:
    run, _ = await judge_fault(faults.OriginatesFail, tmp_path, "--calls", "3", "--concurrency", "1", "--settle", "0")
    check_harmless(run)
    assert run.report["calls"]["made"] == 0
    assert run.count("calls that could not be originated") == run.report["calls"]["failed"] == 3
    assert run.report["errors"] == 3
    warning = "ari-race: originate Local/offer@ari-race was answered 500: " + json.dumps({"message": "It is 500"})
    assert run.warnings.splitlines() == [warning]


async def test_offered_to_some(tmp_path: Path) -> None:
    options = ("--calls", "3", "--concurrency", "1", "--settle", "100")
    run, _ = await judge_fault(faults.OfferedToSome, tmp_path, *options)
    check_harmless(run)
    assert winners(run) == [0, 3, 0]
    assert run.count("calls that only some were offered") == run.report["calls"]["partly_offered"] == 3
    assert [app["offers"] for app in run.report["apps"]] == [3, 3, 0]


async def test_offered_to_nobody(tmp_path: Path) -> None:
    options = ("--calls", "2", "--concurrency", "2", "--timeout", "100", "--settle", "100")
    run, _ = await judge_fault(faults.OfferedToNobody, tmp_path, *options)
    check_harmless(run)
    assert winners(run) == [2, 0, 0]
    assert run.count("calls that nobody was offered") == run.report["calls"]["not_offered"] == 2
    assert "Are the sample extensions.conf in Asterisk's dialplan" in run.text


# Asterisk away


async def test_asterisk_goes_away(tmp_path: Path) -> None:
    """Two calls are won, everything is closed at the third: it reports what it has."""
    async with faults.GoesAway() as server:
        run = await judge(server, tmp_path, "--calls", "10", "--concurrency", "1")
    check_gone(run, "^Asterisk went away: Connection refused$")
    assert winners(run)[1:] == [2, 0]
    assert run.report["calls"]["made"] + run.report["calls"]["failed"] == 3
    assert run.report["answers"]["claim"]["204"] == 2
    assert run.broken == {}


async def test_a_broken_rule_is_worse_than_an_asterisk_that_goes_away(tmp_path: Path) -> None:
    async with faults.TwoWinnersThenAway() as server:
        run = await judge(server, tmp_path, "--apps", "2", "--calls", "10", "--concurrency", "1")
    check_gone(run, "^Asterisk went away: Connection refused$", status=1)
    assert winners(run)[1:] == [0, 2]
    assert set(run.broken.values()) == {"two-winners"} and len(run.broken) == 2


async def test_asterisk_falls_silent(tmp_path: Path) -> None:
    async with faults.FallsSilent() as server:
        run = await judge(server, tmp_path, "--calls", "1", "--answer-timeout", "300")
    check_gone(run, r"^nothing came from Asterisk for 0\.3 s$")
    assert run.report["answers"]["claim"] == {"sent": 3, "none": 3}
    assert run.report["errors"] == 3


async def test_another_client_takes_an_application(tmp_path: Path) -> None:
    async with faults.ApplicationTaken() as server:
        run = await judge(server, tmp_path, "--calls", "1")
    check_gone(run, "^another client has connected as race-1; choose another --app-prefix$")


async def test_refused_log_in(tmp_path: Path) -> None:
    async with Server() as server, Race(server.port, tmp_path, "--user", "race:wrong") as race:
        run = await race.end()
    check_gone(run, r"refuses the log-in of user 'race' \(401\): see ari.conf$")
    assert run.report["calls"]["made"] == 0
    assert "wrong" not in run.warnings
    assert set(server.answers) == {"info"}


async def test_refused_websockets(tmp_path: Path) -> None:
    async with faults.NoWebSockets() as server:
        run = await judge(server, tmp_path)
    check_gone(run, r"did not open the WebSocket of race-\d .*sessionlimit")
    assert server.calls == {}


async def test_nobody_there(tmp_path: Path) -> None:
    """A port that is taken, but not listened to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with Race(taken.getsockname()[1], tmp_path) as race:
            run = await race.end()
    check_gone(run, "cannot be reached: Connection refused$")
