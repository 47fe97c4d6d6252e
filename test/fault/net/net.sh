#!/bin/sh
# The network between namespaces: cut for SACBE_CUT seconds (60; short 16) while
# SACBE_QUEUED events (100,000; short 2,000) queue up, deaf in one direction, and losing
# 5 % of all packets. The publisher and one reader live in namespaces of their own; a
# second reader beside the broker shows whether anybody else notices.
# Needs nftables and the right to make namespaces (root, or unprivileged user namespaces).
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"

if [ "${1:-}" != inside ]; then
    for tool in ip nft unshare nsenter; do
        command -v "$tool" >/dev/null || fault_skip "no program $tool"
    done
    user=
    [ "$(id -u)" = 0 ] || user=-Ur
    # shellcheck disable=SC2086
    unshare $user -n true 2>/dev/null || fault_skip "namespaces may not be made here"
    # shellcheck disable=SC2086
    exec unshare $user -n sh "$0" inside
fi

# place NAME NUMBER: a namespace behind a cable of its own
place() {
    unshare -n sleep 86400 &
    echo $! >"$ex/run/place-$1.pid"
    ex_wait 5 "the namespace of $1" differs "$(ex_pid "place-$1")"
    ip link add "to-$1" type veth peer name "from-$1" netns "$(ex_pid "place-$1")"
    ip addr add "10.99.$2.1/24" dev "to-$1"
    ip link set "to-$1" up
    at "$1" ip addr add "10.99.$2.2/24" dev "from-$1"
    at "$1" ip link set "from-$1" up
}

differs() { # the child has left our own namespace
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

at() { # NAME program...: in its namespace
    at=$1
    shift
    nsenter -t "$(ex_pid "place-$at")" -n -- "$@"
}

start_at() { # CODE NUMBER
    echo "broker: tcp://10.99.$2.1:$ex_port" >>"$ex/$1/adapter.yaml"
    ex_start "$1" nsenter -t "$(ex_pid "place-$1")" -n -- "$(ex_program sacbe-adapter)" \
        -c "$ex/$1/adapter.yaml"
}

# trouble RULE: "drop", or "numgen random mod 100 < 5 drop"; hooks: in, out or both
trouble() {
    for cable in to-m0001 to-m0002; do
        case $1 in in | both) nft "add rule inet fault in iifname \"$cable\" $2" ;; esac
        case $1 in out | both) nft "add rule inet fault out oifname \"$cable\" $2" ;; esac
    done
}

heal() {
    nft flush table inet fault
}

# wait_whole: every row everywhere; sets first_s and whole_s, counted from now
wait_whole() {
    since=$(ex_now_ms)
    before=$(fault_applied m0002)
    ex_wait 120 "the first event after it" fault_has_applied m0002 $((before + 1))
    first_s=$(fault_seconds "$since")
    ex_wait $((120 + $(fault_rows m0001) / 200)) "m0002 has every row" \
        fault_has_applied m0002 "$(fault_rows m0001)"
    whole_s=$(fault_seconds "$since")
    fault_wait_applied m0003 60
    fault_judge m0003
    fault_judge m0002
}

row() { # NAME DONE BY
    fault_row "$1" "$2" "$fault_acked" "$fault_lost" "$fault_twice" \
        "$first_s, all $whole_s" "$3"
}

deaf() { # HOOK NAME
    trouble "$1" drop
    fault_fill m0001 "$some"
    sleep "$deaf_s"
    heal
    wait_whole
    row "$2" "nftables drops for $deaf_s s, $some events meanwhile" \
        "the system's keep-alive on both sides, a new session"
}

cut_s=${SACBE_CUT:-$(fault_size 16 60)}
queued=${SACBE_QUEUED:-$(fault_size 2000 100000)}
deaf_s=$(fault_size 16 40)
some=$(fault_size 500 10000)

ip link set lo up
fault_world 3 2
nft add table inet fault 2>/dev/null || fault_skip "nftables may not be used here"
nft 'add chain inet fault in { type filter hook input priority 0; }'
nft 'add chain inet fault out { type filter hook output priority 0; }'
sed -i "s|^listen:.*|listen: tcp://0.0.0.0:$ex_port|" "$ex/broker/broker.yaml"
place m0001 1
place m0002 2
ex_broker_start
ex_adapter_start m0003
start_at m0001 1
start_at m0002 2
fault_fill m0001 100
wait_whole

trouble both drop
fault_fill m0001 "$queued"
sleep "$cut_s"
heal
wait_whole
row "the network is cut" \
    "nftables drops all for $cut_s s between namespaces, $queued events queued" \
    "the system's keep-alive on both sides, a new session"

deaf in "nothing reaches the broker"
[ "$(fault_size short full)" = short ] ||
    deaf out "nothing comes from the broker"

trouble both "numgen random mod 100 < 5 drop"
fault_fill m0001 "$some"
wait_whole
row "5 % of the packets are lost" "nftables numgen, $some events" "TCP"
heal
fault_end
