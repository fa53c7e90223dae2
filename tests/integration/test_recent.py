"""Of very many applications the first few of k(n) are drawn from those of a moment ago (SPEC section 8): nobody misses a call."""

from harness.events import until
from test_k_first import crowd, heard, wait_heard

# A list of more than 200 is kept for a moment. Not more than 80 fit into the address of a connection on Asterisk 16.
PARTS = 3
EACH = 80


async def many(case):
    return [await crowd(case, EACH, "m") for _ in range(PARTS)]


def all_heard(apps, call):
    """Which of all of them have heard of a call."""
    return {name for app in apps for name in heard(app, call)}


async def keep_list(case):
    """A call to one of all, so that they are those of a moment ago for the next ones."""
    call = await case.call("20000,^m-,,,k(1:30000)")
    await call.hangup()


async def leave(app):
    """Go at once, and wait until Asterisk has noticed: it forgets the names of one connection in any order."""

    async def are_gone():
        return not any([await app.ari.registered(name) for name in app.names])

    await app.disconnect()
    await until(are_gone, f"{app.name} is gone")


async def decline(app, call, names):
    for name in names:
        answer = await app.ari.post(f"/broadcasts/{call.id}/decline", application=name)
        assert answer.status == 204, answer


async def test_who_has_come_just_now_is_offered_a_call_for_it_alone(case):
    await many(case)
    for _ in range(5):
        await keep_list(case)
        new = await crowd(case, 1, "n")
        call = await case.call(f"20000,^{new.app}$,,,k(1:30000)")
        await wait_heard(new, call, 1)
        await call.hangup()


async def test_who_has_come_just_now_hears_with_the_others(case):
    apps = await many(case)
    for _ in range(3):
        await keep_list(case)
        new = await crowd(case, 1, "m-new")
        call = await case.call("20000,^m-,,,k(150:300)")
        await wait_heard(new, call, 1)
        for app in apps:
            assert sorted(await wait_heard(app, call, EACH)) == sorted(app.names)
        await call.hangup()
        await leave(new)


async def test_who_is_gone_is_not_asked_in_the_place_of_one_who_is_there(case):
    await many(case)
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
    apps = await many(case)
    await keep_list(case)
    new = await crowd(case, 1, "m-new")
    apps.append(new)
    call = await case.call("20000,^m-,,,k(200:30000)")
    await until(lambda: len(all_heard(apps, call)) == 200, "200 have heard")
    first = all_heard(apps, call)
    await decline(new, call, first)
    await until(lambda: len(all_heard(apps, call)) == PARTS * EACH + 1, "all have heard")
    await decline(new, call, all_heard(apps, call) - first)
    assert (await call.result())["BROADCASTSTATUS"] == "DECLINED"
