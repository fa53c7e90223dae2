"""Loading, unloading and reloading our modules, with and without calls; no provider; mixes with Asterisk's own."""

import asyncio

import pytest

APP, RES, REST = "app_stasis_broadcast.so", "res_stasis_broadcast.so", "res_ari_broadcasts.so"

# An Asterisk of its own: one whose modules come and go is no known state for other tests.
own_instance = pytest.mark.instance(VERBOSE=4)


async def module(case, verb, *names):
    """Have the CLI load, unload or reload modules; what it says."""
    return [await asyncio.to_thread(case.asterisk.cli, f"module {verb} {name}") for name in names]


async def loaded_in_order(case):
    """The known state of these tests, whatever the one before left: all three loaded, provider first."""
    loaded = await running(case)
    await module(case, "unload", *(name for name in (APP, REST, RES) if name in loaded))
    for answer in await module(case, "load", RES, APP, REST):
        assert answer.startswith("Loaded"), answer


async def running(case):
    """Which of our modules are running, and their use counts."""
    text = await case.ami.cli("module show like broadcast")
    lines = [line.split() for line in text.splitlines()]
    return {words[0]: int(words[words.index("Running") - 1]) for words in lines if "Running" in words}


async def check_works(case):
    """One call is offered, claimed, and handed over."""
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")
    await case.leave(app)


@own_instance
async def test_unload_and_load_in_order(case):
    await loaded_in_order(case)
    for _ in range(5):
        for answer in await module(case, "unload", APP, REST, RES):
            assert answer.startswith("Unloaded"), answer
        assert await running(case) == {}
        assert "StasisBroadcast" not in (await case.ami.cli("core show applications like StasisBroadcast")).split()
        assert (await case.ari.get("/broadcasts")).status == 404
        for answer in await module(case, "load", RES, APP, REST):
            assert answer.startswith("Loaded"), answer
        await check_works(case)


@own_instance
async def test_load_in_the_other_order(case):
    await loaded_in_order(case)
    await module(case, "unload", APP, REST, RES)
    for answer in await module(case, "load", REST, APP, RES):
        assert answer.startswith("Loaded"), answer
    await check_works(case)


@own_instance
async def test_unload_of_the_provider_that_is_used_is_refused(case):
    await loaded_in_order(case)
    (answer,) = await module(case, "unload", RES)
    assert "Unable to unload" in answer
    await check_works(case)


@own_instance
@pytest.mark.parametrize("command", ["core reload", *(f"module reload {name}" for name in (REST, RES, APP))])
async def test_reload_while_a_call_is_on_offer(case, command):
    await loaded_in_order(case)
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    await asyncio.to_thread(case.asterisk.cli, command)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")
    assert set(await running(case)) == {APP, RES, REST}


@own_instance
async def test_unload_while_a_call_is_on_offer_is_refused(case):
    await loaded_in_order(case)
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    for answer in await module(case, "unload", APP, RES):
        assert "Unable to unload" in answer
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


@own_instance
async def test_unload_while_a_call_is_in_stasis_is_refused_or_harmless(case):
    await loaded_in_order(case)
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    (answer,) = await module(case, "unload", APP)
    assert "Unable to unload" in answer
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


@own_instance
async def test_forced_unload_sends_a_waiting_call_on_in_its_dialplan(case):
    await loaded_in_order(case)
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    case.expect_log("not loaded")
    (answer,) = await module(case, "unload -f", RES)
    assert answer.startswith("Unloaded"), answer
    result = await call.result()
    assert result["STASISSTATUS"] == "FAILED"
    assert (await case.ari.get("/broadcasts")).status == 501
    assert await app.claim(call.id) == 501
    await case.leave(app)
    await module(case, "load", RES)
    await check_works(case)


@own_instance
async def test_forced_unload_with_a_call_in_stasis(case):
    await loaded_in_order(case)
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    (answer,) = await module(case, "unload -f", RES)
    assert answer.startswith("Unloaded"), answer
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")
    await case.leave(app)
    await module(case, "load", RES)
    await check_works(case)


@own_instance
async def test_unload_of_the_rest_resource_leaves_the_rest_working(case):
    await loaded_in_order(case)
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    (answer,) = await module(case, "unload", REST)
    assert answer.startswith("Unloaded"), answer
    assert (await case.ari.get("/broadcasts")).status == 404
    # On 22 Asterisk brings this path itself; on 16 it goes with our module.
    assert await app.claim(call.id) == (204 if case.version == 22 else 404)
    await call.hangup()
    await case.leave(app)
    await module(case, "load", REST)
    await check_works(case)


REQUESTS = {
    ("GET", "/broadcasts"): 200,
    ("GET", "/broadcasts?application="): 400,
    ("GET", "/broadcasts/{call}"): 200,
    ("GET", "/broadcasts/unknown"): 404,
    ("POST", "/broadcasts/{call}/claim"): 400,
    ("POST", "/broadcasts/{call}/claim?application=unknown"): 403,
    ("POST", "/broadcasts/unknown/claim?application=unknown"): 404,
    ("POST", "/broadcasts/{call}/decline"): 400,
    ("POST", "/broadcasts/{call}/decline?application=unknown"): 403,
    ("POST", "/broadcasts/{call}/decline?application={app}"): 204,
    ("POST", "/broadcasts/{call}/claim?application={app}"): 204,
    ("POST", "/events/claim?channelId={call}&application=unknown"): 409,
    ("GET", "/events/claim"): 405,
    ("GET", "/api-docs/broadcasts.json"): 200,
}


