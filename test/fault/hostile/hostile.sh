#!/bin/sh
# Strangers at the broker's port (hostile.c), each kind for SACBE_HOSTILE seconds (60;
# short 3) with SACBE_CALLERS connections (1,000; short 200): silent and half-open ones, a
# handshake byte by byte, oversized frames, garbage at every stage, handshakes as fast as
# one core can, unknown keys. Meanwhile events go on. The broker's memory and descriptors
# are printed before, at most and after, and held to a bound; so are its log lines.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
seconds=${SACBE_HOSTILE:-$(fault_size 3 60)}
callers=${SACBE_CALLERS:-$(fault_size 200 1000)}
some=$(fault_size 50 500)
bound_kib=65536 # what an attack may add to the broker's memory

# attack NAME: sets peak_kib, peak_fds and the time of the events that came meanwhile
attack() {
    "$(fault_program hostile)" "$ex_port" "$key" "$1" "$callers" "$seconds" \
        >"$ex/log/hostile.out" &
    attacker=$!
    echo $attacker >"$ex/run/hostile.pid"
    fault_fill m0001 "$some"
    since=$(ex_now_ms)
    peak_kib=0 peak_fds=0 meanwhile=
    until ex_is_over $attacker; do
        now_kib=$(fault_rss broker)
        now_fds=$(fault_fds broker)
        [ "$now_kib" -le "$peak_kib" ] || peak_kib=$now_kib
        [ "$now_fds" -le "$peak_fds" ] || peak_fds=$now_fds
        if [ -z "$meanwhile" ] && goes_on; then meanwhile=$(fault_seconds "$since"); fi
        sleep 0.1
    done
    wait $attacker
    rm -f "$ex/run/hostile.pid"
    over=$(ex_now_ms)
    fault_wait_applied m0002 60
    [ -n "$meanwhile" ] || meanwhile="$(fault_seconds "$over") after its end"
}

goes_on() {
    fault_has_applied m0002 "$(fault_rows m0001)"
}

few_descriptors() {
    [ "$(fault_fds broker)" -le $((before_fds + 4)) ]
}

fault_world 3 2
key=$(jq -r .curve_key "$ex/broker/anchor.json")
ex_broker_start
ex_adapter_start m0001
ex_adapter_start m0002
fault_fill m0001 100
fault_wait_applied m0002 60

for name in half loris oversized garbage handshakes strangers; do
    before_kib=$(fault_rss broker)
    before_fds=$(fault_fds broker)
    before_lines=$(wc -l <"$ex/log/broker.log")
    attack $name
    ex_wait 30 "the descriptors are free again" few_descriptors
    lines=$(($(wc -l <"$ex/log/broker.log") - before_lines))
    echo "$(cat "$ex/log/hostile.out"): memory $before_kib, at most $peak_kib, after" \
        "$(fault_rss broker) KiB; descriptors $before_fds, at most $peak_fds, after" \
        "$(fault_fds broker); $lines lines of log; $some events in $meanwhile"
    fault_is_sanitized || [ $((peak_kib - before_kib)) -le $bound_kib ] ||
        ex_die "$name took $((peak_kib - before_kib)) KiB of the broker"
    [ "$lines" -le $((100 + 10 * seconds)) ] || ex_die "$name wrote $lines lines of log"
    fault_judge m0002
    fault_row "strangers: $name" \
        "$callers callers for $seconds s; memory +$((peak_kib - before_kib)) KiB at most, descriptors $peak_fds at most" \
        "$fault_acked" "$fault_lost" "$fault_twice" "$meanwhile" "the limits of the door"
done
fault_readers=m0002
fault_end
