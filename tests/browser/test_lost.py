"""Asterisk goes and comes, is not set up, or there are several: the page says so, and loses nothing without a word."""

import asyncio
import functools
import os
import signal
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import SETTINGS
from console import caller, log_in, opened, url

from harness.ami import Ami
from harness.asterisk import REPO, Asterisk, Settings
from harness.case import Case
from harness.events import until


async def restarted(case):
    """The same Asterisk once more, at the same address: it dies, and says nothing to anybody."""
    await case.ami.close()
    asterisk = case.asterisk
    port = asterisk.port("HTTP")
    os.kill(asterisk.pid, signal.SIGKILL)
    yield
    await asyncio.to_thread(asterisk.down)
    await asyncio.to_thread(asterisk.up, Settings(22, more=(*SETTINGS.more, f"HTTP_PORT={port}")))
    case.ami = await Ami(asterisk.port("AMI"), asterisk.ami_secret).connect()
    case.log_start = 0
    yield


async def test_asterisk_restarted(case, page):
    await opened(page, case)
    await case.app()
    await caller(case, "60000,,,yes", "Gunda")
    await page.reads("#line tbody", "Gunda")
    steps = restarted(case)
    await anext(steps)
    await page.reads("#problems", "Asterisk has not answered since")
    await page.reads("#nodes", "again in")
    # In the page's words, not in the browser's.
    await page.reads("#problems", "is old. It does not answer")
    await page.reads("#line tr.old", "Gunda", without="Withdraw")
    await anext(steps)
    await page.reads("#nodes", "live")
    # Whoever waited is gone with that Asterisk: told, and not forgotten.
    await page.reads("#ended tbody", "Gunda", "ended, and this page did not hear how")
    await page.reads("#line-empty", "Nobody is waiting")
    app = await case.app()
    after = await caller(case, "20000,,,yes", "Nina")
    await app.offered(after.id)
    await page.reads("#line tbody", "Nina")


async def test_connection_cut(case, page):
    """Asterisk lives, the WebSocket is gone: of calls from before, nobody tells the new one how they end. It asks."""
    await opened(page, case)
    before = await case.app()
    call = await caller(case, "60000,,,yes", "Gerda")
    await before.offered(call.id)
    await page.reads("#line tbody", "Gerda")
    # Each text, since the next one may follow at once: that all is well again.
    await page.evaluate(
        "{const say = document.getElementById('say'); window.said = [];"
        " new MutationObserver(() => window.said.push(say.textContent))"
        ".observe(say, {childList: true, characterData: true, subtree: true})}"
    )
    await case.ami.cli("ari shutdown websocket sessions")

    async def is_back():
        return "is there again" in str(await page.evaluate("window.said"))

    await until(is_back, "the page says that Asterisk is there again")
    await page.reads("#line tbody", "Gerda")
    app = await case.app()
    assert await app.claim(call.id) == 204
    await page.reads("#ended tbody", "Gerda", app.app)


async def nobody_is_there(case):
    return (await case.ari.get("/broadcastMatch")).json["there"] == 0


async def test_without_the_setting_it_does_not_stay(case, page):
    """A console that is offered calls would keep them waiting for it. It says what to set."""
    conf = case.asterisk.folder / "etc" / "stasis_broadcast.conf"
    before = conf.read_text()
    conf.write_text("[general]\n")
    try:
        await case.ami.cli("module reload res_stasis_broadcast.so")
        await page.open(url(case.asterisk))
        await log_in(page)
        await page.reads("#login-error", "watchers = ^console")
        await until(lambda: nobody_is_there(case), "the console has gone")
    finally:
        conf.write_text(before)
        await case.ami.cli("module reload res_stasis_broadcast.so")


async def test_without_our_modules(case, page):
    await case.ami.action("ModuleLoad", Module="res_ari_broadcasts.so", LoadType="unload")
    try:
        await page.open(url(case.asterisk))
        await log_in(page)
        await page.reads("#login-error", "Stasis Broadcast is not loaded there")
    finally:
        await case.ami.action("ModuleLoad", Module="res_ari_broadcasts.so", LoadType="load")


