"""The commands (issue "At home on a server"): what each shows and does, with calls and applications that are there."""

import asyncio
import re
import time

import pytest
from harness.console import console
from harness.events import until
from test_slow_reader import slow_clients
from test_silence import conf  # noqa: F401  pylint: disable=unused-import

COMMANDS = [
    "broadcast show", "broadcast show channel", "broadcast show apps", "broadcast show stats",
    "broadcast show settings", "broadcast show version", "broadcast match", "broadcast withdraw",
    "broadcast reset stats",
]  # fmt: skip


async def run(case, command):
    """The lines that a command prints."""
    return (await console(case.asterisk, command)).splitlines()


async def one_line(case, command):
    (line,) = await run(case, command)
    return line


async def table(case, command, first):
    """The rows of a table as dicts, by the title of its first column. Cells are where the titles are."""
    lines = await run(case, command)
    head = next(i for i, line in enumerate(lines) if line.startswith(first))
    starts = [match.start() for match in re.finditer(r"(?<=  )\S|^\S", lines[head])]
    titles = re.split(r" {2,}", lines[head].strip())
    rows = []
    for line in lines[head + 1 :]:
        cells = re.split(r" {2,}", line.strip())
        if len(cells) < 2 or len(line) < starts[1]:
            break
        assert line == line.rstrip()
        rows.append(line)
    return titles, rows


async def stats(case):
    return "\n".join(await run(case, "broadcast show stats"))


def count_of(text, word):
    """The numbers in the line of broadcast show stats that begins with a word."""
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [word]]
    return [int(number) for number in line.split()[1:]]


# Usage and completion


@pytest.mark.parametrize("command, titles", [
    ("broadcast show", ["Round", "First", "Bids", "Score"]),
    ("broadcast show apps", [
        "State", "Offers", "Won", "Late", "Decl", "Bids", "Award", "Lost", "Row", "Heard", "Median", "Queued", "Drop",
        "Stall", "Twice",
    ]),
])  # fmt: skip
async def test_usage_explains_columns(case, command, titles):
    text = "\n".join(await run(case, f"core show help {command}"))
    assert [title for title in titles if not re.search(rf"\b{title} {{2,}}\w|\b{title}  ?\w", text)] == []


@pytest.mark.parametrize("command", COMMANDS)
async def test_usage(case, command):
    text = "\n".join(await run(case, f"core show help {command}"))
    assert f"Usage: {command}" in text
    assert all(len(line) <= 80 for line in text.splitlines()), text


@pytest.mark.parametrize("command", [
    "broadcast show nonsense", "broadcast show from 0", "broadcast show from x", "broadcast show from 1 -1",
    "broadcast show channel", "broadcast show channel a b", "broadcast show apps like", "broadcast show apps x",
    "broadcast show stats x", "broadcast match", "broadcast match a b", "broadcast withdraw", "broadcast withdraw a b",
    "broadcast reset stats x", "broadcast show settings x", "broadcast show version x",
])  # fmt: skip
async def test_wrong_words_show_the_usage(case, command):
    assert (await run(case, command))[0].startswith("Usage: broadcast ")


async def completed(case, text):
    """What the console would complete a text to."""
    return (await console(case.asterisk, f'_command matchesarray "{text}" "{text.split()[-1]}"')).split()


async def test_completion(case):
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    for command in ("broadcast withdraw", "broadcast show channel"):
        assert call.id in await completed(case, f"{command} {call.id[:-3]}")
    assert "from" in await completed(case, "broadcast show f")
    assert "like" in await completed(case, "broadcast show apps l")
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    assert call.id not in await completed(case, f"broadcast withdraw {call.id[:-3]}")
    assert call.id in await completed(case, f"broadcast show channel {call.id[:-3]}")


async def test_completion_leaves_out_what_cannot_be_typed(case):
    """An ID that ARI was given goes to the terminal as it is, and with a blank it would be two words."""
    app = await case.app()
    for odd in ("esc\x1b[31m", "bl ank", 'quo"te', "back\\slash", "nl\n", "\u00e4", "pl-a.i/n"):
        await app.offered((await case.call("20000", channel_id=f"id-{odd}")).id)
    shown = await console(case.asterisk, '_command matchesarray "broadcast withdraw id-" "id-"')
    # Asterisk begins with what all of them have in common.
    assert set(shown.split()) - {"_EOF_"} == {"id-pl-a.i/n"}


