"""Which applications are offered calls: those that could claim them, and that `exclude` does not leave out."""

import asyncio
from urllib.parse import quote_from_bytes as quote

import aiohttp
import pytest
import yarl
from harness.ari import AriApp
from harness.events import until
from test_settings import conf  # noqa: F401, pylint: disable=unused-import

NOT_OFFERED = r"^Application '.*' is offered no calls: its name is (not UTF-8|longer than 256 bytes), so that it could not"


async def check_left_out(case, app):
    """It hears of no offer, and can have no part in one by whatever way it asks."""
    other = await case.app("other")
    call = await case.call("10000")
    assert (await other.offered(call.id))["application"] == other.app
    assert (await case.ari.broadcast(call.id))["recipients"] == [other.app]
    assert await case.ari.claim(call.id, app.app) == 404
    for verb in ("claim", "decline"):
        assert (await case.ari.post(f"/broadcasts/{call.id}/{verb}", application=app.app)).status == 403
    assert (await case.ari.get("/broadcasts", application=app.app)).json == []
    assert await other.claim(call.id) == 204
    await other.started(call.id)
    await call.hangup()
    await case.flush(other)
    assert not app.of("CallBroadcast")
    assert not app.of("CallClaimed")


async def check_takes_part(case, app, name=None):
    """It is offered a call, and gets it with a claim by a name, or by the one in the event."""
    call = await case.call("10000")
    offer = await app.offered(call.id)
    assert await case.ari.claim(call.id, name or offer["application"]) == 204
    assert (await app.started(call.id))["application"] == offer["application"]
    await call.hangup()


# exclude


@pytest.mark.parametrize("policy", ["recipient", "any"])
async def test_excluded_application_hears_and_claims_nothing(case, conf, policy):  # noqa: F811
    await conf.use("exclude = ^(old|deaf)-", f"claim_policy = {policy}")
    app = await case.app("old")
    await check_left_out(case, app)
    await conf.take_away()
    await check_takes_part(case, app)


async def test_exclude_holds_for_the_next_offer_and_claim(case, conf):  # noqa: F811
    """A reload changes who may claim what is on offer; who has won before stays the winner."""
    app = await case.app("old")
    won, open_call = await case.call("10000"), await case.call("10000")
    await app.offered(won.id)
    await app.offered(open_call.id)
    assert await app.claim(won.id) == 204
    await app.started(won.id)
    await conf.use("exclude = ^old-")
    assert await app.claim(won.id) == 204
    assert await app.claim(open_call.id) == 404
    await conf.use("exclude = ^older-")
    assert await app.claim(open_call.id) == 204


async def test_nobody_but_excluded_ones_is_nobody(case, conf):  # noqa: F811
    await conf.use("exclude = .")
    await case.app()
    assert await (await case.call("10000")).status() == ("TIMEOUT", "NOAPPS")


@pytest.mark.parametrize("value, reason", [
    ("^(old", "cannot be used: "),
    ("(a{1,100}){1,100}{1,100}", "cannot be used: "),
    ("x" * 257, "is longer than 256 characters"),
])  # fmt: skip
async def test_unusable_exclude_is_refused(case, conf, value, reason):  # noqa: F811
    """A file with such a line changes nothing: who was left out still is."""
    await conf.use("exclude = ^old-")
    app = await case.app("old")
    await conf.refused("[general]", f"exclude = {value}")
    assert any("line 2: exclude = " in line.text and reason in line.text for line in await case.our_log())
    await check_left_out(case, app)


# Names


class OddApp(AriApp):
    """An application whose name need not be text, and is not what Asterisk makes of it.

    It is there when the command line lists one more, since ARI can neither list nor find all of them.
    """

    def __init__(self, case, name: bytes) -> None:
        super().__init__(case.ari, "odd")
        self.case = case
        self.url = yarl.URL(f"{case.ari.base}/events?api_key=ari:ari&app={quote(name)}", encoded=True)

    async def count(self) -> int:
        return len((await self.case.ami.cli("ari show apps")).strip().splitlines())

    async def connect(self) -> "OddApp":
        before = await self.count()
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(self.url, max_msg_size=0)
        self._task = asyncio.create_task(self._read())
        await until(lambda: self._is_count(before + 1), "the application is registered")
        return self

    async def claim_raw(self, channel_id: str, name: bytes) -> int:
        url = f"{self.ari.base}/broadcasts/{channel_id}/claim?api_key=ari:ari&application={quote(name)}"
        async with self._session.post(yarl.URL(url, encoded=True)) as answer:
            return answer.status

    async def _is_count(self, count: int) -> bool:
        return await self.count() == count

    async def close(self) -> None:
        before = await self.count()
        await self.disconnect()
        await self._session.close()
        await until(lambda: self._is_count(before - 1), "the application is gone")


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "größe", "n" * 73, "n" * 74, "n" * 256])
async def test_application_can_claim_what_it_is_offered(case, name):
    """By the name that it has given, and by the one in the event: Asterisk 16 leaves quotes and backslashes out."""
    app = OddApp(case, name.encode())
    try:
        await app.connect()
    except aiohttp.WSServerHandshakeError:
        await app._session.close()
        # Asterisk 22 takes no more.
        assert case.version == 22 and len(name) > 73
        return
    try:
        await check_takes_part(case, app)
        await check_takes_part(case, app, name)
        call = await case.call("10000")
        offer = await app.offered(call.id)
        listed = (await case.ari.get("/broadcasts", application=name)).json
        assert [broadcast["channel_id"] for broadcast in listed] == [call.id]
        assert (await case.ari.post(f"/broadcasts/{call.id}/decline", application=name)).status == 204
        assert (await call.result())["BROADCASTSTATUS"] == "DECLINED"
        assert offer["application"] in (name, name.replace('"', "").replace("\\", ""))
    finally:
        await app.close()


async def check_offered_nothing(case, name):
    """It is left out of the offer, and the log tells why in one line."""
    case.expect_log(NOT_OFFERED)
    app, other = await OddApp(case, name).connect(), await case.app("other")
    try:
        for _ in range(3):
            call = await case.call("10000")
            await other.offered(call.id)
            assert (await case.ari.broadcast(call.id))["recipients"] == [other.app]
            assert await app.claim_raw(call.id, name) in (400, 403)
            assert await other.claim(call.id) == 204
            await other.started(call.id)
            await call.hangup()
        await case.flush(other)
        assert not app.of("CallBroadcast")
        assert len(await case.our_log()) <= 1
    finally:
        await app.close()


@pytest.mark.parametrize("name", [b"caf\xe9", b"\xff\xfe", b"cut\xc3", b"surrogate-\xed\xa0\x80"])
async def test_application_without_a_name_in_text_is_offered_nothing(case, name):
    await check_offered_nothing(case, name)


@pytest.mark.only(16)
@pytest.mark.parametrize("length", [257, 300])
async def test_application_with_too_long_a_name_is_offered_nothing(case, length):
    """Asterisk 22 has no such applications."""
    await check_offered_nothing(case, b"n" * length)