async def test_modules_that_come_later_than_asterisk(case, page):
    """An Asterisk that was started again answers before it has loaded them."""
    await opened(page, case)
    await case.ami.action("ModuleLoad", Module="res_ari_broadcasts.so", LoadType="unload")
    try:
        await case.ami.cli("ari shutdown websocket sessions")
        await page.reads("#problems", "Stasis Broadcast is not loaded there")
        await page.reads("#nodes", "again in")
    finally:
        await case.ami.action("ModuleLoad", Module="res_ari_broadcasts.so", LoadType="load")
    await page.reads("#nodes", "live")


async def test_an_address_that_is_none(case, page):
    await page.open(f"{url(case.asterisk)}#nodes=javascript:alert(1)")
    await log_in(page)
    await page.reads("#login-error", "is not a URL")


async def test_address_with_a_percent_sign(case, page):
    """The page is there, and what was given can be corrected."""
    await page.open(f"{url(case.asterisk)}#nodes=http://%zz,http://10%25")
    await page.reads("#login", "Log in with a user")
    assert await page.evaluate("document.querySelector('[name=nodes]').value") == "http://%zz\nhttp://10%25"
    await log_in(page)
    await page.reads("#login-error", "http://%zz is not a URL")
    await page.do("fill", "[name=nodes]", f"http://127.0.0.1:{case.asterisk.port('HTTP')}/ari/")
    await log_in(page)
    await page.reads("#nodes", "live")


async def test_address_with_more_than_a_host(case, page):
    """A browser refuses to ask one with a user in it, and what stands behind the host would be asked for something else."""
    host = f"127.0.0.1:{case.asterisk.port('HTTP')}"
    await page.open(url(case.asterisk))
    await page.do("click", "#login-nodes summary")
    for wrong in (f"http://me:secret@{host}", f"http://{host}/?x=1", f"http://{host}/#top"):
        await page.do("fill", "[name=nodes]", wrong)
        await log_in(page)
        await page.reads("#login-error", f"The URL of {host} is to be http://host:port", without="secret")


async def test_browser_that_keeps_nothing(case, page):
    await page.open(url(case.asterisk))
    await page.evaluate("Storage.prototype.setItem = () => { throw new DOMException('no room', 'QuotaExceededError'); }")
    await log_in(page)
    await page.reads("#nodes", "live")


async def test_browser_that_lets_pages_keep_nothing(case, page):
    """As Chromium with "block all cookies": who asks for what is kept gets an error."""
    await page.open(url(case.asterisk))
    forbid = "get() { throw new DOMException('denied', 'SecurityError'); }"
    for name in ("localStorage", "sessionStorage"):
        script = f"Object.defineProperty(window, '{name}', {{ {forbid} }})"
        await page.browser.call("context", "addInitScript", {"content": script})
    await page.do("reload")
    await log_in(page)
    await page.reads("#nodes", "live")
    for theme in ("dark", "light", "auto"):
        await page.do("click", "#theme")
        await page.reads("#theme", f"Theme: {theme}")
    await page.do("click", "#logout")
    await page.reads("#login", "Log in with a user")


async def test_connection_cut_during_the_log_in(case, page):
    """Questions to the page's own Asterisk go over HTTP: their answers do not tell that the events' way is gone."""
    await page.open(url(case.asterisk))
    await page.evaluate(
        "{const own = window.fetch; window.fetch = (where, how) => where.includes('broadcastMatch') && !window.go"
        " ? new Promise((done) => { window.go = () => done(own(where, how)); }) : own(where, how)}"
    )
    await log_in(page)

    async def is_held():
        return await page.evaluate("Boolean(window.go)")

    async def is_cut():
        return not (await case.ari.get("/applications")).json

    await until(is_held, "the page asks its last question")
    await case.ami.cli("ari shutdown websocket sessions")
    await until(is_cut, "its WebSocket is gone")
    await page.evaluate("window.go()")
    await page.reads("#login-error", "Asterisk closed the connection")


