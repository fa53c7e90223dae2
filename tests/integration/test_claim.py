"""Claiming (SPEC sections 2 and 5): who gets the call, and what everybody else is told."""

import asyncio

import pytest


async def claimed_call(case, app, offer="5000"):
    """A call that an application has claimed and that is in its hands."""
    call = await case.call(offer)
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    return call


async def test_claim_gives_204_and_stasis_start(case):
    app = await case.app()
    call = await claimed_call(case, app)
    start = await app.started(call.id)
    assert start["application"] == app.app
    assert start["args"] == []
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_only_the_winner_gets_stasis_start(case):
    winner, other = await case.app("winner"), await case.app("other")
    call = await claimed_call(case, winner)
    await winner.proceed(call.id)
    await winner.event("StasisEnd", call.id)
    await case.flush(winner, other)
    assert not other.of("StasisStart")


async def test_second_claimant_gets_409_and_the_winner_keeps_the_call(case):
    winner, other = await case.app("winner"), await case.app("other")
    call = await case.call("5000")
    await asyncio.gather(winner.offered(call.id), other.offered(call.id))
    assert await winner.claim(call.id) == 204
    assert await other.claim(call.id) == 409
    await winner.started(call.id)
    await winner.proceed(call.id)
    assert (await call.result())["BROADCASTWINNER"] == winner.app


async def test_winner_that_retries_gets_204_again(case):
    app = await case.app()
    call = await claimed_call(case, app)
    assert await app.claim(call.id) == 204
    assert await app.claim(call.id) == 204
    await app.proceed(call.id)
    await call.result()
    assert len(app.of("StasisStart", call.id)) == 1


async def test_late_claimant_hears_taken_during_the_whole_session(case):
    winner, late = await case.app("winner"), await case.app("late")
    call = await claimed_call(case, winner)
    for _ in range(3):
        assert await late.claim(call.id) == 409


async def test_after_the_cleanup_everybody_gets_404(case):
    winner, late = await case.app("winner"), await case.app("late")
    call = await claimed_call(case, winner)
    await winner.proceed(call.id)
    await call.result()
    assert await late.claim(call.id) == 404
    assert await winner.claim(call.id) == 404


async def test_claim_of_an_unknown_channel_gets_404(case):
    app = await case.app()
    answer = await case.ari.post("/events/claim", channelId="no-such-channel", application=app.app)
    assert answer.status == 404
    assert answer.message


async def test_claim_of_a_channel_that_is_not_on_offer_gets_404(case):
    app = await case.app()
    call = await case.call(extension="quiet")
    assert await app.claim(call.id) == 404


async def test_claim_after_the_timeout_gets_404(case):
    app = await case.app()
    call = await case.call("500", extension="test-and-wait")
    assert await call.status() == ("TIMEOUT", "TIMEOUT")
    assert await app.claim(call.id) == 404


async def test_unregistered_application_is_refused_and_the_offer_goes_on(case):
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert await case.ari.claim(call.id, "nobody-of-this-name") == 404
    native = await case.ari.post(f"/broadcasts/{call.id}/claim", application="nobody-of-this-name")
    assert native.status == 403 and native.message
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def test_application_that_has_left_is_refused_and_the_offer_goes_on(case):
    app, leaving = await case.app(), await case.app("leaving")
    call = await case.call("10000")
    await asyncio.gather(app.offered(call.id), leaving.offered(call.id))
    await case.leave(leaving)
    assert await case.ari.claim(call.id, leaving.app) == 404
    assert await app.claim(call.id) == 204
    await app.started(call.id)


async def test_application_outside_the_filter_is_refused_and_the_offer_goes_on(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("10000,^sales-")
    await inside.offered(call.id)
    assert await outside.claim(call.id) == 404
    assert await inside.claim(call.id) == 204
    await inside.started(call.id)
    assert not outside.of("CallBroadcast")


async def test_rest_claim_outside_the_filter_gets_403(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("10000,^sales-")
    await inside.offered(call.id)
    answer = await case.ari.post(f"/broadcasts/{call.id}/claim", application=outside.app)
    assert answer.status == 403 and answer.message
    answer = await case.ari.post(f"/broadcasts/{call.id}/claim", application=inside.app)
    assert answer.status == 204
    await inside.started(call.id)


async def test_application_that_came_after_the_offer_may_claim(case):
    first = await case.app()
    call = await case.call("10000")
    await first.offered(call.id)
    late = await case.app("late")
    assert await late.claim(call.id) == 204
    await late.started(call.id)


async def test_one_of_ten_that_claim_at_once_wins(case):
    apps = await case.apps(10)
    for _ in range(10):
        call = await case.call("10000")
        await asyncio.gather(*(app.offered(call.id) for app in apps))
        answers = await asyncio.gather(*(app.claim(call.id) for app in apps))
        assert sorted(answers) == [204] + [409] * 9
        winner = apps[answers.index(204)]
        await winner.started(call.id)
        await winner.proceed(call.id)
        assert (await call.result())["BROADCASTWINNER"] == winner.app
    await case.flush(*apps)
    assert sum(len(app.of("StasisStart")) for app in apps) == 10


async def test_claim_at_the_very_deadline_has_one_outcome(case):
    """Rules 2 and 3: 204 means StasisStart, 404 means TIMEOUT, whatever the timing."""
    app = await case.app()
    outcomes = set()
    for delay in range(194, 206):
        call = await case.call("200")
        await app.offered(call.id)
        await asyncio.sleep(delay / 1000)
        answer = await app.claim(call.id)
        outcomes.add(answer)
        if answer == 204:
            await app.started(call.id)
            await app.proceed(call.id)
            assert await call.status() == ("SUCCESS", "CLAIMED")
        else:
            assert answer == 404
            assert await call.status() == ("TIMEOUT", "TIMEOUT")
            assert not app.of("StasisStart", call.id)
    assert 404 in outcomes


async def test_claim_by_the_native_path_and_retry_by_the_other(case):
    app, other = await case.app(), await case.app("other")
    call = await case.call("10000")
    await app.offered(call.id)
    path = f"/broadcasts/{call.id}/claim"
    assert (await case.ari.post(path, application=app.app)).status == 204
    assert (await case.ari.post(path, application=app.app)).status == 204
    assert await app.claim(call.id) == 204
    taken = await case.ari.post(path, application=other.app)
    assert taken.status == 409 and taken.message
    await app.started(call.id)


@pytest.mark.parametrize("count", [1, 2, 20])
async def test_sequential_offers_of_one_call(case, count):
    """Rule 6's peaceful form: after a timeout the same channel is offered again."""
    app = await case.app()
    call = await case.call("50", extension="again", TIMES=str(count))
    result = await call.result(where="again-done")
    assert result["BROADCASTSTATUS"] == "TIMEOUT"
    # The dialplan makes one more offer, long enough to be claimed.
    await app.wait(lambda event: event.get("timeout") == 30000)
    # On a machine with no time, an offer that is over may not be sent any more.
    assert len(app.of("CallBroadcast", call.id)) <= count + 1
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")
