"""docs/FLEET.md, "Protocol", message by message: what a node answers to whom."""

import pytest
from harness.events import until
from harness.nats import token

CHANNEL = "channel_id"

# Names with all that means something to NATS, to its text protocol, to JSON or to a log.
NAMES = {
    "dots": "a.b.c", "stars": "a*b", "greater": "a>", "blanks": "a b c", "crlf": "a\r\nPUB sb.v1.ping 0\r\n\r\nb",
    "quotes": "a\"b\\c'", "percent": "100%25", "utf8": "büro-ß", "escape": "a\x1b[31mb", "long": "x" * 200,
}  # fmt: skip


async def test_same_worker_again_and_others(world):
    """A reply may be lost: the same worker gets the same answer, nobody else does."""
    first = await world.raw()
    twin = await world.raw(first.app)
    other = await world.raw(f"{first.app}-other")
    call = await world.cases[1].call(f"10000,^{first.app}")
    offer = await first.offered(call.id)
    assert offer["node"] == "node-2" and 0 < offer["remaining_ms"] <= 10000
    answer = await first.claim(offer)
    assert answer["status"] == 204 and answer["ari"] == world.cases[1].asterisk.ari_url and answer["hold_ms"] > 0
    assert (await first.claim(offer)) == answer
    refusal = await twin.claim(offer)
    assert (refusal["status"], refusal["winner_app"]) == (409, first.app)
    refusal = await other.claim(offer)
    assert (refusal["status"], refusal["winner_app"]) == (409, first.app)


async def test_claim_and_no_worker_is_told(world):
    """Who may publish may have written anything: 400 with a reason, and the call is still to be had."""
    raw = await world.raw()
    call = await world.cases[0].call(f"10000,^{raw.app}$")
    offer = await raw.offered(call.id)
    subject = f"sb.v1.claim.node-1.{token(raw.app)}"
    for body in (b"", b"{", b"[]", b"null", b"\xff\xfe", {}, {CHANNEL: 1, "worker": "x"}, {CHANNEL: call.id}, {CHANNEL: call.id, "worker": ""},
                 {CHANNEL: call.id, "worker": "w" * 129}, {CHANNEL: "", "worker": "x"}):  # fmt: skip
        answer = await raw.client.request(subject, body)
        assert answer["status"] == 400 and answer["message"], (body, answer)
    assert (await raw.claim(offer))["status"] == 204


async def test_who_is_not_there_may_not_claim(world):
    raw = await world.raw()
    stranger = await world.raw(f"{raw.app}-stranger")
    call = await world.cases[0].call(f"10000,^{raw.app}$")
    offer = await raw.offered(call.id)
    assert (await stranger.claim(offer))["status"] == 403
    stranger.app = world.app_name("nobody")
    assert (await stranger.claim(offer))["status"] == 403
    assert (await raw.ask("claim", "node-1", channel_id="no-such", offer="x"))["status"] == 404
    assert await raw.ask("claim", "node-9", channel_id=call.id, offer=offer["offer"]) is None
    assert (await raw.claim(offer))["status"] == 204


async def test_winner_that_does_not_come(world):
    """It had the call and is gone: another one is offered it, and the first one's old claim is worth nothing."""
    dead, other = await world.raw(), await world.raw()
    call = await world.cases[0].call(f"20000,^({dead.app}|{other.app})$")
    first = await dead.offered(call.id)
    assert (await dead.claim(first))["status"] == 204
    await until(lambda: len(other.offers(call.id)) == 2, "the call is offered again")
    again = other.offers(call.id)[-1]
    assert again["offer"] != first["offer"]
    assert (await dead.claim(first))["status"] == 404
    assert (await other.claim(first))["status"] == 404
    assert (await other.claim(again))["status"] == 204
    app = await world.cases[0].app_named(other.app)
    await app.started(call.id)
    await app.proceed(call.id)
    result = await call.result()
    assert (result["BROADCASTSTATUS"], result["BROADCASTWINNER"], result["BROADCASTLOST"]) == ("CLAIMED", other.app, dead.app)


