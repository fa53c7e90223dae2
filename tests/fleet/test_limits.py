"""Names, passwords, certificates and messages that NATS or its library has limits or no care for; a fleet of one node."""

import re
import subprocess
import time

import pytest
from conftest import HOLD_MS
from harness.asterisk import INTEGRATION
from harness.conf import load
from harness.events import until
from harness.fleet import MODULE, Fleet
from harness.fleet_worker import Worker
from harness.nats import token
from harness.nats_server import NatsServer
from raw_worker import RawWorker
from test_module import added, conf, counted, has_no_connection, many_applications, matches, on_offer, reload, without

MAX_PAYLOAD = 8192


@pytest.fixture(scope="module")
def fleet():
    one = Fleet(1, 1, "fleet-limits", sandbox=("CHANNELVARS=BIG",))
    one.found() and one.down()
    one.up(INTEGRATION / "extensions.conf", f"max_payload: {MAX_PAYLOAD}", {"hold_ms": str(HOLD_MS)})
    yield one
    one.down()


def named(name):
    return lambda text: re.sub("(?m)^node = .*$", lambda _: f"node = {name}", text)


@pytest.mark.parametrize("name", ["büro-1", 'a"b', "a\\c", "a\tb", "a\x1b[31mb", "*", "a.>", '","user":"x', "ü" * 64])
async def test_node_of_any_name(world, name):
    """The library writes its name into JSON as it is: the node connects whatever is in it, and has its name everywhere."""
    async with conf(world, named(name)) as case:
        assert await reload(case) == "Success"
        seen = []
        await world.bus.subscribe(f"sb.v1.node.{token(name)}", seen.append)

        def is_there():
            world.bus.publish("sb.v1.ping")
            return seen

        await until(is_there, "the node is there under its name")
        raw = RawWorker(world.bus, world.app_name("raw"))
        await raw.listen()

        async def is_known():
            await raw.hello()
            return (await raw.ask("take", name))["status"] == 404

        await until(is_known, "the node knows the application")
        call = await case.call(f"10000,^{raw.app}$")
        offer = await raw.offered(call.id)
        assert offer["node"] == name
        assert (await raw.claim(offer))["status"] == 204


@pytest.mark.parametrize("language", ["node", "c"])
async def test_workers_and_long_names(world, language):
    """Each byte of such a name is three in a subject, and in a URL. Applications of ARI have up to 73 of them."""
    async with conf(world, named("ü" * 64)) as case:
        assert await reload(case) == "Success"
        worker = Worker(world.app_name("ö" * 32), world.fleet.urls, language=language)
        world.workers.append(worker)
        await worker.start()
        filter_ = "^" + "." * 64
        await until(lambda: matches(case, filter_), "the worker is a recipient")
        call = await case.call(f"10000,{filter_}")
        await worker.told("start", call.id)


@pytest.fixture
def guarded(world):
    """A server that lets one user in."""
    server = NatsServer(world.fleet.folder, "guarded", more='authorization { user: "u\\"", password: "p\\"q\\\\r" }')
    server.start()
    yield server
    server.stop()


def at(server, *lines):
    return lambda text: added(f"servers = {server.url}", *lines)(without("servers")(text))


async def test_password_with_quotes(world, guarded):
    async with conf(world, at(guarded, 'user = u"', 'password = p"q\\r')) as case:
        assert await reload(case) == "Success"
        await until(lambda: is_connected_to(case, guarded), "it is let in")


async def is_connected_to(case, server):
    return f"Connection:  to {server.url}" in await case.ami.cli("broadcast show nats")


async def test_wrong_password_is_told(world, guarded):
    """The log says why there is no connection, once; and the server is not asked all the time."""

    def refusals():
        return guarded.log.read_text().count("authentication error")

    async with conf(world, at(guarded, "user = u", "password = wrong")) as case:
        started = time.monotonic()
        before = refusals()
        assert await reload(case) == "Success"
        await until(lambda: refusals() >= before + 5, "it has tried again and again")
        # Twice at once, each time; the next time is a second later.
        assert time.monotonic() - started > 2
        assert "Authorization Violation" in await case.ami.cli("broadcast show nats")
        told = [line.text for line in await case.our_log() if line.text.startswith("NATS: no connection")]
        assert len(told) == 1 and "Authorization Violation" in told[0], told


