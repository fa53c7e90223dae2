"""Our modules can be told from Asterisk's own of the same name, and say which version they are."""

import re
import shutil
import subprocess

import pytest
from harness.asterisk import REPO
from test_modules import APP, RES, REST, loaded_in_order, module, own_instance

VERSION = (REPO / "VERSION").read_text().strip()
FOREIGN = "The res_stasis_broadcast.so that is loaded is not the one of Stasis Broadcast"


def built() -> str:
    """The version that the sandbox's modules were built as."""
    return subprocess.run([REPO / "tools" / "version"], capture_output=True, text=True, check=True).stdout.strip()


async def test_module_show_tells_the_version(case):
    text = await case.ami.cli("module show like broadcast")
    assert built().startswith(VERSION)
    for name in (APP, RES, REST):
        (line,) = [line for line in text.splitlines() if line.startswith(name)]
        # There is room for 40 characters.
        assert f"Stasis Broadcast {built()}:"[:40] in line


@own_instance
async def test_log_tells_the_version_of_what_is_loaded(case):
    await loaded_in_order(case)
    await module(case, "unload", APP, REST, RES)
    await module(case, "load", RES, APP, REST)
    told = [line.text for line in await case.log() if "is part of Stasis Broadcast" in line.text]
    assert told[-3:] == [f"{name} is part of Stasis Broadcast {built()}" for name in (RES, APP, REST)]
    # With ours beside it there is nothing to warn of.
    assert await case.our_log() == []


def version_in(folder) -> str:
    (folder / "tools").mkdir(parents=True)
    shutil.copy(REPO / "VERSION", folder)
    shutil.copy(REPO / "tools" / "version", folder / "tools")
    return subprocess.run([folder / "tools" / "version"], capture_output=True, text=True, check=True).stdout.strip()


def git(folder, *words) -> None:
    settings = "-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"
    subprocess.run(["git", *settings, "-C", folder, *words], capture_output=True, check=True)


async def test_version_without_git_and_with_it(case, tmp_path):
    assert version_in(tmp_path / "tarball") == VERSION
    # A tarball inside of somebody's clone is not that clone's version.
    git(tmp_path, "init", "-q")
    assert version_in(tmp_path / "inside") == VERSION
    clone = tmp_path / "clone"
    version_in(clone)
    git(clone, "init", "-q")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "first")
    tell = clone / "tools" / "version"
    told = subprocess.run([tell], capture_output=True, text=True, check=True).stdout.strip()
    assert re.fullmatch(rf"{re.escape(VERSION)}-g[0-9a-f]{{4,}}", told)
    git(clone, "tag", "-a", "v1.2.3", "-m", "1.2.3")
    assert subprocess.run([tell], capture_output=True, text=True, check=True).stdout.strip() == "1.2.3"
    git(clone, "commit", "-q", "--allow-empty", "-m", "second")
    told = subprocess.run([tell], capture_output=True, text=True, check=True).stdout.strip()
    assert re.fullmatch(r"1\.2\.3-1-g[0-9a-f]{4,}", told)


# Beside a resource module that is not ours.


async def foreign_lines(case):
    return [line for line in await case.our_log() if line.text.startswith(FOREIGN)]


@pytest.mark.only(22)
@pytest.mark.instance(modules="mix-res")
async def test_application_beside_a_foreign_provider_says_so_once_a_load(case):
    case.expect_log(FOREIGN)
    for loads in 1, 2:
        await module(case, "unload", APP)
        (answer,) = await module(case, "load", APP)
        assert answer.startswith("Loaded"), answer
        for _ in range(2):
            assert await (await case.call("500")).status() == ("TIMEOUT", "TIMEOUT")
        lines = await foreign_lines(case)
        assert [line.level for line in lines] == ["ERROR"] * loads
    assert len(await case.our_log()) == 2


@pytest.mark.only(22)
@pytest.mark.instance(modules="mix-res")
async def test_foreign_provider_that_comes_later_is_noticed_at_the_next_call(case):
    case.expect_log(FOREIGN)
    case.expect_log("is not loaded, load it to offer calls")
    await module(case, "unload", APP, "res_ari_broadcasts.so", "res_ari_events.so", RES)
    await module(case, "load", APP)
    try:
        assert await (await case.call("500")).status() == ("FAILED", "ERROR")
        assert await foreign_lines(case) == []
    finally:
        await module(case, "load", RES, "res_ari_events.so", "res_ari_broadcasts.so")
    for _ in range(2):
        assert await (await case.call("500")).status() == ("TIMEOUT", "TIMEOUT")
    # The REST module, which was loaded after it, says what it has to say itself.
    lines = [line for line in await foreign_lines(case) if "stasis_broadcast.conf is not read" in line.text]
    assert len(lines) == 1


@pytest.mark.instance(modules="none")
async def test_no_provider_is_not_a_foreign_one(case):
    case.expect_log("is not loaded, load it to offer calls")
    assert await (await case.call("500")).status() == ("FAILED", "ERROR")
    assert await foreign_lines(case) == []


@own_instance
async def test_our_provider_that_is_unloaded_is_not_a_foreign_one(case):
    await loaded_in_order(case)
    case.expect_log("is not loaded, load it to offer calls")
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    await module(case, "unload -f", RES)
    await call.result()
    assert await (await case.call("500")).status() == ("FAILED", "ERROR")
    await module(case, "load", RES)
    assert await foreign_lines(case) == []
