# The root: a folder with Debian's Asterisk and its compiler, made once, read-only for all
# instances except for their own folder under /srv/sb. Also how to run a command in it.

# Everything that a root holds. A change here makes a new root; old ones stay until distclean.
ROOT_PACKAGES="$ASTERISK_PACKAGES,gcc,make,libc6-dev,libpcre2-dev"
ROOT_RECIPE=1

# The first of the possible cache folders that this user can own.
root_cache() {
    local folder
    for folder in "${SANDBOX_CACHE:-}" "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/stasis-broadcast" \
        "$REPO/.sandbox/cache"; do
        if [ -n "$folder" ] && mkdir -p -m 700 "$folder" 2>/dev/null && [ -O "$folder" ] && [ -w "$folder" ]; then
            # The users of a root have numbers that are somebody else's on this system. A folder that was given may
            # hold other things, and stays as it is.
            [ "$folder" = "${SANDBOX_CACHE:-}" ] || chmod go= "$folder"
            # From wherever the command is given: links lead there.
            (cd "$folder" && pwd)
            return
        fi
    done
    die "no folder for the roots can be written: set SANDBOX_CACHE=folder"
}

CACHE=$(root_cache)
ROOT="$CACHE/asterisk$ASTERISK-$(echo "$ROOT_RECIPE $SUITE $ROOT_PACKAGES" | sha256sum | cut -c1-8)"

# One line that says what an ordinary user or a locked-down container lacks, or nothing.
root_missing() {
    if [ "$(id -u)" -eq 0 ]; then
        chroot / true 2>/dev/null || echo "this container may not chroot: give it CAP_SYS_CHROOT"
    elif ! unshare --help 2>/dev/null | grep -q -e --map-auto; then
        echo "unshare of util-linux 2.38 or later is needed to run without root: use sudo"
    elif ! command -v newuidmap >/dev/null; then
        echo "newuidmap is missing: install the package uidmap, or use sudo"
    elif ! grep -qE "^($(id -un)|$(id -u)):" /etc/subuid 2>/dev/null; then
        echo "user $(id -un) has no range in /etc/subuid: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
    elif ! unshare --user --map-root-user --map-auto --mount true 2>/dev/null; then
        echo "this system does not let ordinary users make user namespaces: use sudo"
    fi
}

# How to become root of a namespace: sets NAMESPACE to the words that go before a command whose mounts are its own,
# and PRIVATE to those for one whose processes are seen by nobody else and end with it, too. A container's root
# that may not do this gets none of both.
namespace() {
    local user=()
    NAMESPACE=()
    PRIVATE=()
    [ "$(id -u)" -eq 0 ] || user=(--user --map-root-user --map-auto)
    if [ "$(id -u)" -ne 0 ] || unshare --mount --pid --fork true 2>/dev/null; then
        NAMESPACE=(unshare "${user[@]}" --mount --propagation private --)
        PRIVATE=(unshare "${user[@]}" --mount --propagation private --pid --fork --kill-child --)
    fi
}
namespace

# The words that run a command inside the root, with a /dev and /proc of its own where that is allowed.
ENTER=("${PRIVATE[@]}" sh "$SANDBOX/lib/enter" "$([ ${#PRIVATE[@]} -eq 0 ] && echo shared || echo private)" "$ROOT")

root_bootstrap() {
    local folder=$1
    # shellcheck disable=SC2016
    local options=(--mode=root --variant=apt --include="$ROOT_PACKAGES"
        --aptopt='Acquire::Check-Valid-Until "false"'
        # No name servers, no DNS: PJSIP would open sockets on all addresses for it.
        --customize-hook=': >"$1/etc/resolv.conf"; echo "127.0.0.1 localhost" >"$1/etc/hosts"')
    if [ "$SUITE" = bullseye ]; then
        # Its security archive lists an asterisk-dev that is no longer there.
        # shellcheck disable=SC2016
        options+=(--setup-hook='mkdir -p "$1/etc/apt/preferences.d"
            printf "Package: *asterisk*\nPin: release l=Debian-Security\nPin-Priority: -1\n" \
                >"$1/etc/apt/preferences.d/sandbox"')
    fi
    if [ "$MORE" != - ]; then
        # From wherever the suite itself comes.
        options+=(--setup-hook="sed -n 's/ $SUITE / $MORE /p' \"\$1\"/etc/apt/sources.list >\"\$1\"/etc/apt/sources.list.d/more.list")
    fi
    "${NAMESPACE[@]}" mmdebstrap "${options[@]}" "$SUITE" "$folder"
}

root_delete() {
    "${NAMESPACE[@]}" rm -rf --one-file-system -- "$@"
}

root_make() {
    local missing try
    missing=$(root_missing)
    [ -z "$missing" ] || die "$missing"
    if [ -e "$ROOT/.complete" ]; then
        return
    fi
    exec 8>"$ROOT.lock"
    flock 8
    if [ ! -e "$ROOT/.complete" ]; then
        command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: install the package mmdebstrap"
        echo "Making a root with Asterisk $ASTERISK from Debian $SUITE (once, about 35 s) ..."
        for try in 1 2; do
            root_delete "$ROOT.new"
            if root_bootstrap "$ROOT.new" >"$ROOT.log" 2>&1; then
                touch "$ROOT.new/.complete"
                root_delete "$ROOT"
                mv "$ROOT.new" "$ROOT"
                break
            fi
            grep -E '^E: ' "$ROOT.log" | head -5 >&2 || true
            root_delete "$ROOT.new"
            [ "$try" = 1 ] || die "the root could not be made, twice; see $ROOT.log"
            echo "That failed; trying once more ..." >&2
        done
    fi
    exec 8>&-
}

# The roots may be in use by other clones.
root_remove() {
    local file pid
    for file in "$CACHE"/asterisk*/srv/sb/*/asterisk.pid; do
        pid=$(cat "$file" 2>/dev/null) || continue
        if { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q '^asterisk '; then
            die "the Asterisk of another clone is running in a root (pid $pid): stop it first"
        fi
    done
    root_delete "$CACHE"/{,downloads-}asterisk*-*
}
