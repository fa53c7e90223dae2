"""The REST resource (SPEC section 5): every request with every answer, as an ordinary client."""

import asyncio

import pytest

FIELDS = {
    "channel_id", "state", "timeout_ms", "remaining_ms", "app_filter", "recipients", "declined", "winner_app",
    "caller", "called", "channelvars", "created", "waited_ms", "priority", "queue", "round",
}  # fmt: skip


async def open_call(case, *apps, offer="30000"):
    call = await case.call(offer)
    for app in apps:
        await app.offered(call.id)
    return call


async def test_list_is_empty_when_nothing_is_on_offer(case):
    await case.app()
    answer = await case.ari.get("/broadcasts")
    assert (answer.status, answer.json) == (200, [])


async def test_list_shows_every_broadcast(case):
    app = await case.app()
    calls = [await open_call(case, app) for _ in range(3)]
    listed = (await case.ari.get("/broadcasts")).json
    assert {item["channel_id"] for item in listed} == {call.id for call in calls}
    assert all(set(item) == FIELDS for item in listed)


async def test_list_of_what_an_application_may_claim(case):
    sales, support = await case.app("sales"), await case.app("support")
    for_sales = await open_call(case, sales, offer="30000,^sales-")
    for_all = await open_call(case, sales, support)
    taken = await open_call(case, sales, support)
    assert await support.claim(taken.id) == 204

    async def listed(name):
        answer = await case.ari.get("/broadcasts", application=name)
        assert answer.status == 200
        return {item["channel_id"] for item in answer.json}

    assert await listed(sales.app) == {for_sales.id, for_all.id}
    assert await listed(support.app) == {for_all.id}
    assert await listed("nobody-of-this-name") == set()


async def test_open_broadcast(case):
    first, second = await case.apps(2)
    call = await open_call(case, first, second, offer="30000,^app")
    item = await case.ari.broadcast(call.id)
    assert set(item) == FIELDS
    assert item["channel_id"] == call.id
    assert item["state"] == "open"
    assert item["timeout_ms"] == 30000
    assert 0 < item["remaining_ms"] <= 30000
    assert item["app_filter"] == "^app"
    assert sorted(item["recipients"]) == sorted([first.app, second.app])
    assert item["declined"] == []
    assert item["winner_app"] is None
    (listed,) = (await case.ari.get("/broadcasts")).json
    assert listed | {key: item[key] for key in ("remaining_ms", "waited_ms")} == item


async def test_open_broadcast_without_a_filter(case):
    app = await case.app()
    call = await open_call(case, app)
    assert (await case.ari.broadcast(call.id))["app_filter"] == ""


async def test_remaining_time_passes(case):
    app = await case.app()
    call = await open_call(case, app)
    before = (await case.ari.broadcast(call.id))["remaining_ms"]
    await asyncio.sleep(0.2)
    after = (await case.ari.broadcast(call.id))["remaining_ms"]
    assert after <= before - 200


async def test_claimed_broadcast(case):
    app, other = await case.apps(2)
    call = await open_call(case, app, other)
    assert await app.claim(call.id) == 204
    item = await case.ari.broadcast(call.id)
    assert item["state"] == "claimed"
    assert item["winner_app"] == app.app
    assert item["remaining_ms"] == 0


async def test_declined_by_some(case):
    first, second = await case.apps(2)
    call = await open_call(case, first, second)
    assert await first.decline(call.id) == 204
    item = await case.ari.broadcast(call.id)
    assert item["state"] == "open"
    assert item["declined"] == [first.app]


async def test_broadcast_is_gone_after_it_ended(case):
    app = await case.app()
    call = await open_call(case, app, offer="100")
    await call.result()
    answer = await case.ari.get(f"/broadcasts/{call.id}")
    assert answer.status == 404 and answer.message
    assert (await case.ari.get("/broadcasts")).json == []


async def test_get_of_an_unknown_channel(case):
    answer = await case.ari.get("/broadcasts/no-such-channel")
    assert answer.status == 404 and answer.message


async def test_decline_again_is_fine(case):
    first, second = await case.apps(2)
    call = await open_call(case, first, second)
    assert [await first.decline(call.id) for _ in range(3)] == [204] * 3
    assert (await case.ari.broadcast(call.id))["declined"] == [first.app]


async def test_who_declined_may_still_claim(case):
    first, second = await case.apps(2)
    call = await open_call(case, first, second)
    assert await first.decline(call.id) == 204
    assert await first.claim(call.id) == 204
    await first.started(call.id)


async def test_decline_after_a_claim(case):
    first, second = await case.apps(2)
    call = await open_call(case, first, second)
    assert await first.claim(call.id) == 204
    answer = await case.ari.post(f"/broadcasts/{call.id}/decline", application=second.app)
    assert answer.status == 409 and answer.message


@pytest.mark.parametrize("verb", ["claim", "decline"])
async def test_of_an_unknown_channel(case, verb):
    app = await case.app()
    answer = await case.ari.post(f"/broadcasts/no-such-channel/{verb}", application=app.app)
    assert answer.status == 404 and answer.message


