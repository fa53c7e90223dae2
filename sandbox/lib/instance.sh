# One instance: its folder inside the root, the sources and modules in it, its configuration.
# A folder belongs to one clone, one INSTANCE name and, being in a root, one Asterisk version.

KEY=$(echo "$REPO" | sha256sum | cut -c1-8)${INSTANCE:+-$INSTANCE}
HOME_INSIDE=/srv/sb/$KEY
DIR=$ROOT$HOME_INSIDE
LINK=$REPO/.sandbox/$ASTERISK${INSTANCE:+-$INSTANCE}

# One command at a time on one instance.
instance_lock() {
    mkdir -p "$DIR" "$REPO/.sandbox"
    ln -sfn "$DIR" "$LINK"
    exec 9>"$DIR.lock"
    flock 9
}

# Copy the sources in with their times, so that make in the root only builds what changed. Tar's own format leaves out the
# parts of a second: an edit right after a build would be older than that.
instance_sync() {
    mkdir -p "$DIR/src"
    find "$DIR/src" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    (
        cd "$REPO" || exit
        find Makefile install.mk lint.mk sandbox/sandbox.mk sandbox/*.c include core modules rest-api samples console tests/module bench/module tools/install \
            -type f -print0 2>/dev/null || true
    ) | tar -C "$REPO" --null -T - --format=posix -cf - | tar -C "$DIR/src" -xf -
}

# Whether these files have been built of an instance's sources with these words for make, and no source has changed since
# what was noted then in the file MARK: DIR MARK WORDS [FILE...].
instance_is_built() {
    local src=$1/src mark=$1/src/build/$2 words=$3 file
    shift 3
    [ "$(cat "$mark" 2>/dev/null)" = "$words" ] || return 1
    for file in "$@"; do
        [ -e "$src/$file" ] || return 1
    done
    [ -z "$(find "$src" -path "$src/build" -prune -o -type f -newer "$mark" -print -quit)" ]
}

# The sources of an instance with their sizes and times.
instance_sources() {
    find "$1/src" -path "$1/src/build*" -prune -o -type f -printf '%P %s %T@\n' | sort
}

# What is compiled does not depend on the instance, but for the folder's name among the noted flags. So an instance that has not
# built these files of its sources, with these words for make, takes over what another one of this clone has built:
# MARK WORDS [FILE...]. All of it, if there is one that has all; else what there is of just these sources; and where nothing has
# been built yet, what was built of other ones: make compares times and flags, and builds what has changed since.
instance_take_over() {
    local like other
    for like in all some older; do
        case $like in
            all) ! instance_is_built "$DIR" "$@" || return 0 ;;
            some) ! instance_is_built "$DIR" built "$2" || return 0 ;;
            older) [ ! -e "$DIR/src/build" ] || return 0 ;;
        esac
        for other in "${DIR%/*}/${KEY%%-*}" "${DIR%/*}/${KEY%%-*}"-*; do
            [ "$other" = "$DIR" ] || [ ! -O "$other/src/build" ] || ! instance_copy_build $like "$other" "$@" || return 0
        done
    done
}

# Whether an instance has what is wanted of it: all|some|older OTHER MARK WORDS [FILE...].
instance_fits() {
    local like=$1 other=$2
    shift 2
    case $like in
        all) instance_is_built "$other" "$@" && cmp -s <(instance_sources "$other") <(instance_sources "$DIR") ;;
        some) instance_is_built "$other" built "$2" && cmp -s <(instance_sources "$other") <(instance_sources "$DIR") ;;
        older) [ "$(cat "$other/src/build/built")" = "$2" ] ;;
    esac
}

# Copy the build of another instance, if it fits, over what was built with the same words: all|some|older OTHER MARK WORDS [FILE...].
# Several may copy the same one at a time. One that is being built does not fit. One that does may be starting or stopping; who
# waits for its lock is not waited for, since it has nothing to build.
instance_copy_build() {
    local other=$2 words=$4 new=$DIR/src/build.new patience=20
    [ "$1" != older ] || patience=0
    instance_fits "$@" 2>/dev/null || return 1
    (
        flock -s -w $patience 8 && instance_fits "$@" && mkdir "$new" || exit
        [ "$(cat "$DIR/src/build/built")" != "$words" ] || cp -a "$DIR/src/build/." "$new" || exit
        cp -a "$other/src/build/." "$new" && cd "$new/obj" &&
            sed -i "s|/srv/sb/${other##*/}/src|$HOME_INSIDE/src|g" flags && touch -r "$other/src/build/obj/flags" flags
    ) 2>/dev/null 8<"$other.lock" && rm -rf "$DIR/src/build" && mv "$new" "$DIR/src/build" && return
    rm -rf "$new"
    return 1
}

