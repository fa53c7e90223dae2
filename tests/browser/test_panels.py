"""What each panel shows of real calls and workers."""

from console import READER, caller, opened

HOSTILE = "<img src=x onerror=document.body.remove()>"


async def test_the_line_and_how_it_ends(case, page):
    await opened(page, case)
    await page.reads("#line-empty", "Nobody is waiting")
    app, other = await case.app("sales"), await case.app("sales")
    call = await caller(case, "20000,^sales-,,yes,q(gold)p(7)")
    await app.offered(call.id)
    await page.reads("#line tbody", "Alice 5550", "gold", "7")
    await page.reads("#line td[data-label=Heard]", "2")
    await page.reads("#workers", f"{app.app} ready 0 live 1 offered 0 won")
    assert await other.decline(call.id) == 204
    await page.reads("#line td[data-label=Declined]", "1")
    assert await app.claim(call.id) == 204
    await page.reads("#ended tbody", "Alice", "gold", app.app)
    await page.reads("#line-empty", "Nobody is waiting")
    await page.reads("#workers", f"{app.app} on a call 1 live 1 won")


async def test_how_calls_end_without_a_winner(case, page):
    await opened(page, case)
    app = await case.app()
    await caller(case, "300", "Tim")
    hung_up = await caller(case, "30000", "Hugo")
    await page.reads("#line tbody", "Hugo")
    await hung_up.hangup()
    declined = await caller(case, "30000", "Dora")
    await app.offered(declined.id)
    await app.decline(declined.id)
    await caller(case, "30000,^nobody$", "Nora")
    await page.reads("#ended tbody", "Tim", "timed out after", "Hugo", "abandoned after", "Dora", "declined", "Nora")
    await page.reads("#line-empty", "Nobody is waiting")
    await page.do("selectOption", "#ended-only", "claimed")
    await page.reads("#ended-empty", "No call")
    await page.reads("#problems", "4 of 4 calls found nobody")


async def test_calls_from_before(case, page):
    """Whoever waited when the page was opened is in the line. No watcher is told how such an offer ends: it asks."""
    app = await case.app()
    claimed, hung_up = await caller(case, "30000,,,,q(early)", "Eve"), await caller(case, "30000", "Adam")
    await app.offered(claimed.id)
    await app.offered(hung_up.id)
    await opened(page, case)
    await page.reads("#line tbody", "Eve", "early", "Adam")
    assert await app.claim(claimed.id) == 204
    await page.reads("#ended tbody", "Eve", app.app)
    await hung_up.hangup()
    await page.reads("#ended tbody", "Adam")
    await page.reads("#line-empty", "Nobody is waiting")


async def test_what_a_caller_sends_is_text(case, page):
    await opened(page, case)
    app = await case.app()
    call = await caller(case, f"20000,,,yes,q({HOSTILE.replace(' ', '/')})", HOSTILE)
    await page.reads("#line tbody", HOSTILE)
    await page.do("click", "#line button[data-act=open]")
    await page.reads("#call", HOSTILE, "Heard by (1)", app.app)
    await page.do("click", "#call-close")
    assert await app.claim(call.id) == 204
    await page.reads("#ended tbody", HOSTILE)
    assert await page.evaluate("document.querySelectorAll('img, #line script').length") == 0
    assert not page.faults()


async def test_direction_and_controls_stay_in_their_place(case, page):
    """A name that would turn the text around it, or hide, is shown as what it is."""
    await opened(page, case)
    await case.app()
    await caller(case, "20000", "a\u202egnihton\u200b")
    await page.reads("#line tbody", "a\ufffdgnihton\ufffd")


async def test_workers_and_their_states(case, page):
    await opened(page, case)
    await page.reads("#problems", "No application is connected")
    good = await case.app("good")
    silent = await case.app("silent")
    for _ in range(2):
        call = await caller(case, "100,^silent-")
        await silent.event("CallBroadcast", call.id)
    await page.reads(".tile.silent", silent.app, "does not answer (2 in a row)")
    await page.reads("#problems", "1 worker does not answer: silent-")
    # The worst come first.
    assert (await page.text("#workers .name")).split("\n")[0] == silent.app
    await page.do("fill", "#workers-find", "good")
    await page.reads("#workers .name", good.app, without=silent.app)
    call = await caller(case, "100,^good-")
    await good.event("CallBroadcast", call.id)
    await page.do("fill", "#workers-find", "answer")
    await page.reads("#workers .name", silent.app)
    await case.leave(good)
    await page.do("fill", "#workers-find", "")
    await page.reads(".tile.gone", good.app)


