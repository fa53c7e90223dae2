#!/usr/bin/python3
"""A worker of a pool: takes the calls that it can do, as many at once as it can, and rests after each.

What it adds to ../python/claimer.py is a worker's trade:

  capacity    so many calls at once; a seat is held from the bid or claim on, so there are never more
  skills      languages, in its name: sales-de_en-anna; the dialplan's filter asks for one
  bids        where the dialplan collects them, who has been idle longest bids highest
  busy        an offer without a free seat is declined, so that it goes to the next circle at once; or, with
              --when-busy wait, stays in line for the next seat that is free
  wrap-up     after each call its seat rests; then it takes the next in line
  goodbye     SIGTERM: no new calls; ends with the last one. Again: its calls go on in their dialplan

Run one process a worker, with examples/pool/extensions.conf as the dialplan. Needs the package python3-aiohttp.
"""
import argparse
import asyncio
import contextlib
import re
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
from claimer import Claimer, add_ari_options, not_negative  # noqa: E402

NEXT = "the next in line"  # holds a seat for a call whose channel StasisStart will tell
LATE_SECONDS = 2  # StasisStart, or the end of the offer, may be told so much after the offer's time


class Seats:
    """How many calls there may be, and what each seat is doing."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held: dict[str, asyncio.TimerHandle | None] = {}  # bids and claims without an outcome yet
        self.calls: set[str] = set()
        self.resting = 0
        self.idle_since = time.monotonic()

    @property
    def free(self) -> int:
        return self.capacity - len(self.held) - len(self.calls) - self.resting

    def hold(self, call: str, timer: asyncio.TimerHandle | None = None) -> None:
        self.held[call] = timer

    def let_go(self, call: str) -> bool:
        """It came to nothing, or to a call. Returns whether a seat was held for it."""
        if call not in self.held:
            return False
        timer = self.held.pop(call)
        if timer:
            timer.cancel()
        return True

    def start(self, channel: str) -> bool:
        """A call has come. Returns whether it is the one that was taken as the next."""
        is_next = not self.let_go(channel) and self.let_go(NEXT)
        self.calls.add(channel)
        return is_next

    def suitability(self) -> int:
        """0 to 999: the longer idle the more, half of it after a minute. With a call in progress it is 0."""
        idle = 0 if self.calls or self.resting else time.monotonic() - self.idle_since
        return int(1000 * idle / (idle + 60))


class Worker(Claimer):
    """One worker: which calls it takes, and when."""

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self.handlers |= {"CallClaimed": self.on_over, "CallWithdrawn": self.on_over}
        self.seats = Seats(options.capacity)
        self.bids: set[str] = set()
        self.next_started = asyncio.Event()
        self.asking = False  # for the next in line: one question at a time, or two would share the seat that is held
        self.turned_away = False
        self.leaving = False
        self.gone = asyncio.Event()

    # Offers

    async def on_offer(self, event: dict) -> None:
        """Bid for it or claim it if there is a free seat."""
        channel = event["channel"]["id"]
        self.tell("offer", channel=channel, caller=event["caller"], queue=event.get("queue"), free=self.seats.free)
        if self.leaving or self.seats.free <= 0:
            await self.turn_away(channel)
            return
        # notify_claimed tells the end of an offer; should that be off, the offer's own time does.
        seconds = event.get("timeout", 60000) / 1000 + LATE_SECONDS
        loop = asyncio.get_running_loop()
        self.seats.hold(channel, loop.call_later(seconds, lambda: self.start(self.lost(channel))))
        if "bid_window" in event:
            score = self.seats.suitability()
            status = await self.broadcast(channel, "bid", score=str(score))
            self.tell("bid", channel=channel, score=score, status=status)
            self.bids.add(channel)
        else:
            status = await self.broadcast(channel, "claim")
            self.tell("claim", channel=channel, status=status)
        # Without an answer (0) the call may be ours: the seat is held until it is known.
        if status not in (0, 202, 204):
            await self.lost(channel)
        elif self.leaving:
            await self.take_back(channel)

    async def turn_away(self, channel: str) -> None:
        """No seat for it now. It may be there still when there is one."""
        self.turned_away = True
        if self.leaving or self.options.when_busy == "decline":
            self.tell("decline", channel=channel, status=await self.broadcast(channel, "decline"))

    async def on_over(self, event: dict) -> None:
        """An offer has ended. If we have won it, StasisStart comes, or is here already."""
        if event.get("winner_app") != self.options.app:
            await self.lost(event["channel"]["id"])

    async def lost(self, channel: str) -> None:
        """Another worker has it, or nobody: the seat that was held for it is free."""
        self.bids.discard(channel)
        if self.seats.let_go(channel) and self.turned_away:
            await self.take_next()
        self.leave_if_done()

    async def take_next(self) -> None:
        """While there is a free seat: have the first call in line that we may have."""
        if self.asking:
            return
        self.asking = True
        while self.seats.free > 0 and not self.leaving:
            self.turned_away = False
            self.seats.hold(NEXT)
            self.next_started.clear()
            status = await self.post("broadcasts", application=self.options.app)
            self.tell("next", status=status)
            if status == 200:
                with contextlib.suppress(asyncio.TimeoutError):  # late if the caller has hung up meanwhile
                    await asyncio.wait_for(self.next_started.wait(), LATE_SECONDS)
            self.seats.let_go(NEXT)
            if status != 200 and not self.turned_away:
                break  # if one was turned away meanwhile, it may be there still
        self.asking = False
        self.leave_if_done()

    async def broadcast(self, channel: str, verb: str, **parameters: str) -> int:
        return await self.post("broadcasts", channel, verb, application=self.options.app, **parameters)

    # Calls

    async def on_start(self, event: dict) -> None:
        """The call is ours: end the hold music, greet."""
        channel = event["channel"]["id"]
        self.bids.discard(channel)
        if self.seats.start(channel):
            self.next_started.set()
        await self.request("DELETE", "channels", channel, "moh")
        await super().on_start(event)

    async def finish(self, channel: str) -> None:
        """The caller has been greeted. Here the worker's work is so many seconds of silence."""
        await asyncio.sleep(self.options.talk)
        await super().finish(channel)

    async def on_end(self, event: dict) -> None:
        await self.ended(event["channel"]["id"])

    async def ended(self, channel: str) -> None:
        """The seat rests, then the next call may come."""
        if channel not in self.seats.calls:
            return
        self.seats.calls.discard(channel)
        self.seats.resting += 1
        self.tell("end", channel=channel)
        self.leave_if_done()
        await asyncio.sleep(self.options.wrap_up)
        self.seats.resting -= 1
        self.seats.idle_since = time.monotonic()
        self.tell("ready", channel=channel)
        await self.take_next()

    # Coming and going

    async def on_connected(self) -> None:
        """Connected, or again: calls may have ended meanwhile, and others may be in line."""
        for channel in list(self.seats.calls):
            if await self.request("GET", "channels", channel) == 404:
                self.start(self.ended(channel))
        await self.take_next()

    async def goodbye(self) -> None:
        """The first time: take nothing new and take bids back. The second time: give the calls back."""
        is_again, self.leaving = self.leaving, True
        self.tell("goodbye", calls=len(self.seats.calls))
        for channel in list(self.bids):
            await self.take_back(channel)
        for channel in list(self.seats.calls) if is_again else []:
            await self.post("channels", channel, "continue")
        self.leave_if_done()

    async def take_back(self, channel: str) -> None:
        """Take a bid back. If it is too late for that, the call comes, and is the last one."""
        if channel in self.bids and await self.broadcast(channel, "decline") == 204:
            await self.lost(channel)

    def leave_if_done(self) -> None:
        """A seat that is held may become a call, and is waited for."""
        if self.leaving and not self.seats.calls and not self.seats.held:
            self.gone.set()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A worker of a pool: takes calls of StasisBroadcast() that it can do.")
    parser.add_argument("--name", required=True, help="who it is; letters and digits")
    parser.add_argument("--team", default="sales", help="the dialplan's circles ask for it (%(default)s)")
    parser.add_argument("--languages", default="en", metavar="XX,XX", help="its skills (%(default)s)")
    parser.add_argument("--capacity", type=int, default=1, metavar="N", help="calls at once (%(default)s)")
    parser.add_argument("--wrap-up", type=not_negative, default=2, metavar="S", help="seconds of rest after a call (%(default)s)")
    parser.add_argument("--when-busy", choices=("decline", "wait"), default="decline",
                        help="decline: the call goes to the next circle; wait: it stays in line (%(default)s)")
    parser.add_argument("--talk", type=not_negative, default=0, metavar="S", help="seconds from greeting to goodbye (0)")
    parser.add_argument("--play", default="sound:hello-world", metavar="MEDIA", help="the greeting (%(default)s)")
    add_ari_options(parser)
    options = parser.parse_args()
    languages = sorted(set(options.languages.split(",")))
    if options.capacity < 1:
        parser.error(f"--capacity {options.capacity}: it must be 1 or more")
    if not all(re.fullmatch("[a-z][a-z]", language) for language in languages):
        parser.error(f"--languages {options.languages}: two small letters each, with commas between them")
    for name in ("name", "team"):
        if not re.fullmatch("[A-Za-z0-9]+", getattr(options, name)):
            parser.error(f"--{name} {getattr(options, name)!r}: letters and digits")
    options.app = f"{options.team}-{'_'.join(languages)}-{options.name}"
    options.then = "hangup"
    return options


async def main(options: argparse.Namespace) -> None:
    worker = Worker(options)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: worker.start(worker.goodbye()))
    running = asyncio.create_task(worker.run())
    leaving = asyncio.create_task(worker.gone.wait())
    await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    await asyncio.gather(running, return_exceptions=not running.done())


if __name__ == "__main__":
    asyncio.run(main(parse_options()))
