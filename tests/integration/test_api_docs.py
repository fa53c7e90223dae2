"""ARI's description of itself: what clients are generated from, the official one for Node.js first of all."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest

from harness.asterisk import REPO
from harness.conf import ari_conf, load, our_claim_path

OWN = ("events", "resources", "broadcasts")


@asynccontextmanager
async def without_our_module(case):
    await load(case, "unload")
    try:
        yield
    finally:
        await load(case, "load")


async def docs(case, name, **options):
    answer = await case.ari.request("GET", f"/api-docs/{name}.json", **options)
    assert answer.status == 200, answer
    return answer.json


# ari-client


async def test_client_hears_of_a_broadcast_and_claims(case):
    app = await case.node_app()
    call = await case.call("10000")
    line = await app.event("CallBroadcast", call.id)
    assert line["resource"] == call.id, "the channel is not an object of the client"
    assert "answer" in await app.call("events.claimChannel", channelId=call.id, application=app.app)
    start = await app.event("StasisStart", call.id)
    assert start["event"]["application"] == app.app


async def test_client_claims_by_the_resource(case):
    app = await case.node_app()
    call = await case.call("10000")
    await app.event("CallBroadcast", call.id)
    assert "answer" in await app.call("broadcasts.claim", channelId=call.id, application=app.app)
    await app.event("StasisStart", call.id)


async def test_client_declines(case):
    app = await case.node_app()
    call = await case.call("10000")
    await app.event("CallBroadcast", call.id)
    assert "answer" in await app.call("broadcasts.decline", channelId=call.id, application=app.app)
    assert await call.status() == ("TIMEOUT", "DECLINED")


async def test_client_hears_that_another_one_was_faster(case):
    app, winner = await case.node_app(), await case.app()
    call = await case.call("10000,,,yes")
    await asyncio.gather(app.event("CallBroadcast", call.id), winner.offered(call.id))
    assert await winner.claim(call.id) == 204
    line = await app.event("CallClaimed", call.id)
    assert line["event"]["winner_app"] == winner.app
    assert line["resource"] == call.id
    for function in ("events.claimChannel", "broadcasts.claim"):
        answer = await app.call(function, channelId=call.id, application=app.app)
        assert "claimed" in answer["error"]


async def test_client_hears_that_an_offer_has_ended(case):
    """And goes on: an event that the description does not name would end it."""
    app = await case.node_app()
    call = await case.call("10000,,,yes")
    await app.event("CallBroadcast", call.id)
    assert "answer" in await app.call("broadcasts.withdraw", channelId=call.id)
    line = await app.event("CallWithdrawn", call.id)
    assert (line["event"]["reason"], line["resource"]) == ("withdrawn", call.id)
    assert await call.status() == ("TIMEOUT", "WITHDRAWN")
    assert "error" in await app.call("broadcasts.withdraw", channelId=call.id)
    second = await case.call("10000")
    await app.event("CallBroadcast", second.id)
    assert "answer" in await app.call("broadcasts.claim", channelId=second.id, application=app.app)
    await app.event("StasisStart", second.id)


async def test_client_asks_for_the_first_in_line(case):
    app = await case.node_app()
    calls = [await case.call("10000") for _ in range(2)]
    for call in calls:
        await app.event("CallBroadcast", call.id)
    (listed,) = (await app.call("broadcasts.list", limit=1))["answer"]
    (first, _) = (await app.call("broadcasts.list"))["answer"]
    assert listed["channel_id"] == first["channel_id"]
    assert "limit" in (await app.call("broadcasts.list", limit=0))["error"]


async def test_client_asks_what_is_on_offer(case):
    app = await case.node_app()
    call = await case.call("10000")
    await app.event("CallBroadcast", call.id)
    (listed,) = (await app.call("broadcasts.list"))["answer"]
    assert listed["channel_id"] == call.id and listed["state"] == "open"
    assert (await app.call("broadcasts.list", application="nobody"))["answer"] == []
    got = (await app.call("broadcasts.get", channelId=call.id))["answer"]
    assert got["recipients"] == [app.app]
    # What the description promises is what is answered.
    described = (await docs(case, "broadcasts"))["models"]["Broadcast"]["properties"]
    assert sorted(got) == sorted(described)


async def test_client_has_all_functions(case):
    app = await case.node_app()
    verbs = ("list", "take", "get", "withdraw", "claim", "decline", "bid")
    expected = ["events.claimChannel", *(f"broadcasts.{verb}" for verb in verbs)]
    assert set(expected) <= set(app.functions)


# The descriptions


async def test_events_keep_all_that_asterisk_describes(case):
    async with without_our_module(case):
        before = await docs(case, "events")
    after = await docs(case, "events")
    models = ("CallWithdrawn",) if case.version == 22 else ("CallBroadcast", "CallClaimed", "CallWithdrawn")
    subtypes = after["models"]["Event"]["subTypes"]
    for name in models:
        assert after["models"].pop(name)["id"] == name
        subtypes.remove(name)
        assert name not in subtypes
    if case.version == 22:
        assert after == before
    claim = [path for path in after["apis"] if path["path"] == "/events/claim"]
    assert len(claim) == 1 and claim[0]["operations"][0]["nickname"] == "claimChannel"
    after["apis"].remove(claim[0])
    if case.version == 16:
        assert after == before


async def test_events_describe_every_field(case):
    app = await case.app()
    call = await case.call("10000,,,yes")
    await app.offered(call.id)
    await app.claim(call.id)
    withdrawn = await case.call("10000,,,yes")
    await app.offered(withdrawn.id)
    assert (await case.ari.delete(f"/broadcasts/{withdrawn.id}")).status == 204
    models = (await docs(case, "events"))["models"]
    fields = set(await app.event("CallWithdrawn", withdrawn.id)) - {"at", "type", "asterisk_id", "application", "timestamp"}
    # Replaced_by is there only where another channel replaces it.
    assert fields | {"replaced_by"} == set(models["CallWithdrawn"]["properties"])
    for kind in ("CallBroadcast", "CallClaimed"):
        event = await app.event(kind, call.id)
        fields = set(event) - {"at", "type", "asterisk_id", "application", "timestamp"}
        # Asterisk's own description, which is left alone, does not have it.
        ours = {"timeout", "waited"} if case.version == 22 and kind == "CallBroadcast" else set()
        described = models[kind]["properties"]
        assert fields - ours <= set(described)
        assert set(described) - fields <= {"priority", "queue", "bid_window"}


async def test_resources_keep_all_that_asterisk_lists(case):
    async with without_our_module(case):
        before = await docs(case, "resources")
        assert (await case.ari.get("/api-docs/broadcasts.json")).status == 404
    after = await docs(case, "resources")
    assert after["apis"].pop()["path"] == "/api-docs/broadcasts.{format}"
    assert after == before


def source(name):
    return json.loads((REPO / "rest-api" / name).read_text())


async def test_description_is_the_file_in_the_repository(case):
    served, other = await docs(case, "broadcasts"), await docs(case, "events")
    ours = source("api-docs/broadcasts.json")
    for field in ("apiVersion", "swaggerVersion", "basePath"):
        assert served.pop(field) == other[field]
        ours.pop(field)
    assert served == ours


async def test_additions_are_those_of_the_file_in_the_repository(case):
    ours = source("api-docs/events.json")
    served = await docs(case, "events")
    assert set(ours["models"]["Event"]["subTypes"]) <= set(served["models"]["Event"]["subTypes"])
    if case.version == 16:
        assert all(path in served["apis"] for path in ours["apis"])
        assert all(served["models"][name] == ours["models"][name] for name in ("CallBroadcast", "CallClaimed"))
    assert served["models"]["CallWithdrawn"] == ours["models"]["CallWithdrawn"]


async def test_files_in_the_repository_have_the_form_of_asterisks(case):
    """What Asterisk's own generator of clients and handlers asks of such a file."""
    for name in ("api-docs/broadcasts.json", "api-docs/events.json"):
        text = (REPO / "rest-api" / name).read_text()
        description = json.loads(text)
        assert text == json.dumps(description, indent="\t") + "\n"
        for path in description["apis"]:
            assert set(path) == {"path", "description", "operations"}
            for operation in path["operations"]:
                assert {"httpMethod", "summary", "nickname", "responseClass"} <= set(operation)
                for parameter in operation["parameters"]:
                    assert set(parameter) == {
                        "name", "description", "paramType", "required", "allowMultiple", "dataType",
                    }  # fmt: skip
                    assert (parameter["paramType"] == "path") == ("{%s}" % parameter["name"] in path["path"])
                for error in operation["errorResponses"]:
                    assert set(error) == {"code", "reason"}
        for model in description["models"].values():
            for field in model.get("properties", {}).values():
                assert set(field) == {"required", "type", "description"}


