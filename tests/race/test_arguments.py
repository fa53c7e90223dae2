"""The command line: help for every option, and one line about whatever is wrong."""

import re
import subprocess
from pathlib import Path

import pytest
from program import MAN_PAGE, PROGRAM, REPO, environment

LONG = "x" * 2001
NATS = "nats://127.0.0.1:4222"

# Values that an option refuses by itself, or with the options behind it.
BAD_VALUES = {
    "url": ["", "127.0.0.1", "https://127.0.0.1", "http://", "http://127.0.0.1:0", "http://127.0.0.1:65536",
            "http://127.0.0.1:80x", "http://127.0.0.1: 80", "http://127.0.0.1:+80", "http://ari:ari@127.0.0.1",
            "http://[::1]x", "http://127.0.0.1/ari?x=1"],
    "nats": ["", "127.0.0.1:4222", "http://127.0.0.1:4222"],
    "nats-prefix": ["", ".", "sb.", ".v1", "sb..v1", "sb v1", "sb.*", "x" * 201],
    "apps": ["", "0", "10001", "1.5", "many", "3x"],
    "app-prefix": ["", " x", "a,b", "x" * 201],
    "apps-per-connection": ["0", "101"],
    "claimers": ["", "some", "random:", "random:x", "random:4", "4", "-1", "1x"],
    "decliners": ["-1", "10001"],
    "stalled": ["-1", "10001"],
    "stalled-buffer": ["1023", "4096"],
    "think": ["-1", "86400001", "nan"],
    "spread": ["-1", "7"],
    "think-sigma": ["-0.1", "3.5", "x", "0.5"],
    "hold": ["-1", "soon"],
    "seed": ["-1", "0.5"],
    "rest": ["-1", "86400001"],
    "calls-from": ["", "here"],
    "calls": ["0", "100000001"],
    "rate": ["0", "100001", "inf"],
    "concurrency": ["0", "1000001"],
    "duration": ["0", "1h"],
    "endpoint": ["", "SIP/100", "Local/offer", "offer@ari-race"],
    "other": ["", "other", "@ari-race", "other@"],
    "timeout": ["-1", "5s"],
    "variable": ["", "NAME", "=value"],
    "claims-over": ["", "smtp"],
    "http-connections": ["0", "10001"],
    "answer-timeout": ["0", "never"],
    "settle": ["-1", "1 s"],
    "json": ["/dev/null/report.json"],
    "history": ["/dev/null/history.jsonl"],
}  # fmt: skip

# What is wrong with several arguments together, or with none but the environment: the words to be named.
BAD_ARGUMENTS = {
    "unknown": (["--claimer-s", "3"], ["--claimer-s"]),
    "one dash": (["--quiet", "-apps", "3"], ["-apps"]),
    "one letter": (["--quiet", "-x"], ["-x"]),
    "not unique": (["--app", "3"], ["--app"]),
    "no value": (["--quiet", "--apps"], ["--apps"]),
    "value for a flag": (["--quiet=yes"], ["--quiet=yes"]),
    "no option": (["--quiet", "race", "--apps", "2"], ["'race'"]),
    "no option behind others": (["--apps", "2", "race"], ["'race'"]),
    "no user": (["--user", ""], ["--user"]),
    "no user but a password": (["--user", ":secret"], ["--user"]),
    "fewer than decline": (["--apps", "2", "--decliners", "3"], ["--apps", "2", "3 decliners"]),
    "fewer than stall": (["--apps", "2", "--stalled", "3"], ["--apps", "2", "3 stalled"]),
    "nobody left to claim": (["--apps", "5", "--claimers", "3", "--stalled", "3"], ["--claimers", "3", "2"]),
    "spread over think": (["--think", "20", "--spread", "30.5"], ["--spread", "30.5", "--think", "20"]),
    "sigma and spread": (["--think", "20", "--spread", "3", "--think-sigma", "0.7"], ["--think-sigma", "0.7", "--spread"]),
    "rate of calls from elsewhere": (["--calls-from", "elsewhere", "--rate", "7"], ["--calls-from elsewhere", "--rate"]),
    "concurrency of calls from elsewhere": (
        ["--calls-from", "elsewhere", "--concurrency", "7"],
        ["--calls-from elsewhere", "--concurrency"],
    ),
    "connections for nothing": (
        ["--claims-over", "websocket", "--http-connections", "7"],
        ["--http-connections", "7", "--claims-over websocket"],
    ),
    "several URLs without NATS": (["--url", "http://127.0.0.1:8088,http://127.0.0.1:8089"], ["--url", "8088,http"]),
    "a wrong one of several URLs": (["--nats", NATS, "--url", "http://127.0.0.1:8088,127.0.0.1"], ["--url", ",127.0.0.1"]),
    "too many URLs": (["--nats", NATS, "--url", ",".join(["http://127.0.0.1:8088"] * 17)], ["--url", "16"]),
    "stalled over NATS": (["--nats", NATS, "--stalled", "1"], ["--stalled", "--nats"]),
    "WebSockets for claims over NATS": (["--nats", NATS, "--claims-over", "websocket"], ["--nats", "--claims-over"]),
    "HTTP for claims over NATS": (["--nats", NATS, "--http-connections", "7"], ["--nats", "--http-connections"]),
    "long filter": (["--filter", LONG[:1001]], ["--filter", "1001"]),
    "long args": (["--args", LONG], ["--args", "2001"]),
    "many variables": ([f"--variable=V{n}=1" for n in range(33)], ["--variable", "V32=1", "32"]),
}


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, env=environment(), timeout=10, check=False
    )


