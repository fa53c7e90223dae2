"""The system in the copy of the root: its packages, and what they have done to its files."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
SANDBOX = REPO / "sandbox" / "sandbox"

PACKAGE = "asterisk-stasis-broadcast"
PROMETHEUS = f"{PACKAGE}-prometheus"
NATS = f"{PACKAGE}-nats"
MODULES = ("app_stasis_broadcast.so", "res_ari_broadcasts.so", "res_stasis_broadcast.so")
# Those that Asterisk has, too.
DIVERTED = (MODULES[0], MODULES[2])
CONF = "/etc/asterisk/stasis_broadcast.conf"
XML = "/usr/share/asterisk/documentation/thirdparty/stasis_broadcast-en_US.xml"
DOC = f"/usr/share/doc/{PACKAGE}"

# Everything but what is there to change: logs, caches, lists. Of dpkg's own: whose files it knows, and diversions.
SNAPSHOT = """
cd / && find . -xdev \\( -path ./srv -o -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp \\
    -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg \\) -prune -o \\
    \\( -type d -printf '%p %u:%g %m\\n' -o -type l -printf '%p -> %l\\n' -o -type f -printf '%p %u:%g %m\\n' \\) | sort
find . -xdev \\( -path ./srv -o -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp \\
    -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg \\) -prune -o \\
    -type f -print0 | sort -z | xargs -0 sha256sum
ls /var/lib/dpkg/info
sha256sum /var/lib/dpkg/diversions /var/lib/dpkg/statoverride
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n'
"""


class System:
    """Runs commands in the copy. `before` is how it was when the tests began."""

    def __init__(self) -> None:
        self.modules = self.run("sh", "-c", "dirname $(ls /usr/lib/asterisk/modules/res_stasis.so "
                                "/usr/lib/*/asterisk/modules/res_stasis.so 2>/dev/null)").strip()  # fmt: skip
        self.packages = [PACKAGE] + ([PROMETHEUS] if self.exists("/usr/include/asterisk/res_prometheus.h") else [])
        self.packages += [NATS] if self.exists("/usr/include/nats/nats.h") else []
        self.before = self.snapshot()
        self.own = {name: self.checksum(f"{self.modules}/{name}") for name in DIVERTED}

    def run(self, *words: str, status: int = 0) -> str:
        """What a command in the copy prints, on either output."""
        done = subprocess.run(
            [SANDBOX, "shell", "env", "DEBIAN_FRONTEND=noninteractive", *words],
            env=os.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def shell(self, script: str, *words: str) -> str:
        return self.run("sh", "-c", script, "sh", *words)

    def install(self, which: str, *packages: str) -> str:
        """Install packages that were built, `old` or `new`: all that go with Asterisk, if none are named."""
        files = " ".join(f"/srv/deb/{which}/{package}_*.deb" for package in packages or self.packages)
        return self.shell(f"dpkg -i {files}")

    @contextmanager
    def asterisk_at_debians_place(self) -> Iterator[None]:
        """The sandbox's Asterisk that is running, where Debian's would be: packages ask there whether one is."""
        folder = "/run/asterisk"
        self.shell('mkdir -p "$1" && ln -s /srv/sb/*/run/asterisk.ctl "$1/" && [ -S "$1/asterisk.ctl" ]', folder)
        try:
            yield
        finally:
            self.run("rm", "-r", folder)

    def version(self, which: str) -> str:
        return self.shell(f"dpkg-deb -f /srv/deb/{which}/{PACKAGE}_*.deb Version").strip()

    def installed_version(self) -> str:
        return self.run("dpkg-query", "-W", "-f", "${Version}", PACKAGE)

    def checksum(self, file: str) -> str:
        """Of a file's content; of none, nothing."""
        return self.shell('[ ! -e "$1" ] || sha256sum <"$1"', file).strip()

    def text(self, file: str) -> str:
        return self.run("cat", file)

    def exists(self, file: str) -> bool:
        return self.shell('[ ! -e "$1" ] || echo yes', file).strip() == "yes"

    def is_ours(self, module: str) -> bool:
        script = 'grep -q "part of Stasis Broadcast" "$1" && echo yes || true'
        return self.shell(script, f"{self.modules}/{module}").strip() == "yes"

    def diversions(self) -> list[str]:
        lines = self.run("dpkg-divert", "--list").splitlines()
        return sorted(line for line in lines if "stasis_broadcast" in line)

    def snapshot(self) -> list[str]:
        return self.run("sh", "-c", SNAPSHOT).splitlines()

    def reinstall_asterisk(self) -> str:
        """As an upgrade of Asterisk's packages does, but for the version: their files are unpacked once more."""
        return self.run("apt-get", "-y", "--no-download", "--reinstall", "install",
                        "asterisk", "asterisk-config", "asterisk-modules")  # fmt: skip
