"""Our modules put to work in a running Asterisk that has its own ones loaded: by the commands of docs/RUNNING.md."""

import asyncio
import os
import re
import subprocess

import pytest
from harness.asterisk import REPO, SANDBOX

# Asterisk's own modules, and an instance that no other test has: it is not as it was afterwards.
running_asterisk = pytest.mark.instance(modules="asterisk", VERBOSE=4)
OURS = ("res_stasis_broadcast", "app_stasis_broadcast", "res_ari_broadcasts")


def documented_commands() -> list[str]:
    """The CLI commands of docs/RUNNING.md, as they stand there."""
    section = (REPO / "docs/RUNNING.md").read_text().partition("### In a running Asterisk\n")[2]
    block = section.partition("```sh order\n")[2].partition("```")[0]
    return re.findall(r"^sudo asterisk -rx '([^']*)'", block, re.MULTILINE)


def sandbox(asterisk, *words: str) -> str:
    env = dict(os.environ, ASTERISK=asterisk.release or str(asterisk.version), INSTANCE=asterisk.name)
    done = subprocess.run([SANDBOX, *words], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(asterisk, goal: str = "install") -> str:
    """make install into the instance's own folders, by its own compiler."""
    inside = f"/{asterisk.folder.relative_to(asterisk.env['SANDBOX_ROOT'])}"
    sandbox(asterisk, "build", "modules")
    return sandbox(
        asterisk, "shell", "make", "--no-print-directory", "-C", f"{inside}/src", goal, f"ASTMODDIR={inside}/modules",
        f"ASTDATADIR={inside}/data", f"ASTETCDIR={inside}/etc", f"ASTHEADERDIR={inside}/include",
    )  # fmt: skip


async def claimed_on_ours(case):
    """A call is offered and claimed, and only our modules know it by /ari/broadcasts and `timeout`."""
    app = await case.app()
    call = await case.call("10000")
    assert (await app.offered(call.id))["timeout"] == 10000
    assert (await case.ari.get(f"/broadcasts/{call.id}")).json["state"] == "open"
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert (await call.result())["BROADCASTSTATUS"] == "CLAIMED"
    await case.leave(app)


@pytest.mark.only(22)
@running_asterisk
async def test_documented_order_puts_ours_in_the_place_of_asterisks_own(case):
    # A knock may come while a module is away.
    case.expect_log(".*")
    told = await asyncio.to_thread(install, case.asterisk)
    assert "Keeping Asterisk's own" in told
    commands = documented_commands()
    assert len(commands) == 8 and all(f"asterisk -rx '{command}'" in told for command in commands)
    # A call on Asterisk's own: what is in use is not unloaded, and the call does not suffer.
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    assert "Unable to unload" in await asyncio.to_thread(case.asterisk.cli, commands[0])
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    await call.result()
    await case.leave(app)
    answers = [await asyncio.to_thread(case.asterisk.cli, command) for command in commands]
    for command, answer in zip(commands, answers):
        verb, module = command.split()[1:]
        # Asterisk's own has no res_ari_broadcasts.
        if (verb, module) != ("unload", "res_ari_broadcasts.so"):
            assert answer.startswith(("Loaded", "Unloaded")), f"{command}: {answer}"
    await claimed_on_ours(case)
    # The upgrade of ours: the same commands, with ours loaded.
    await asyncio.to_thread(install, case.asterisk)
    for command in commands:
        answer = await asyncio.to_thread(case.asterisk.cli, command)
        assert answer.startswith(("Loaded", "Unloaded")), f"{command}: {answer}"
    await claimed_on_ours(case)
    told = await asyncio.to_thread(install, case.asterisk, "uninstall")
    assert "Putting Asterisk's own" in told
