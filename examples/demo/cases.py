"""The six calls: what is asked of each, what was seen of it, and whether the two agree."""
from collections.abc import Iterable
from dataclasses import dataclass, field

APPLICATIONS = ("red", "green", "blue")


@dataclass
class Seen:
    """What was seen of one call: by the applications, by the dialplan and by the caller."""

    channels: set[str] = field(default_factory=set)
    offers: list[str] = field(default_factory=list)
    claims: list[tuple[str, int]] = field(default_factory=list)
    declines: list[tuple[str, int]] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    outcome: dict[str, str] = field(default_factory=dict)
    sipp_status: int | None = None
    line: list[str] = field(default_factory=list)
    hearing: float = 0.0

    def from_application(self, event: dict) -> None:
        """Note a line of claimer.py about this call."""
        app, what = event["app"], event["event"]
        self.channels.add(event["channel"])
        if what == "offer":
            self.offers.append(app)
        elif what == "claim":
            self.claims.append((app, event["status"]))
        elif what == "decline":
            self.declines.append((app, event["status"]))
        elif what == "start":
            self.starts.append(app)
        elif what == "end":
            self.ends.append(app)

    def winner(self) -> str:
        return self.outcome.get("BROADCASTWINNER", "") or " ".join(app for app, status in self.claims if status == 204)

    def caller_got(self) -> str:
        """In words, from SIPp and from what arrived at the caller's ear."""
        sound = f"{self.hearing:.1f} s of sound"
        if self.line == ["answered", "goodbye"]:
            who = "the fallback" if self.outcome.get("BROADCASTSTATUS") == "TIMEOUT" else "an answer"
            return f"{who}, {sound}, goodbye"
        if self.line == ["busy"]:
            return "busy (486)"
        if self.line == ["gave up"]:
            return "nothing, hung up (487)"
        if self.sipp_status is None:
            return f"{sound} ..." if self.hearing else "on offer ..." if self.offers else "dialling ..."
        return ", ".join([*self.line, f"SIPp failed ({self.sipp_status})"])


@dataclass(frozen=True)
class Case:
    """One call and what is to come of it.

    policies and think (ms) are the applications'; all that follows is what should be seen: whom it is
    offered to, the answers to claims, how many decline, who may win, STASISSTATUS and BROADCASTSTATUS,
    and for the caller SIPp's scenario, what it logs, and the least seconds of sound.
    """

    number: int
    title: str
    policies: tuple[str, str, str]
    think: int
    offered: tuple[str, ...]
    claims: tuple[int, ...]
    declines: int
    winners: tuple[str, ...]
    status: tuple[str, str]
    scenario: str
    line: tuple[str, ...]
    sound: float

    @property
    def extension(self) -> str:
        return f"demo-{self.number}"

    def is_over(self, seen: Seen) -> bool:
        """Whether all that should be seen of the call has been seen."""
        return (seen.sipp_status is not None and bool(seen.outcome)
                and len(seen.offers) >= len(self.offered)
                and len(seen.claims) >= len(self.claims)
                and len(seen.declines) >= self.declines
                and len(seen.ends) >= bool(self.winners))

    def faults(self, seen: Seen) -> list[str]:
        """In what the call did not go as it should, in words. Empty: all is well."""
        stasis, broadcast = self.status
        faults = [
            differs("SIPp's exit status", seen.sipp_status, 0),
            differs("what the caller met", list_of(seen.line), list_of(self.line)),
            differs("it was offered to", list_of(sorted(seen.offers)), list_of(sorted(self.offered))),
            differs("answers to claims", list_of(sorted(status for _, status in seen.claims)), list_of(self.claims)),
            differs("answers to declines", list_of(status for _, status in seen.declines),
                    list_of([204] * self.declines)),
            differs("STASISSTATUS", seen.outcome.get("STASISSTATUS"), stasis),
            differs("BROADCASTSTATUS", seen.outcome.get("BROADCASTSTATUS"), broadcast),
            differs("channels seen", list_of(sorted(seen.channels)), seen.outcome.get("Uniqueid", "")),
            *self.faults_of_winner(seen),
        ]
        if seen.hearing < self.sound:
            faults.append(f"the caller heard {seen.hearing:.1f} s of sound instead of {self.sound} or more")
        if int(seen.outcome.get("Audio") or 0) == 0:
            faults.append("no audio of the caller reached Asterisk")
        return [fault for fault in faults if fault]

    def faults_of_winner(self, seen: Seen) -> Iterable[str]:
        """The dialplan, the claims and StasisStart must all name the same one."""
        named = seen.outcome.get("BROADCASTWINNER", "")
        if not self.winners:
            yield differs("BROADCASTWINNER", named, "")
            yield differs("StasisStart went to", list_of(seen.starts), "")
            return
        if named not in self.winners:
            yield differs("BROADCASTWINNER", named, " or ".join(self.winners))
        yield differs("204 went to", list_of(app for app, status in seen.claims if status == 204), named)
        yield differs("StasisStart went to", list_of(seen.starts), named)
        yield differs("StasisEnd went to", list_of(seen.ends), named)


def differs(what: str, is_: object, should_be: object) -> str:
    return "" if is_ == should_be else f"{what}: {text(is_)} instead of {text(should_be)}"


def text(value: object) -> str:
    return "none" if value in (None, "") else str(value)


def list_of(things: Iterable[object]) -> str:
    return ", ".join(map(str, things))


CLAIMED = ("SUCCESS", "CLAIMED")
ANSWERED = ("answered", "goodbye")
CASES = (
    Case(1, "one of three claims", ("claim", "ignore", "ignore"), 0,
         APPLICATIONS, (204,), 0, ("red",), CLAIMED, "listens", ANSWERED, 0.8),
    Case(2, "all three race", ("claim",) * 3, 0,
         APPLICATIONS, (204, 409, 409), 0, APPLICATIONS, CLAIMED, "listens", ANSWERED, 0.8),
    Case(3, "a filter lets one in", ("claim",) * 3, 0,
         ("green",), (204,), 0, ("green",), CLAIMED, "listens", ANSWERED, 0.8),
    Case(4, "nobody claims", ("ignore",) * 3, 0,
         APPLICATIONS, (), 0, (), ("TIMEOUT", "TIMEOUT"), "listens", ANSWERED, 1.5),
    Case(5, "everybody declines", ("decline",) * 3, 300,
         APPLICATIONS, (), 3, (), ("TIMEOUT", "DECLINED"), "refused", ("busy",), 0),
    Case(6, "the caller hangs up", ("ignore",) * 3, 0,
         APPLICATIONS, (), 0, (), ("TIMEOUT", "HANGUP"), "gives-up", ("gave up",), 0),
)