@own_instance
@pytest.mark.parametrize("request_line", REQUESTS, ids=" ".join)
async def test_rest_resource_may_be_unloaded_after_any_answer(case, request_line):
    """None of them stays counted as one that is still being answered."""
    await loaded_in_order(case)
    app, _ = await case.apps(2)
    call = await case.call("30000")
    await app.offered(call.id)
    method, path = request_line
    status = REQUESTS[request_line]
    if status == 409:
        assert await app.claim(call.id) == 204
    answer = await case.ari.request(method, path.format(call=call.id, app=app.app))
    assert answer.status == status, answer
    (said,) = await module(case, "unload", REST)
    assert said.startswith("Unloaded"), said
    await call.hangup()
    await module(case, "load", REST)
    await check_works(case)


# Without the provider

none = pytest.mark.instance(modules="none")


@none
async def test_without_provider_the_application_says_failed(case):
    case.expect_log("res_stasis_broadcast.so is not loaded, load it to offer calls")
    await case.app()
    call = await case.call("5000")
    assert await call.status() == ("FAILED", "ERROR")
    assert len(await case.our_log()) == 1


@none
async def test_without_provider_the_claim_path_says_501(case):
    app = await case.app()
    answer = await case.ari.post("/events/claim", channelId="x", application=app.app)
    assert answer.status == 501 and answer.message


@none
@pytest.mark.parametrize("method, path", [
    ("GET", "/broadcasts"), ("GET", "/broadcasts/x"),
    ("POST", "/broadcasts/x/claim?application=x"), ("POST", "/broadcasts/x/decline?application=x"),
])  # fmt: skip
async def test_without_provider_the_resource_says_501(case, method, path):
    answer = await case.ari.request(method, path)
    assert answer.status == 501 and answer.message


# Mixes with Asterisk's own modules: its application on our provider, and the reverse.

mixed = pytest.mark.only(22)


async def mix_claimed(case):
    app, other = await case.apps(2)
    call = await case.call("10000,,one:two")
    await app.offered(call.id)
    await other.offered(call.id)
    assert await app.claim(call.id) == 204
    assert await other.claim(call.id) == 409
    assert (await app.started(call.id))["args"] == ["one", "two"]
    await app.proceed(call.id)
    return app, await call.result()


async def mix_timeout(case):
    app = await case.app()
    call = await case.call("500")
    result = await call.result()
    assert await app.claim(call.id) == 404
    return result


async def mix_filter(case):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await case.call("10000,^sales-,,yes")
    await inside.offered(call.id)
    assert await inside.claim(call.id) == 204
    assert (await inside.event("CallClaimed", call.id))["winner_app"] == inside.app
    await inside.started(call.id)
    await case.flush(inside, outside)
    assert outside.events_but_last_flush() == []


@mixed
@pytest.mark.instance(modules="mix-app")
async def test_asterisks_application_on_our_provider_claimed(case):
    _, result = await mix_claimed(case)
    assert result["STASISSTATUS"] == "SUCCESS"


@mixed
@pytest.mark.instance(modules="mix-app")
async def test_asterisks_application_on_our_provider_timeout(case):
    assert (await mix_timeout(case))["STASISSTATUS"] == "TIMEOUT"


@mixed
@pytest.mark.instance(modules="mix-app")
async def test_asterisks_application_on_our_provider_filter(case):
    await mix_filter(case)


@mixed
@pytest.mark.instance(modules="mix-app")
async def test_asterisks_application_on_our_provider_invalid_filter(case):
    case.expect_log("application filter .* cannot be used")
    app = await case.app()
    call = await case.call("500,^(x")
    assert (await call.result())["STASISSTATUS"] == "FAILED"
    await case.flush(app)
    assert app.events_but_last_flush() == []


@mixed
@pytest.mark.instance(modules="mix-app")
async def test_asterisks_application_on_our_provider_has_our_rest_resource(case):
    app, other = await case.apps(2)
    call = await case.call("10000")
    await app.offered(call.id)
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await other.decline(call.id) == 204
    assert (await case.ari.post(f"/broadcasts/{call.id}/claim", application=app.app)).status == 204
    assert await app.claim(call.id) == 204
    await app.started(call.id)


@mixed
@pytest.mark.instance(modules="mix-res")
async def test_our_application_on_asterisks_provider_claimed(case):
    app, result = await mix_claimed(case)
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("SUCCESS", "CLAIMED")
    assert result["BROADCASTWINNER"] == app.app
    assert result["BROADCASTTIME"].isdigit()


@mixed
@pytest.mark.instance(modules="mix-res")
async def test_our_application_on_asterisks_provider_timeout(case):
    result = await mix_timeout(case)
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("TIMEOUT", "TIMEOUT")


@mixed
@pytest.mark.instance(modules="mix-res")
async def test_our_application_on_asterisks_provider_filter(case):
    await mix_filter(case)


@mixed
@pytest.mark.instance(modules="mix-res")
async def test_our_application_on_asterisks_provider_hangup(case):
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    await call.hangup()
    result = await call.result("h")
    assert (result["STASISSTATUS"], result["BROADCASTSTATUS"]) == ("TIMEOUT", "HANGUP")
