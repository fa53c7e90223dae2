"""Asterisk's log-in is Asterisk's: what we serve beside ARI lets in exactly whom ARI lets in.

Each request goes to a path of ours and to one of ARI's own, and gets the same.
"""

import json
from pathlib import Path

import pytest

from harness.ari import USER
from harness.asterisk import read_log
from harness.conf import ari_conf, changed, described, load, our_claim_path, with_claim, without_claim
from harness.raw_http import send

NATIVE_CLAIM = b"/ari/broadcasts/-/claim"
OUR_CLAIM = b"/ari/events/claim"
NATIVE_DOCS = b"/ari/api-docs/sounds.json"
OUR_DOCS = (b"/ari/api-docs/events.json", b"/ari/api-docs/resources.json", b"/ari/api-docs/broadcasts.json")

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
PAGE = b"Origin: https://page.example"
FOREIGN = b"Origin: https://foreign.example"
ASKS = b"Access-Control-Request-Method: "

# Name: method, query, what else send() takes.
REQUESTS = {
    "none": ("POST", b"", {"user": None}),
    "right": ("POST", b"", {}),
    "wrong": ("POST", b"", {"user": ("ari", "wrong")}),
    "unknown": ("POST", b"", {"user": ("nobody", "ari")}),
    "other-case": ("POST", b"", {"user": ("ARI", "ari")}),
    "colon-in-password": ("POST", b"", {"user": ("ari", "ari:ari")}),
    "crypted": ("POST", b"", {"user": ("crypted", "crypted")}),
    "crypted-wrong": ("POST", b"", {"user": ("crypted", "wrong")}),
    "reader": ("POST", b"", {"user": ("reader", "reader")}),
    "reader-get": ("GET", b"", {"user": ("reader", "reader")}),
    "reader-options": ("OPTIONS", b"", {"user": ("reader", "reader")}),
    "reader-head": ("HEAD", b"", {"user": ("reader", "reader")}),
    "key": ("POST", b"?api_key=ari:ari", {"user": None}),
    "key-wrong": ("POST", b"?api_key=ari:wrong", {"user": None}),
    "key-coded": ("POST", b"?api_key=ari%3aari", {"user": None}),
    "key-without-colon": ("POST", b"?api_key=ari", {"user": None}),
    "key-other-case": ("POST", b"?API_Key=ari:ari", {"user": None}),
    "two-keys": ("POST", b"?api_key=ari:wrong&api_key=ari:ari", {"user": None}),
    "key-and-wrong-header": ("POST", b"?api_key=ari:ari", {"user": ("ari", "wrong")}),
    "key-in-form": ("POST", b"", {"user": None, "body": b"api_key=ari:ari", "content_type": FORM}),
    "wrong-key-in-form": ("POST", b"?api_key=ari:ari", {
        "user": None, "body": b"api_key=ari:wrong", "content_type": FORM,
    }),
    "key-in-json": ("POST", b"", {"user": None, "body": b'{"api_key":"ari:ari"}', "content_type": JSON}),
    "bearer": ("POST", b"", {"user": None, "headers": (b"Authorization: Bearer YXJpOmFyaQ==",)}),
    "basic-lower-case": ("POST", b"", {"user": None, "headers": (b"authorization: basic YXJpOmFyaQ==",)}),
    "basic-broken": ("POST", b"", {"user": None, "headers": (b"Authorization: Basic !!!",)}),
    "bad-json": ("POST", b"", {"body": b"{bad", "content_type": JSON}),
    "bad-json-without-log-in": ("POST", b"", {"user": None, "body": b"{bad", "content_type": JSON}),
    "get": ("GET", b"", {}),
    "head": ("HEAD", b"", {}),
    "put": ("PUT", b"", {}),
    "delete": ("DELETE", b"", {}),
    "options": ("OPTIONS", b"", {}),
    "options-without-log-in": ("OPTIONS", b"", {"user": None}),
    "page": ("POST", b"", {"headers": (PAGE,)}),
    "page-without-log-in": ("POST", b"", {"user": None, "headers": (PAGE,)}),
    "foreign-page": ("POST", b"", {"headers": (FOREIGN,)}),
    "part-of-a-page": ("POST", b"", {"headers": (b"Origin: https://page.exampl",)}),
    "page-in-other-case": ("POST", b"", {"headers": (b"Origin: https://PAGE.example",)}),
    "header-in-other-case": ("POST", b"", {"headers": (b"origin: https://page.example",)}),
    "two-pages": ("POST", b"", {"headers": (PAGE, FOREIGN)}),
    "two-pages-turned": ("POST", b"", {"headers": (FOREIGN, PAGE)}),
    "preflight": ("OPTIONS", b"", {"headers": (PAGE, ASKS + b"POST")}),
    "preflight-without-log-in": ("OPTIONS", b"", {"user": None, "headers": (PAGE, ASKS + b"POST")}),
    "preflight-headers": ("OPTIONS", b"", {
        "headers": (PAGE, ASKS + b"POST", b"Access-Control-Request-Headers: X-Mine, Y"),
    }),
    "preflight-get": ("OPTIONS", b"", {"headers": (PAGE, ASKS + b"GET")}),
    "preflight-foreign": ("OPTIONS", b"", {"headers": (FOREIGN, ASKS + b"POST")}),
}  # fmt: skip

