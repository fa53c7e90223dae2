"""Settings and files of a running Asterisk, changed for a while."""

import json
import shutil
from contextlib import asynccontextmanager

from .events import until

MODULE = "res_ari_broadcasts.so"


@asynccontextmanager
async def changed(case, name, old, new, reload):
    """A file of Asterisk's settings with something else in the place of a text, and a module that has read it."""
    conf = case.asterisk.folder / "etc" / name
    before = conf.read_text()
    assert old in before
    conf.write_text(before.replace(old, new, 1))
    await case.ami.cli(f"module reload {reload}")
    try:
        yield
    finally:
        conf.write_text(before)
        await case.ami.cli(f"module reload {reload}")


def ari_conf(case, old, new):
    """ari.conf with something else in the place of a text."""
    return changed(case, "ari.conf", old, new, "res_ari.so")


async def load(case, kind, module=MODULE):
    """Load or unload a module. One of ours refuses to go while it still writes the answer that we have read."""
    case.expect_log("Not unloaded, requests are being answered")

    async def done():
        answer = await case.ami.action("ModuleLoad", Module=module, LoadType=kind)
        return answer["Response"] == "Success"

    await until(done, f"{kind} {module}")


@asynccontextmanager
async def described(case, change):
    """Asterisk with another description of its events, as other versions bring it, and our module on that."""
    folder = case.asterisk.folder / "data" / "rest-api"
    inside = folder.readlink()
    root = case.asterisk.folder.parents[2]
    folder.unlink()
    try:
        shutil.copytree(root / inside.relative_to("/"), folder)
        file = folder / "events.json"
        description = json.loads(file.read_text())
        change(description)
        file.write_text(json.dumps(description))
        await load(case, "unload")
        await load(case, "load")
        yield
    finally:
        shutil.rmtree(folder)
        folder.symlink_to(inside)
        await load(case, "unload")
        await load(case, "load")


def without_claim(description):
    """The description of an Asterisk before the claim path."""
    description["apis"] = [path for path in description["apis"] if path["path"] != "/events/claim"]


def with_claim(description):
    description["apis"].append({"path": "/events/claim", "description": "", "operations": []})


def our_claim_path(case):
    """Our own /ari/events/claim, also on an Asterisk that brings one: as on 20.19 and 22.9, which have access
    lists and no such path."""
    return described(case, without_claim)