# broadcast show


async def test_show_nothing(case):
    assert await one_line(case, "broadcast show") == "0 calls on offer, 0 claimed or ended"


async def test_show_tells_of_each_call_first_in_line_first(case):
    apps = await case.apps(3)
    first = await case.call("20000")
    # Two that are placed at once may come in either order.
    await apps[0].offered(first.id)
    second = await case.call("20000,^app[01]-")
    await apps[0].offered(second.id)
    assert await apps[1].decline(second.id) == 204
    titles, rows = await table(case, "broadcast show", "Channel")
    assert titles == ["Channel", "Caller", "Called", "Waited", "Left", "State", "Offered", "Declined", "Filter"]
    assert [row.split()[0] for row in rows] == [first.id, second.id]
    assert rows[0].split()[5:8] == ["open", "3", "0"]
    assert rows[1].split()[5:] == ["open", "2", "1", "^app[01]-"]
    assert await apps[0].claim(first.id) == 204
    await apps[0].started(first.id)
    titles, rows = await table(case, "broadcast show", "Channel")
    assert titles[-1] == "Winner"
    # What is on offer comes before what an application has.
    assert [row.split()[0] for row in rows] == [second.id, first.id]
    assert rows[1].split()[-1] == apps[0].app and "claimed" in rows[1]
    assert (await run(case, "broadcast show"))[-1] == "1 call on offer, 1 claimed or ended"


async def test_queue_and_priority_of_the_dialplan(case):
    app = await case.app()
    await run(case, "broadcast reset stats")
    first = await case.call("20000,,,,q(sales)")
    await app.offered(first.id)
    second = await case.call("20000,,,,q(sales) p(7)")
    await app.offered(second.id)
    titles, rows = await table(case, "broadcast show", "Channel")
    assert "Queue" in titles and "Prio" in titles
    assert [row.split()[0] for row in rows] == [second.id, first.id]
    assert rows[0].split()[3:5] == ["sales", "7"] and rows[1].split()[3] == "sales"
    assert await app.claim(first.id) == 204
    await app.started(first.id)
    await second.hangup()
    await second.result("h")
    (line,) = [line for line in (await stats(case)).splitlines() if line.endswith(" sales")]
    assert line.split() == ["2", "1", "1", "0", "50.0%", "0", "-", "sales"]


async def test_show_goes_on_where_a_page_ends(case):
    async def nothing_is_left():
        return (await case.ari.get("/broadcasts")).json == []

    # Calls of the test before may be on their way out.
    await until(nothing_is_left, "all broadcasts are cleaned up")
    app = await case.app()
    calls = []
    for _ in range(5):
        # In line is who was offered first: one after the other.
        calls.append(await case.call("60000"))
        await app.offered(calls[-1].id)
    lines = await run(case, "broadcast show from 2 2")
    assert [line.split()[0] for line in lines[1:3]] == [calls[1].id, calls[2].id]
    assert lines[3:] == ["2 more: broadcast show from 4", "5 calls on offer, 0 claimed or ended"]
    lines = await run(case, "broadcast show from 4")
    assert [line.split()[0] for line in lines[1:3]] == [calls[3].id, calls[4].id] and len(lines) == 4
    assert await run(case, "broadcast show from 6") == ["5 calls on offer, 0 claimed or ended"]


async def test_texts_of_a_caller_are_escaped(case):
    app = await case.app()
    call = await case.call("20000", extension="odd-caller", NUMBER="12\x1b[2Jé")
    await app.offered(call.id)
    for command in ("broadcast show", f"broadcast show channel {call.id}"):
        text = "\n".join(await run(case, command))
        assert "12\\x1b[2J\\xc3\\xa9" in text and "\x1b" not in text


async def test_ids_and_names_are_whole(case):
    """What differs only at its end, and what another command is to be given."""
    names = [f"{'n' * 70}-{number}" for number in range(2)]
    queue = "q" * 80
    await case.app_named(*names)
    app = await case.app("winner")
    call = await case.call(f"20000,,,,q({queue})", channel_id=case.prefix + "-" + "i" * 80)
    await app.offered(call.id)
    _, rows = await table(case, "broadcast show", "Channel")
    assert [row.split()[0] for row in rows] == [call.id] and queue in rows[0].split()
    titles, rows = await table(case, f"broadcast show channel {call.id}", "Queued")
    assert sorted(row.split()[-1] for row in rows) == sorted([*names, app.app])
    assert [line.split()[-1] for line in await run(case, "broadcast show apps like ^n+-") if "nn" in line] == names
    assert [line.split()[-1] for line in (await stats(case)).splitlines() if "qq" in line] == [queue]


