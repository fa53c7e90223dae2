"""The setting `watchers` (SPEC section 6): who hears everything of every broadcast, and has no say in it."""

import asyncio

import pytest

from test_call_withdrawn import masquerades, story
from test_directory import NOT_OFFERED, OddApp
from test_identity import Transfer
from test_reoffer import LOST, ghost
from test_settings import conf  # noqa: F401, pylint: disable=unused-import


@pytest.fixture
def watching(case, conf, loop):  # noqa: F811
    """A watcher, and the setting that makes it one."""

    async def begin():
        await conf.use("watchers = ^watch-")
        return await case.app("watch")

    return loop.run_until_complete(begin())


async def check_heard(watcher, call, end, why):
    """It has heard of the offer and of its end, by now or soon."""
    event = await watcher.event(end, call.id)
    assert event["application"] == watcher.app
    assert story(watcher, call.id) == [("CallBroadcast", call.id, None), (end, call.id, why)]


# What it hears


async def test_hears_of_every_offer_and_its_winner(case, watching):
    """Whatever the filter, and without notify_claimed."""
    app = await case.app("sales")
    for offer in ("30000", "30000,^sales-", "30000,^sales-,,no", "30000,^sales-,,yes"):
        call = await case.call(offer)
        mine, its = await asyncio.gather(app.offered(call.id), watching.offered(call.id))
        without = ("application", "at")
        assert {k: v for k, v in mine.items() if k not in without} == {k: v for k, v in its.items() if k not in without}
        assert await app.claim(call.id) == 204
        await app.started(call.id)
        await check_heard(watching, call, "CallClaimed", app.app)


@pytest.mark.parametrize("reason", ["timeout", "hangup", "declined", "withdrawn"])
async def test_hears_how_an_offer_ends_without_a_winner(case, watching, reason):
    app = await case.app()
    call = await case.call("300" if reason == "timeout" else "30000")
    if reason != "timeout":
        await app.offered(call.id)
    if reason == "hangup":
        await call.hangup()
    elif reason == "declined":
        assert await app.decline(call.id) == 204
    elif reason == "withdrawn":
        assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
    await check_heard(watching, call, "CallWithdrawn", reason)
    await case.flush(app)
    assert not app.of("CallWithdrawn", call.id), "notify_claimed is still the recipients'"


@masquerades
async def test_hears_of_a_masquerade(case, watching):
    app = await case.app()
    transfer = Transfer(case)
    await transfer.prepare(app, "20000")
    new_id = (await transfer.connect(app))["channel"]["id"]
    assert await app.claim(new_id) == 204
    await watching.event("CallClaimed", new_id)
    assert watching.of("CallWithdrawn", transfer.old_id)[0]["replaced_by"] == new_id
    assert story(watching, transfer.old_id, new_id) == [
        ("CallBroadcast", transfer.old_id, None),
        ("CallWithdrawn", transfer.old_id, "replaced"),
        ("CallBroadcast", new_id, None),
        ("CallClaimed", new_id, app.app),
    ]


async def test_hears_of_a_lost_winner_s_rounds(case, watching):
    case.expect_log(LOST)
    gone, app = await ghost(case), await case.app()
    for _ in range(10):
        call = await case.call("30000")
        await app.offered(call.id)
        assert await case.ari.claim(call.id, gone.app) == 204
        await app.wait_count(2, lambda event: event["type"] == "CallBroadcast" and event["channel"]["id"] == call.id)
        assert await app.claim(call.id) == 204
        await watching.wait_count(2, lambda event: event["type"] == "CallClaimed" and event["channel"]["id"] == call.id)
        assert story(watching, call.id) == [
            ("CallBroadcast", call.id, None), ("CallClaimed", call.id, gone.app),
            ("CallBroadcast", call.id, None), ("CallClaimed", call.id, app.app),
        ]  # fmt: skip
        await app.started(call.id)
        await call.hangup()


async def test_hears_of_a_claim_that_is_as_fast_as_it_can_be(case, watching):
    """The claim comes with the first event that tells of the call, the watcher's own event in its queue or not."""
    app = await case.app()
    calls = [await case.call("10000") for _ in range(40)]
    for call in calls:
        await app.offered(call.id)
        assert await app.claim(call.id) == 204
    for call in calls:
        await check_heard(watching, call, "CallClaimed", app.app)


async def test_hears_of_offers_that_are_over_at_once(case, watching):
    """An offer of no time, and fifty short ones in a row: a recipient need not hear of each, a watcher does."""
    await case.app()
    call = await case.call("0")
    await call.result()
    await check_heard(watching, call, "CallWithdrawn", "timeout")
    call = await case.call("1", extension="numbered", TIMES="50")
    await call.result("numbered-done")
    await watching.wait_count(50, lambda e: e["type"] == "CallWithdrawn" and e["channel"]["id"] == call.id)
    assert [kind for kind, _, _ in story(watching, call.id)] == ["CallBroadcast", "CallWithdrawn"] * 50
    assert [int(event["caller"]) for event in watching.of("CallBroadcast", call.id)] == list(range(50))