def refusal(*arguments: str) -> str:
    """The line with which arguments are refused."""
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("ari-race: ") and done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def man_page_options() -> set[str]:
    items = [line for line in MAN_PAGE.read_text().splitlines() if line.startswith(".It Fl -")]
    return {name for line in items for name in re.findall(r"Fl -([a-z-]+)", line)}


def test_help_names_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0 and not done.stderr
    assert len(man_page_options()) > 30
    assert set(re.findall(r"--([a-z][a-z-]*)", done.stdout)) == man_page_options()


def test_all_options_of_the_man_page_have_their_bad_values_here() -> None:
    no_value_is_bad = {"help", "version", "quiet", "notify", "bid", "user", "password", "filter", "args"}
    assert set(BAD_VALUES) == man_page_options() - no_value_is_bad


def test_version() -> None:
    done = run("--version")
    assert done.returncode == 0 and not done.stderr
    version = subprocess.run([REPO / "tools" / "version"], capture_output=True, text=True, check=True).stdout
    # But for the commit: it may have been built at the one before.
    number = re.escape(version.strip().partition("-")[0])
    assert re.fullmatch(rf"ari-race {number}(-\S+)?\n", done.stdout)


@pytest.mark.parametrize("option, value", [(name, value) for name, values in BAD_VALUES.items() for value in values])
def test_bad_value(option: str, value: str) -> None:
    line = refusal(f"--{option}", value)
    assert re.match(rf"ari-race: --{option}\b", line)
    # "random:4" is refused for its 4.
    assert value.rpartition(":")[2] in line if option == "claimers" else value in line


@pytest.mark.parametrize("arguments, words", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments(arguments: list[str], words: list[str]) -> None:
    line = refusal(*arguments)
    assert all(word in line for word in words), line


def test_a_password_for_nats_is_not_shown() -> None:
    assert "secret" not in refusal("--nats", "tls://race:secret@127.0.0.1:4222")


def test_a_user_of_the_environment_is_checked_too() -> None:
    done = subprocess.run(
        [PROGRAM], capture_output=True, text=True, env=environment(":secret"), timeout=10, check=False
    )
    assert done.returncode == 2
    assert "ARI_RACE_LOGIN" in done.stderr and "secret" not in done.stderr


def test_a_report_that_cannot_be_finished_is_no_success(tmp_path: Path) -> None:
    """Nobody listens on port 1, so that the run is over at once: 3, unless the report is lost as well."""
    files = ("--url", "http://127.0.0.1:1", "--history", str(tmp_path / "history.jsonl"))
    assert run(*files).returncode == 3
    done = run(*files, "--json", "/dev/full")
    assert done.returncode == 2
    assert "--json: '/dev/full'" in done.stderr


@pytest.mark.parametrize("argument", ["--help", "--version"])
@pytest.mark.parametrize("how", [">/dev/full", ">&-"])
def test_print_that_is_lost_is_no_success(argument: str, how: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {how}', "sh", PROGRAM, argument], capture_output=True, text=True, timeout=10, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("ari-race: standard output: ") and done.stderr.count("\n") == 1


def test_report_and_history_are_two_files(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "one")
    line = refusal("--json", str(tmp_path / "one"), "--history", str(tmp_path / "link"))
    assert "--history" in line and "--json" in line
    assert run("--url", "http://127.0.0.1:1", "--json", "/dev/null", "--history", "/dev/null").returncode == 3