async def test_password_that_has_changed_is_told(world, guarded):
    """The node was let in, and is not any more: the log says so, though it has said already that the connection is gone."""
    async with conf(world, at(guarded, 'user = u"', 'password = p"q\\r')) as case:
        assert await reload(case) == "Success"
        await until(lambda: is_connected_to(case, guarded), "it is let in")
        guarded.kill()
        await until(lambda: has_no_connection(case), "the connection is gone")
        guarded.more = 'authorization { user: "u\\"", password: other }'
        guarded.start()

        async def is_told():
            told = [line.text for line in await case.our_log() if line.text.startswith("NATS: no connection")]
            return told[-1:] if "Authorization Violation" in told[-1] else None

        await until(is_told, "the log says why")
        told = len([line for line in await case.our_log() if line.text.startswith("NATS: no connection")])
        refused = guarded.log.read_text().count("authentication error")
        await until(lambda: guarded.log.read_text().count("authentication error") > refused + 2, "it has tried again")
        assert len([line for line in await case.our_log() if line.text.startswith("NATS: no connection")]) == told


@pytest.fixture
def secure(world, tmp_path):
    """A server with TLS, and a file in which the node finds its certificate, or another one."""
    case = world.cases[0]

    def certificate(name):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1",
                   "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem"]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        file = case.asterisk.folder / "etc" / f"{name}.pem"
        file.write_bytes((tmp_path / f"{name}.pem").read_bytes())
        return "/" + str(file.relative_to(case.asterisk.folder.parents[2]))

    server = NatsServer(world.fleet.folder, "secure",
                        more=f'tls {{ cert_file: "{tmp_path}/right.pem", key_file: "{tmp_path}/right.key" }}')  # fmt: skip
    files = {name: certificate(name) for name in ("right", "wrong")}
    server.start()
    yield server, files
    server.stop()


async def test_certificate_that_is_not_accepted_is_told(world, secure):
    server, files = secure
    async with conf(world, at(server, "tls = yes", f"tls_ca = {files['wrong']}")) as case:
        assert await reload(case) == "Success"
        await until(lambda: has_no_connection(case), "there is no connection")
        assert "tls_ca" in await case.ami.cli("broadcast show nats")
    async with conf(world, at(server, "tls = yes", f"tls_ca = {files['right']}")) as case:
        assert await reload(case) == "Success"
        await until(lambda: is_connected_to(case, server), "it connects")


async def test_credentials_that_are_none_are_told(world):
    """Not that no server answers: there is no such file, and then one with something else in it."""
    for file in ("/nonexistent.creds", "/etc/passwd"):
        async with conf(world, added(f"credentials = {file}")) as case:
            assert await reload(case) == "Success"
            await until(lambda: has_no_connection(case), "there is no connection")
            assert "credentials" in await case.ami.cli("broadcast show nats")
            await until(lambda one=case: tells_of_credentials(one), "the log says why")


async def tells_of_credentials(case):
    told = [line.text for line in await case.our_log() if line.text.startswith("NATS: ")]
    return "credentials" in told[-1]


async def test_url_that_asks_for_tls(world, secure):
    """It is encrypted without `tls`, too, and so the certificates of tls_ca count."""
    server, files = secure
    for name, connects in (("wrong", False), ("right", True)):
        change = added(f"servers = tls://127.0.0.1:{server.port}", f"tls_ca = {files[name]}")
        async with conf(world, lambda text, change=change: change(without("servers")(text))) as case:
            assert await reload(case) == "Success"
            await until(lambda: is_connected_by_tls(case, server) if connects else has_no_connection(case), f"{name} certificate")


async def is_connected_by_tls(case, server):
    return f"Connection:  to tls://127.0.0.1:{server.port}" in await case.ami.cli("broadcast show nats")


