"""The promises, as questions to the history. Each rule is a function that yields what breaks it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger import NO_ANSWER, Ledger, Call, Claim, Round

# How late somebody may notice that a connection has ended.
NOTICE_NS = 2_000_000_000

APPLICATION_MODULE = "app_stasis_broadcast.so"
RESOURCE_MODULE = "res_stasis_broadcast.so"


@dataclass(frozen=True)
class Violation:
    """What was promised, and how it was broken."""

    rule: str
    call: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: call {self.call}: {self.text}"


def ms(later: int, earlier: int) -> str:
    return f"{(later - earlier) / 1e6:.3f} ms"


# What excuses a claim that was accepted and did not bring the call


def last_moment(call: Call, claim: Claim) -> int:
    """The end of the time in which the claim had to bring the call."""
    ends = [one.went_on for one in call.rounds if one.went_on is not None and one.went_on >= claim.sent]
    return max(claim.answered or claim.sent, *(ends[:1] or [call.ended or claim.sent]))


def connection_gone(ledger: Ledger, call: Call, claim: Claim) -> bool:
    """Whether a connection of the application ended around the claim, seen late if its reader was stopped."""
    application = ledger.applications[claim.app]
    first, last = claim.sent - NOTICE_NS, last_moment(call, claim) + NOTICE_NS
    for since, until in application.stops:
        if since <= last and until >= first:
            last = max(last, until + NOTICE_NS)
    return any(first <= end <= last for end in application.ends)


def hung_up(call: Call) -> bool:
    """Whether somebody ended the call, and the dialplan did not go on with it."""
    ended_early = call.ended is not None and bool(call.rounds) and call.rounds[-1].went_on is None
    return ended_early and any(at <= call.ended for at in call.hangups)


# The rules


def one_winner(ledger: Ledger) -> Iterator[Violation]:
    """At most one application wins a call, apart from those that dialplan and history say were lost."""
    for call in ledger.calls.values():
        lost = {
            claim.app
            for claim in call.claims
            if claim.accepted and claim.app in call.lost_winners and connection_gone(ledger, call, claim)
        }
        winners = call.apps_accepted() - lost
        if len(winners) > 1:
            yield Violation("one winner", call.id, f"claims of {', '.join(sorted(winners))} were accepted")
        started = {app for app, _ in call.starts}
        if len(started) > 1:
            yield Violation("one winner", call.id, f"StasisStart in {', '.join(sorted(started))}")
        named = call.outcome.get("winner", "")
        for app in sorted(winners - {named}) if named else []:
            yield Violation("one winner", call.id, f"claim of {app} was accepted, the dialplan names {named}")


def winner_gets_call(ledger: Ledger) -> Iterator[Violation]:
    """A claim that was accepted brings the call, unless the connection was gone or the call had hung up."""
    for call in ledger.calls.values():
        started = {app for app, _ in call.starts}
        for claim in call.claims:
            if not claim.accepted or claim.app in started:
                continue
            if not connection_gone(ledger, call, claim) and not hung_up(call):
                yield Violation(
                    "winner gets call",
                    call.id,
                    f"claim of {claim.app} was accepted and no StasisStart came; status "
                    f"{call.outcome.get('stasis')} {call.outcome.get('broadcast')}",
                )


def no_uninvited_start(ledger: Ledger) -> Iterator[Violation]:
    """Only an application whose claim was accepted, or left without an answer, gets the call."""
    for call in ledger.calls.values():
        for app in sorted({app for app, _ in call.starts}):
            if not any(claim.app == app and claim.status in (204, NO_ANSWER) for claim in call.claims):
                yield Violation("no uninvited start", call.id, f"StasisStart in {app}, whose claims were refused")


def every_call_has_a_status(ledger: Ledger) -> Iterator[Violation]:
    """Every call ends, and every offer has told the dialplan how it went."""
    for call in ledger.calls.values():
        problem = status_problem(ledger, call)
        if problem:
            yield Violation("every call has a status", call.id, problem)


def status_problem(ledger: Ledger, call: Call) -> str:
    if not call.rounds:
        if call.turned_away or call.hangups or not (call.originated or call.claims):
            return ""
        return "the dialplan has no record of it"
    if call.ended is None:
        return "it has not ended"
    for number, one in enumerate(call.rounds):
        is_last = number == len(call.rounds) - 1
        if one.went_on is None and not is_last:
            return f"offer {number + 1} has no outcome"
        outcome = one.outcome if one.went_on is not None else call.outcome
        until = one.went_on if one.went_on is not None else call.ended
        if not outcome.get("stasis") and not application_away(ledger, one.offered, until, outcome):
            return f"offer {number + 1} left no STASISSTATUS"
        if one.went_on is None and not hung_up(call):
            return f"offer {number + 1} ended with the channel, and nobody had hung up"
    return ""


def away(ledger: Ledger, module: str, since: int, until: int) -> bool:
    return any(start <= until and end >= since for start, end in ledger.away[module])


def application_away(ledger: Ledger, since: int, until: int, outcome: dict) -> bool:
    """Whether the dialplan found no StasisBroadcast(), and its module was unloaded then."""
    return outcome.get("try") == "NOAPP" and away(ledger, APPLICATION_MODULE, since, until)


def failures_have_reasons(ledger: Ledger) -> Iterator[Violation]:
    """FAILED: the filter is none, our modules were unloaded, or a winner's connection was gone."""
    for call in ledger.calls.values():
        for one in call.rounds:
            failed = one.went_on is not None and one.outcome.get("stasis") == "FAILED"
            if failed and not has_reason(ledger, call, one):
                text = f"STASISSTATUS is FAILED with BROADCASTSTATUS {one.outcome.get('broadcast')}"
                yield Violation("failures have reasons", call.id, text)


def has_reason(ledger: Ledger, call: Call, one: Round) -> bool:
    lost = (claim for claim in call.claims if claim.status in (204, NO_ANSWER))
    return (
        one.outcome.get("broadcast") == "INVALIDFILTER"
        or away(ledger, RESOURCE_MODULE, one.offered, one.went_on)
        or any(connection_gone(ledger, call, claim) for claim in lost)
    )


def no_claim_after_the_end(ledger: Ledger) -> Iterator[Violation]:
    """No claim that is sent after the dialplan went on is accepted, unless the call is offered again."""
    for call in ledger.calls.values():
        for closed, reopened in closed_times(call):
            for claim in filter(lambda one: one.accepted and one.sent > closed, call.claims):
                if reopened is None or claim.answered < reopened:
                    late = f"sent {ms(claim.sent, closed)} after the dialplan went on"
                    yield Violation("no claim after the end", call.id, f"claim of {claim.app}, {late}, was accepted")


def closed_times(call: Call) -> Iterator[tuple[int, int | None]]:
    """When the call was on offer no more, and from when on it was again."""
    for number, one in enumerate(call.rounds):
        closed = one.went_on if one.went_on is not None else call.ended
        following = call.rounds[number + 1].offered if number + 1 < len(call.rounds) else None
        if closed is not None:
            yield closed, following


RULES = (
    one_winner,
    winner_gets_call,
    no_uninvited_start,
    every_call_has_a_status,
    failures_have_reasons,
    no_claim_after_the_end,
)


def violations(ledger: Ledger) -> list[Violation]:
    return [violation for rule in RULES for violation in rule(ledger)]
