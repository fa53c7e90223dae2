"""Threads that are held at named points, in a build that has them (modules/pause_point.h): races are met each time."""

from .case import Case
from .events import until

# The sandbox's settings for such a build.
PAUSES = {"CFLAGS": "-O0 -g -DPAUSE_POINTS"}


class Point:
    """A named point: the next thread that comes there is held, until it is let go."""

    def __init__(self, case: Case, name: str) -> None:
        folder = case.asterisk.log.parent
        self.wanted, self.held = folder / f"pause.{name}", folder / f"held.{name}"
        self.wanted.touch()
        case.at_end(self.let_go)

    @classmethod
    def failing(cls, case: Case, name: str) -> None:
        """Who comes to a point that can fail fails there as without memory, until the test ends."""
        wanted = case.asterisk.log.parent / f"fail.{name}"
        wanted.touch()

        async def as_ever() -> None:
            wanted.unlink()

        case.at_end(as_ever)

    async def is_reached(self) -> None:
        await until(self.held.exists, f"a thread is held: {self.held.name}")

    async def let_go(self) -> None:
        self.wanted.unlink(missing_ok=True)
        self.held.unlink(missing_ok=True)
