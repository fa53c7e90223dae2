"""How tests get their Asterisk. How they run, and how results are counted, is in harness/hooks.py."""

import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from harness.asterisk import Asterisk, Settings  # noqa: E402
from harness.case import open_case  # noqa: E402
from harness.hooks import interrupt, loop, pytest_pyfunc_call, pytest_sessionstart  # noqa: E402, F401
from versions import Version, read_versions  # noqa: E402

VERSIONS = {version.name: version for version in read_versions()}

# How many tests --quick leaves.
QUICK_TESTS = 100


def pytest_addoption(parser):
    parser.addoption("--asterisk", choices=list(VERSIONS), help="only against this Asterisk")
    parser.addoption("--quick", action="store_true", help=f"only {QUICK_TESTS} tests, some of each file")


def pytest_configure(config):
    signal.signal(signal.SIGTERM, interrupt)
    config.addinivalue_line("markers", "only(version): cannot exist on another Asterisk")
    config.addinivalue_line("markers", "instance(modules=..., NAME=value...): other settings of the sandbox")
    config.addinivalue_line("markers", "resident: measures resident memory, which a sanitizer keeps for itself")


def settings_of(item_or_def, version: Version) -> Settings:
    marker = item_or_def.get_closest_marker("instance")
    options = dict(marker.kwargs) if marker else {}
    modules = options.pop("modules", "ours")
    more = tuple(f"{key}={value}" for key, value in sorted(options.items()))
    return Settings(version.like, modules, more, version.name)


def pytest_generate_tests(metafunc):
    if "asterisk" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("only")
    chosen = metafunc.config.getoption("asterisk")
    versions = [VERSIONS[chosen]] if chosen else [one for one in VERSIONS.values() if not one.may_be_missing]
    if marker:
        versions = [version for version in versions if version.like == marker.args[0]]
    metafunc.parametrize(
        "asterisk",
        [settings_of(metafunc.definition, version) for version in versions],
        ids=[version.name for version in versions],
        indirect=True,
        scope="session",
    )


def pytest_collection_modifyitems(config, items):
    """Drop what the chosen Asterisk cannot have, and put tests with equal settings together."""
    items[:] = [item for item in items if isinstance(settings_in(item), Settings)]
    if config.getoption("quick"):
        items[:] = some_of_each_file([item for item in items if not settings_in(item).special])
    items.sort(key=settings_key)


def some_of_each_file(items: list) -> list:
    """The first test of each file, the second of each, and so on; Asterisk need not be started again for them."""
    files: dict[str, list] = {}
    for item in items:
        files.setdefault(item.fspath, []).append(item)
    turns = itertools.chain.from_iterable(itertools.zip_longest(*files.values()))
    return list(itertools.islice((item for item in turns if item is not None), QUICK_TESTS))


def settings_in(item):
    """The settings that a test was parametrised with; pytest marks what has none with an object of its own."""
    return item.callspec.params["asterisk"]


def settings_key(item) -> tuple:
    """Modules built in another way come last: else they would have to be built again for those that follow."""
    settings = settings_in(item)
    built_again = any(one.startswith("CFLAGS=") for one in settings.more)
    return settings.release, settings.special, built_again, settings.modules, settings.more


class Instances:
    """The Asterisks of a run: for each version one with plain settings, one for all others."""

    def __init__(self) -> None:
        self.running: dict[tuple[str, bool], Asterisk] = {}

    def get(self, settings: Settings) -> Asterisk:
        key = settings.release, settings.special
        if key not in self.running:
            self.running[key] = Asterisk(settings.asterisk, int(settings.special), release=settings.release)
        asterisk = self.running[key]
        if asterisk.settings != settings or not asterisk.alive():
            asterisk.up(settings)
        return asterisk

    def down(self) -> None:
        for asterisk in self.running.values():
            asterisk.down()
            results = os.environ.get("CHECK_RESULTS")
            if results and asterisk.env:
                # Each part's has a name of its own, and so has what is asked again: the first time's says why a test has failed.
                name = f"{Path(results).stem}.{asterisk.name}-{asterisk.release}.asterisk.log"
                shutil.copyfile(asterisk.log, Path(results).with_name(name))


@pytest.fixture(scope="session")
def instances():
    instances = Instances()
    yield instances
    instances.down()


@pytest.fixture
def asterisk(request, instances):
    return instances.get(request.param)


@pytest.fixture
def case(asterisk, instances, loop, request):
    if not asterisk.alive():
        # pytest keeps a fixture for all cases of one test, and the case before has taken this one down.
        instances.get(settings_in(request.node))
    yield from open_case(asterisk, loop, request.node.originalname)
