# A copy of a root of the sandbox, in which packages may be installed and removed. Sourced by tools/deb/package and
# tests/package/run.
#
# SANDBOX_CACHE says where the sandbox's roots are: with it set to the folder of the copy, every command of
# sandbox/sandbox works in the copy.

REPO=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
# Read by the sandbox's parts.
# shellcheck disable=SC2034
SANDBOX=$REPO/sandbox
PATH=$PATH:/usr/sbin:/sbin

die() {
    echo "package: $*" >&2
    exit 1
}

# shellcheck source=/dev/null
. "$SANDBOX/lib/versions.sh"
version_read
# shellcheck source=/dev/null
. "$SANDBOX/lib/root.sh"
# shellcheck disable=SC2153
SHARED_ROOT=$ROOT

# What a package is built with, and what the tests need besides, as names for apt-get.
BUILD_PACKAGES="debhelper lintian libcmocka-dev libwebsockets-dev"

# Make the copy; it goes when the script ends, or, if that was killed, when the next one is made: its lock is free then.
# Not with /srv/sb: the instances of the shared root.
copy_make() {
    local other
    "$REPO/sandbox/sandbox" root "ASTERISK=$ASTERISK"
    exec 5>"$CACHE/copies.lock"
    flock 5
    for other in "$CACHE"/copy-*; do
        [ ! -d "$other" ] || ! flock -n "$other/lock" true || root_delete "$other"
    done
    COPY=$(mktemp -d "$CACHE/copy-XXXXXXXX")
    exec 6>"$COPY/lock"
    flock 6
    exec 5>&-
    trap copy_remove EXIT
    ROOT=$COPY/${SHARED_ROOT##*/}
    export SANDBOX_CACHE=$COPY
    "${NAMESPACE[@]}" sh -c '
        mkdir "$2" && cd "$1" && tar -cf - --one-file-system --exclude=./srv/sb . | tar -C "$2" --numeric-owner -xpf -
        # No package starts a service in here.
        printf "#!/bin/sh\nexit 101\n" >"$2/usr/sbin/policy-rc.d" && chmod 755 "$2/usr/sbin/policy-rc.d"
        # As with asterisk-dev (sandbox/lib/root.sh): the security archive lists one that is no longer there.
        if [ "$3" = bullseye ]; then
            printf "Package: *websockets*\nPin: release l=Debian-Security\nPin-Priority: -1\n" >"$2/etc/apt/preferences.d/copy"
        fi
    ' sh "$SHARED_ROOT" "$ROOT" "$SUITE"
}

copy_remove() {
    root_delete "$COPY"
    find "$REPO/.sandbox" -maxdepth 1 -lname "$COPY/*" -delete 2>/dev/null || true
}

# A command in the copy.
inside() {
    "$REPO/sandbox/sandbox" shell env DEBIAN_FRONTEND=noninteractive "$@"
}

# apt-get on this side, where the network is; with this machine's proxies, and all else the copy's.
outside_apt() {
    {
        apt-config dump | grep -iE '^Acquire::https?::' || true
        cat <<TEXT
Dir "$ROOT";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
TEXT
    } >"$COPY/apt.conf"
    APT_CONFIG=$COPY/apt.conf "${NAMESPACE[@]}" apt-get -qq -y "$@"
}

# What was downloaded once stays in the cache, for the next copy: lists and packages.
download_folders() {
    DOWNLOADS=$CACHE/downloads-${SHARED_ROOT##*/}
    mkdir -p "$DOWNLOADS"/{lists,archives}
}

downloads_use() {
    "${NAMESPACE[@]}" cp -a "$DOWNLOADS/lists" "$ROOT/var/lib/apt/"
    "${NAMESPACE[@]}" cp -a "$DOWNLOADS/archives" "$ROOT/var/cache/apt/"
}

downloads_keep() {
    "${NAMESPACE[@]}" sh -c '
        rm -rf "$1/lists" "$1/archives" && cp -a "$2/var/lib/apt/lists" "$2/var/cache/apt/archives" "$1/"
    ' sh "$DOWNLOADS" "$ROOT"
}

# Have the packages of these apt-get words in the copy's cache: from an earlier run, or from the network.
download() {
    if inside apt-get -qq -y --no-download --print-uris "$@" >"$COPY/uris" 2>&1 && [ ! -s "$COPY/uris" ]; then
        return
    fi
    { outside_apt update && outside_apt --download-only "$@"; } >"$COPY/download.log" 2>&1 ||
        { tail -5 "$COPY/download.log" >&2; die "apt-get $* could not be downloaded"; }
    downloads_keep
}

# Install what packages are built with, and what Debian now has of Asterisk, if the root is older than that.
copy_build_packages() {
    # shellcheck disable=SC2206
    local words=(--no-install-recommends install $BUILD_PACKAGES ${ASTERISK_PACKAGES//,/ })
    download "${words[@]}"
    inside apt-get -qq -y --no-download -o Dpkg::Options::=--force-unsafe-io "${words[@]}" >"$COPY/install.log" 2>&1 ||
        { tail -20 "$COPY/install.log" >&2; die "what packages are built with could not be installed"; }
}

# The Debian that a package is for, as Debian's own stable updates name it: 12.4+deb12u5 is ~deb12.
suffix() {
    inside dpkg-query -W -f '${Version}' base-files | sed -E 's/^([0-9]+).*/~deb\1/'
}

# Put the sources into the copy: copy_sources CHANGELOG
copy_sources() {
    "${NAMESPACE[@]}" mkdir -p "$ROOT/srv/deb/src"
    (
        cd "$REPO" || exit
        find . \( -name .git -o -name node_modules -o -name __pycache__ -o -path ./build -o -path ./.sandbox \) -prune -o \
            -type f -print0 | tar --null -T - --owner=0 --group=0 -cf -
    ) | "${NAMESPACE[@]}" tar -C "$ROOT/srv/deb/src" -xf -
    "${NAMESPACE[@]}" cp "$1" "$ROOT/srv/deb/src/debian/changelog"
}

# Build the packages of the sources in the copy: copy_build [option of dpkg-buildpackage ...]. They are in /srv/deb then.
copy_build() {
    # A root has the compiler for C that is needed, and not all that build-essential brings.
    inside env DEB_BUILD_OPTIONS="parallel=$(nproc)${DEB_BUILD_OPTIONS:+ $DEB_BUILD_OPTIONS}" \
        sh -c 'cd /srv/deb/src && exec dpkg-buildpackage -b -us -uc --ignore-builtin-builddeps "$@"' sh "$@"
}
