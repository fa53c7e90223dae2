"""Who gets in, and how: log-in, read-only users, the keyboard, zoom, a phone, those who hear the page."""

import pytest
from console import READER, caller, log_in, opened, url

from harness.events import until


async def test_nobody_gets_in_with_a_wrong_password(case, page):
    await page.open(url(case.asterisk))
    await log_in(page, ("ari", "wrong"))
    await page.reads("#login-error", "User or password is wrong")
    assert not await page.text("#console")
    assert await page.evaluate("sessionStorage.length") == 0
    # Nobody has to type the user again.
    await log_in(page)
    await page.reads("#nodes", "live")


async def test_log_in_is_for_this_tab_and_log_out_ends_it(case, page):
    await opened(page, case)
    assert await page.evaluate("sessionStorage.length") == 1
    assert "ari" not in await page.evaluate("JSON.stringify(localStorage) + document.cookie")
    await page.do("reload")
    await page.reads("#nodes", "live")
    await page.do("click", "#logout")
    await page.reads("#login", "Log in with a user")
    assert await page.evaluate("sessionStorage.length") == 0


async def test_passwords_that_need_quoting(case, page):
    """`&`, `:` and umlauts reach ARI as they are: it refuses the user, and does not misread the request."""
    await page.open(url(case.asterisk))
    await log_in(page, ("ärger", "a&app=x:y%ü"))
    await page.reads("#login-error", "User or password is wrong")


async def test_read_only_users_look_and_cannot_withdraw(case, page):
    await opened(page, case, READER)
    await page.reads("#who", "reader, may only read")
    app = await case.app()
    call = await caller(case, "30000", "Rita")
    await app.offered(call.id)
    await page.reads("#line tbody", "Rita", without="Withdraw")
    await page.do("click", "#line [data-act=open]")
    await page.reads("#call", "Rita", app.app, without="Withdraw")


async def test_nothing_comes_from_outside(case, page):
    await opened(page, case)
    host = f"http://127.0.0.1:{case.asterisk.port('HTTP')}/"
    assert page.requests() and all(one.startswith(host) for one in page.requests()), page.requests()
    # The password is in no address but that of the WebSocket, which has no other place for it.
    assert not [one for one in page.requests() if "api_key" in one]


async def test_page_loads_under_150_kb(case, page):
    """All that the browser has fetched of the page, not compressed; what ARI answers is not the page."""
    await opened(page, case)
    entries = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
    sizes = await page.evaluate(f"{entries}.filter((one) => one.name.includes('/static/')).map((one) => one.decodedBodySize)")
    assert len(sizes) > 3 and all(sizes) and sum(sizes) < 150_000, sizes


async def test_nothing_but_its_own_scripts_runs(case, page):
    await opened(page, case)
    await page.evaluate("{ const one = document.createElement('script'); one.append('window.ran = 1'); document.body.append(one); 1 }")
    tried = "try { document.body.innerHTML = '<b>x</b>'; 'done' } catch (error) { error.name }"
    assert await page.evaluate(tried) == "TypeError"
    assert await page.evaluate("window.ran") is None
    await until(page.faults, "the browser tells what it kept out")
    page.first = len(page.browser.events)


async def test_by_keyboard_alone(case, page):
    """Log in, go to a call, look at it, withdraw the next: no mouse."""
    await page.open(url(case.asterisk))
    await page.press(*"ari", "Tab", *"ari", "Enter")
    await page.reads("#nodes", "live")
    assert await page.focused() == "line-title"
    await case.app()
    await caller(case, "30000,,,yes,p(2)", "Karl")
    await caller(case, "30000,,,yes,p(1)", "Kuno")
    await page.reads("#line tbody", "Karl", "Kuno")
    # The line itself can be scrolled; then the first caller.
    await page.press("Tab", "Tab")
    assert await page.focused() == "Karl"
    await page.press("Enter")
    await page.reads("#call", "Karl", "Heard by")
    await page.press("Escape")
    assert await page.focused() == "Karl"
    await page.press("ArrowDown", "Tab")
    assert await page.focused() == "Withdraw"
    await page.press("Enter")
    await page.reads("#withdraw", "Kuno")
    await page.press("Tab")
    await page.press("Enter") if await page.focused() == "withdraw-yes" else await page.press("Shift+Tab", "Shift+Tab", "Enter")
    await page.reads("#ended tbody", "Kuno", "withdrawn")


async def test_focus_stays_while_the_line_changes(case, page):
    await opened(page, case)
    app = await case.app()
    first = await caller(case, "30000,,,yes", "Fritz")
    await page.reads("#line tbody", "Fritz")
    await page.evaluate("document.querySelector('#line [data-act=open]').focus()")
    await caller(case, "30000,,,yes,p(9)", "Vip")
    await page.reads("#line tbody", "Vip")
    assert (await page.text("#line tbody [data-act=open]")).split("\n") == ["Vip", "Fritz"]
    assert await page.focused() == "Fritz"
    assert await app.claim(first.id) == 204
    await page.reads("#ended tbody", "Fritz")
    # The line is drawn again a moment after the last calls.
    await until(lambda: page.evaluate("document.activeElement.matches('.line .scroll')"), "the line itself has the focus")


