"""The variables that StasisBroadcast() sets: as any other, told of with VarSet, and fresh in what ARI and AMI show."""

import pytest
from harness.ari import is_event
from harness.events import until

NAMES = ("STASISSTATUS", "BROADCASTSTATUS", "BROADCASTWINNER", "BROADCASTTIME", "BROADCASTLOST")


def var_sets(case, call) -> list[tuple[str, str]]:
    """What VarSet events have told of a call, in their order: our variables alone."""
    return [
        (event["Variable"], event["Value"])
        for event in case.ami.events
        if event.get("Event") == "VarSet" and event.get("Uniqueid") == call.id and event["Variable"] in NAMES
    ]


async def test_each_is_told_of_with_varset(case):
    app = await case.app()
    call = await case.call("5000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert (await call.result())["BROADCASTWINNER"] == app.app
    await until(lambda: ("STASISSTATUS", "SUCCESS") in var_sets(case, call), "VarSet of STASISSTATUS")
    told = var_sets(case, call)
    assert [name for name, _ in told] == ["BROADCASTSTATUS", "BROADCASTWINNER", "BROADCASTTIME", "STASISSTATUS"]
    assert dict(told)["BROADCASTSTATUS"] == "CLAIMED" and dict(told)["BROADCASTWINNER"] == app.app


async def test_first_offer_sets_nothing_before_its_end(case):
    """There is nothing to empty, so that nothing is told of."""
    app = await case.app()
    call = await case.call("5000")
    await app.offered(call.id)
    assert var_sets(case, call) == []
    await call.hangup()


@pytest.mark.instance(CHANNELVARS="BROADCASTWINNER,BROADCASTSTATUS")
async def test_what_ari_shows_is_fresh(case):
    app = await case.app()
    call = await case.call("5000", extension="twice", OFFER2="20000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    start = await app.started(call.id)
    assert start["channel"]["channelvars"] == {"BROADCASTWINNER": app.app, "BROADCASTSTATUS": "CLAIMED"}
    shown = (await case.ari.get(f"/channels/{call.id}")).json["channelvars"]
    assert shown == {"BROADCASTWINNER": app.app, "BROADCASTSTATUS": "CLAIMED"}
    await app.proceed(call.id)
    await call.result("first")
    # The second offer has no winner yet: neither its event nor the channel shows the first one's.
    second = (await app.wait_count(2, lambda event: is_event(event, "CallBroadcast", call.id)))[1]
    assert second["channel"]["channelvars"] == {"BROADCASTWINNER": "", "BROADCASTSTATUS": ""}
    shown = (await case.ari.get(f"/channels/{call.id}")).json["channelvars"]
    assert shown == {"BROADCASTWINNER": "", "BROADCASTSTATUS": ""}
    await call.hangup()


async def test_variables_of_outer_gosub_frames_stay(case):
    """What a subroutine has made its own with LOCAL() is set there, and the caller's comes back with Return()."""
    call = await case.call("10", extension="gosub-local")
    result = await call.result("inner")
    assert (result["BROADCASTSTATUS"], result["BROADCASTWINNER"]) == ("NOAPPS", "")
    outer = await call.result("outer")
    assert (outer["BROADCASTSTATUS"], outer["BROADCASTWINNER"]) == ("outer-status", "outer-winner")