async def test_event_that_no_server_takes_is_told(world):
    """Its variables are longer than a message may be: the log says so, once, and other calls are offered as ever."""
    raw = await world.raw()
    case = world.cases[0]
    before = await counted(case)
    for _ in range(2):
        call = await case.call(f"300,^{raw.app}$", BIG="x" * MAX_PAYLOAD)
        assert await call.status() == ("TIMEOUT", "TIMEOUT")
    assert (await counted(case))["dropped, no connection"] == before["dropped, no connection"] + 2
    told = [line.text for line in await case.our_log() if "max_payload" in line.text]
    assert len(told) == 1 and f"to sb.v1.offer.{raw.app}.node-1 " in told[0], told
    call = await case.call(f"10000,^{raw.app}$", BIG="x")
    assert (await raw.claim(await raw.offered(call.id)))["status"] == 204


async def test_call_that_is_longer_than_a_message_may_be_is_told(world):
    """Who takes it is told with as much of it as the server takes: it is that worker's, and must not get lost."""
    filter_ = await many_applications(world, 300, 40)
    name, case = f"{filter_[1:]}0007-".ljust(40, "x"), world.cases[0]
    for more, described in (({}, True), ({"BIG": "x" * MAX_PAYLOAD}, False)):
        call = await case.call(f"60000,{filter_},,,k(1000)", **more)
        await until(lambda: on_offer(case, 1), "it is on offer")
        listed = [(one["channel_id"], one.get("recipients")) for one in (await world.lists(name, 10))[0]["broadcasts"]]
        assert listed == ([(call.id, None)] if described else [])
        taken = await world.bus.request(f"sb.v1.take.node-1.{name}", {"worker": "w"})
        assert (taken["status"], taken["channel_id"], "broadcast" in taken) == (200, call.id, described)
        await call.hangup()
        await call.result("h")


@pytest.fixture
def strict(world):
    """A server that does not let a node hear who is there, nor say anything."""
    permissions = 'permissions: { publish: ["nothing"], subscribe: ["sb.v1.ping"] }'
    server = NatsServer(world.fleet.folder, "strict", more=f"authorization {{ users: [ {{ user: u, password: p, {permissions} }} ] }}")
    server.start()
    yield server
    server.stop()


async def test_permissions_that_do_not_suffice_are_told(world, strict):
    """The node is connected, and nobody would hear of its calls: the log says what is refused, once for each connection."""

    async def told():
        return [line.text for line in await case.our_log() if line.text.startswith("NATS: the server refuses")]

    async with conf(world, at(strict, "user = u", "password = p")) as case:
        assert await reload(case) == "Success"
        await until(lambda: is_refused(case, 8), "what is refused is counted")
        (line,) = await told()
        assert "Permissions Violation for " in line and "sb.v1." in line and "nats-server.conf" in line, line
        strict.kill()
        strict.start()
        await until(lambda: is_refused(case, 16), "so it is after it has connected again")
        assert len(await told()) == 2


async def is_refused(case, count):
    return (await counted(case))["refused by NATS"] >= count


CLASH = "another node of that name was there"


async def shows_clash(world):
    world.bus.publish("sb.v1.node.node-1", {"node": "node-1", "ari": "http://192.0.2.9/ari", "proto": 1, "instance": "other"})
    return CLASH in await world.cases[0].ami.cli("broadcast show nats")


async def test_what_is_counted_is_of_this_load(world):
    """The linker keeps the module in memory when it is unloaded, and what is in it."""
    case = world.cases[0]
    await world.raw()
    await until(lambda: shows_clash(world), "the clash is shown")
    await load(case, "unload", MODULE)
    await load(case, "load", MODULE)
    after = await counted(case)
    assert after["hellos"] == after["takes"] == after["events published"] == 0, after
    assert CLASH not in await case.ami.cli("broadcast show nats")
    await world.nodes_are_there()


async def test_clash_is_over_with_the_name(world):
    """Who gives the node another name, as the log says, is not told of it any more."""
    await until(lambda: shows_clash(world), "the clash is shown")
    async with conf(world, named("node-7")) as case:
        assert await reload(case) == "Success"
        await until(lambda: is_named(case, "node-7"), "it has its new name, and no clash")


async def is_named(case, name):
    text = await case.ami.cli("broadcast show nats")
    return "Connection:  to nats" in text and f"Node:        {name}\n" in text