SETTINGS = "\nauth_realm = The \\;line\nallowed_origins = https://other.example,https://page.example"


async def ask(case, request, target):
    method, query, options = request
    return await send(case.asterisk.port("HTTP"), method, target + query, **options)


def who_may(answer):
    """What of an answer does not depend on the resource."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}
    return answer.status, headers, answer.body if answer.status in (401, 403, 405, 413, 503) else b""


async def same_claim(case, request):
    """The answer of our path, if the native one gives the same. No request has what a claim needs: 400 is a yes."""
    native, own = await ask(case, request, NATIVE_CLAIM), await ask(case, request, OUR_CLAIM)
    assert who_may(own) == who_may(native)
    return own


async def same_docs(case, request):
    native = await ask(case, request, NATIVE_DOCS)
    for target in OUR_DOCS:
        assert who_may(await ask(case, request, target)) == who_may(native), target
    return native


async def test_claim_path_answers_who_may_use_it_as_ari_does(case):
    async with our_claim_path(case), ari_conf(case, "[general]", "[general]" + SETTINGS):
        answers = {name: (await same_claim(case, request)).status for name, request in REQUESTS.items()}
        assert answers["right"] == answers["key"] == answers["key-in-form"] == answers["crypted"] == 400
        assert answers["none"] == answers["wrong"] == answers["key-wrong"] == answers["bearer"] == 401
        assert answers["reader"] == answers["reader-head"] == 403
        assert answers["get"] == 405 and answers["options"] == 204


async def test_descriptions_answer_who_may_read_them_as_ari_does(case):
    async with ari_conf(case, "[general]", "[general]" + SETTINGS):
        for name, (method, query, options) in REQUESTS.items():
            # The same requests, reading.
            method = "GET" if method == "POST" and "body" not in options else method
            await same_docs(case, (method, query, options))


@pytest.mark.only(22)
async def test_access_lists_hold_on_every_path(case):
    lists = (
        "[denied]\ntype = user\npassword = denied\ndeny = 0.0.0.0/0.0.0.0\n\n"
        "[elsewhere]\ntype = user\npassword = elsewhere\ndeny = 0.0.0.0/0.0.0.0\npermit = 192.0.2.0/24\n\n"
        "[here]\ntype = user\npassword = here\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.0/8\n\n[ari]"
    )
    async with our_claim_path(case), ari_conf(case, "[ari]", lists):
        for user, method, key, statuses in (
            ("denied", "POST", b"", (401, 403)),
            ("denied", "GET", b"?api_key=denied:denied", (401, 403)),
            ("elsewhere", "POST", b"", (401, 403)),
            ("here", "GET", b"", (200, 405)),
            ("here", "GET", b"?api_key=here:here", (200, 405)),
        ):
            request = (method, key, {"user": None if key else (user, user)})
            assert (await same_claim(case, request)).status in statuses, request
            assert (await same_docs(case, ("GET", *request[1:]))).status in statuses, request


@pytest.mark.only(22)
async def test_user_refused_by_an_access_list_does_not_take_the_call(case):
    denied = "[denied]\ntype = user\npassword = denied\ndeny = 0.0.0.0/0.0.0.0\n\n[ari]"
    async with our_claim_path(case), ari_conf(case, "[ari]", denied):
        app = await case.app()
        call = await case.call("30000")
        await app.offered(call.id)
        params = {"channelId": call.id, "application": app.app}
        answer = await case.ari.request("POST", "/events/claim", params, user=("denied", "denied"))
        assert answer.status in (401, 403), answer
        assert (await case.ari.broadcast(call.id))["state"] == "open"
        assert await app.claim(call.id) == 204
        await app.started(call.id)


@pytest.mark.only(22)
@pytest.mark.instance(CONF=str(Path(__file__).parent / "conf" / "sorcery"))
async def test_users_that_sorcery_keeps_elsewhere_can_log_in(case):
    async with our_claim_path(case):
        for user, claims in ((USER, 400), (("Moved", "moved"), 400), (("looker", "looker"), 403)):
            assert (await same_docs(case, ("GET", b"", {"user": user}))).status == 200, user
            assert (await same_claim(case, ("POST", b"", {"user": user}))).status == claims, user
        for user in (("moved", "moved"), ("Moved", "wrong"), ("reader", "reader"), ("crypted", "crypted")):
            assert (await same_docs(case, ("GET", b"", {"user": user}))).status == 401, user
            assert (await same_claim(case, ("POST", b"", {"user": user}))).status == 401, user


@pytest.mark.only(22)
@pytest.mark.instance(CONF=str(Path(__file__).parent / "conf" / "sorcery"))
async def test_settings_that_sorcery_keeps_elsewhere_count(case):
    async with our_claim_path(case):
        for name in ("none", "page", "foreign-page", "page-without-log-in", "preflight", "preflight-foreign"):
            answers = (await same_claim(case, REQUESTS[name]), await same_docs(case, ("GET", *REQUESTS[name][1:])))
            for answer in answers:
                allowed = PAGE in REQUESTS[name][2].get("headers", ())
                assert ("access-control-allow-origin" in answer.headers) == allowed
        assert (await same_claim(case, REQUESTS["none"])).headers["www-authenticate"] == 'Basic realm="Elsewhere"'


async def test_settings_count_when_ari_has_read_them(case):
    """A request without a log-in makes nobody read ari.conf, nor run what it includes."""
    conf = case.asterisk.folder / "etc" / "ari.conf"
    before = conf.read_text()
    late = ("GET", b"", {"user": ("late", "late")})
    async with our_claim_path(case):
        try:
            conf.write_text(before + "\n[late]\ntype = user\npassword = late\n")
            assert (await same_docs(case, late)).status == 401
            assert (await same_claim(case, ("POST", *late[1:]))).status == 401
            await case.ami.cli("module reload res_ari.so")
            assert (await same_docs(case, late)).status == 200
            assert (await same_claim(case, ("POST", *late[1:]))).status == 400
        finally:
            conf.write_text(before)
            await case.ami.cli("module reload res_ari.so")


async def test_nothing_is_there_while_ari_is_switched_off(case):
    async with our_claim_path(case), ari_conf(case, "enabled = yes", "enabled = no"):
        for name in ("right", "none", "options"):
            method, query, options = REQUESTS[name]
            for target in (NATIVE_CLAIM, OUR_CLAIM, NATIVE_DOCS, *OUR_DOCS):
                assert (await ask(case, (method, query, options), target)).status == 404, target


async def test_paths_follow_the_prefix_of_the_server(case):
    prefix = changed(case, "http.conf", "enabled = yes", "enabled = yes\nprefix = pbx", "http")
    async with our_claim_path(case), prefix:
        port = case.asterisk.port("HTTP")
        for target in (OUR_CLAIM, *OUR_DOCS):
            assert (await send(port, "GET", target)).status == 404, target
        assert (await send(port, "POST", b"/pbx" + OUR_CLAIM)).status == 400
        for target in OUR_DOCS:
            ours, native = await send(port, "GET", b"/pbx" + target), await send(port, "GET", b"/pbx" + NATIVE_DOCS)
            assert ours.json["basePath"] == native.json["basePath"] == "http://127.0.0.1/pbx/ari"


# Paths that are not ours


@pytest.mark.parametrize("path", [
    "events/claim/", "Events/Claim", "events/CLAIM", "EVENTS/claim/", "events/claim/x", "events/claim//",
])  # fmt: skip
async def test_only_the_path_itself_is_the_claim_path(case, path):
    app = await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    async with our_claim_path(case):
        target = f"/ari/{path}?channelId={call.id}&application={app.app}".encode()
        for method in ("POST", "GET", "OPTIONS"):
            answer = await send(case.asterisk.port("HTTP"), method, target)
            assert answer.status == 404, answer
            assert "slash" in answer.message if path.endswith("/") else answer.message == "Resource not found"
        assert (await case.ari.broadcast(call.id))["state"] == "open"
        # The server compares ARI's root without regard to case.
        target = target.replace(f"ari/{path}".encode(), b"ARI/events/claim")
        assert (await send(case.asterisk.port("HTTP"), "POST", target)).status == 204
        await app.started(call.id)


@pytest.mark.parametrize("name", ["events", "resources", "broadcasts"])
async def test_only_the_paths_themselves_are_descriptions_of_ours(case, name):
    for form in ("/ari/api-docs/{}.json/", "/ari/Api-Docs/{}.json", "/ari/api-docs/{}.json//"):
        ours = await send(case.asterisk.port("HTTP"), "GET", form.format(name).encode())
        native = await send(case.asterisk.port("HTTP"), "GET", form.format("sounds").encode())
        assert (ours.status, ours.message) == (native.status, native.message.replace("sounds", name)), form


# Whose claim path it is


async def test_claim_path_is_ours_where_asterisk_describes_none(case):
    """Whatever the version calls itself: a build from git has no number."""
    status = await case.ami.cli("http show status")
    assert ("/ari/events/claim " in status) == (case.version == 16)
    if case.version == 16:
        async with described(case, with_claim):
            assert "/ari/events/claim " not in await case.ami.cli("http show status")
    else:
        async with our_claim_path(case):
            assert "/ari/events/claim " in await case.ami.cli("http show status")


async def test_claim_path_is_ours_where_a_description_only_mentions_it(case):
    """The description is searched as text: in a sentence, under another name and as the begin of another path it is none."""

    def mention(description):
        without_claim(description)
        description["notes"] = 'In later versions: { "path": "/events/claim" }'
        description["apis"] += [{"path": "/events/claims"}, {"path": "/x/events/claim"}, {"path ": "/events/claim"}]
        description["apis"].append({"path": "path", "see": "/events/claim"})

    async with described(case, mention):
        assert "/ari/events/claim " in await case.ami.cli("http show status")


@pytest.mark.parametrize("kind", ["query", "form", "json", "form-and-query"])
async def test_claim_path_takes_parameters_from(case, kind):
    app, other = await case.app(), await case.app()
    call = await case.call("30000")
    await app.offered(call.id)
    port = case.asterisk.port("HTTP")

    async def claim(name):
        query = f"channelId={call.id}&application={name}".encode()
        if kind == "query":
            return await send(port, "POST", OUR_CLAIM + b"?" + query)
        if kind == "form":
            return await send(port, "POST", OUR_CLAIM, query, FORM)
        if kind == "json":
            body = json.dumps({"channelId": call.id, "application": name}).encode()
            return await send(port, "POST", OUR_CLAIM, body, JSON)
        first, _, second = query.partition(b"&")
        return await send(port, "POST", OUR_CLAIM + b"?" + first, second, FORM)

    async with our_claim_path(case):
        # 404, where /ari/broadcasts says 403.
        assert (await claim("nobody")).status == 404
        native = await case.ari.post(f"/broadcasts/{call.id}/claim", application="nobody")
        assert native.status == 403
        assert (await claim(app.app)).status == 204
        assert (await claim(app.app)).status == 204
        assert (await claim(other.app)).status == 409
        await app.started(call.id)


async def test_claim_path_names_what_is_missing(case):
    async with our_claim_path(case):
        for query, word in ((b"", "channelId"), (b"?channelId=x", "application"), (b"?application=x", "channelId")):
            answer = await send(case.asterisk.port("HTTP"), "POST", OUR_CLAIM + query)
            assert answer.status == 400 and word in answer.message, answer
        answer = await send(case.asterisk.port("HTTP"), "POST", OUR_CLAIM + b"?channelId=x&channelId=y&application=x")
        assert answer.status == 400 and "2 times" in answer.message, answer


# What goes back into headers


ODD = (
    b"https://a\x1b[2J", b"https://a\x01b", b"https://a\rSet-Cookie: x=1", b"https://a\x7f", b"https://\xff", b"a\tb",
)  # fmt: skip


async def test_headers_reflect_nothing_that_is_not_printable(case):
    """Neither to a browser that asks before its request, nor with the answer to the request."""
    async with our_claim_path(case), ari_conf(case, "[general]", "[general]\nallowed_origins = *"):
        port = case.asterisk.port("HTTP")
        for target in (OUR_CLAIM, *OUR_DOCS):
            for odd in ODD:
                for method, headers in (
                    ("OPTIONS", (b"Origin: " + odd, ASKS + b"POST")),
                    ("OPTIONS", (PAGE, ASKS + b"POST", b"Access-Control-Request-Headers: " + odd)),
                    ("POST" if target == OUR_CLAIM else "GET", (b"Origin: " + odd,)),
                ):
                    answer = await send(port, method, target, headers=headers)
                    assert answer.status in (200, 204, 400, 405), answer
                    values = "".join(answer.headers.values())
                    assert values.isprintable() and "https://a" not in values, (headers, answer.headers)
            answer = await send(port, "OPTIONS", target, headers=(PAGE, ASKS + b"POST"))
            assert answer.headers["access-control-allow-origin"] == "https://page.example"


# A res_stasis_broadcast that is not ours


@pytest.mark.only(22)
@pytest.mark.instance(modules="mix-res")
async def test_provider_that_is_not_ours_is_an_error_once(case):
    case.expect_log("is not the one of Stasis Broadcast")

    async def errors():
        await case.log()
        # The application says for itself what it has to say.
        ours = [line for line in read_log(case.asterisk.log, 0) if "/ari/broadcasts answers 501" in line.text]
        return [line for line in ours if "is not the one of Stasis Broadcast" in line.text]

    (line,) = await errors()
    assert line.level == "ERROR"
    for _ in range(3):
        assert (await case.ari.get("/broadcasts")).status == 501
    assert await errors() == [line]


async def test_provider_that_is_ours_is_no_error(case):
    await load(case, "unload")
    await load(case, "load")
    assert (await case.ari.get("/broadcasts")).status == 200
    assert not [line for line in await case.our_log() if "Stasis Broadcast" in line.text]
