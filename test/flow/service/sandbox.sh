#!/bin/sh
# The daemons under what the units take from them, as far as that can be had without
# systemd: another user, no capability, no new privilege, a read-only machine but for the
# state's and the sockets' folders, nobody's home, and the units' own list of system
# calls. An alert goes through all of it. Not had: PrivateDevices, ProtectProc,
# MemoryDenyWriteExecute, RestrictAddressFamilies and the other filters of their own.
#   sandbox.sh MANAGER FILTERED UNIT
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/service/managed.sh"
manager=$1
filtered=$2
unit=$3

skip() {
    echo "skipped: $*"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "only root may become another user here"
for tool in systemd-analyze setpriv unshare cc; do
    command -v $tool >/dev/null || skip "this machine has no $tool"
done
unshare --mount sh -c 'mount --make-rprivate / && mount -o remount,bind,ro /' 2>/dev/null ||
    skip "this machine lets nobody mount anything"

ex_begin
managed_exchange

# --- the unit's list of system calls, as numbers
group() { # @NAME: the names in it
    systemd-analyze syscall-filter --no-pager "$1" | sed -n 's/^    \([-@a-z0-9_]*\)$/\1/p' |
        while read -r name; do
            case $name in
            @*) group "$name" ;;
            *) echo "$name" ;;
            esac
        done
}
names() { # words of a SystemCallFilter=
    for word in $1; do
        case $word in
        @*) group "$word" ;;
        *) echo "$word" ;;
        esac
    done
}
: >"$ex/allowed"
sed -n 's/^SystemCallFilter=//p' "$unit" >"$ex/filters"
while read -r words; do
    names "${words#\~}" | sort -u >"$ex/words"
    case $words in
    '~'*) sort -u "$ex/allowed" | comm -23 - "$ex/words" >"$ex/next" ;;
    *) sort -u "$ex/allowed" "$ex/words" >"$ex/next" ;;
    esac
    mv "$ex/next" "$ex/allowed"
done <"$ex/filters"
# systemd adds what no program can begin or end without
group @default | sort -u - "$ex/allowed" >"$ex/next"
echo '#include <sys/syscall.h>' | cc -E -dM - |
    sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\1 \2/p' | sort >"$ex/numbers"
join "$ex/next" "$ex/numbers" | cut -d ' ' -f 2 >"$ex/calls"
[ "$(wc -l <"$ex/calls")" -gt 200 ] || ex_die "only $(wc -l <"$ex/calls") system calls"
grep -qx ptrace "$ex/next" && ex_die "a debugger's call is allowed"
case $(cat "$SACBE_BUILD/CMakeCache.txt" 2>/dev/null) in
*fsanitize=*) skip "a sanitizer needs calls of its own" ;;
esac

# --- the programs and the exchange, in reach of nobody
mkdir "$ex/bin"
for name in sacbe-broker sacbe-adapter; do
    cp "$(ex_program $name)" "$ex/bin/"
done
cp "$filtered" "$ex/bin/filtered"
chmod 755 "$ex" "$ex/bin"/* "$ex/bin"
chmod 644 "$ex/calls"
chown -R 65534:65534 "$ex/broker" "$ex/stcns"
cat >"$ex/bin/box" <<'BOX'
#!/bin/sh
set -eu
mount --make-rprivate /
for folder in "$BOX_OWN" "$BOX_RUN"; do mount --bind "$folder" "$folder"; done
for folder in /home /root; do [ ! -d "$folder" ] || mount -t tmpfs -o ro tmpfs "$folder"; done
mount -o remount,bind,ro /
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all \
    --inh-caps=-all "$BOX_BIN/filtered" "$BOX_CALLS" "$@"
BOX
chmod 755 "$ex/bin/box"

boxed() { # NAME FOLDER program...
    boxed_name=$1
    export BOX_OWN="$2" BOX_RUN="$ex/run" BOX_BIN="$ex/bin" BOX_CALLS="$ex/calls"
    shift 2
    managed "$boxed_name" 60000 unshare --mount --ipc --uts "$ex/bin/box" "$@"
}
chmod 777 "$ex/run"
boxed broker "$ex/broker" "$ex/bin/sacbe-broker" -c "$ex/broker/broker.yaml"
status=/proc/$(ex_pid broker)/status
[ -e "$status" ] || { ex_logs; ex_die "it ended"; }
grep -q '^Uid:[[:space:]]65534[[:space:]]65534' "$status" || ex_die "it is not another user"
grep -q '^CapBnd:[[:space:]]0000000000000000$' "$status" || ex_die "it has capabilities"
grep -q '^NoNewPrivs:[[:space:]]1$' "$status" || ex_die "it may gain privileges"
grep -q '^Seccomp:[[:space:]]2$' "$status" || ex_die "its system calls are not filtered"
ex_publish
boxed stcns "$ex/stcns" "$ex/bin/sacbe-adapter" -c "$ex/stcns/adapter.yaml"
ex_sql stcns "
    BEGIN;
    INSERT INTO boletin_area VALUES (1, '01');
    INSERT INTO boletin VALUES (1, 'riesgos', 'R', '2026-11-23 06:00', 12, 'Evacuar');
    COMMIT;"
ex_wait 30 "the alert is stored" ex_says stcns '.streams[0].stored == 1'
change=$ex/broker/broker.yaml
echo "log_level: debug" >>"$change.new"
sed '/^log_level:/d' "$change" >>"$change.new"
cp "$change.new" "$change"
hang_up broker
ex_wait 10 "it reloads" logged broker "event=reloaded key=log_level"
for name in broker stcns; do
    told $name '^READY=1$' || ex_die "$name did not reach its manager"
done
ex_stop stcns broker
[ "$(states broker | tail -n 1)" = "STOPPING=1|STATUS=stopping" ] || ex_die "it said no goodbye"
echo "sandbox: an alert through daemons with $(wc -l <"$ex/calls") system calls and no rights"