async def test_stats_and_queues(case, page):
    await case.ami.cli("broadcast reset stats")
    await opened(page, case)
    app = await case.app()
    for _ in range(3):
        call = await caller(case, "20000,,,yes,q(red)")
        await app.offered(call.id)
        await app.claim(call.id)
    await page.reads("#queues tbody", "red", "3 3 0 0 100 %")
    await page.reads("#offers-now", "3 claimed, 0 timed out, 0 abandoned")
    await page.reads("#tiles", "Service level 100 %")
    await page.do("click", ".stats summary")
    await page.reads("#minutes tbody", "3 0 0 0")
    assert await page.evaluate("document.querySelector('#offers-chart rect.good[height=\"0\"] ~ rect.good:not([height=\"0\"])') !== null")
    assert "p50" in await page.evaluate("document.querySelector('#claim-chart svg').getAttribute('aria-label')")


async def test_service_level_is_that_of_the_command(case, page):
    """Of calls that were claimed, abandoned or timed out: what all have declined, or an operator withdrew, is not among them."""
    await case.ami.cli("broadcast reset stats")
    await opened(page, case)
    app = await case.app()
    for end in ("claim", "abandon", "decline", "withdraw"):
        call = await caller(case, "20000,,,yes,q(blue)")
        await app.offered(call.id)
        if end == "claim":
            assert await app.claim(call.id) == 204
        elif end == "decline":
            assert await app.decline(call.id) == 204
        elif end == "withdraw":
            assert (await case.ari.delete(f"/broadcasts/{call.id}")).status == 204
        else:
            await call.hangup()
    assert " 50.0%" in await case.ami.cli("broadcast show stats")
    await page.reads("#queues tbody", "blue", "4 1 1 0 50.0 %")
    await page.reads("#tiles", "Service level 50.0 %", "of 2 calls")


async def test_who_would_hear(case, page):
    await opened(page, case, READER)
    sales, other = await case.app("sales"), await case.app("billing")
    await page.do("fill", "#tester-filter", "^sales-")
    await page.press("Enter")
    await page.reads("#tester-answer", "1 of 2 applications would hear of it", sales.app, without=other.app)
    await page.do("fill", "#tester-filter", "^sales-&.")
    await page.press("Enter")
    await page.reads("#tester-answer", "0 of 2 applications would hear of it", "With circles")
    await page.do("fill", "#tester-filter", "^(")
    await page.press("Enter")
    await page.reads("#tester-answer", "Parameter filter cannot be used")


async def test_withdraw_asks_first(case, page):
    await opened(page, case)
    await case.app()
    call = await caller(case, "30000,,,yes", "Willi")
    await page.reads("#line tbody", "Willi")
    await page.do("click", "#line [data-act=withdraw]")
    await page.reads("#withdraw", "Willi", "has waited for")
    assert await page.focused() == "withdraw-no"
    await page.press("Enter")
    assert (await case.ari.broadcast(call.id))["state"] == "open"
    await page.do("click", "#line [data-act=withdraw]")
    await page.do("click", "#withdraw-yes")
    await page.reads("#ended tbody", "Willi", "withdrawn after")
    await page.reads("#say", "is withdrawn")


async def test_withdraw_of_a_call_that_was_claimed_meanwhile(case, page):
    await opened(page, case)
    app = await case.app()
    call = await caller(case, "30000,,,yes", "Willi")
    await page.reads("#line tbody", "Willi")
    await page.do("click", "#line [data-act=withdraw]")
    assert await app.claim(call.id) == 204
    await page.reads("#ended tbody", "Willi")
    await page.do("click", "#withdraw-yes")
    await page.reads("#withdraw-error", "An application has claimed it")
