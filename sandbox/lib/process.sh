# The running Asterisk of an instance: start, stop, show. Only the process that was started
# here is ever signalled: its pid is on file, and its command line must name the instance.

# Sets CLI to the words that start a CLI of the running Asterisk. It needs no mounts. Its socket is in a folder of
# Asterisk's, so the one who connects to it is no more than Asterisk is.
cli_words() {
    CLI=(env -i PATH="$PATH" HOME=/ LC_ALL=C.UTF-8 TERM="${TERM:-dumb}")
    if [ "$(id -u)" -eq 0 ]; then
        CLI+=(chroot "--userspec=+$(asterisk_ids | sed 's/:/:+/')" --groups= "$ROOT")
    else
        CLI+=(unshare --user --map-root-user --map-auto -- chroot "$ROOT")
    fi
    CLI+=(asterisk -C "$HOME_INSIDE/etc/asterisk.conf")
}

# Whether a process is this instance's Asterisk: its command line says so, and goes on with these words.
process_is_asterisk() {
    { tr "\0" " " <"/proc/$1/cmdline"; } 2>/dev/null | grep -qF -- "-C $HOME_INSIDE/etc/asterisk.conf${2:-}"
}

asterisk_pid() {
    local pid
    pid=$(cat "$DIR/asterisk.pid" 2>/dev/null) || return 1
    process_is_asterisk "$pid" || return 1
    echo "$pid"
}

