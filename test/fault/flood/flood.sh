#!/bin/sh
# A member with all its keys floods the broker (flood.c), in each way for SACBE_FLOOD
# seconds (30; short 1) with SACBE_CALLERS connections, 64 and more than it may have:
# never reads, subscribes with all credit, asks for batches and proofs, sends garbage,
# comes and goes. Meanwhile another pair publishes and reads: nothing is lost, nothing
# applied twice, and the broker's memory stays within the formula of broker/io/README.md.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
seconds=${SACBE_FLOOD:-$(fault_size 1 30)}
callers=${SACBE_CALLERS:-$(fault_size 16 72)}
some=$(fault_size 50 5000)
# program, 80 connections, queue, recent, SQLite, what one key is sent; a quarter more
bound_kib=$(((16384 + 64 * 80 + 8192 + 16384 + 14336 + 524288) * 5 / 4))

attack() { # NAME: sets peak_kib and the time of the events that came meanwhile
    "$(fault_program flood)" "$ex" m0003 "$1" "$callers" "$seconds" >"$ex/log/flood.out" &
    attacker=$!
    echo $attacker >"$ex/run/flood.pid"
    fault_fill m0001 "$some"
    since=$(ex_now_ms)
    peak_kib=0 meanwhile=
    until ex_is_over $attacker; do
        now_kib=$(fault_rss broker)
        [ "$now_kib" -le "$peak_kib" ] || peak_kib=$now_kib
        if [ -z "$meanwhile" ] && goes_on; then meanwhile=$(fault_seconds "$since"); fi
        sleep 0.1
    done
    ended=0
    wait $attacker || ended=$?
    case $ended in
    0) ;;
    134) echo "$1: libzmq ended the one that floods, by an assertion of its own" ;;
    *) ex_die "the flood ended badly" ;;
    esac
    rm -f "$ex/run/flood.pid"
    over=$(ex_now_ms)
    fault_wait_applied m0002 60
    [ -n "$meanwhile" ] || meanwhile="$(fault_seconds "$over") after its end"
}

goes_on() {
    fault_has_applied m0002 "$(fault_rows m0001)"
}

fault_world 3 2
ex_broker_start
ex_adapter_start m0001
ex_adapter_start m0002
fault_fill m0001 "$(fault_size 500 20000)"
fault_wait_applied m0002 60

for name in ${SACBE_ATTACKS:-pings credit subscribe fetch cosign resend sessions}; do
    before_kib=$(fault_rss broker)
    before_lines=$(wc -l <"$ex/log/broker.log")
    attack "$name"
    lines=$(($(wc -l <"$ex/log/broker.log") - before_lines))
    echo "$(cat "$ex/log/flood.out"): memory $before_kib, at most $peak_kib, after" \
        "$(fault_rss broker) KiB; $lines lines of log; $some events in $meanwhile"
    fault_is_sanitized || [ "$peak_kib" -le $bound_kib ] ||
        ex_die "$name: the broker takes $peak_kib KiB"
    [ "$lines" -le $((300 + 10 * seconds)) ] || ex_die "$name wrote $lines lines of log"
    fault_judge m0002
    fault_row "a member floods: $name" \
        "$callers connections for $seconds s; memory $((peak_kib / 1024)) MiB at most" \
        "$fault_acked" "$fault_lost" "$fault_twice" "$meanwhile" "bounds of each institution"
done
fault_readers=m0002
fault_end
