"""The pages hang together: each block is run by some test, each link leads somewhere, nothing is told of that has gone."""

import re

import pytest
from pages import PAGES, REPO, anchors, block, blocks, links

LINKED = (*PAGES, "CHANGELOG.md", "CONTRIBUTING.md", "MAINTAINING.md", "SECURITY.md",
          *sorted(f"docs/{path.name}" for path in (REPO / "docs").glob("*.md") if f"docs/{path.name}" not in PAGES))  # fmt: skip

# Targets that are not ours.
OF_ASTERISK = {"install-headers"}

# Which test runs the blocks of a page: by language and purpose.
RUN = {
    "README.md": {
        ("text", ""): "the picture",
        ("sh", ""): "test_walks.py: test_readme; its first block: the parts of make check, make demo, and tests/browser/test_shift.py",
        ("dialplan", ""): "test_snippets.py: test_dialplan",
    },
    "docs/GETTING_STARTED.md": {
        (language, purpose): "test_walks.py: test_getting_started"
        for language, purpose in (
            ("sh", ""), ("console", ""), ("python", "file=hello.py"), ("sh", "terminal=2"), ("sh", "terminal=3"),
            ("sh", "call"), ("text", "seen"), ("dialplan", ""), ("dialplan", "file=my.conf"),
        )
    },
    "docs/RUNNING.md": {
        ("sh", "build"): "tests/sandbox/test_install.py; test_snippets.py: test_build",
        ("sh", "order"): "tests/integration/test_install.py",
        ("sh", "after-force"): "tests/integration/test_unload.py",
        ("console", ""): "test_snippets.py: test_console_of_running",
        ("ini", "settings"): "test_snippets.py: test_settings",
        ("sh", "debug"): "test_snippets.py: test_story_of_a_call",
        ("sh", "debug-off"): "test_snippets.py: test_story_of_a_call",
        ("console", "recorded"): "test_transcripts.py",
    },
    "docs/APPLICATIONS.md": {
        ("javascript", "file=hello.js"): "tests/integration/test_short_applications.py",
        ("json", "event=CallBroadcast"): "test_snippets.py: test_events",
        ("json", "event=CallClaimed"): "test_snippets.py: test_events",
        ("json", "event=CallWithdrawn"): "test_snippets.py: test_events",
        ("sh", "bid"): "test_snippets.py: test_bid",
        ("sh", "next"): "test_snippets.py: test_next",
        ("sh", "withdraw"): "test_snippets.py: test_curl",
        ("json", "request"): "test_snippets.py: test_request_over_the_websocket",
        ("json", "event=RESTResponse"): "test_snippets.py: test_request_over_the_websocket",
        ("sh", "claim"): "test_snippets.py: test_curl",
        ("sh", "decline"): "test_snippets.py: test_curl",
        ("sh", "latecomers"): "test_snippets.py: test_curl_of_latecomers",
        ("sh", "race"): "test_snippets.py: test_race",
    },
    "docs/REFERENCE.md": {("dialplan", ""): "test_snippets.py: test_dialplan, test_who_gets_the_call"},
    "docs/MIGRATING.md": {},
    "docs/CONSOLE.md": {("sh", ""): "tests/browser/test_shift.py"},
    "docs/PACKAGES.md": {("sh", ""): "tests/package: it runs the same commands"},
    "docs/METRICS.md": {
        ("ini", "prometheus.conf"): "tests/prometheus/test_dashboard.py",
        ("yaml", "prometheus.yml"): "tests/prometheus/test_dashboard.py",
    },
    "docs/FLEET.md": {
        ("text", ""): "the picture",
        ("sh", ""): "make demo-fleet and tests/fleet start the same; test_fleet_up_tells_the_commands_of_its_page",
    },
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_each_block_is_run_by_a_test(page):
    unknown = [one.place for one in blocks(page) if (one.language, one.purpose) not in RUN[page]]
    assert not unknown, f"no test runs the blocks at {unknown}: name one in RUN"
    there = {(one.language, one.purpose) for one in blocks(page)}
    assert set(RUN[page]) <= there, f"RUN names blocks that {page} has not: {set(RUN[page]) - there}"


def test_fleet_up_tells_the_commands_of_its_page():
    """But for the ports, which the page cannot know."""
    told = (REPO / "sandbox/fleet").read_text(encoding="utf-8")
    _, *commands = block("docs/FLEET.md", "sh").commands
    for command in commands:
        for part in re.split(r"nats://127\.0\.0\.1:PORT|SIPPORT", command):
            assert part in told, f"fleet-up does not tell {command!r}"


@pytest.mark.parametrize("page", LINKED)
def test_links_lead_somewhere(page):
    for file, anchor in links(page):
        if re.match(r"[a-z]+:", file):
            continue
        target = (REPO / page).parent / file if file else REPO / page
        assert target.exists(), f"{page} leads to {file}, which is not there"
        if anchor:
            assert anchor in anchors(target), f"{page} leads to #{anchor} of {file or page}, which has no such heading"


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_are_there(page):
    text = (REPO / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:examples|samples|sandbox|tools|contrib|tests)/[\w./-]+)", text)
    missing = [name for name in named if not (REPO / name).exists()]
    assert not missing, f"{page} names {missing}"


@pytest.mark.parametrize("page", PAGES)
def test_targets_of_make_that_are_named_are_there(page):
    text = (REPO / page).read_text(encoding="utf-8")
    makefiles = "\n".join(path.read_text() for pattern in ("Makefile", "*.mk", "*/*.mk", "*/*/*.mk")
                          for path in REPO.glob(pattern))  # fmt: skip
    for target in set(re.findall(r"(?:^|`)(?:sudo )?make ([a-z][\w-]*)", text, re.MULTILINE)) - OF_ASTERISK:
        assert re.search(rf"^[\w. -]*\b{re.escape(target)}(?= |:)[\w. -]*:", makefiles, re.MULTILINE), f"make {target}"