async def test_events_describe_a_claim_path_that_we_bring(case):
    before = await docs(case, "events")
    async with our_claim_path(case):
        (claim,) = [path for path in (await docs(case, "events"))["apis"] if path["path"] == "/events/claim"]
    if case.version == 16:
        assert claim in before["apis"]
    assert claim == source("api-docs/events.json")["apis"][0]


async def test_paths_of_ours_are_gone_with_the_module(case):
    async with without_our_module(case):
        status = await case.ami.cli("http show status")
        assert "api-docs" not in status
    status = await case.ami.cli("http show status")
    assert all(f"/ari/api-docs/{name}.json" in status for name in OWN)


@pytest.mark.parametrize("name", OWN)
async def test_base_path_is_that_of_the_client(case, name):
    for headers in ({}, {"Host": "pbx.example:4711"}):
        other = await docs(case, "sounds", headers=headers)
        assert (await docs(case, name, headers=headers))["basePath"] == other["basePath"]


# Who may read them: all as ARI answers for a description that is not ours


REQUESTS = {
    "no log-in": ("GET", None, {}),
    "unknown user": ("GET", ("nobody", "ari"), {}),
    "wrong password": ("GET", ("ari", "wrong"), {}),
    "read-only": ("GET", ("reader", "reader"), {}),
    "crypted": ("GET", ("crypted", "crypted"), {}),
    "post": ("POST", ("ari", "ari"), {}),
    "read-only post": ("POST", ("reader", "reader"), {}),
    "options": ("OPTIONS", ("ari", "ari"), {}),
    "head": ("HEAD", ("ari", "ari"), {}),
    "delete": ("DELETE", ("ari", "ari"), {}),
    "foreign page": ("GET", ("ari", "ari"), {"Origin": "https://foreign.example"}),
    "page": ("GET", ("ari", "ari"), {"Origin": "https://page.example"}),
    "page without log-in": ("GET", None, {"Origin": "https://page.example"}),
    "preflight": ("OPTIONS", None, {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"}),
    "preflight with log-in": (
        "OPTIONS", ("ari", "ari"), {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"},
    ),
}  # fmt: skip


async def ask(case, name, request, query=""):
    """Status, headers that do not differ by content, and the content."""
    method, user, headers = request
    url = f"{case.ari.base}/api-docs/{name}.json{query}"
    auth = aiohttp.BasicAuth(*user) if user else None
    async with aiohttp.request(method, url, auth=auth, headers=headers) as got:
        body = await got.read()
        kept = [(key, value) for key, value in got.headers.items() if key not in ("Date", "Content-Length")]
        return got.status, got.reason, kept, body


async def test_answers_to_everybody_are_those_of_ari(case):
    async with ari_conf(case, "[general]", "[general]\nallowed_origins = https://page.example"):
        for what, request in REQUESTS.items():
            expected = await ask(case, "sounds", request)
            for name in OWN:
                answer = await ask(case, name, request)
                assert answer[:3] == expected[:3], f"{name}, {what}"
                assert answer[0] == 200 or answer == expected, f"{name}, {what}"


async def test_nobody_is_answered_while_ari_is_switched_off(case):
    async with ari_conf(case, "enabled = yes", "enabled = no"):
        for name in ("sounds", *OWN):
            assert (await ask(case, name, REQUESTS["crypted"]))[0] == 404, name
    for name in ("sounds", *OWN):
        assert (await ask(case, name, REQUESTS["crypted"]))[0] == 200, name


@pytest.mark.parametrize("lines", [
    "type = user\npassword_format = odd\npassword = odd", "type = user\npassword =", "type = user",
    "type = other\npassword = odd",
], ids=["unknown-format", "empty-password", "no-password", "not-a-user"])  # fmt: skip
async def test_user_whom_ari_does_not_take_is_none(case, lines):
    async with ari_conf(case, "[ari]", f"[odd]\n{lines}\n\n[ari]"):
        for name in ("sounds", *OWN):
            for password in ("odd", ""):
                answer = await ask(case, name, ("GET", ("odd", password), {}))
                assert answer[0] == 401, f"{name} with '{password}'"


async def test_log_in_by_the_query(case):
    for name in OWN:
        for key, status in (("ari:ari", 200), ("reader:reader", 200), ("ari:wrong", 401), ("ari", 401)):
            answer = await ask(case, name, ("GET", None, {}), f"?api_key={key}")
            assert answer[0] == status, f"{name} {key}"
