"""docs/REFERENCE.md names what is there, and all of it: compared with a running Asterisk and the source, both ways.

docs/RUNNING.md's log lines are compared with the source as well.
"""

import json
import re

import pytest
from pages import REPO, code, section, table, tables
from test_snippets import own_fields

REFERENCE = "docs/REFERENCE.md"
# Of a channel, in all events of AMI.
CHANNEL_FIELDS = {
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName",
    "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
}  # fmt: skip
RUNNING = "docs/RUNNING.md"


def same(page: set[str], there: set[str]) -> None:
    assert page == there, f"only on the page: {sorted(page - there)}; only in Asterisk: {sorted(there - page)}"


# The dialplan application


async def application(case) -> str:
    return await case.ami.cli("core show application StasisBroadcast")


def part(text: str, heading: str) -> str:
    """What stands below a [heading] of Asterisk's help."""
    return text.partition(f"[{heading}]\n")[2].partition("\n[")[0]


async def test_arguments(case):
    there = set(re.findall(r"^(\w+)\n", part(await application(case), "Arguments"), re.MULTILINE))
    same(set(table(REFERENCE, "The dialplan application", "argument").names()), there)


async def test_options(case):
    text = part(await application(case), "Arguments").partition("\noptions\n")[2]
    there = set(re.findall(r"^ +(\w)\(", text, re.MULTILINE))
    told = table(REFERENCE, "The dialplan application", "option").names()
    same({name.partition("(")[0] for name in told}, there)
    # The source has letters of its own.
    source = (REPO / "modules/app_stasis_broadcast/options.c").read_text()
    same(there, set(re.search(r'strchr\("([a-z]+)", option->letter\)', source)[1]))


async def test_syntax(case):
    syntax = part(await application(case), "Syntax").strip()
    (written,) = re.findall(r"^`(StasisBroadcast\(.*\))`$", section(REFERENCE, "The dialplan application"), re.MULTILINE)
    assert re.sub(r"[\[\]\s]", "", written) == re.sub(r"[\[\]\s]", "", syntax)


async def test_variables(case):
    there = set(re.findall(r"^\$\{(\w+)\}:", part(await application(case), "Description"), re.MULTILINE))
    same(set(table(REFERENCE, "What it tells the dialplan", "variable").names()), there)


async def test_statuses(case):
    description = part(await application(case), "Description")
    stasis, _, broadcast = description.partition("${BROADCASTSTATUS}:")
    broadcast = broadcast.partition("${")[0]
    rows = table(REFERENCE, "What it tells the dialplan", "`BROADCASTSTATUS`").rows
    same({code(row[0]) for row in rows}, set(re.findall(r"^ +([A-Z]+):", broadcast, re.MULTILINE)))
    same({code(row[1]) for row in rows}, set(re.findall(r"^ +([A-Z]+):", stasis, re.MULTILINE)))


# Settings


def settings_of_the_source() -> set[str]:
    source = (REPO / "modules/res_stasis_broadcast/settings_values.c").read_text()
    return set(re.findall(r'^\t\{ "(\w+)", AT\(', source, re.MULTILINE))


def test_settings():
    there = settings_of_the_source()
    same(set(table(REFERENCE, "Settings", "setting").names()), there)
    # As they are commented in the sample.
    sample = (REPO / "samples/stasis_broadcast.conf").read_text()
    same(set(re.findall(r"^;(\w+) =", sample, re.MULTILINE)), there)


def test_defaults_are_those_of_the_sample():
    sample = dict(re.findall(r"^;(\w+) =[ ]?(.*)$", (REPO / "samples/stasis_broadcast.conf").read_text(), re.MULTILINE))
    for name, default, *_ in table(REFERENCE, "Settings", "setting").rows:
        name = code(name)
        if name == "dispatch_threads":
            continue
        told = code(default) or re.split(r"[ ,]", default)[0]
        assert ("" if told == "none" else told) == sample[name], f"{name}: {default}, and in the sample {sample[name]!r}"