@pytest.mark.parametrize("verb", ["claim", "decline"])
async def test_by_an_unregistered_application(case, verb):
    app = await case.app()
    call = await open_call(case, app)
    answer = await case.ari.post(f"/broadcasts/{call.id}/{verb}", application="nobody-of-this-name")
    assert answer.status == 403 and answer.message


@pytest.mark.parametrize("verb", ["claim", "decline"])
async def test_by_an_application_outside_the_filter(case, verb):
    inside, outside = await case.app("sales"), await case.app("support")
    call = await open_call(case, inside, offer="30000,^sales-")
    answer = await case.ari.post(f"/broadcasts/{call.id}/{verb}", application=outside.app)
    assert answer.status == 403 and answer.message


# The two ways to claim and the one to decline, each with its parameters in the query, a form, JSON.
WAYS = {
    "own-claim": lambda call, app: ("/events/claim", {"channelId": call.id, "application": app.app}),
    "claim": lambda call, app: (f"/broadcasts/{call.id}/claim", {"application": app.app}),
    "decline": lambda call, app: (f"/broadcasts/{call.id}/decline", {"application": app.app}),
}


@pytest.mark.parametrize("place", ["params", "data", "json"], ids=["query", "form", "json"])
@pytest.mark.parametrize("way", WAYS)
async def test_parameters_may_be_in(case, way, place):
    app, other = await case.apps(2)
    call = await open_call(case, app, other)
    path, parameters = WAYS[way](call, app)
    answer = await case.ari.request("POST", path, **{place: parameters})
    assert answer.status == 204, answer
    assert answer.body == b""
    item = await case.ari.broadcast(call.id)
    if way == "decline":
        assert item["declined"] == [app.app]
    else:
        assert item["winner_app"] == app.app


async def test_list_may_have_its_parameter_in_the_query(case):
    app = await case.app()
    call = await open_call(case, app)
    answer = await case.ari.get("/broadcasts", application=app.app)
    assert [item["channel_id"] for item in answer.json] == [call.id]


@pytest.mark.parametrize("missing, given", [("application", "channelId"), ("channelId", "application")])
async def test_own_claim_path_with_a_parameter_missing(case, missing, given):
    answer = await case.ari.post("/events/claim", **{given: "something"})
    assert answer.status == 400
    assert missing in answer.message or "required" in answer.message.lower(), answer


@pytest.mark.parametrize("verb", ["claim", "decline"])
async def test_application_missing(case, verb):
    app = await case.app()
    call = await open_call(case, app)
    answer = await case.ari.post(f"/broadcasts/{call.id}/{verb}")
    assert answer.status == 400
    assert "application" in answer.message


@pytest.mark.parametrize("method, path", [
    ("DELETE", "/broadcasts"), ("PUT", "/broadcasts"), ("GET", "/broadcasts/x/bid"), ("PUT", "/broadcasts/x/bid"),
    ("PUT", "/broadcasts/x"), ("POST", "/broadcasts/x"),
    ("GET", "/broadcasts/x/claim"), ("DELETE", "/broadcasts/x/claim"), ("GET", "/broadcasts/x/decline"),
    ("GET", "/events/claim"), ("DELETE", "/events/claim"), ("PUT", "/events/claim"),
])  # fmt: skip
async def test_method_that_does_not_exist(case, method, path):
    answer = await case.ari.request(method, path)
    assert answer.status == 405, answer
    assert answer.message


@pytest.mark.parametrize("path", ["/broadcasts/x/steal", "/broadcasts/x/claim/y", "/events/claim/x"])
async def test_path_that_does_not_exist(case, path):
    answer = await case.ari.post(path, application="a", channelId="b")
    assert answer.status == 404, answer
    assert answer.message


async def over_websocket(app, number, method, uri):
    """A request over the application's own WebSocket: the answer's status."""
    request = {
        "type": "RESTRequest", "transaction_id": "t", "request_id": str(number), "method": method, "uri": uri,
    }  # fmt: skip
    await app._socket.send_json(request)
    answer = await app.wait(lambda event: event["type"] == "RESTResponse" and event["request_id"] == str(number))
    return answer["status_code"]


@pytest.mark.only(22)
async def test_requests_over_the_websocket(case):
    app, other = await case.apps(2)
    call = await open_call(case, app, other)
    assert await over_websocket(app, 1, "GET", "broadcasts") == 200
    assert await over_websocket(app, 2, "GET", f"broadcasts/{call.id}") == 200
    assert await over_websocket(other, 3, "POST", f"broadcasts/{call.id}/decline?application={other.app}") == 204
    assert await over_websocket(app, 4, "POST", f"broadcasts/{call.id}/claim?application={app.app}") == 204
    await app.started(call.id)
    assert await over_websocket(other, 5, "POST", f"broadcasts/{call.id}/claim?application={other.app}") == 409
