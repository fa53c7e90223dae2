"""The console as its users have it: logged in, with callers and workers on a real Asterisk."""

import itertools

from browser import Page
from harness.case import Case

READER = ("reader", "reader")
WRITER = ("ari", "ari")

_numbers = itertools.count(5550001)


def url(asterisk) -> str:
    return f"http://127.0.0.1:{asterisk.port('HTTP')}/static/stasis-broadcast/index.html"


async def log_in(page: Page, user: tuple[str, str] = WRITER) -> None:
    await page.do("fill", "[name=user]", user[0])
    await page.do("fill", "[name=password]", user[1])
    await page.do("click", "#login-form button")


async def opened(page: Page, case: Case, user: tuple[str, str] = WRITER, **how) -> Page:
    """A console that is logged in and live."""
    await page.open(url(case.asterisk), **how)
    await log_in(page, user)
    await page.reads("#nodes", "live")
    return page


async def caller(case: Case, offer: str, name: str = "Alice"):
    """A call from somebody with a name; it is offered as `offer` says."""
    return await case.call(offer, NAME=name, NUMBER=str(next(_numbers)))
