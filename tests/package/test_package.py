"""Debian's package with a real Asterisk: installed, upgraded with calls up, removed, purged; Asterisk upgraded."""

import asyncio
import re

import pytest
from harness.asterisk import read_log
from harness.case import log_text
from harness.events import until
from system import CONF, DIVERTED, DOC, MODULES, PACKAGE, PROMETHEUS, XML


def check_ours_in_place(system):
    """Ours are where Asterisk loads modules from, and Asterisk's own are aside, as Asterisk's package has them."""
    for module in MODULES:
        assert system.is_ours(module), module
    for module in DIVERTED:
        assert system.checksum(f"{system.modules}/{module}.distrib") == system.own[module]
    assert system.diversions() == [
        f"diversion of {system.modules}/{module} to {system.modules}/{module}.distrib by {PACKAGE}"
        for module in DIVERTED
    ]
    assert system.run("dpkg", "--verify", PACKAGE, "asterisk-modules") == ""


async def check_loaded(case, version):
    """Each module of ours is loaded, and of this version. `module show` has room for the version's beginning only."""
    shown = await case.ami.cli("module show like broadcast")
    log = "\n".join(line.text for line in read_log(case.asterisk.log, 0))
    told = dict(re.findall(r"^(\S+) is part of Stasis Broadcast (\S+)$", log, re.MULTILINE))
    for module in MODULES:
        (line,) = [line for line in shown.splitlines() if line.startswith(f"{module} ")]
        assert f"Stasis Broadcast {version}:"[:40] in line
        assert told[module] == version
    assert f"Stasis Broadcast {version} " in await case.ami.cli("broadcast show version")


async def check_claimed(case, call):
    """A call that is on offer to an application: it is claimed, and handed over."""
    app = await case.app()
    call = await call()
    await app.offered(call.id)
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")
    await case.leave(app)


def test_lintian_finds_no_error(system):
    told = system.shell("lintian --fail-on error --allow-root /srv/deb/old/*.changes")
    assert not [line for line in told.splitlines() if line.startswith("E:")], told


def test_package_depends_on_the_abi_of_this_asterisk(system):
    depends = system.shell(f"dpkg-deb -f /srv/deb/old/{PACKAGE}_*.deb Depends")
    (abi,) = [word for word in depends.replace(",", "").split() if word.startswith("asterisk-")]
    provides = system.run("dpkg-query", "-W", "-f", "${Provides}", "asterisk")
    assert abi in provides.replace(",", " ").split()


def test_install_keeps_asterisks_own_aside(system):
    system.install("old")
    check_ours_in_place(system)
    assert system.installed_version() == system.version("old")
    for file in (CONF, XML, f"{DOC}/copyright", f"{DOC}/examples/extensions_stasis_broadcast.conf"):
        assert system.exists(file), file
    assert CONF in system.run("dpkg-query", "-W", "-f", "${Conffiles}", PACKAGE)


@pytest.mark.only(22)
def test_file_for_the_password_of_nats_is_no_other_users_to_read(system):
    assert system.run("stat", "-c", "%U:%G %a", f"{CONF[:-5]}_nats.conf").strip() == "root:asterisk 640"


async def test_sip_call_is_claimed_on_ours(case, system):
    await check_claimed(case, lambda: case.sip(offer="10000"))
    await check_loaded(case, system.version("old"))
    assert "BROADCASTSTATUS" in await case.ami.cli("core show application StasisBroadcast")


@pytest.mark.only(22)
async def test_metrics_are_a_package_of_their_own(case, system):
    assert system.version("old") in system.shell(f"dpkg-deb -f /srv/deb/old/{PROMETHEUS}_*.deb Depends")
    names = "res_prometheus.so", "res_stasis_broadcast_prometheus.so"
    for name in names:
        assert (await asyncio.to_thread(case.asterisk.cli, f"module load {name}")).startswith("Loaded")
    for name in reversed(names):
        assert (await asyncio.to_thread(case.asterisk.cli, f"module unload {name}")).startswith("Unloaded")


async def test_asterisks_packages_come_again_underneath(case, system):
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    told = await asyncio.to_thread(system.reinstall_asterisk)
    assert "Unpacking asterisk-modules" in told, told
    check_ours_in_place(system)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


async def test_upgrade_of_ours_with_calls_up(case, system):
    app = await case.app()
    in_stasis, waiting = await case.call("60000"), await case.call("60000")
    await app.offered(in_stasis.id)
    await app.offered(waiting.id)
    assert await app.claim(in_stasis.id) == 204
    await app.started(in_stasis.id)
    system.shell('sed -i "s/^;timeout = 500/timeout = 900/" "$1"', CONF)
    with system.asterisk_at_debians_place():
        told = await asyncio.to_thread(system.install, "new")
    check_restart_is_told(system, told)
    check_ours_in_place_but_conf(system)
    assert system.installed_version() == system.version("new")
    assert "\ntimeout = 900\n" in system.text(CONF)
    # What systemctl reload asterisk does: the settings are read again, and nobody notices.
    await asyncio.to_thread(case.asterisk.cli, "core reload")
    reloaded = await case.call(",.")
    assert (await app.offered(reloaded.id))["timeout"] == 900
    await reloaded.status()
    assert await app.claim(waiting.id) == 204
    await app.started(waiting.id)
    for call in (in_stasis, waiting):
        await app.proceed(call.id)
        assert await call.status() == ("SUCCESS", "CLAIMED")
    await case.leave(app)
    # The next call has the modules that Asterisk has loaded, until it starts again.
    await check_claimed(case, lambda: case.call("10000"))
    await check_loaded(case, system.version("old"))


