"""make install and make uninstall, run by root, with an asterisk.conf that Asterisk's own user has written."""

import os
import shutil
import subprocess

import pytest
from instance import REPO

FOLDERS = ("ASTMODDIR", "ASTDATADIR", "ASTETCDIR")

# What would make the file `touched`, read by a shell, by make, or by one after the other.
EVIL = {
    "command": "{touched}/$(touch {touched})",
    "backticks": "{touched}/`touch {touched}`",
    "semicolon": "{touched}; touch {touched}",
    "escaped-semicolon": "{touched}\\; touch {touched}",
    "blank": "{touched} touch",
    "double-quote": '{touched}";touch "{touched}',
    "single-quote": "{touched}'",
    "shell-of-make": "$(shell touch {touched})",
    "newline-of-make": "{touched}$(newline)touch",
    "and": "{touched}&&touch${{IFS}}{touched}",
    "pipe": "{touched}|touch",
    "redirection": "{touched}>{touched}",
    "glob": "{touched}*",
    "tilde": "~/lib",
    "not-absolute": "lib",
    "option": "-rf",
    "escape": "{touched}\x1b[31m",
    "letters": "{touched}\u00e4",
    "empty": "",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what make install needs, with modules that stand in for those that are built."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("Makefile", "VERSION"):
        shutil.copy(REPO / name, folder)
    for path in REPO.glob("*.mk"):
        shutil.copy(path, folder)
    for name in ("modules", "core", "include", "samples", "tools/install", "rest-api", "console"):
        if (REPO / name).exists():
            shutil.copytree(REPO / name, folder / name)
    return folder


def make(tree, goal, *arguments, **variables):
    """Run make without building: -o says that the modules are as new as they have to be."""
    modules = [path.name for path in (tree / "modules").iterdir() if list(path.glob("*.c"))]
    built = tree / "build/modules"
    built.mkdir(parents=True, exist_ok=True)
    old = []
    for module in modules:
        (built / f"{module}.so").write_text(f"{module}: part of Stasis Broadcast\n")
        old += ["-o", f"build/modules/{module}.so"]
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", "--no-print-directory", "-C", tree, *old, goal, *arguments],
        env=env | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def conf(tmp_path):
    """Write asterisk.conf; the answer is make's argument."""

    def write(*lines):
        path = tmp_path / "asterisk.conf"
        path.write_text("".join(f"{line}\n" for line in ("[directories]", *lines)))
        return f"ASTERISK_CONF={path}"

    return write


def here(tmp_path, *but):
    """Every folder below the test's own, but for those that asterisk.conf is to name."""
    return [f"{name}={tmp_path}/{name}" for name in (*FOLDERS, "ASTHEADERDIR") if name not in but]


@pytest.mark.parametrize(
    "goal,setting,evil",
    [("install", "astmoddir", evil) for evil in EVIL]
    + [(goal, setting, "command") for goal in ("install", "uninstall") for setting in ("astmoddir", "astdatadir", "astetcdir")],
)
def test_value_that_is_no_plain_folder_is_refused(tree, conf, tmp_path, goal, setting, evil):
    touched = tmp_path / "touched"
    value = EVIL[evil].format(touched=touched)
    others = here(tmp_path, setting.upper())
    done = make(tree, goal, conf("; Asterisk's", f"{setting} => {value}"), *others)
    assert done.returncode
    assert f"asterisk.conf, line 3: {setting} = " in done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert not touched.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"asterisk.conf"}


@pytest.mark.parametrize("name", ["DESTDIR", *FOLDERS, "ASTHEADERDIR"])
@pytest.mark.parametrize("value", ["/x;touch touched", "/x y", '/x"', "/x$$(touch touched)"])
def test_folder_of_the_command_line_is_checked_as_well(tree, conf, tmp_path, name, value):
    others = [word for word in here(tmp_path) if not word.startswith(f"{name}=")]
    done = make(tree, "install", conf(), *others, f"{name}={value}")
    assert done.returncode
    assert f"{name}=/x" in done.stderr
    assert not (tree / "touched").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"asterisk.conf"}