WIDTHS = {"a phone": (360, 740), "400 %": (320, 256), "a desk": (1440, 900)}


@pytest.mark.parametrize("width, height", WIDTHS.values(), ids=WIDTHS)
async def test_nothing_is_cut_off(case, page, width, height):
    """At 1280 pixels and 400 % a page is 320 wide. It only scrolls down, its panels too, and all that is to be read is inside."""
    await opened(page, case, width=width, height=height)
    await case.app("a-worker-with-a-very-long-name")
    await caller(case, "30000,,,yes,q(a-queue-with-a-long-name)p(5)", "Maximiliane Freifrau von und zu Donaudampfschiff")
    await caller(case, "100,,,yes,q(a-queue-with-a-long-name)", "Maximiliane Freifrau von und zu Donaudampfschiff")
    # As long as they may be, and nowhere to break.
    await case.app_named("w" * 70)
    for timeout in ("30000", "100"):
        await caller(case, f"{timeout},,,yes,q({'Q' * 80})", "N" * 80)
    await page.reads("#line tbody", "Maximiliane", "a-queue", "N" * 80)
    await page.reads("#ended tbody", "timed out", "N" * 80)
    await page.reads("#queues tbody", "a-queue")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    wide = """[...document.querySelectorAll('#line td, #ended td, #queues td, .tile, #tiles > div, header > *')]
        .filter((one) => one.checkVisibility() && !one.closest('.unseen') && one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 200))"""
    assert await page.evaluate(wide) == []
    sideways = """[...document.querySelectorAll('.panel > .scroll')].filter((one) => one.scrollWidth > one.clientWidth)
        .map((one) => one.getAttribute('aria-labelledby'))"""
    assert await page.evaluate(sideways) == []
    lost = "document.querySelector('#line [data-act=withdraw]').getBoundingClientRect().height >= 24 || innerWidth > 600"
    assert await page.evaluate(lost)


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_axe_finds_nothing(case, page, scheme):
    """Roles, names, contrast, what WCAG 2.2 AA asks for as far as a program can tell: of each part of the page."""
    await page.open(url(case.asterisk), scheme=scheme)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    assert await page.browser.call("tool", "axe", rules) == []
    await log_in(page)
    await page.reads("#nodes", "live")
    silent = await case.app("silent")
    for _ in range(2):
        call = await caller(case, "100,^silent-,,yes,q(red)")
        await silent.event("CallWithdrawn", call.id)
    app = await case.app("sales")
    won = await caller(case, "30000,^sales-,,yes,q(red)")
    await app.offered(won.id)
    await app.claim(won.id)
    await caller(case, "30000,,,yes,q(red)p(1)", "Anna")
    await caller(case, "30000,,,yes,q(red)", "Otto")
    await page.reads("#line tbody", "Anna", "Otto", "▲")
    await page.reads(".tile.silent", "does not answer")
    await page.reads("#queues tbody", "red")
    await page.do("fill", "#tester-filter", "^s")
    await page.press("Enter")
    await page.reads("#tester-answer", "would hear")
    assert await page.browser.call("tool", "axe", rules) == []
    await page.do("click", "#line [data-act=open]")
    await page.reads("#call", "Heard by")
    assert await page.browser.call("tool", "axe", rules) == []
    await page.press("Escape")
    await page.do("click", "#line [data-act=withdraw]")
    assert await page.browser.call("tool", "axe", rules) == []


async def test_live_regions_do_not_shout(case, page):
    """Calls come and go without a word; what needs attention is said once, and not at once after the last."""
    await opened(page, case)
    await page.reads("#say", "No application is connected")
    await page.evaluate("""window.said = [];
        new MutationObserver(() => said.push(document.getElementById('say').textContent))
            .observe(document.getElementById('say'), {childList: true, characterData: true, subtree: true}); 1""")
    silent = await case.app("silent")
    for _ in range(3):
        call = await caller(case, "100,,,yes", "Shouter")
        await silent.event("CallWithdrawn", call.id)
    await page.reads("#problems", "does not answer")
    await page.reads("#problems", "3 of 3 calls found nobody")
    said = await page.evaluate("said")
    assert len(said) <= 1 and "Shouter" not in "".join(said), said


async def test_theme_is_kept(case, page):
    await opened(page, case)
    back = "getComputedStyle(document.body).backgroundColor"
    dark = await page.evaluate(back)
    await page.do("click", "#theme")
    await page.do("click", "#theme")
    await page.reads("#theme", "Theme: light")
    assert await page.evaluate(back) != dark
    await page.do("reload")
    await page.reads("#theme", "Theme: light")
