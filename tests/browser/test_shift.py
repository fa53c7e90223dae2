"""The shift of `make console`: workers take calls, callers come, and one worker turns out to be silent."""

import asyncio
import sys

from console import opened

from harness.asterisk import REPO
from harness.events import until

sys.path.append(str(REPO / "examples" / "demo"))
import shift  # noqa: E402, pylint: disable=wrong-import-position,wrong-import-order


async def test_the_shift_of_the_demo(case, page):
    await opened(page, case)
    work = asyncio.create_task(shift.work(f"http://127.0.0.1:{case.asterisk.port('HTTP')}/ari", every=0.2))
    try:
        await page.reads("#workers .name", *(way.name for way in shift.WORKERS))
        await page.reads("#line tbody", "sales", "support")
        await page.reads("#ended tbody", "sales-1", "in ")
        await page.reads(".tile.silent", "night-1", "does not answer")
        await page.reads("#problems", "1 worker does not answer: night-1")
    finally:
        work.cancel()
        await asyncio.wait([work])
    await case._hang_up_all()  # pylint: disable=protected-access

    async def gone():
        names = [one["name"] for one in (await case.ari.get("/applications")).json]
        return not {way.name for way in shift.WORKERS} & set(names)

    await until(gone, "the workers are gone")
