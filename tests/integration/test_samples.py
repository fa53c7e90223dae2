"""The sample dialplan as it is installed: where a call goes on, by how its offer ended."""

import pytest
from harness.asterisk import REPO

SAMPLE = REPO / "samples" / "extensions_stasis_broadcast.conf"

pytestmark = pytest.mark.instance(EXTENSIONS=str(SAMPLE))


async def place(case, context, name):
    """A call to one of the sample's contexts. Its ID."""
    answer = await case.ari.post("/channels", endpoint=f"Local/100@{context}", context="default", extension="wait",
                                 channelId=f"caller-{name}", otherChannelId=name)  # fmt: skip
    assert answer.status == 200, answer
    return name


async def goes_on(case, channel_id):
    """Wait until a call is where the sample has those that nobody took."""
    await case.ami.wait(lambda event: event.get("Event") == "Newexten" and event["Uniqueid"] == channel_id
                        and event["Context"] == "stasis-broadcast-nobody")  # fmt: skip


def errors(case):
    """What the dialplan has written to the log as an error."""
    return [line for line in case.asterisk.log.read_text(errors="replace").splitlines() if "StasisBroadcast failed for" in line
            and " ERROR[" in line]  # fmt: skip


async def test_nobody_there(case):
    for context in ("stasis-broadcast", "stasis-broadcast-ivr"):
        await goes_on(case, await place(case, context, f"lonely-{context}"))
    assert not errors(case)


async def test_declined(case):
    app = await case.app("ivr")
    call = await place(case, "stasis-broadcast-ivr", "unwanted")
    await app.offered(call)
    assert await app.decline(call) == 204
    await goes_on(case, call)
    assert not errors(case)


async def test_withdrawn(case):
    """It is what an operator wants, and no error."""
    app = await case.app("ivr")
    call = await place(case, "stasis-broadcast-ivr", "taken-back")
    await app.offered(call)
    assert (await case.ari.delete(f"/broadcasts/{call}")).status == 204
    await goes_on(case, call)
    assert not errors(case)


async def test_claimed(case):
    app = await case.app("ivr")
    call = await place(case, "stasis-broadcast-ivr", "wanted")
    await app.offered(call)
    assert await app.claim(call) == 204
    assert (await app.started(call))["args"] == ["sales", "gold"]
    await app.proceed(call)
    event = await case.ami.wait(lambda event: event.get("Event") == "Newexten" and event["Uniqueid"] == call
                                and event["Extension"] == "outcome-CLAIMED")  # fmt: skip
    assert f"{app.app} had " in event["AppData"]
