"""The table of symptoms in docs/RUNNING.md: each cause that can be brought about shows where the page says."""

import re

import pytest
from pages import section, table

RUNNING = "docs/RUNNING.md"
NIGHT = "It is 3 a.m. and calls are not answered"


async def counted(case) -> dict[str, int]:
    """The numbers of "broadcast show stats" by their word: of outcomes, and of claims by their answer."""
    return {word: int(number) for word, number in
            re.findall(r"^  (\w+) +(\d+)", await case.ami.cli("broadcast show stats"), re.MULTILINE)}  # fmt: skip


async def ended(case, offer: str) -> str:
    """How a call of the dialplan ended."""
    return (await (await case.call(offer)).result())["BROADCASTSTATUS"]


async def nobody_there(case):
    assert await ended(case, "10000,^nobody$") == "NOAPPS"


async def hanging(case):
    await case.app()
    assert await ended(case, "50") == "TIMEOUT"


async def not_wanted(case):
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert await app.decline(call.id) == 204
    await call.result()


async def mistake_in_a_filter(case):
    case.expect_log("cannot be used")
    await case.app()
    assert await ended(case, "10000,^(sales-") == "INVALIDFILTER"


async def not_matched(case):
    app, other = await case.app("sales"), await case.app("billing")
    call = await case.call("10000,^sales-")
    await app.offered(call.id)
    assert await other.claim(call.id) == 404


async def too_late(case):
    app = await case.app()
    call = await case.call("50")
    await call.result()
    assert await app.claim(call.id) == 404


async def too_many(case):
    case.expect_log("max_open")
    file = case.asterisk.folder / "etc" / "stasis_broadcast.conf"
    file.write_text("[general]\nmax_open = 1\n")
    file.chmod(0o644)
    try:
        await case.ami.cli("module reload res_stasis_broadcast.so")
        app = await case.app()
        await app.offered((await case.call("10000")).id)
        assert await ended(case, "10000") == "CONGESTION"
    finally:
        file.unlink()
        await case.ami.cli("module reload res_stasis_broadcast.so")


CAUSES = {"noapps": nobody_there, "timeout": hanging, "declined": not_wanted, "invalidfilter": mistake_in_a_filter,
          "forbidden": not_matched, "unknown": too_late, "congestion": too_many}  # fmt: skip


@pytest.mark.parametrize("word", CAUSES)
async def test_word_grows(case, word):
    assert f"`{word}`" in section(RUNNING, NIGHT)
    before = (await counted(case))[word]
    await CAUSES[word](case)
    assert (await counted(case))[word] > before


async def test_words_are_those_of_the_command(case):
    grows = {word for row in table(RUNNING, NIGHT, "you see").rows for cell in re.findall(r"[^;|]* grows", row[0])
             for word in re.findall(r"`(\w+)`", cell)}  # fmt: skip
    await case.app()
    columns = (await case.ami.cli("broadcast show apps")).splitlines()[0].split()
    assert set(CAUSES) <= grows
    assert grows <= set(await counted(case)) | set(columns)


async def test_excluded_application_is_not_shown(case):
    file = case.asterisk.folder / "etc" / "stasis_broadcast.conf"
    file.write_text("[general]\nexclude = ^old\n")
    file.chmod(0o644)
    try:
        await case.ami.cli("module reload res_stasis_broadcast.so")
        excluded, app = await case.app("old"), await case.app("new")
        shown = await case.ami.cli("broadcast show apps")
        assert app.app in shown and excluded.app not in shown
    finally:
        file.unlink()
        await case.ami.cli("module reload res_stasis_broadcast.so")