def test_settings_of_the_fleet():
    """As the source, the page and the sample have them."""
    source = (REPO / "modules/res_stasis_broadcast_nats/config_values.c").read_text()
    rows = {code(name): default for name, default, _ in table("docs/FLEET.md", "Settings", "setting").rows}
    same(set(rows), set(re.findall(r'^\t\{ "(\w+)", set_', source, re.MULTILINE)))
    sample = dict(re.findall(r"^;(\w+) =[ ]?(.*)$", (REPO / "samples/stasis_broadcast_nats.conf").read_text(), re.MULTILINE))
    assert sample == {name: "" if told == "none" else code(told) if "`" in told else told for name, told in rows.items()}


# Events


def description(name: str) -> dict:
    return json.loads((REPO / f"rest-api/api-docs/{name}.json").read_text())


def test_events():
    models = description("events")["models"]
    kinds = set(models["Event"]["subTypes"])
    same(set(re.findall(r"^### (Call\w+)$", section(REFERENCE, "Events"), re.MULTILINE)), kinds)
    for kind in kinds:
        same(set(table(REFERENCE, kind, "field").names()), set(models[kind]["properties"]))


def test_reasons():
    source = "".join(path.read_text() for path in (REPO / "modules/res_stasis_broadcast").glob("call_ended*.c"))
    page = set(table(REFERENCE, "CallWithdrawn", "`reason`").names())
    same(page, set(re.findall(r'return "(\w+)";', source)))
    described_as = description("events")["models"]["CallWithdrawn"]["properties"]["reason"]["description"]
    assert page <= set(re.findall(r"\w+", described_as))


async def test_events_as_they_come(case):
    """An event may leave out what the offer does not have; nothing comes that the page does not tell of."""
    for kind, event in (await own_fields(case)).items():
        told = set(table(REFERENCE, kind, "field").names())
        assert set(event) <= told, f"{kind}: {set(event) - told}"


# REST


def operations(apis: list) -> dict[str, dict]:
    return {f"{operation['httpMethod']} {api['path']}": operation for api in apis for operation in api["operations"]}


def own_operations() -> dict[str, dict]:
    """The operations of ours, as we describe them."""
    found = {}
    for path in (REPO / "rest-api/api-docs").glob("*.json"):
        found |= operations(json.loads(path.read_text())["apis"])
    return found


async def described(case) -> dict[str, dict]:
    """The same, as this Asterisk describes them: the claim path may be its own."""
    there = {}
    for path in (REPO / "rest-api/api-docs").glob("*.json"):
        answer = await case.ari.get(f"/api-docs/{path.name}")
        assert answer.status == 200, f"{path.name}: {answer}"
        there |= operations(answer.json["apis"])
    return {name: there[name] for name in own_operations()}


def refusals(operation: dict) -> set[int]:
    return {error["code"] for error in operation.get("errorResponses", [])}


async def test_requests(case):
    rows = rest_tables()[0]
    there = await described(case)
    same({code(row[0]) for row in rows}, set(there))
    for row in rows:
        name = code(row[0])
        told = {int(status) for status in re.findall(r"(?:^|[; ])(\d{3})\b", row[1])}
        told = {status for status in told if status >= 400}
        assert told == refusals(own_operations()[name]), f"{name}: {told}, described: {refusals(own_operations()[name])}"
        assert refusals(there[name]) <= told, f"{name}: {told}, described by Asterisk: {refusals(there[name])}"


async def test_parameters(case):
    there = {(name, parameter["name"]) for name, operation in (await described(case)).items()
             for parameter in operation["parameters"] if parameter["paramType"] == "query"}  # fmt: skip
    told = {(code(row[0]), code(row[1])) for row in rest_tables()[1]}
    assert told == there, f"only on the page: {told - there}; only in Asterisk: {there - told}"


def rest_tables() -> tuple[list, list]:
    """The rows of both tables of requests."""
    found = [one for one in tables(section(REFERENCE, "REST")) if one.head[0] == "request"]
    assert len(found) == 2
    return found[0].rows, found[1].rows


def test_fields_of_a_broadcast():
    properties = description("broadcasts")["models"]["Broadcast"]["properties"]
    same(set(table(REFERENCE, "A broadcast", "field").names()), set(properties))