# It counts for nothing


async def test_watchers_alone_are_nobody(case, watching):
    other = await case.app("watch")
    call = await case.call("30000")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    for watcher in (watching, other):
        await check_heard(watcher, call, "CallWithdrawn", "declined")


async def test_nobody_whom_the_filter_matches(case, watching):
    await case.app("sales")
    call = await case.call("30000,^(support|watch)-")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    await check_heard(watching, call, "CallWithdrawn", "declined")


async def test_is_no_recipient(case, watching):
    app = await case.app()
    call = await case.call("30000")
    await asyncio.gather(app.offered(call.id), watching.offered(call.id))
    assert (await case.ari.broadcast(call.id))["recipients"] == [app.app]
    assert await app.decline(call.id) == 204
    assert await call.status() == ("TIMEOUT", "DECLINED")


@pytest.mark.parametrize("policy", ["recipient", "any"])
async def test_may_claim_and_decline_nothing(case, conf, policy):  # noqa: F811
    await conf.use("watchers = ^watch-", f"claim_policy = {policy}")
    watcher, app = await case.app("watch"), await case.app()
    call = await case.call("30000")
    await asyncio.gather(app.offered(call.id), watcher.offered(call.id))
    assert await watcher.claim(call.id) == 404
    for verb in ("claim", "decline"):
        answer = await case.ari.post(f"/broadcasts/{call.id}/{verb}", application=watcher.app)
        assert answer.status == 403 and "watchers" in answer.message
    assert (await case.ari.get("/broadcasts", application=watcher.app)).json == []
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    answer = await case.ari.post(f"/broadcasts/{call.id}/claim", application=watcher.app)
    assert answer.status == 409
    await check_heard(watcher, call, "CallClaimed", app.app)


# Who is one


async def test_excluded_application_is_no_watcher(case, conf):  # noqa: F811
    await conf.use("exclude = ^watch-old", "watchers = ^watch-")
    old, watcher = await case.app("watch-old"), await case.app("watch")
    app = await case.app()
    call = await case.call("30000")
    await asyncio.gather(app.offered(call.id), watcher.offered(call.id))
    assert await app.claim(call.id) == 204
    await check_heard(watcher, call, "CallClaimed", app.app)
    await case.flush(app, watcher)
    assert story(old, call.id) == []


async def test_reload_counts_from_the_next_offer_on(case, conf):  # noqa: F811
    watcher, app = await case.app("watch"), await case.app()
    call = await case.call("30000")
    await asyncio.gather(app.offered(call.id), watcher.offered(call.id))
    assert len((await case.ari.broadcast(call.id))["recipients"]) == 2
    await conf.use("watchers = ^watch-")
    assert await watcher.claim(call.id) == 404
    second = await case.call("30000")
    await asyncio.gather(app.offered(second.id), watcher.offered(second.id))
    assert (await case.ari.broadcast(second.id))["recipients"] == [app.app]
    await conf.take_away()
    third = await case.call("30000")
    await watcher.offered(third.id)
    assert await watcher.claim(third.id) == 204
    await watcher.started(third.id)


@pytest.mark.parametrize("value, reason", [
    ("^(watch", "cannot be used: "),
    ("(a{1,100}){1,100}{1,100}", "cannot be used: "),
    ("x" * 257, "is longer than 256 characters"),
])  # fmt: skip
async def test_unusable_setting_is_refused(case, conf, value, reason):  # noqa: F811
    """A file with such a line changes nothing: who watched still does."""
    await conf.use("watchers = ^watch-")
    watcher = await case.app("watch")
    await conf.refused("[general]", f"watchers = {value}")
    assert any("line 2: watchers = " in line.text and reason in line.text for line in await case.our_log())
    call = await case.call("30000")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    await check_heard(watcher, call, "CallWithdrawn", "declined")


@pytest.mark.parametrize("name", [b"caf\xe9", b"\xff\xfe"])
async def test_application_without_a_name_in_text_is_no_watcher(case, conf, name):  # noqa: F811
    case.expect_log(NOT_OFFERED)
    await conf.use("watchers = .")
    odd = await OddApp(case, name).connect()
    watcher = await case.app("other")
    try:
        call = await case.call("30000")
        assert await call.status() == ("TIMEOUT", "NOAPPS")
        await check_heard(watcher, call, "CallWithdrawn", "declined")
        assert not odd.of("CallBroadcast")
    finally:
        await odd.close()


async def test_text_that_cannot_be_told_keeps_nobody_from_noapps(case, watching):
    """Without recipients there is nothing to refuse: the call goes on as if there were no watchers."""
    case.expect_log("cannot be offered: its accountcode .* is not UTF-8")
    call = await case.call("30000", extension="bytes", FIELD="CHANNEL(accountcode)")
    assert await call.status() == ("TIMEOUT", "NOAPPS")
    await case.flush(watching)
    assert story(watching, call.id) == []