# broadcast show channel


async def test_show_channel_tells_of_each_recipient(case):
    apps = await case.apps(3)
    call = await case.call("20000")
    for app in apps:
        await app.offered(call.id)
    assert await apps[1].decline(call.id) == 204
    # An application may have read its event before the thread that wrote it has noted so.
    await case.sent(call, *(app.app for app in apps))
    titles, rows = await table(case, f"broadcast show channel {call.id}", "Queued")
    assert titles == ["Queued", "Sent (ms)", "Declined", "Lost", "Claimed", "Application"]
    assert len(rows) == 3
    assert [row.split()[-1] for row in rows if "yes" in row] == [apps[1].app]
    assert all(0 <= float(row.split()[0]) < 15000 for row in rows)
    assert await apps[2].claim(call.id) == 204
    await apps[2].started(call.id)
    lines = await run(case, f"broadcast show channel {call.id}")
    rows = lines[lines.index(next(line for line in lines if line.startswith("Queued"))) + 1 : -1]
    answers = {row.split()[-1]: row.split()[:-1] for row in rows}
    assert answers == {apps[0].app: [], apps[1].app: ["yes"], apps[2].app: ["yes"]}
    text = "\n".join(await run(case, f"broadcast show channel {call.id}"))
    assert re.search(rf"^Winner: +{apps[2].app}$", text, re.MULTILINE)
    assert re.search("^State: +claimed$", text, re.MULTILINE)


@pytest.mark.parametrize("command", ["broadcast show channel", "broadcast withdraw"])
@pytest.mark.parametrize("word", ["nobody", "1", "%s%n", "x" * 300, "\u00fc"])
async def test_unknown_id_is_one_line(case, command, word):
    line = await one_line(case, f"{command} {word}")
    assert line.startswith("No call '") and line.isascii()
    if word.isascii():
        assert word[:100] in line


# broadcast show apps


async def row_of(case, app):
    titles, rows = await table(case, f"broadcast show apps like ^{app.app}$", "State")
    (row,) = rows
    return dict(zip(titles, row.split()))


async def test_show_apps_counts_what_applications_do(case):
    app, other = await case.app(), await case.app("other")
    assert (await row_of(case, app))["Heard"] == "never"
    for _ in range(2):
        call = await case.call("20000")
        await app.offered(call.id)
        assert await app.claim(call.id) == 204
        assert await other.claim(call.id) == 409
        await app.started(call.id)
        await call.hangup()
    call = await case.call("20000")
    await app.offered(call.id)
    assert await app.decline(call.id) == 204
    row = await row_of(case, app)
    assert {key: row[key] for key in ("State", "Offers", "Won", "Late", "Decl", "Lost", "Row")} == {
        "State": "ok", "Offers": "3", "Won": "2", "Late": "0", "Decl": "1", "Lost": "0", "Row": "0",
    }  # fmt: skip
    assert re.fullmatch(r"now|\d+\.\d+s", row["Heard"]) and re.fullmatch(r"[\d.]+ms", row["Median"])
    assert (row["Queued"], row["Drop"], row["Stall"], row["Twice"]) == ("0", "0", "no", "no")
    row = await row_of(case, other)
    assert (row["Offers"], row["Won"], row["Late"]) == ("3", "0", "2")
    await case.leave(other)
    assert (await row_of(case, other))["State"] == "gone"
    lines = await run(case, f"broadcast show apps like ^{app.app}$")
    assert lines[-1] == "1 application, 0 silent, 0 stalled"


@slow_clients
async def test_show_apps_finds_one_that_does_not_read(case):
    """Events that fill every buffer between Asterisk and the application: the thread that writes is stuck."""
    deaf = await case.deaf_app()
    row = {"Stall": "no"}
    began = time.monotonic()
    while row["Stall"] == "no" and time.monotonic() - began < 60:
        burst = [await case.call("30", extension="bulky") for _ in range(10)]
        await asyncio.gather(*(call.result() for call in burst))
        row = await row_of(case, deaf)
    assert row["Stall"] == "yes" and row["State"] in ("stalled", "silent")
    assert " 1 stalled" in (await run(case, "broadcast show apps"))[-1]
    call = await case.call("20000", extension="bulky")

    async def shown():
        return re.search(rf"^yes .*{deaf.app}$", "\n".join(await run(case, f"broadcast show channel {call.id}")), re.M)

    await until(shown, "its event is shown as queued")
    assert int((await row_of(case, deaf))["Queued"]) > 0
    await call.hangup()