async def test_decline_by_all(world):
    raw, twin = await world.raw(), await world.raw()
    call = await world.cases[2].call(f"10000,^({raw.app}|{twin.app})$")
    for one in (raw, twin):
        assert (await one.decline(await one.offered(call.id)))["status"] == 204
    assert await call.status() == ("TIMEOUT", "DECLINED")


async def test_take_and_list(world):
    raw = await world.raw()
    assert (await raw.ask("take", "node-1"))["status"] == 404
    call = await world.cases[0].call(f"10000,^{raw.app}$")
    offer = await raw.offered(call.id)
    inbox, answers = "_INBOX.list", []
    await raw.client.subscribe(inbox, answers.append)
    raw.client.publish(f"sb.v1.list.{raw.app}", {}, inbox)
    await until(lambda: len(answers) == len(world.cases), "every node lists")
    lists = {answer["json"]["node"]: answer["json"]["broadcasts"] for answer in answers}
    assert [one["channel_id"] for one in lists["node-1"]] == [call.id]
    assert lists["node-1"][0]["offer"] == offer["offer"]
    assert lists["node-2"] == lists["node-3"] == []
    taken = await raw.ask("take", "node-1")
    assert (taken["status"], taken[CHANNEL], taken["ari"]) == (200, call.id, world.cases[0].asterisk.ari_url)
    app = await world.cases[0].app_named(raw.app)
    await app.started(call.id)


async def test_good_bye_and_ttl(world):
    """Who says good-bye, or nothing for its ttl, is offered nothing any more; the dialplan goes on at once."""
    raw, quiet = await world.raw(), await world.raw()
    await quiet.hello(700)
    await raw.hello(0)
    await world.gone(raw.app)
    call = await world.cases[0].call(f"10000,^{raw.app}$")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    await world.gone(quiet.app)
    call = await world.cases[0].call(f"10000,^{quiet.app}$")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    await quiet.hello()
    await world.known(quiet.app)
    call = await world.cases[0].call(f"10000,^{quiet.app}$")
    await quiet.offered(call.id)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_names(world, name):
    """A name is one token of the subject, whatever is in it, and reaches the dialplan as it is."""
    raw = await world.raw(name)
    call = await world.cases[0].call(f"10000,{raw.filter}")
    offer = await raw.offered(call.id)
    assert offer["application"] == name
    assert (await raw.claim(offer))["status"] == 204
    await raw.hello(0)


async def test_channel_ids(world):
    """A channel ID of a caller's choice goes there and back."""
    raw = await world.raw()
    case = world.cases[0]
    for number, odd in enumerate(("a.b", "a b", "a*>", "ä", "a%20b")):
        call = await case.call(f"10000,^{raw.app}$", X=str(number))
        assert call
        channel = f"{case.prefix}-{number}-{odd}"
        answer = await case.ari.request("POST", "/channels", {
            "endpoint": "Local/test@default/n", "extension": "wait", "context": "default", "channelId": f"x{number}-{odd}",
            "otherChannelId": channel}, json={"variables": {"OFFER": f"10000,^{raw.app}$"}})  # fmt: skip
        assert answer.status == 200, answer
        assert (await raw.claim(await raw.offered(channel)))["status"] == 204


@pytest.mark.parametrize("written", ["%61pp", "app%2e1", "app%", "app%2", "app%zz", "%00"])
async def test_token_in_another_way(world, written):
    """There is one way to write a name: else two permissions would mean the same."""
    raw = await world.raw()
    raw.client.publish(f"sb.v1.hello.{written}", {"worker": "w", "ttl_ms": 30000})
    answer = await raw.client.request(f"sb.v1.take.node-1.{written}", {"worker": "w"}, 3)
    assert answer is None or answer["status"] in (400, 403), answer
