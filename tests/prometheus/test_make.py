"""make where Asterisk's headers have no res_prometheus.h: the module is left out, in one line."""

import subprocess

import pytest
from harness.asterisk import REPO
from scraping import METRICS

pytestmark = [pytest.mark.usefixtures("asterisk"), pytest.mark.only(22)]
HEADER = "asterisk/res_prometheus.h"


def make(include, *words: str) -> str:
    """What make would do with these headers, as text."""
    (include / "asterisk").mkdir(exist_ok=True)
    (include / "asterisk.h").touch()
    command = ["make", "-n", "--no-print-directory", f"ASTERISK_INCLUDE={include}", f"BUILD={include}/build", *words]
    # Not to ask Debian's tools for flags again and again.
    command += ["CFLAGS=", "CPPFLAGS=", "LDFLAGS="]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout


def test_left_out_without_the_header(tmp_path):
    told = make(tmp_path, "modules")
    assert told.count(METRICS) == 1
    assert f'echo "{METRICS} is left out: {tmp_path} has no {HEADER}"' in told
    assert "-o " in told and "/res_stasis_broadcast.so" in told


def test_built_with_the_header(tmp_path):
    (tmp_path / "asterisk").mkdir()
    (tmp_path / HEADER).touch()
    told = make(tmp_path, "modules")
    assert f"{METRICS} is left out" not in told and f"-o {tmp_path}/build/modules/{METRICS}" in told


def test_uninstalled_in_any_case(tmp_path):
    """Also when the headers have gone since it was installed."""
    folders = [f"{name}={tmp_path}" for name in ("ASTMODDIR", "ASTDATADIR", "ASTETCDIR")]
    told = make(tmp_path, "uninstall", *folders)
    assert f"{tmp_path}/{METRICS}" in told
    assert METRICS not in make(tmp_path, "install", *folders).replace(f"{METRICS} is left out", "")