async def test_what_is_counted(case):
    properties = description("broadcasts")["models"]["BroadcastStats"]["properties"]
    there = set((await case.ari.get("/broadcastStats")).json)
    same(set(properties), there)
    same(set(table(REFERENCE, "What is counted", "field").names()), there)


async def test_who_would_hear(case):
    there = set((await case.ari.get("/broadcastMatch")).json)
    same(set(table(REFERENCE, "Who would hear", "field").names()), there)


async def test_watchers_hear_how_an_offer_ends(case):
    """What the page says of them: not by its filter, no recipients, no claim."""
    file = case.asterisk.folder / "etc" / "stasis_broadcast.conf"
    file.write_text("[general]\nwatchers = ^wallboard\n")
    file.chmod(0o644)
    try:
        await case.ami.cli("module reload res_stasis_broadcast.so")
        board, app = await case.app("wallboard"), await case.app("sales")
        call = await case.call("10000,^sales-")
        await board.offered(call.id)
        assert await board.claim(call.id) == 404
        assert await app.claim(call.id) == 204
        await board.event("CallClaimed", call.id)
        assert (await (await case.call("10000,^nobody$")).status())[1] == "NOAPPS"
    finally:
        file.unlink()
        await case.ami.cli("module reload res_stasis_broadcast.so")


async def test_fields_of_a_broadcast_as_they_come(case):
    told = set(table(REFERENCE, "A broadcast", "field").names())
    app = await case.app()
    call = await case.call("10000")
    await app.offered(call.id)
    assert set(await case.ari.broadcast(call.id)) <= told
    assert await app.claim(call.id) == 204
    assert set(await case.ari.broadcast(call.id)) <= told


# Commands


async def test_commands(case):
    there = set(re.findall(r"^(broadcast [a-z ]*[a-z]) +--", await case.ami.cli("core show help broadcast"), re.MULTILINE))
    usages = set()
    for command in there:
        usages |= set(re.findall(r"^Usage: (.*)$", await case.ami.cli(f"core show help {command}"), re.MULTILINE))
    assert len(usages) == len(there) > 0
    same(set(table(REFERENCE, "Commands", "command").names()), usages)


async def test_columns(case):
    app = await case.app()
    call = await case.call("20000,,,,b(100)")
    await app.offered(call.id)
    # Some columns are there only if somebody has bid.
    assert (await case.ari.post(f"/broadcasts/{call.id}/bid", application=app.app, score="1")).status == 202
    head = (await case.ami.cli("broadcast show apps")).splitlines()[0].split()
    assert table(REFERENCE, "Commands", "in `broadcast show apps`").names() == head


# The manager interface, queue_log, CEL


async def test_manager_events(case):
    # Asterisk 16 cuts long names off in "manager show events".
    xml = (REPO / "modules/res_stasis_broadcast/res_stasis_broadcast-en_US.xml").read_text()
    there = set(re.findall(r'<managerEvent [^>]*name="(\w+)"', xml))
    sent = {name for path in (REPO / "modules").rglob("*.c") for name in re.findall(r'"(StasisBroadcast\w+)"', path.read_text())}
    assert there <= sent
    rows = table(REFERENCE, "Events of AMI", "event").rows
    same({code(row[0]) for row in rows}, there)
    for row in rows:
        fields = set(re.findall(r"^(\w+): <value>$", await case.ami.cli(f"manager show event {code(row[0])}"), re.MULTILINE))
        own = fields - CHANNEL_FIELDS - {"Event", "Queue", "QueuePriority", "Round"}
        assert fields, f"Asterisk does not know {code(row[0])}"
        same(set(re.findall(r"`(\w+)`", row[2])), own)


async def test_manager_events_as_they_come(case):
    """The fields of real ones are those of the documentation, which the test above compares with the page."""
    app = await case.app()
    call = await case.call("10000,,,,q(sales)p(3)")
    await app.offered(call.id)
    assert await app.claim(call.id) == 204
    for name in ("StasisBroadcastStart", "StasisBroadcastClaim", "StasisBroadcastEnd"):
        event = await case.ami.wait(lambda event, name=name: event.get("Event") == name and event["Uniqueid"] == call.id)
        fields = set(re.findall(r"^(\w+): <value>$", await case.ami.cli(f"manager show event {name}"), re.MULTILINE))
        same(set(event) - {"at", "Event", "Privilege"}, fields - {"Event"})