@pytest.mark.parametrize("line", [
    "astmoddir => {folder}", "astmoddir={folder}", "  astmoddir  =  {folder}  ", "astmoddir => {folder} ; Debian's",
    "AstModDir => {folder}", "astmoddir => {folder}\r", "astmoddir => /somewhere/else\nastmoddir => {folder}",
])  # fmt: skip
def test_plain_folder_is_used(tree, conf, tmp_path, line):
    folder = tmp_path / "lib-1.0_x+y/modules"
    done = make(tree, "install", conf(line.format(folder=folder)), *here(tmp_path, "ASTMODDIR"))
    assert done.returncode == 0, done.stderr
    assert (folder / "res_stasis_broadcast.so").exists()


def test_install_tells_the_order_for_a_running_asterisk(tree, conf, tmp_path):
    done = make(tree, "install", conf(), *here(tmp_path))
    assert done.returncode == 0, done.stderr
    told = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith("asterisk -rx")]
    assert told == [command.removeprefix("sudo ") for command in documented_commands()]


def test_console_is_installed_and_removed(tree, conf, tmp_path):
    console = tmp_path / "ASTDATADIR/static-http/stasis-broadcast"
    old = console / "js/of-an-older-version.js"
    old.parent.mkdir(parents=True)
    old.write_text("")
    beside = console.parent / "ajamdemo.html"
    beside.write_text("Asterisk's own")
    assert make(tree, "install", conf(), *here(tmp_path)).returncode == 0
    there = {path.relative_to(console) for path in console.rglob("*") if path.is_file()}
    assert there == {path.relative_to(REPO / "console") for path in (REPO / "console").rglob("*") if path.is_file()}
    assert f"Removing {console}" in make(tree, "uninstall", conf(), *here(tmp_path)).stdout
    assert not console.exists() and beside.exists()


def documented_commands():
    """The commands of docs/RUNNING.md for a running Asterisk."""
    section = (REPO / "docs/RUNNING.md").read_text().partition("### In a running Asterisk\n")[2]
    block = section.partition("```sh order\n")[2].partition("```")[0]
    return [line for line in block.splitlines() if line.startswith("sudo asterisk -rx")]


def test_samples_are_for_the_users_that_asterisks_own_files_are_for(tree, conf, tmp_path):
    """A password may come into stasis_broadcast_nats.conf."""
    etc = tmp_path / "ASTETCDIR"
    etc.mkdir()
    (etc / "manager.conf").touch(0o600)
    (etc / "manager.conf").chmod(0o640)
    if os.geteuid() == 0:
        os.chown(etc / "manager.conf", 1, 2)
    assert make(tree, "install", conf(), *here(tmp_path)).returncode == 0
    modes = {(path.stat().st_mode & 0o777, path.stat().st_uid, path.stat().st_gid) for path in etc.iterdir()}
    assert len(modes) == 1 and modes.pop()[0] == 0o640
    assert (etc / "stasis_broadcast_nats.conf").exists()


def test_uninstall_says_that_an_edited_configuration_stays(tree, conf, tmp_path):
    make(tree, "install", conf(), *here(tmp_path))
    etc = tmp_path / "ASTETCDIR"
    edited, others = etc / "stasis_broadcast.conf", etc / "extensions_stasis_broadcast.conf"
    edited.write_text("[general]\ntimeout = 900\n")
    done = make(tree, "uninstall", conf(), *here(tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"Keeping {edited}: it has been edited" in done.stdout
    assert edited.exists() and not others.exists()
    assert not list((tmp_path / "ASTMODDIR").iterdir())


def test_samples_name_no_queue_that_is_not_there(tree):
    for sample in (tree / "samples").iterdir():
        lines = [line for line in sample.read_text().splitlines() if not line.lstrip().startswith(";")]
        assert not any("Queue(" in line for line in lines), sample