# Build in the root. The arguments go to make. It says so if there is something to do: on a busy machine it takes minutes.
instance_build() {
    instance_sync
    local name flags=() CFLAGS=${CFLAGS:-} mark=built say=
    [ $# -ne 0 ] || mark=built-all
    [ -z "$SANITIZE" ] || CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=$SANITIZE -fsanitize-recover=$SANITIZE $CFLAGS"
    for name in CFLAGS LDFLAGS CPPFLAGS CI; do
        [ -z "${!name:-}" ] || flags+=("$name=${!name}")
    done
    # The root has neither git nor the history.
    flags+=("PROJECT_VERSION=$("$REPO/tools/version")")
    instance_take_over $mark "${flags[*]}" "$@"
    if ! instance_is_built "$DIR" $mark "${flags[*]}" "$@"; then
        # What was noted is not true while make is at work, nor when it has failed.
        rm -f "$DIR"/src/build/built{,-all}
        [[ $* == *=* || (-n $* && $* != build/*) ]] || say=yes
    fi
    [ -z "$say" ] || echo "Building the modules for Asterisk $ASTERISK ..." >&2
    "${ENTER[@]}" make --no-print-directory -s -C "$HOME_INSIDE/src" -j "$(nproc)" "${flags[@]}" "$@"
    [ -z "$say" ] || echo "${flags[*]}" | tee "$DIR/src/build/built" >"$DIR/src/build/$mark"
}

# The folder of the root's own modules, as seen from inside.
stock_modules() {
    local file
    for file in "$ROOT"/usr/lib/asterisk/modules/res_stasis.so "$ROOT"/usr/lib/*/asterisk/modules/res_stasis.so; do
        if [ -e "$file" ]; then
            file=${file#"$ROOT"}
            echo "${file%/*}"
        fi
    done
}

# What MODULES= asks for, as "module origin" lines: origin is ours, own (Asterisk's) or absent.
module_choice() {
    local res=ours app=ours rest=ours
    case $MODULES in
        ours) ;;
        asterisk) res=own app=own rest=absent ;;
        mix-app) app=own ;;
        mix-res) res=own ;;
        none) res=absent ;;
        installed) res=own app=own rest=own ;;
        *) die "MODULES=$MODULES is not known; it is ours, asterisk, mix-app, mix-res, none or installed" ;;
    esac
    if [[ $MODULES != installed && $res$app == *own* && $HAS_OWN != yes ]]; then
        die "Asterisk $ASTERISK has no StasisBroadcast of its own: MODULES=$MODULES needs ASTERISK=22"
    fi
    compgen -G "$REPO/modules/res_ari_broadcasts/*.c" >/dev/null || rest=absent
    echo "res_stasis_broadcast $res"
    echo "app_stasis_broadcast $app"
    echo "res_ari_broadcasts $rest"
}

# Asterisk's modules that start programs (System(), SHELL(), AGI() and more), one a line. Who may use AMI, ARI or the
# dialplan is not let in to this machine: the instance does not have them. One is needed: it starts programs only
# for what musiconhold.conf says, which Asterisk may not write.
program_starters() {
    local list=$ROOT.starters
    if [ ! -e "$list" ]; then
        "${ENTER[@]}" sh -c 'cd "$1" && nm -AD --undefined-only ./*.so 2>/dev/null' sh "$(stock_modules)" |
            sed -nE 's/^\.\/([^:]*)\.so:.* U (exec[lv][a-z]*|fexecve|system|popen|posix_spawnp?|v?fork|ast_safe_(system|fork|exec[a-z]*))(@.*)?$/\1/p' |
            sort -u | grep -vx res_musiconhold >"$list.new"
        grep -qx func_shell "$list.new" || die "it cannot be told which modules of Asterisk $ASTERISK start programs"
        mv "$list.new" "$list"
    fi
    cat "$list"
}

# What make has to build for this choice. Names in MODULES_EXTRA that Asterisk does not bring: those of modules,
# tests/module and bench/module.
built_modules() {
    local module origin name
    while read -r module origin; do
        [ "$origin" != ours ] || echo "build/modules/$module.so"
    done < <(module_choice)
    for name in ${MODULES_EXTRA:-}; do
        name=${name%.so}
        if [ -d "$REPO/modules/$name" ] || [ -e "$REPO/tests/module/$name.c" ] || [ -d "$REPO/tests/module/$name" ] ||
            [ -e "$REPO/bench/module/$name.c" ] || [ -d "$REPO/bench/module/$name" ]; then
            echo "build/modules/$name.so"
        elif [ ! -e "$ROOT$(stock_modules)/$name.so" ]; then
            die "MODULES_EXTRA: there is no module $name, neither in Asterisk $ASTERISK nor in tests/module or bench/module"
        elif program_starters | grep -qx -- "$name"; then
            die "MODULES_EXTRA: $name starts programs of this machine, which the sandbox's Asterisk may not"
        fi
    done
}

