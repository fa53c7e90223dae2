"""Whether a line of calls was served in its order, from what the workers asked and were given."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Take:
    """One asking: by a worker that may have only some of the calls, or all."""

    may_have_all: bool
    sent_ns: int
    answered_ns: int
    # None: there was none for it, 404.
    channel: str | None


@dataclass
class Verdict:
    # Who got one while a better one was nobody's, before and after.
    wrong_order: int = 0
    # Who got none while there was one that was nobody's.
    wrong_none: int = 0
    # Who got one, or none, while another was faster with a better one.
    disputed: int = 0


def judge(line: list[tuple[str, bool]], takes: list[Take]) -> Verdict:
    """Check all takes.

    line: the calls when the first was taken, first in line first, and whether it is for all workers.

    A call that another take has got is in dispute if that one was sent before this one was answered; before
    that it had nobody who asked for it, and this one should have got it.
    """
    verdict = Verdict()
    never = max((take.answered_ns for take in takes), default=0) + 1
    taken_ns = {channel: never for channel, _ in line}
    taken_ns |= {take.channel: take.sent_ns for take in takes if take.channel}
    ended_ns = {take.channel: take.answered_ns for take in takes if take.channel}
    for take in takes:
        for channel, is_for_all in line:
            if channel == take.channel:
                break
            if not (take.may_have_all or is_for_all):
                continue
            if taken_ns[channel] > take.answered_ns:
                verdict.wrong_order += take.channel is not None
                verdict.wrong_none += take.channel is None
                break
            if ended_ns[channel] > take.sent_ns:
                verdict.disputed += 1
                break
    return verdict