@pytest.mark.parametrize("command", ["broadcast show apps like", "broadcast match"])
@pytest.mark.parametrize("regex", ["^(ivr", "a{2,1}", "((a{1,100}){1,100}){1,100}", "x" * 257])
async def test_regex_that_cannot_be_used_is_one_line(case, command, regex):
    line = await one_line(case, f'{command} "{regex}"')
    assert "cannot be used as a filter: " in line


async def test_stats_of_applications_are_bounded(case, conf):  # noqa: F811
    await conf.use("max_apps_stats = 3")
    apps = await case.apps(3)
    call = await case.call("1")
    await call.result()
    for app in apps[1:]:
        await (await case.call(f"1,^{app.app}$")).result()
    newest = await case.app("newest")
    await (await case.call(f"1,^{newest.app}$")).result()
    assert [(await row_of(case, app))["Offers"] for app in [*apps, newest]] == ["0", "2", "2", "1"]
    assert " 3 applications counted" in await stats(case)


# broadcast match


async def test_match_tells_who_would_hear_of_it(case):
    sales, support = await case.app("sales"), await case.app("support")
    lines = await run(case, "broadcast match ^sales-")
    assert lines == [sales.app, "1 of 2 applications that are there would hear of it"]
    lines = await run(case, "broadcast match .")
    assert sorted(lines[:-1]) == sorted([sales.app, support.app])
    assert await run(case, "broadcast match ^nobody") == ["0 of 2 applications that are there would hear of it"]
    # As "broadcast show" has the filters of a call with circles: nobody is called so.
    lines = await run(case, "broadcast match ^sales-&.")
    assert lines[0].startswith("0 of 2 ") and "With circles, ask for each" in lines[1]


# broadcast withdraw


async def test_withdraw(case):
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    line = await one_line(case, f"broadcast withdraw {call.id}")
    assert line == f"Call '{call.id}' is withdrawn: its dialplan goes on"
    assert await call.status() == ("TIMEOUT", "WITHDRAWN")
    assert await app.claim(call.id) == 404
    assert (await one_line(case, f"broadcast withdraw {call.id}")).startswith("No call '")


async def test_withdraw_of_a_claimed_call_changes_nothing(case):
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    line = await one_line(case, f"broadcast withdraw {call.id}")
    assert line == f"Call '{call.id}' is not withdrawn: an application has claimed it"
    assert await app.claim(call.id) == 204
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_withdraw_that_races_a_claim(case):
    """Sixty races: each call has a winner or is withdrawn, never both, never neither."""
    app = await case.app()
    ends = []
    for number in range(60):
        call = await case.call("20000")
        await app.offered(call.id)
        await asyncio.sleep(0)
        both = [console(case.asterisk, f"broadcast withdraw {call.id}"), app.claim(call.id)]
        if number % 2:
            both = [*reversed(both)]
        answers = await asyncio.gather(*both)
        line, claim = reversed(answers) if number % 2 else answers
        if claim == 204:
            assert "not withdrawn" in line
            await app.started(call.id)
            await app.proceed(call.id)
            assert await call.status() == ("SUCCESS", "CLAIMED")
        else:
            assert claim == 404 and "is withdrawn" in line
            assert await call.status() == ("TIMEOUT", "WITHDRAWN")
        ends.append(claim)
    assert app.of("StasisStart") == [] or len(app.of("StasisStart")) == ends.count(204)


# broadcast show stats


