#!/bin/sh
# A thread that is stuck: the sync of the journal does not return (hang.c). The broker's
# loop lives on, and yet its service manager hears no more sign of life; when the disk
# answers again, it does. The second time the manager does what WatchdogSec= lets it do:
# it ends the broker with SIGABRT, and starts it again.
#   stuck.sh MANAGER
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
. "$SACBE_SOURCE/test/flow/service/managed.sh"
manager=$1
patience=3000 # ms
some=$(fault_size 200 10000)
ulimit -c 0

stuck_times() {
    grep -ac 'event=stuck' "$ex/log/broker.log" || :
}

is_stuck() { # more often than before
    [ "$(stuck_times)" -gt "$stuck_before" ]
}

signs() {
    states broker | grep -c '^WATCHDOG=1$' || :
}

# hang: rows come, the broker says that it is stuck, and gives no more sign of life
hang() {
    stuck_before=$(stuck_times)
    : >"$ex/run/hang"
    fault_fill m0001 "$some"
    ex_wait 60 "the broker notices that it is stuck" is_stuck
    signs_then=$(signs)
    sleep $((patience / 1000 + 1)) # a manager would have lost patience
    [ "$(signs)" = "$signs_then" ] || ex_die "a stuck broker fed the watchdog"
    [ "$(fault_stored m0001)" -lt "$(fault_rows m0001)" ] || ex_die "what hung was answered"
    ! ex_is_over "$(ex_pid broker)" || ex_die "it ended by itself"
}

row() { # DONE BY
    fault_judge m0002
    fault_row "$1" "$2" "$fault_acked" "$fault_lost" "$fault_twice" "$took" "$3"
}

fault_world 2 1
managed broker $patience env "LD_PRELOAD=$SACBE_BUILD/test/fault/stuck/test-fault-stuck.so" \
    "SACBE_HANG=$ex/run/hang" \
    "ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-}" \
    "$(ex_program sacbe-broker)" -c "$ex/broker/broker.yaml"
ex_adapter_start m0001
ex_adapter_start m0002
fault_fill m0001 100
fault_wait_applied m0002 60

hang
since=$(ex_now_ms)
rm "$ex/run/hang"
ex_wait 60 "it feeds the watchdog again" told broker '^WATCHDOG=1$' $((signs_then + 1))
fault_wait_applied m0002 120
took=$(fault_seconds "$since")
row "a sync of the journal hangs" "until the watchdog would have ended the broker" \
    "the disk, which answers again"

hang
since=$(ex_now_ms)
kill -ABRT "$(ex_pid broker)"
status=0
wait "$(ex_pid broker)" 2>/dev/null || status=$?
[ "$status" = 134 ] || ex_die "SIGABRT ended it with status $status"
rm "$ex/run/hang"
ex_broker_start
fault_wait_applied m0002 120
took=$(fault_seconds "$since")
row "a sync of the journal hangs for ever" "SIGABRT, as the service manager sends it" \
    "the service manager, which starts it again"
fault_end