# The instance's own module folder: Asterisk's as links, ours as copies.
instance_modules() {
    local module origin file
    rm -rf "$DIR/modules"
    mkdir "$DIR/modules"
    (cd "$ROOT$(stock_modules)" && printf "$(stock_modules)/%s\0" *.so) |
        xargs -0 ln -s -t "$DIR/modules"
    program_starters | (cd "$DIR/modules" && sed 's/$/.so/' | xargs -d '\n' rm -f --)
    while read -r module origin; do
        [ "$origin" = own ] || rm -f "$DIR/modules/$module.so"
    done < <(module_choice)
    for file in $(built_modules); do
        rm -f "$DIR/modules/${file##*/}"
        cp "$DIR/src/$file" "$DIR/modules/"
    done
}

instance_modules_conf() {
    local module origin
    echo "[modules]"
    echo "autoload = no"
    sed 's/#.*//; /^ *$/d' "$SANDBOX/etc/modules" | while read -r module; do
        [ ! -L "$DIR/modules/$module.so" ] || echo "load = $module.so"
    done
    # Without these there is no point in starting.
    while read -r module origin; do
        [ "$origin" = absent ] || echo "require = $module.so"
    done < <(module_choice)
    for module in ${MODULES_EXTRA:-}; do
        echo "require = ${module%.so}.so"
    done
}

# Fill @NAME@ in a template from the variable NAME.
render() {
    local text name
    text=$(<"$1")
    while [[ $text =~ @([A-Z_]+)@ ]]; do
        name=${BASH_REMATCH[1]}
        text=${text//"@$name@"/"${!name}"}
    done
    printf '%s\n' "$text"
}

# The configuration. Asterisk reads it and may not write it; only the owner of the instance reads it otherwise: it
# has the secrets.
instance_conf() {
    local file HOME=$HOME_INSIDE
    # shellcheck disable=SC2016,SC2034
    local CRYPTED='$6$sandbox$jix5UwkHaZqXNW3siyTIsqupygYMwY2FuZOl2g97g.uO3ESE4wCzG1cpy96LJzeuy3HGLTugclDW/0ucpvZlu.'
    rm -rf "${DIR:?}/etc"
    mkdir -m 700 "$DIR/etc"
    for file in "$SANDBOX"/etc/*.conf; do
        render "$file" >"$DIR/etc/${file##*/}"
    done
    # Users whose passwords are known to all are not there where the owner wants one of his own.
    [ "$ARI_PASSWORD" = ari ] || sed -i '/^; May look/,$d' "$DIR/etc/ari.conf"
    # Asterisk logs an error for each of these that is missing.
    for file in ccss cel features geolocation pjproject udptl websocket_client; do
        echo "[general]" >"$DIR/etc/$file.conf"
    done
    touch "$DIR"/etc/{acl,stasis}.conf
    instance_modules_conf >"$DIR/etc/modules.conf"
    if [ -n "${EXTENSIONS:-}" ]; then
        cp "$EXTENSIONS" "$DIR/etc/extensions_extra.conf" 2>/dev/null || die "EXTENSIONS=$EXTENSIONS cannot be read"
        echo '#include "extensions_extra.conf"' >>"$DIR/etc/extensions.conf"
    fi
    if [ -n "${CONF:-}" ]; then
        cp "$CONF"/*.conf "$DIR/etc/" 2>/dev/null || die "CONF=$CONF is not a folder with .conf files"
    fi
}

# Folders that were Asterisk's become root's, and are emptied: a program that Asterisk's user runs elsewhere may be
# adding to them at the same time.
instance_take_back() {
    local folders=() name
    for name in "$@"; do
        [ ! -d "$DIR/$name" ] || folders+=("$DIR/$name")
    done
    [ ${#folders[@]} -ne 0 ] || return 0
    for _ in {1..20}; do
        if [ "$(id -u)" -eq 0 ]; then
            chown 0:0 "${folders[@]}"
            chmod 700 "${folders[@]}"
            chown -RhP 0:0 "${folders[@]}" 2>/dev/null || true
        fi
        rm -rf "${folders[@]}" 2>/dev/null && return
    done
    die "${folders[*]} cannot be emptied: a program is at work in there"
}

# Sounds, music and documentation: Asterisk's, plus the documentation of our modules.
instance_data() {
    local stock=/usr/share/asterisk name ours=("$REPO"/modules/*/*-en_US.xml)
    [ "$MODULES" != installed ] || ours=("$ROOT$stock"/documentation/thirdparty/*-en_US.xml)
    instance_take_back lib spool run log
    rm -rf "${DIR:?}"/{data,moh}
    mkdir -p "$DIR"/{data/documentation/thirdparty,moh}
    mkdir -m 700 "$DIR"/{lib,spool,spool/recording,run,log}
    for name in "$ROOT$stock"/*; do
        [ "${name##*/}" = documentation ] || ln -s "$stock/${name##*/}" "$DIR/data/"
    done
    for name in "$ROOT$stock"/documentation/*; do
        [ "${name##*/}" = thirdparty ] || ln -s "$stock/documentation/${name##*/}" "$DIR/data/documentation/"
    done
    for name in "${ours[@]}"; do
        [ ! -e "$name" ] || cp "$name" "$DIR/data/documentation/thirdparty/"
    done
    instance_console
    ln -s "$stock"/sounds/en/demo-instruct.gsm "$DIR/moh/"
}