async def test_stats_count_outcomes_and_answers(case):
    await run(case, "broadcast reset stats")
    assert await (await case.call("20000")).status() == ("TIMEOUT", "NOAPPS")
    case.expect_log("cannot be used: .* The call is offered to nobody")
    # A filter, and circles with too few of them: the application refuses these itself.
    for unusable in "20000,^(x", "1000&2000,^gold-":
        assert await (await case.call(unusable)).status() == ("FAILED", "INVALIDFILTER")
    app, other = await case.app(), await case.app("other")
    claimed = await case.call("20000")
    await app.offered(claimed.id)
    assert await app.claim(claimed.id) == 204
    assert await other.claim(claimed.id) == 409
    await app.started(claimed.id)
    assert await (await case.call("1")).status() == ("TIMEOUT", "TIMEOUT")
    declined = await case.call(f"20000,^{app.app}$")
    await app.offered(declined.id)
    assert (await case.ari.post(f"/broadcasts/{declined.id}/claim", application=other.app)).status == 403
    assert await app.decline(declined.id) == 204
    assert await declined.status() == ("TIMEOUT", "DECLINED")
    assert await app.claim("no-such-call") == 404
    hung_up = await case.call("20000")
    await app.offered(hung_up.id)
    await hung_up.hangup()
    await hung_up.result("h")
    text = await stats(case)
    counts = [count_of(text, word)[0] for word in
              ("claimed", "timeout", "noapps", "declined", "hangup", "withdrawn", "invalidfilter", "error")]  # fmt: skip
    assert counts == [1, 1, 1, 1, 1, 0, 2, 0]
    answers = [count_of(text, word) for word in ("ok", "taken", "closed", "forbidden", "unknown")]
    assert answers == [[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert re.search(r"^Offer to claim: p50 [\d.]+ ms, p90 [\d.]+ ms, p99 [\d.]+ ms$", text, re.MULTILINE)
    assert count_of(text, "CallBroadcast")[0] >= 4
    assert all(len(line) <= 80 for line in text.splitlines()), text


async def bid(case, call, app, score):
    return (await case.ari.post(f"/broadcasts/{call.id}/bid", application=app.app, score=str(score))).status


async def test_bids_and_circles(case):
    """Round, how many hear of it first, bids, and the score that won: told of a call, of applications, and counted."""
    await run(case, "broadcast reset stats")
    app, other, third = await case.app(), await case.app("other"), await case.app("third")
    call = await case.call("200&20000,^(app|other)-&.,,,k(5)b(5000)")
    await third.offered(call.id)
    assert (await bid(case, call, app, 5), await bid(case, call, app, 30)) == (202, 202)
    assert await bid(case, call, other, 7) == 202
    titles, (row,) = await table(case, "broadcast show", "Channel")
    assert titles[3:7] == ["Round", "First", "Bids", "Waited"] and re.search(r"  2/2 +5 +2  ", row), row
    text = "\n".join(await run(case, f"broadcast show channel {call.id}"))
    for line in ("Round: +2 of 2", "First: +5", "Bids: +2, window 5000 ms"):
        assert re.search(f"^{line}$", text, re.MULTILINE), text
    # Nobody is told a score before it is decided.
    assert "Score:" not in text
    assert await third.decline(call.id) == 204
    await app.started(call.id)
    assert await bid(case, call, other, 31) == 409
    titles, (row,) = await table(case, "broadcast show", "Channel")
    assert titles[3:8] == ["Round", "First", "Bids", "Score", "Waited"] and re.search(r"  2/2 +5 +2 +30  ", row), row
    text = "\n".join(await run(case, f"broadcast show channel {call.id}"))
    assert re.search("^Score: +30$", text, re.MULTILINE)
    text = await stats(case)
    assert count_of(text, "ok") == [0, 1, 3] and count_of(text, "taken") == [0, 0, 1]
    assert "Calls that went to the best bid: 1, mean score 30.0" in text
    assert "Ended in circle 1 to 8: 0 1 0 0 0 0 0 0" in text and "Offered to more while on offer: 1" in text
    assert all(len(line) <= 80 for line in text.splitlines()), text
    titles, rows = await table(case, "broadcast show apps like ^(app|other|third)-", "State")
    cells = {row.split()[-1]: re.split(" {2,}", row.strip()) for row in rows if not row.startswith("gone")}
    assert titles[3:7] == ["Late", "Decl", "Bids", "Award"]
    assert cells[app.app][3:7] == ["0", "0", "2", "1"] and cells[other.app][3:7] == ["1", "0", "1", "0"]


async def test_a_bid_on_a_call_without_bids_is_a_claim(case):
    await run(case, "broadcast reset stats")
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    assert await bid(case, call, app, 5) == 202
    await app.started(call.id)
    text = await stats(case)
    assert count_of(text, "ok") == [1, 0, 0] and "best bid" not in text and "circle" not in text
    titles, _ = await table(case, "broadcast show", "Channel")
    assert not {"Round", "First", "Bids", "Score"} & set(titles)
    titles, _ = await table(case, f"broadcast show apps like ^{app.app}$", "State")
    assert not {"Bids", "Award"} & set(titles)


async def test_stats_tell_of_lost_winners(case):
    from test_reoffer import LOST, ghost  # pylint: disable=import-outside-toplevel

    case.expect_log(LOST)
    await run(case, "broadcast reset stats")
    gone, app = await ghost(case), await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    assert await case.ari.claim(call.id, gone.app) == 204
    await app.wait_count(2, lambda event: event in app.of("CallBroadcast", call.id))
    assert "Lost winners: 1, offered again: 1" in await stats(case)


async def test_reset_stats(case):
    app = await case.app()
    await (await case.call("1")).result()
    await run(case, "broadcast reset stats")
    text = await stats(case)
    assert "Offers made: 0." in text and count_of(text, "timeout") == [0]
    assert (await row_of(case, app))["Offers"] == "0"


async def test_stats_tell_what_is_now(case):
    app = await case.app()
    call = await case.call("20000")
    await app.offered(call.id)
    await asyncio.sleep(1)
    match = re.search(r"^Now: 1 on offer, longest wait ([\d.]+)s,", await stats(case), re.MULTILINE)
    assert match and 1 <= float(match[1]) < 20
    await call.hangup()
    await call.result("h")
    assert "Now: 0 on offer, longest wait 0.00s," in await stats(case)


# broadcast show settings, version


async def test_settings_tell_where_they_come_from(case, conf):  # noqa: F811
    rows = await run(case, "broadcast show settings")
    assert rows[0].split() == ["Setting", "Value", "From"]
    assert all(row.endswith(" default") for row in rows[1:])
    await conf.use("silent_after = 7")
    rows = await run(case, "broadcast show settings")
    assert [re.split(" {2,}", row) for row in rows if not row.endswith(" default")] == [
        ["Setting", "Value", "From"], ["silent_after", "7", "stasis_broadcast.conf, line 2"],
    ]  # fmt: skip


async def test_settings_of_included_files(case, conf):  # noqa: F811
    conf.write("max_open = 77", name="more.conf")
    case.at_end(lambda: conf.remove("more.conf"))
    await conf.use("", "silent_after = 7", "#include more.conf", "silent_apps = skip", "reoffer = off")
    rows = {row.split()[0]: re.split(" {2,}", row)[1:] for row in await run(case, "broadcast show settings")}
    assert rows["silent_after"] == ["7", "stasis_broadcast.conf, line 3"]
    assert rows["max_open"] == ["77", "more.conf, line 1"]
    assert rows["silent_apps"] == ["skip", "stasis_broadcast.conf, line 5"]
    assert rows["reoffer"] == ["no", "stasis_broadcast.conf, line 6"]
    assert rows["timeout"] == ["500", "default"]


async def test_long_values_and_files_are_whole(case, conf):  # noqa: F811
    regex, file = "^(" + "name-of-an-application|" * 9 + "z)", "f" * 90 + ".conf"
    conf.write("service_level = 7", name=file)
    case.at_end(lambda: conf.remove(file))
    await conf.use(f"exclude = {regex}", f"#include {file}")
    rows = {row.split()[0]: re.split(" {2,}", row)[1:] for row in await run(case, "broadcast show settings")}
    assert rows["exclude"] == [regex, "stasis_broadcast.conf, line 2"]
    assert rows["service_level"] == ["7", f"{file}, line 1"]


async def test_version(case):
    line = await one_line(case, "broadcast show version")
    assert re.fullmatch(r"Stasis Broadcast \S+ on Asterisk \S+.*", line)


# Many


async def test_a_thousand_applications_with_long_names(case):
    words = [f"{number:04}-" + "n" * 55 for number in range(1000)]
    # So many names as an address of a WebSocket has room for.
    for first in range(0, 1000, 50):
        await case.app_named(*words[first : first + 50])
    began = time.monotonic()
    lines = await run(case, "broadcast show apps like ^[0-9]+-n+$")
    assert time.monotonic() - began < 15
    assert len(lines) == 1002 and lines[-1].startswith("1000 applications, ")
    # Each name is whole, and all rows have their columns in the same places.
    assert [line[-60:] for line in lines[1:-1]] == words
    assert len({len(line) for line in lines[1:-1]}) == 1