sanitizer_library() {
    local file
    for file in "$ROOT"/usr/lib/*/libasan.so.?; do
        echo "${file#"$ROOT"}"
    done
}

# Whether the supervisor is there, who writes down how Asterisk ended.
process_supervised() {
    local pid
    pid=$(cat "$DIR/supervisor.pid" 2>/dev/null) || return 1
    { tr "\0" " " <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "$SELF supervise"
}

# Run Asterisk and note how it ended. Started in a session of its own by process_start.
process_supervise() {
    local fd preload=$HOME_INSIDE/src/build/sandbox/preload.so user=()
    echo $$ >"$DIR/supervisor.pid"
    # Whatever make or a pipeline left open is not for a process that outlives them.
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        ((fd <= 2)) || eval "exec $fd>&-"
    done
    [ "$(id -u)" -ne 0 ] || user=(-U asterisk -G asterisk)
    ulimit -n "$(ulimit -Hn)"
    # An Asterisk that has changed its user may not read its own memory, as LeakSanitizer does, unless
    # it is allowed to dump core.
    [ -z "$SANITIZE" ] || user+=(-g)
    # AddressSanitizer wants to be the first library of the process.
    [ "$SANITIZE" != address ] || preload="$(sanitizer_library):$preload"
    # shellcheck disable=SC2086
    PID_FILE=$DIR/asterisk.pid "${ENTER[@]}" env LD_PRELOAD="$preload" \
        ASAN_OPTIONS="log_path=$HOME_INSIDE/log/sanitizer:halt_on_error=0:${ASAN_OPTIONS:-}" \
        UBSAN_OPTIONS="log_path=$HOME_INSIDE/log/sanitizer:print_stacktrace=1:${UBSAN_OPTIONS:-}" \
        ${WRAP:-} asterisk -C "$HOME_INSIDE/etc/asterisk.conf" -f "${user[@]}" &
    local status=0
    wait $! || status=$?
    [ ${#PRIVATE[@]} -ne 0 ] || process_end_children
    echo "$status" >"$DIR/asterisk.exit.new"
    mv "$DIR/asterisk.exit.new" "$DIR/asterisk.exit"
}

# Kill what Asterisk has left behind, where there is no namespace that ends with it. It can have started no program:
# what is there is Asterisk itself in a second process. Called by the supervisor, whose session that was.
process_end_children() {
    local stat pid line field left
    # A process that forks while it is killed is found by the next turn.
    for _ in {1..20}; do
        left=()
        for stat in /proc/[0-9]*/stat; do
            pid=${stat//[!0-9]/}
            { read -r line <"$stat"; } 2>/dev/null || continue
            # State, parent, group, session
            read -ra field <<<"${line##*) }"
            if [ "$pid" = $$ ] || [ "${field[0]}" = Z ]; then
                continue
            elif [ "${field[3]}" = $$ ] || process_is_asterisk "$pid" " -f"; then
                left+=("$pid")
            fi
        done
        [ ${#left[@]} -ne 0 ] || return 0
        kill -KILL "${left[@]}" 2>/dev/null || true
    done
}

process_start() {
    local seconds=${START_SECONDS:-30} deadline
    deadline=$((SECONDS + seconds))
    rm -f "$DIR/asterisk.pid" "$DIR/asterisk.exit" "$DIR/supervisor.pid" "$DIR/env"
    cli_words
    setsid "$SELF" supervise </dev/null >"$DIR/log/console" 2>&1 7>&- 9>&- &
    # shellcheck disable=SC2064
    trap "process_abort $!" INT TERM HUP
    until [ -S "$DIR/run/asterisk.ctl" ] && fully_booted "$seconds"; do
        if [ -e "$DIR/asterisk.exit" ]; then
            process_explain
            process_stop || true
            die "Asterisk did not start; its log is $LINK/log/full"
        fi
        if ((SECONDS > deadline)); then
            process_explain
            process_stop || true
            die "Asterisk was not ready after $seconds s; its log is $LINK/log/full"
        fi
        sleep 0.02
    done
}

# Of a start that is interrupted nothing is left: the supervisor is the first of a session, and of a group with all in it.
process_abort() {
    trap - INT TERM HUP
    kill -KILL -- "-$1" 2>/dev/null || kill -KILL "$1" 2>/dev/null || true
    rm -f "$DIR/asterisk.pid" "$DIR/asterisk.exit" "$DIR/supervisor.pid"
    die "the start was interrupted"
}

# Waits for the end of the start, at most so many seconds. The exit status of the CLI does not
# tell an Asterisk that went away meanwhile.
fully_booted() {
    timeout "$1" "${CLI[@]}" -rx "core waitfullybooted" 2>/dev/null | grep -q "fully booted"
}

# What a caller or an application has put into a log line stays text on the terminal.
printable() {
    LC_ALL=C sed -u 's/[^[:print:][:space:]\x80-\xff]/?/g; s/[\r\v\f]/?/g'
}

# The errors of the log, for somebody who has just seen the start fail.
process_explain() {
    cat "$DIR/log/console" "$DIR/log/full" 2>/dev/null | grep -aE 'ERROR|rror' | sort -u | head -10 | printable >&2 || true
}

# Fails when Asterisk had ended before it was asked to, crashed while it stopped, or had to be killed.
process_stop() {
    local pid status deadline=$((SECONDS + ${STOP_SECONDS:-10})) when="had ended by itself"
    if pid=$(asterisk_pid); then
        when=stopped
        kill -TERM "$pid" 2>/dev/null || true
        until [ -e "$DIR/asterisk.exit" ] || ((SECONDS > deadline)); do
            sleep 0.02
        done
        if [ ! -e "$DIR/asterisk.exit" ]; then
            kill -KILL "$pid" 2>/dev/null || true
            when="did not stop, was killed and ended"
            deadline=$((SECONDS + 5))
            until [ -e "$DIR/asterisk.exit" ] || ((SECONDS > deadline)); do
                sleep 0.02
            done
        fi
    else
        # It has just ended: how is being written down.
        until [ -e "$DIR/asterisk.exit" ] || ! process_supervised || ((SECONDS > deadline)); do
            sleep 0.02
        done
    fi
    status=$(cat "$DIR/asterisk.exit" 2>/dev/null || echo 0)
    rm -f "$DIR/asterisk.pid" "$DIR/asterisk.exit" "$DIR/supervisor.pid"
    if [ "$status" != 0 ]; then
        echo "sandbox: Asterisk $ASTERISK $when with status $status; log: $LINK/log/full" >&2
        return 1
    fi
}

# Who listens on a port, as far as this system tells: "tcp 8088".
port_used() {
    local hex
    hex=$(printf ':%04X' "$2")
    # Established connections do not count, only listeners (0A) and UDP sockets (07).
    awk -v port="$hex" -v state="$([ "$1" = tcp ] && echo 0A || echo 07)" \
        'substr($2, length($2) - 4) == port && $4 == state { found = 1 } END { exit !found }' \
        "/proc/net/$1" "/proc/net/${1}6" 2>/dev/null
}

# A port that nobody has now, above the RTP range and below the system's own choices.
free_port() {
    local port
    while :; do
        port=$((30000 + SRANDOM % 2700))
        if ! port_used tcp "$port" && ! port_used udp "$port"; then
            echo "$port"
            return
        fi
    done
}

# The protocol of a setting's port.
port_kind() {
    [ "$1" = SIP_PORT ] && echo udp || echo tcp
}

# Draw the ports that may be any, and see that the others are free. Until Asterisk has taken them, no other
# sandbox chooses: the lock is held until ports_taken.
ports_choose() {
    local name port
    exec 7>"${ROOT%/*}/ports.lock"
    flock 7
    for name in HTTP_PORT AMI_PORT SIP_PORT; do
        if [ "${!name}" = free ]; then
            # Nobody listens yet on what was drawn for another one.
            until port=$(free_port) && [[ " $HTTP_PORT $AMI_PORT $SIP_PORT " != *" $port "* ]]; do :; done
            printf -v "$name" %s "$port"
        elif port_used "$(port_kind $name)" "${!name}"; then
            die "port ${!name} is taken by another program: give another one with $name="
        fi
    done
}

# Asterisk starts without a port that it does not get, as one that another program has, but does not listen on.
# Who has brought a configuration may have meant it.
ports_check() {
    local name
    [ -r /proc/net/tcp ] && [ -z "${CONF:-}" ] || return 0
    for name in HTTP_PORT AMI_PORT SIP_PORT; do
        if ! port_used "$(port_kind $name)" "${!name}"; then
            process_explain
            process_stop || true
            die "Asterisk does not listen on port ${!name}: give another one with $name="
        fi
    done
}

ports_taken() {
    exec 7>&-
}

sandbox_up() {
    local targets
    instance_settings
    [ -z "${EXTENSIONS:-}" ] || [ -r "$EXTENSIONS" ] || die "EXTENSIONS=$EXTENSIONS cannot be read"
    root_make
    instance_lock
    module_choice >/dev/null
    targets=$(built_modules)
    # shellcheck disable=SC2086
    instance_build build/sandbox/preload.so $targets
    process_stop || true
    instance_modules
    instance_data
    ports_choose
    instance_conf
    instance_owner
    process_start
    ports_check
    ports_taken
    instance_record
    trap - INT TERM HUP
    sandbox_hello
}

# What scripts want to know, kept until the next start. Only the owner may read it.
instance_record() {
    rm -f "$DIR/env"
    (umask 077 && cat >"$DIR/env") <<TEXT
SANDBOX_DIR=$DIR
SANDBOX_ROOT=$ROOT
ASTERISK=$ASTERISK
MODULES=$MODULES
HTTP_PORT=$HTTP_PORT
SIP_PORT=$SIP_PORT
AMI_PORT=$AMI_PORT
AMI_USER=sandbox
AMI_SECRET=$AMI_SECRET
ARI_USER=ari
ARI_PASSWORD=$ARI_PASSWORD
ARI_URL=http://127.0.0.1:$HTTP_PORT/ari
PID=$(asterisk_pid)
TEXT
}

# What goes before a command that is meant for this instance, and a blank; nothing for the one that all commands mean.
settings_words() {
    [ "$ASTERISK" = 22 ] || printf 'ASTERISK=%s ' "$ASTERISK"
    [ -z "$INSTANCE" ] || printf 'INSTANCE=%s ' "$INSTANCE"
}

sandbox_hello() {
    local settings key=ari:ari password=ari
    settings=$(settings_words)
    if [ "$ARI_PASSWORD" != ari ]; then
        key=ari:PASSWORD
        password="as ARI_PASSWORD of ${settings}sandbox/sandbox env"
    fi
    cat <<TEXT
Asterisk $ASTERISK is up (modules: $MODULES).
  ARI       http://127.0.0.1:$HTTP_PORT/ari         user ari, password $password
  events    ws://127.0.0.1:$HTTP_PORT/ari/events?app=NAME&api_key=$key
  SIP       sip:EXTENSION@127.0.0.1:$SIP_PORT       no log-in; try sip:offer@ or sip:echo@
  AMI       127.0.0.1:$AMI_PORT                     user sandbox, secret as AMI_SECRET of ${settings}sandbox/sandbox env
  dialplan  ${LINK#"$REPO"/}/etc/extensions.conf
  CLI       ${settings}sandbox/sandbox cli "core show channels"
  log       ${LINK#"$REPO"/}/log/full
  stop      ${settings}make sandbox-down
TEXT
    if ! grep -q '^Seccomp:[[:space:]]*2' "/proc/$(asterisk_pid)/status"; then
        echo "This kernel cannot forbid Asterisk to start programs: do not let others use its AMI, ARI or dialplan."
    fi
}

sandbox_down() {
    [ -d "$DIR" ] || return 0
    instance_lock
    process_stop
}

need_up() {
    asterisk_pid >/dev/null || die "Asterisk $ASTERISK is not up: $(settings_words)make sandbox-up"
}

sandbox_status() {
    local pid
    if pid=$(asterisk_pid); then
        echo "Asterisk $ASTERISK is up, pid $pid"
        grep -E '_PORT|MODULES' "$DIR/env"
    elif [ -e "$DIR/asterisk.exit" ] && [ "$(<"$DIR/asterisk.exit")" != 0 ]; then
        echo "Asterisk $ASTERISK ended with status $(<"$DIR/asterisk.exit"); log: $LINK/log/full"
        return 1
    else
        echo "Asterisk $ASTERISK is down: $(settings_words)make sandbox-up starts it"
        return 1
    fi
}

sandbox_cli() {
    need_up
    cli_words
    if [ $# -eq 0 ]; then
        "${CLI[@]}" -r
    else
        "${CLI[@]}" -rx "$*"
    fi
}

sandbox_logs() {
    # That of one that has ended may be read all the same.
    [ -e "$DIR/log/full" ] || need_up
    tail -n 50 -F "$DIR/log/full" | printable
}

sandbox_env() {
    need_up
    cat "$DIR/env"
}

sandbox_build() {
    root_make
    instance_lock
    instance_build "$@"
}

sandbox_shell() {
    root_make
    [ $# -gt 0 ] || set -- bash
    "${ENTER[@]}" "$@"
}

# Every instance of this clone, of every version and name.
sandbox_clean() {
    local link
    for link in "$REPO"/.sandbox/*; do
        DIR=$(readlink "$link") || continue
        [[ $DIR == */srv/sb/* ]] || continue
        ROOT=${DIR%/srv/sb/*}
        HOME_INSIDE=${DIR#"$ROOT"}
        LINK=$link
        (sandbox_down) || true
        (instance_take_back lib spool run log) || true
        root_delete "$DIR" "$DIR.lock"
        rm -f "$link"
    done
}
