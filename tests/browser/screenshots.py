#!/usr/bin/python3
"""Pictures of the console with workers and callers, in build/screenshots: `make screenshots`."""

import asyncio
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parent.parent / "examples" / "demo")]

# pylint: disable=wrong-import-position
import shift  # noqa: E402
from browser import Browser, Page  # noqa: E402
from console import log_in, url  # noqa: E402

from harness.asterisk import REPO, Asterisk, Settings  # noqa: E402

PICTURES = REPO / "build" / "screenshots"
DEMO = REPO / "examples" / "demo"

# So long the shift works before the first picture, in seconds: charts and lists are to have something in them.
WORKED = 75

# File, width, height, scheme, what is clicked first.
VIEWS = (
    ("desk-dark", 1440, 1020, "dark", None),
    ("desk-light", 1440, 1020, "light", None),
    ("call", 1440, 1020, "dark", "#line [data-act=open]"),
    ("phone", 390, 844, "dark", None),
    ("zoom-400", 320, 640, "light", None),
)


async def picture(page: Page, name: str, click: str | None) -> None:
    if click:
        await page.do("click", click)
        await page.reads("#call", "Heard by")
    await page.do("screenshot", {"path": str(PICTURES / f"{name}.png")})
    if click:
        await page.press("Escape")
    print(f"{PICTURES / name}.png")


async def take(asterisk: Asterisk) -> None:
    browser = await Browser().start()
    page = Page(browser)
    await page.open(url(asterisk), width=1440, height=1020)
    await picture(page, "log-in", None)
    await log_in(page)
    await page.reads("#nodes", "live")
    await asyncio.sleep(WORKED)
    for name, width, height, scheme, click in VIEWS:
        await page.do("setViewportSize", {"width": width, "height": height})
        await page.do("emulateMedia", {"colorScheme": scheme})
        await page.evaluate("scrollTo(0, 0)")
        await page.reads("#line tbody", "Withdraw")
        await picture(page, name, click)
    await browser.close()


async def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    asterisk = Asterisk(22)
    asterisk.up(Settings(22, more=(f"CONF={DEMO / 'console'}", f"EXTENSIONS={DEMO / 'extensions.conf'}")))
    try:
        working = asyncio.create_task(shift.work(asterisk.ari_url, every=1.2))
        await take(asterisk)
        working.cancel()
    finally:
        asterisk.down()


asyncio.run(main())