# The console, where Asterisk's HTTP server finds it. It follows no link out of that folder.
instance_console() {
    local stock=/usr/share/asterisk/static-http
    rm -f "$DIR/data/static-http"
    mkdir "$DIR/data/static-http"
    if [ "$MODULES" = installed ]; then
        [ ! -d "$ROOT$stock/stasis-broadcast" ] || cp -R "$ROOT$stock/stasis-broadcast" "$DIR/data/static-http/"
    elif [ -d "$REPO/console" ]; then
        cp -R "$REPO/console" "$DIR/data/static-http/stasis-broadcast"
    fi
}

# The user and group of Asterisk in the root, as numbers: UID:GID.
asterisk_ids() {
    awk -F : '$1 == "asterisk" { print $3 ":" $4 }' "$ROOT/etc/passwd"
}

# Asterisk runs as the root's user asterisk; for an ordinary user, as that user himself. Of the folders that are
# Asterisk's, nothing is opened here as root: a program there could put links and pipes into them. The log is opened;
# its folder and files are root's, to which Asterisk may add, and which it cannot replace.
instance_owner() {
    local ids group
    (umask 077 && touch "$DIR"/log/{full,console,queue_log})
    chmod -R go= "$DIR/etc"
    if [ "$(id -u)" -eq 0 ]; then
        ids=$(asterisk_ids)
        group=${ids#*:}
        chgrp -R "$group" "$DIR/etc" "$DIR/log"
        chmod -R g=rX "$DIR/etc"
        # Files of its own beside them, for a test that writes its module's. Root opens none of them.
        [ "${WRITABLE_ETC:-}" != yes ] || chmod 1770 "$DIR/etc"
        chmod 660 "$DIR"/log/{full,queue_log}
        chmod 600 "$DIR/log/console"
        chown "$ids" "$DIR"/{spool/recording,lib,spool,run}
        chmod 1770 "$DIR/log"
    fi
}

# A secret that nobody can guess.
secret_draw() {
    printf '%08x%08x%08x%08x' "$SRANDOM" "$SRANDOM" "$SRANDOM" "$SRANDOM"
}

instance_settings() {
    HTTP_PORT=${HTTP_PORT:-$HTTP_DEFAULT}
    SIP_PORT=${SIP_PORT:-$SIP_DEFAULT}
    AMI_PORT=${AMI_PORT:-$AMI_DEFAULT}
    ARI_PASSWORD=${ARI_PASSWORD:-ari}
    [ "$ARI_PASSWORD" != own ] || ARI_PASSWORD=$(secret_draw)
    [[ $ARI_PASSWORD =~ ^[A-Za-z0-9]{1,64}$ ]] || die "ARI_PASSWORD may only have letters and digits, or is \"own\""
    AMI_SECRET=$(secret_draw)
    WEBSOCKET_WRITE_TIMEOUT=${WEBSOCKET_WRITE_TIMEOUT:-100}
    CHANNELVARS=${CHANNELVARS:-}
    SYSTEMNAME=${SYSTEMNAME:-}
    [[ $SYSTEMNAME =~ ^[A-Za-z0-9_-]*$ ]] || die "SYSTEMNAME=$SYSTEMNAME may only have letters, digits, - and _"
    VERBOSE=${VERBOSE:-3}
    DEBUG=${DEBUG:-0}
    local name
    for name in WEBSOCKET_WRITE_TIMEOUT VERBOSE DEBUG; do
        [[ ${!name} =~ ^(0|[1-9][0-9]{0,8})$ ]] || die "$name=${!name} is not a number"
    done
    for name in HTTP_PORT SIP_PORT AMI_PORT; do
        if [ "${!name}" != free ]; then
            [[ ${!name} =~ ^(0|[1-9][0-9]{0,8})$ ]] || die "$name=${!name} is not a number"
            ((${!name} >= 1 && ${!name} <= 65535)) || die "$name=${!name} is not a port; ports are 1 to 65535"
        fi
    done
    [ "$HTTP_PORT" = free ] || [ "$HTTP_PORT" != "$AMI_PORT" ] ||
        die "HTTP_PORT and AMI_PORT are both $AMI_PORT: give one of them another port"
}
