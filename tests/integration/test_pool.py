"""The pool of examples/pool as it is: its dialplan, its workers, thirty callers, and a judge of what happened."""

import asyncio
import itertools
import json
import os
import signal

import pytest
from harness.ari_client import SOURCE
from harness.asterisk import INTEGRATION, REPO
from harness.events import EventLog, until
from harness.npm import install
from harness.pool_history import Pool, judge
from harness.sip import Sipp

POOL = REPO / "examples" / "pool"
COMMANDS = {
    "python": ["/usr/bin/python3", "-u", str(POOL / "worker.py")],
    "node": ["node", str(POOL / "worker.js")],
}
each = pytest.mark.parametrize("language", COMMANDS)
pytestmark = pytest.mark.instance(EXTENSIONS=str(POOL / "extensions.conf"))
_callers = itertools.count(1)


class Worker(EventLog):
    """One process of a worker; its events are the lines that it writes with --events."""

    def __init__(self, case, language, name, speaks="en", team="sales", capacity=1, wrap_up=0.3, more=(), port=None):
        super().__init__(f"{language} worker {name}")
        self.case, self.speaks, self.capacity, self.wrap_up = case, set(speaks.split(",")), capacity, wrap_up
        self.app = f"{team}-{'_'.join(sorted(self.speaks))}-{name}"
        url = f"http://127.0.0.1:{port or case.asterisk.port('HTTP')}/ari"
        self.command = [*COMMANDS[language], "--name", name, "--team", team, "--languages", speaks, "--url", url]
        self.command += ["--capacity", str(capacity), "--wrap-up", str(wrap_up), "--play", "sound:beep"]
        self.command += ["--events", "-", *more]

    async def start(self):
        modules = await asyncio.to_thread(install, SOURCE, "node")
        env = {**os.environ, "NODE_PATH": str(modules)}
        self.process = await asyncio.create_subprocess_exec(*self.command, stdout=asyncio.subprocess.PIPE, env=env)
        self.case.at_end(self.end_process)
        self.reader = asyncio.create_task(self.read())
        await self.told("next")
        return self

    async def read(self):
        async for line in self.process.stdout:
            self.add(json.loads(line))
        self.end("it has ended")

    async def told(self, what, caller=None):
        """What it has told, of a caller's call if one is given."""
        if caller is None:
            return await self.wait(lambda line: line["event"] == what)
        offer = await self.wait(lambda line: line["event"] == "offer" and line["caller"] == caller)
        return await self.wait(lambda line: line["event"] == what and line.get("channel") == offer["channel"])

    def has_told(self, what):
        return [line for line in self.events if line["event"] == what]

    async def end_process(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.reader


async def start(*workers):
    return await asyncio.gather(*(worker.start() for worker in workers))


class Caller:
    """A SIP call that stays until it is hung up."""

    def __init__(self, case, is_vip=False):
        self.number = f"{99 if is_vip else 55}{next(_callers):05}"
        self.sipp = Sipp(case.asterisk.port("SIP"), INTEGRATION / "sipp" / "caller.xml")
        case.at_end(self.sipp.end)

    async def call(self, language):
        self.language = language
        await self.sipp.start(language, caller=self.number, offer="", mediaport=9)
        return self


@each
async def test_thirty_calls_keep_to_the_rules_of_the_pool(case, language):
    talk = ("--talk", "0.5")
    wait = (*talk, "--when-busy", "wait")
    workers = await start(
        Worker(case, language, "anna", "de,en", more=talk),
        Worker(case, language, "bert", "en", capacity=2, more=talk),
        Worker(case, language, "carl", "de", team="back", wrap_up=0.6, more=wait),
        Worker(case, language, "dora", "en,fr", team="back", more=wait),
    )
    callers = []
    for number in range(30):
        callers.append(await Caller(case, is_vip=number % 5 == 4).call(("en", "de", "en", "fr", "en")[number % 5]))
        await asyncio.sleep(0.1)
    await asyncio.gather(*(caller.sipp.ended_well() for caller in callers))
    await until(lambda: all(len(one.has_told("ready")) == len(one.has_told("start")) for one in workers), "all rested")
    pool = Pool(
        capacity={one.app: one.capacity for one in workers},
        wrap_up={one.app: one.wrap_up for one in workers},
        languages={one.app: one.speaks for one in workers},
        language={caller.number: caller.language for caller in callers},
        vips={caller.number for caller in callers if caller.number.startswith("99")},
        lines=[line for one in workers for line in one.events],
    )
    assert not judge(pool)
    # Every way to a call was met.
    assert any(line["status"] == 200 for line in pool.of("next")), "none was taken as the next in line"
    assert any(line["status"] == 202 for line in pool.of("bid")), "nobody has bid"
    assert pool.of("decline"), "nobody has declined"
    assert any(line["app"].startswith("back-") for line in pool.of("start")), "none overflowed"


@pytest.mark.only(22)
@each
async def test_hold_music_stops_and_the_call_is_greeted(case, language):
    (worker,) = await start(Worker(case, language, "anna"))
    caller = await Caller(case).call("en")
    channel = (await worker.told("start", caller.number))["channel"]
    for event in ("MusicOnHoldStart", "MusicOnHoldStop"):
        await case.ami.wait(lambda line: line.get("Event") == event and line.get("Uniqueid") == channel)
    assert (await worker.told("played", caller.number))["state"] == "done"
    await caller.sipp.ended_well()


@pytest.mark.only(22)
@each
async def test_latecomer_takes_the_longest_waiting_and_vips_before(case, language):
    busy = await Worker(case, language, "busy", more=("--talk", "60", "--when-busy", "wait")).start()
    first = await Caller(case).call("en")
    await busy.told("start", first.number)
    second = await Caller(case).call("en")
    await busy.told("offer", second.number)
    vip = await Caller(case, is_vip=True).call("en")
    await busy.told("offer", vip.number)
    late = await Worker(case, language, "late", capacity=2, more=("--talk", "60")).start()
    await until(lambda: len(late.has_told("start")) == 2, "the latecomer has both")
    channels = [line["channel"] for line in late.has_told("start")]
    known = {line["channel"]: line["caller"] for line in busy.has_told("offer")}
    assert [known[channel] for channel in channels] == [vip.number, second.number]


@pytest.mark.only(22)
@each
async def test_goodbye_ends_with_the_last_call_and_takes_no_other(case, language):
    worker = await Worker(case, language, "anna", capacity=2, more=("--talk", "1")).start()
    caller = await Caller(case).call("en")
    await worker.told("start", caller.number)
    worker.process.send_signal(signal.SIGTERM)
    await worker.told("goodbye")
    other = await Caller(case).call("en")
    await worker.told("decline", other.number)
    await caller.sipp.ended_well()
    assert await asyncio.wait_for(worker.process.wait(), 10) == 0
    assert len(worker.has_told("end")) == 1


@pytest.mark.only(22)
@each
async def test_second_goodbye_gives_the_calls_back(case, language):
    worker = await Worker(case, language, "anna", more=("--talk", "60")).start()
    caller = await Caller(case).call("en")
    await worker.told("played", caller.number)
    worker.process.send_signal(signal.SIGTERM)
    await worker.told("goodbye")
    worker.process.send_signal(signal.SIGTERM)
    await caller.sipp.ended_well()
    assert await asyncio.wait_for(worker.process.wait(), 10) == 0


class Line:
    """The network between a worker and Asterisk, that can be cut."""

    def __init__(self, port):
        self.to, self.is_cut, self.writers = port, False, set()

    async def open(self, case):
        self.server = await asyncio.start_server(self.connect, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        case.at_end(self.cut)
        return self

    async def connect(self, reader, writer):
        if self.is_cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        self.writers |= {writer, far_writer}
        await asyncio.gather(self.pass_on(reader, far_writer), self.pass_on(far_reader, writer))

    async def pass_on(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        writer.close()

    async def cut(self):
        self.is_cut = True
        for writer in self.writers:
            writer.transport.abort()


@pytest.mark.only(22)
@each
async def test_reconnects_and_takes_what_has_come_meanwhile(case, language):
    busy = await Worker(case, language, "busy", more=("--talk", "60", "--when-busy", "wait")).start()
    first = await Caller(case).call("en")
    await busy.told("played", first.number)
    line = await Line(case.asterisk.port("HTTP")).open(case)
    worker = await Worker(case, language, "anna", more=("--talk", "60"), port=line.port).start()
    second = await Caller(case).call("en")
    channel = (await worker.told("played", second.number))["channel"]
    await line.cut()
    assert (await case.ari.delete(f"/channels/{channel}")).status == 204
    third = await Caller(case).call("en")
    await busy.told("offer", third.number)
    line.is_cut = False
    await worker.wait_count(2, lambda told: told["event"] == "start")
    known = {told["channel"]: told["caller"] for told in busy.has_told("offer")}
    assert known[worker.has_told("start")[1]["channel"]] == third.number


@pytest.mark.only(22)
@each
@pytest.mark.parametrize(
    "options",
    [("--name", "a_b"), ("--name", "a", "--languages", "german"), ("--name", "a", "--capacity", "0"), ()],
    ids=["name", "language", "capacity", "none"],
)
async def test_wrong_option_is_refused_in_one_line(case, language, options):
    modules = await asyncio.to_thread(install, SOURCE, "node")
    env = {**os.environ, "NODE_PATH": str(modules)}
    process = await asyncio.create_subprocess_exec(*COMMANDS[language], *options, stderr=asyncio.subprocess.PIPE, env=env)
    _, errors = await process.communicate()
    assert process.returncode == 2 and b"--" in errors.splitlines()[-1], errors