def check_restart_is_told(system, told):
    """Each package whose modules a running Asterisk has not loaded says so, and what to do."""
    assert re.findall(r"It takes those of (\S+) at its next start:\n +asterisk -rx 'core restart when convenient'", told) == (
        system.packages
    ), told


def check_ours_in_place_but_conf(system):
    """As check_ours_in_place(), with a configuration that has been edited."""
    assert system.run("dpkg", "--verify", "asterisk-modules") == ""
    for module in DIVERTED:
        assert system.is_ours(module)
        assert system.checksum(f"{system.modules}/{module}.distrib") == system.own[module]


def test_asterisk_stops_well_with_modules_that_were_replaced(running):
    asterisk = running()
    assert asterisk.down() == ""


async def test_new_version_is_loaded_at_the_next_start(case, system):
    await check_claimed(case, lambda: case.call("10000"))
    await check_loaded(case, system.version("new"))


async def test_logrotate_leaves_our_lines_in_the_new_file(case):
    log = case.asterisk.log
    log.rename(log.with_name("full.1"))
    await asyncio.to_thread(case.asterisk.cli, "logger reload")
    call = await case.call("500,(")
    assert await call.status() == ("FAILED", "INVALIDFILTER")
    await until(lambda: log.exists() and "cannot be used" in log_text(log, 0), "our line is in the new log")
    # The file is another one now.
    case.log_start = log.stat().st_size


def test_make_install_does_not_touch_the_package(system):
    told = system.run("make", "-C", "/srv/deb/src", "installation-folders", status=2)
    assert f"apt-get remove {PACKAGE}" in told
    system.run("make", "-C", "/srv/deb/src", "installation-folders", "DESTDIR=/tmp/elsewhere")


async def test_remove_with_calls_up(case, system):
    app = await case.app()
    call = await case.call("60000")
    await app.offered(call.id)
    await asyncio.to_thread(system.run, "dpkg", "--remove", *system.packages)
    for module in DIVERTED:
        assert system.checksum(f"{system.modules}/{module}") == system.own[module]
        assert not system.exists(f"{system.modules}/{module}.distrib")
    assert not system.exists(f"{system.modules}/{MODULES[1]}")
    assert system.diversions() == []
    assert system.exists(CONF)
    assert await app.claim(call.id) == 204
    await app.started(call.id)
    await app.proceed(call.id)
    assert await call.status() == ("SUCCESS", "CLAIMED")


def test_install_after_remove_finds_the_edited_configuration(system, running):
    running().down()
    assert "next start" not in system.install("new")
    check_ours_in_place_but_conf(system)
    assert "\ntimeout = 900\n" in system.text(CONF)


def test_modules_have_moved_since_an_older_debian(system):
    """An upgrade of the distribution may put Asterisk's modules elsewhere: nothing stays aside at the old place."""
    old = "/usr/lib/asterisk-of-before"
    file = f"{old}/{DIVERTED[0]}"
    script = 'mkdir "$1"; echo own >"$2"; dpkg-divert --package "$3" --add --rename --divert "$2.distrib" "$2"'
    system.shell(script, old, file, PACKAGE)
    system.install("new")
    assert system.text(file) == "own\n"
    assert len(system.diversions()) == len(DIVERTED)
    check_ours_in_place_but_conf(system)
    system.run("rm", "-r", old)


def test_purge_leaves_the_system_as_it_was(system):
    system.run("dpkg", "--purge", *system.packages)
    assert system.snapshot() == system.before


def test_administrators_own_diversion_stops_the_installation(system):
    """Nothing is left half done: not ours, and the administrator's stays."""
    for name in DIVERTED:
        file = f"{system.modules}/{name}"
        system.run("dpkg-divert", "--local", "--add", "--no-rename", "--divert", f"{file}.mine", file)
        before = system.snapshot()
        told = system.shell(f"! dpkg -i /srv/deb/old/{PACKAGE}_*.deb")
        assert "local diversion" in told and f"{name}.mine" in told, told
        assert system.snapshot() == before
        system.run("dpkg-divert", "--local", "--remove", "--no-rename", file)
    assert system.snapshot() == system.before


@pytest.mark.only(22)
async def test_asterisks_own_has_its_place_again(running, loop):
    asterisk = running("asterisk")
    assert "Stasis Broadcast" not in asterisk.cli("module show like stasis_broadcast")
    assert "res_stasis_broadcast.so" in asterisk.cli("module show like stasis_broadcast")
    assert asterisk.down() == ""


def test_ari_race_is_a_package_of_its_own(system):
    depends = system.shell("dpkg-deb -f /srv/deb/old/ari-race_*.deb Depends")
    assert "asterisk" not in depends
    system.install("old", "ari-race")
    assert "ari-race" in system.run("ari-race", "--help")
    assert system.exists("/usr/share/man/man1/ari-race.1.gz")
    system.run("dpkg", "--purge", "ari-race")
    assert system.snapshot() == system.before