async def test_nodes_behind_one_proxy_have_names_of_their_own(case, page):
    own = f"http://127.0.0.1:{case.asterisk.port('HTTP')}"
    await page.open(f"{url(case.asterisk)}#nodes={own},http://127.0.0.1:1/east/,http://127.0.0.1:1/west/ari")
    await log_in(page)
    await page.reads("#nodes", "127.0.0.1:1/east away", "127.0.0.1:1/west away")
    await page.reads("#problems", "127.0.0.1:1/east: ", "127.0.0.1:1/west: ")


async def test_from_another_place_than_asterisk(case, page):
    """As from one's own machine: questions go over the WebSocket, and no setting of ARI's is needed for it."""
    files = functools.partial(SimpleHTTPRequestHandler, directory=REPO / "console")
    with ThreadingHTTPServer(("127.0.0.1", 0), files) as server:
        serving = asyncio.create_task(asyncio.to_thread(server.serve_forever))
        try:
            await page.open(f"http://127.0.0.1:{server.server_port}/#nodes=http://127.0.0.1:{case.asterisk.port('HTTP')}")
            await log_in(page, ("ari", "wrong"))
            await page.reads("#login-error", "does not let this user in")
            await log_in(page)
            await page.reads("#nodes", "live")
            app = await case.app()
            call = await caller(case, "60000,,,yes", "Fern")
            await app.offered(call.id)
            await page.reads("#line tbody", "Fern", "Withdraw")
            await page.reads("#workers .name", app.app)
            await page.do("click", "#line [data-act=withdraw]")
            await page.do("click", "#withdraw-yes")
            await page.reads("#ended tbody", "Fern", "withdrawn")
        finally:
            await asyncio.to_thread(server.shutdown)
            await serving


@pytest.fixture
def second(loop):
    """One more Asterisk. It needs no setting for the page of another one."""
    one = Asterisk(22, number=1)
    one.up(SETTINGS)
    case = Case(one, "second")
    loop.run_until_complete(case.open())
    yield case
    loop.run_until_complete(case.close() if one.alive() else case.disconnect())
    one.down()


async def test_several_nodes_in_one_page(case, second, page):
    hosts = [f"127.0.0.1:{one.asterisk.port('HTTP')}" for one in (case, second)]
    # One more where nobody is.
    await page.open(f"{url(case.asterisk)}#nodes=" + ",".join(f"http://{host}" for host in (*hosts, "127.0.0.1:1")))
    await log_in(page)
    await page.reads("#nodes", f"{hosts[0]} live", f"{hosts[1]} live", "127.0.0.1:1 away")
    for one, name in ((case, "Hin"), (second, "Her")):
        app = await one.app("sales")
        call = await caller(one, "60000,,,yes", name)
        await app.offered(call.id)
    await page.reads("#line tbody", "Hin", hosts[0], "Her", hosts[1])
    await page.do("fill", "#tester-filter", "^sales-")
    await page.press("Enter")
    await page.reads("#tester-answer", f"{hosts[0]}: 1 of 1", f"{hosts[1]}: 1 of 1")
    await page.evaluate("[...document.querySelectorAll('#line tr')].find((row) => row.innerText.includes('Her')).querySelector('[data-act=withdraw]').click()")
    await page.do("click", "#withdraw-yes")
    await page.reads("#ended tbody", "Her", hosts[1], "withdrawn")
    # One goes; the other stays live.
    await asyncio.to_thread(second.asterisk.cli, "core stop now")
    await page.reads("#problems", f"{hosts[1]}: Asterisk has not answered since", "127.0.0.1:1: Asterisk has not answered since")
    await page.reads("#nodes", f"{hosts[0]} live")