async def test_manager_actions(case):
    there = set(re.findall(r"^ +(StasisBroadcast\w+)", await case.ami.cli("manager show commands"), re.MULTILINE))
    same(set(table(REFERENCE, "Actions", "action").names()), there)


def test_queue_log():
    source = (REPO / "modules/res_stasis_broadcast/queue_log.c").read_text()
    same(set(table(REFERENCE, "queue_log", "event").names()), set(re.findall(r'"([A-Z]{4,})"', source)) - {"NONE"})


def test_cel():
    source = (REPO / "modules/res_stasis_broadcast/cel.c").read_text()
    same(set(table(REFERENCE, "CEL", "event").names()), set(re.findall(r'"(BROADCAST_\w+)"', source)))


# Modules and the C API


async def test_modules(case):
    there = set(re.findall(r"^(\w+\.so) .*Stasis Broadcast", await case.ami.cli("module show like broadcast"), re.MULTILINE))
    told = set(table(REFERENCE, "Modules", "module").names())
    assert there and there <= told, there - told
    same(told, {f"{path.name}.so" for path in (REPO / "modules").iterdir() if path.is_dir()})


def test_c_api():
    header = (REPO / "include/asterisk/stasis_app_broadcast.h").read_text()
    there = set(re.findall(r"AST_OPTIONAL_API\([\w *]+, (\w+),", header)) | set(re.findall(r"#define (STASIS_\w+)", header))
    same(set(table(REFERENCE, "C API", "name").names()), there)


# Log lines

# What is handed to the log: its level, and the format as C has it.
LOGGED = re.compile(r'(?:ast_log\(\s*LOG_(\w+),|ast_verb\((\d),|LOG_(\w+),)\s*((?:FILE_NAME\s*)?"(?:[^"\\]|\\.)*"'
                    r'(?:\s*(?:"(?:[^"\\]|\\.)*"|STASIS_BROADCAST_VERSION))*)')  # fmt: skip


def format_as_shown(text: str) -> str:
    """A format of C with … for each part that varies."""
    text = text.replace("FILE_NAME", '"stasis_broadcast.conf"').replace("STASIS_BROADCAST_VERSION", '"%s"')
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
    text = re.sub(r"(?:%[-.*0-9]*(?:ll|l|z)?[a-z])+", "…", text).removesuffix("\\n")
    return re.sub(r"\\(.)", r"\1", text)


def log_lines() -> dict[str, str]:
    """Format and level of each line that our modules write."""
    found = {}
    for path in sorted((REPO / "modules").rglob("*.[ch]")):
        for level, verbose, macro, text in LOGGED.findall(path.read_text()):
            found[format_as_shown(text)] = f"verbose {verbose}" if verbose else level or macro
    return found


def test_log_lines():
    lines = log_lines()
    rows = {code(row[0]): row[1] for row in table(RUNNING, "Log lines", "line").rows}
    longest = {line: max((told for told in rows if line.startswith(told)), key=len, default=None) for line in lines}
    missing = [line for line, told in longest.items() if told is None]
    assert not missing, f"docs/RUNNING.md does not tell of {missing}"
    gone = set(rows) - set(longest.values())
    assert not gone, f"docs/RUNNING.md tells of lines that nothing writes: {gone}"
    wrong = {told: (rows[told], lines[line]) for line, told in longest.items() if rows[told] != lines[line]}
    assert not wrong, f"levels: {wrong}"


@pytest.mark.parametrize("text,shown", [
    ('"%s: cannot \\"x\\" %zu of %.*f\\n"', '…: cannot "x" … of …'),
    ('FILE_NAME " cannot " "be"', "stasis_broadcast.conf cannot be"),
])  # fmt: skip
def test_format_is_shown_as_a_reader_knows_it(text, shown):
    assert format_as_shown(text) == shown
