"""Claiming: who gets the call, and what everybody else is told."""


async def test_claim_gives_204_and_stasis_start(case):
    app = await case.app()
    call = await case.call("5000,,first:second")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    start = await app.started(call.id)
    assert start["args"] == ["first", "second"]
    await app.proceed(call.id)
    result = await call.result()
    assert result["STASISSTATUS"] == "SUCCESS"
    assert result["BROADCASTSTATUS"] == "CLAIMED"
    assert result["BROADCASTWINNER"] == app.app
