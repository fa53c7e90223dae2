"""The link of a module tells of functions that nobody has: Asterisk would only when it loads the module."""

import os
import shutil
import subprocess

import pytest
from instance import REPO

SOURCE = """#include "asterisk/scratch.h"
void of_no_library(void);
void ast_of_asterisk(void);
void module_entry(void);
__attribute__((visibility("default"))) void module_entry(void)
{{
	ast_of_asterisk();
	named_in_a_header();
	{call};
}}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The Makefile for one module of one file, and Asterisk's headers as far as that needs them."""
    folder = tmp_path_factory.mktemp("link")
    for path in [REPO / "Makefile", REPO / "VERSION", *REPO.glob("*.mk")]:
        shutil.copy(path, folder)
    for path in ("modules/res_scratch", "tools", "include/asterisk"):
        (folder / path).mkdir(parents=True)
    for path in ("modules/origin.c", "tools/version"):
        shutil.copy(REPO / path, folder / path)
    (folder / "include/asterisk.h").write_text("")
    (folder / "include/asterisk/scratch.h").write_text("void named_in_a_header(void);\n")
    return folder


def link(tree, call):
    """Build the module with a call in it; what make did, and the module's path."""
    (tree / "modules/res_scratch/scratch.c").write_text(SOURCE.format(call=call))
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "--no-print-directory", "-C", tree, f"ASTERISK_INCLUDE={tree}/include", "CFLAGS=-O1",
         "build/modules/res_scratch.so"],
        env=env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done, tree / "build/modules/res_scratch.so"


def test_function_that_nobody_has_fails_the_link(tree):
    done, module = link(tree, "of_no_library()")
    assert done.returncode
    assert f"{module.relative_to(tree)} needs what neither Asterisk nor a library has: of_no_library\n" in done.stderr
    assert not module.exists()


def test_functions_of_asterisk_and_of_libraries_are_no_mistake(tree):
    done, module = link(tree, '__builtin_puts("")')
    assert done.returncode == 0, done.stderr
    assert module.exists()
