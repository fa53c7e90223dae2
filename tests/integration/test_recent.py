"""Of very many applications the first few of k(n) are drawn from those of a moment ago (SPEC section 8): nobody misses a call."""

from harness.events import until
from test_k_first import crowd, heard, wait_heard

# A list of so many is kept for a moment.
MANY = 240


async def keep_list(case):
    """A call to one of all, so that they are those of a moment ago for the next ones."""
    call = await case.call("20000,^m-,,,k(1:30000)")
    await call.hangup()


async def leave(app):
    """Go at once, and wait until Asterisk has noticed."""

    async def is_gone():
        return not await app.ari.registered(app.names[-1])

    await app.disconnect()
    await until(is_gone, f"{app.names[-1]} is gone")


async def decline(app, call, names):
    for name in names:
        answer = await app.ari.post(f"/broadcasts/{call.id}/decline", application=name)
        assert answer.status == 204, answer


async def test_who_has_come_just_now_is_offered_a_call_for_it_alone(case):
    await crowd(case, MANY, "m")
    for _ in range(5):
        await keep_list(case)
        new = await crowd(case, 1, "n")
        call = await case.call(f"20000,^{new.app}$,,,k(1:30000)")
        await wait_heard(new, call, 1)
        await call.hangup()


async def test_who_has_come_just_now_hears_with_the_others(case):
    app = await crowd(case, MANY, "m")
    for _ in range(3):
        await keep_list(case)
        new = await crowd(case, 1, "m-new")
        call = await case.call("20000,^m-,,,k(150:300)")
        await wait_heard(new, call, 1)
        await wait_heard(app, call, MANY)
        assert sorted(heard(app, call)) == sorted(app.names)
        await call.hangup()
        await leave(new)


async def test_who_is_gone_is_not_asked_in_the_place_of_one_who_is_there(case):
    await crowd(case, MANY, "m")
    stays = await crowd(case, 2, "here")
    for _ in range(8):
        gone = await crowd(case, 10, "here-not")
        await keep_list(case)
        await leave(gone)
        call = await case.call("20000,^here-,,,k(1:30000)")
        await wait_heard(stays, call, 1)
        assert not heard(gone, call)
        await call.hangup()


async def test_all_of_now_have_to_decline(case):
    app = await crowd(case, MANY, "m")
    await keep_list(case)
    new = await crowd(case, 1, "m-new")
    call = await case.call("20000,^m-,,,k(200:30000)")
    await wait_heard(app, call, 199)
    await until(lambda: len(heard(app, call) + heard(new, call)) == 200, "200 have heard")
    first = {*heard(app, call), *heard(new, call)}
    await decline(app, call, first)
    await wait_heard(app, call, MANY)
    await wait_heard(new, call, 1)
    await decline(app, call, {*app.names, new.app} - first)
    assert (await call.result())["BROADCASTSTATUS"] == "DECLINED"
