"""The two short applications that the pages show, run as they stand there."""

import asyncio
import os
import re

import pytest
from harness.ari_client import SOURCE
from harness.asterisk import REPO
from harness.events import DEADLINE, until
from harness.npm import install


# Where each is shown.
PAGES = {"python": "docs/GETTING_STARTED.md", "javascript": "docs/APPLICATIONS.md"}


def example(language: str, http_port: int) -> str:
    """The page's example, only with the port of this test's Asterisk."""
    found = re.findall(rf"```{language} file=.*\n((?s:.*?))```", (REPO / PAGES[language]).read_text())
    assert len(found) == 1, f"{PAGES[language]} has {len(found)} examples in {language}"
    assert found[0].count("127.0.0.1:8088") == 1
    return found[0].replace("127.0.0.1:8088", f"127.0.0.1:{http_port}")


@pytest.mark.parametrize(
    "language,command", [("python", ["/usr/bin/python3", "-u"]), ("javascript", ["node"])], ids=["python", "node"]
)
async def test_example_claims_a_call(case, tmp_path, language, command):
    modules = await asyncio.to_thread(install, SOURCE, "node")
    script = tmp_path / f"example.{language}"
    script.write_text(example(language, case.asterisk.port("HTTP")))
    name = case.app_name("short")
    process = await asyncio.create_subprocess_exec(
        *command,
        script,
        name,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    case.at_end(lambda: end(process))
    await until(lambda: case.ari.registered(name), f"the example is connected as {name}")
    call = await case.call(f"10000,^{name}$,one:two")
    seen = ""
    while "claim: 204" not in seen or "mine:" not in seen:
        line = await asyncio.wait_for(process.stdout.readline(), DEADLINE)
        assert line, f"the example has ended, after it said: {seen}"
        seen += line.decode()
    assert re.search(rf"mine: {re.escape(call.id)} .*one.*two", seen), seen
    await until(lambda: answered(case, call), "the example has answered the call")


async def answered(case, call) -> bool:
    return (await case.ari.get(f"/channels/{call.id}")).json["state"] == "Up"


async def end(process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
