#!/bin/sh
# An exchange with churn for SACBE_SOAK seconds (or MINUTES, the first argument; else half
# a minute, with SACBE_FAULT=full 30): a steady publisher, readers that follow, that
# stall, that are stopped and killed, members that connect and vanish, strangers at the
# door. The broker's memory, descriptors and threads are sampled every 5 s into SACBE_SAMPLES. It fails when
# memory goes above the bound of broker/io/README.md, when memory or descriptors rise
# with time (a straight line through the last two thirds), or when an event is lost. A
# busy machine makes it slower and is no reason to end.
#   SACBE_BUILD=build/release SACBE_SOURCE=$PWD sh test/fault/soak.sh [MINUTES]
set -eu
SACBE_DEADLINE=${SACBE_DEADLINE:-10}
. "$SACBE_SOURCE/test/fault/fault.sh"
seconds=${SACBE_SOAK:-$(fault_size 30 1800)}
[ $# -eq 0 ] || seconds=$(($1 * 60))
every=5
rows_a_second=${SACBE_SOAK_ROWS:-200}

# bound_kib CONNECTIONS SLOW: what the README's formula says, read from there; SLOW
# subscriptions hold the 4 MiB of credit that adapters give
bound_kib() {
    awk -v connections="$1" -v slow="$2" '
        /^## Memory/ { on = 1 }
        on && /^    [0-9]+ MiB \+ [0-9]+ KiB x connections/ {
            kib = $1 * 1024 + $4 * connections }
        on && /^    \+ [0-9]+ MiB / { kib += $2 * 1024 }
        on && /^and a quarter more/ { print int((kib + slow * 4096) * 5 / 4); exit }' \
        "$SACBE_SOURCE/broker/io/README.md"
}

sample() {
    echo "$((($(ex_now_ms) - began) / 1000)) $(fault_rss broker) $(fault_fds broker)" \
        "$(fault_threads broker)" >>"$samples"
}

# rise COLUMN: how much the line through the last two thirds rises from end to end
rise() {
    awk -v column="$1" '{ x[NR] = $1; y[NR] = $column } END {
        for (i = int(NR / 3) + 1; i <= NR; i++) {
            n++; sx += x[i]; sy += y[i]; sxx += x[i] * x[i]; sxy += x[i] * y[i]
            if (n == 1) first = x[i]
            last = x[i] }
        d = n * sxx - sx * sx
        printf "%d\n", d ? (n * sxy - sx * sy) / d * (last - first) : 0 }' "$samples"
}

highest() { # COLUMN
    awk -v column="$1" '$column > m { m = $column } END { print m }' "$samples"
}

# One turn of the churn; $turn counts them, one a second.
churn() {
    fault_fill m0001 "$rows_a_second"
    case $((turn % 6)) in # a reader that stalls
    0) kill -STOP "$(ex_pid m0003)" ;;
    3) kill -CONT "$(ex_pid m0003)" ;;
    esac
    case $((turn % 20)) in # readers and members that come and go
    2) ex_kill m0004 ;;
    5) ex_adapter_start m0004 ;;
    7) ex_stop m0005 ;;
    9) ex_adapter_start m0005 ;;
    11) ex_kill storm ;;
    13) ex_start storm "$(fault_program storm)" "$ex" 6 40 ;;
    15) "$(fault_program hostile)" "$ex_port" "$key" strangers 1 1 >>"$ex/log/hostile.log" 2>&1 ;;
    16) "$(fault_program hostile)" "$ex_port" "$key" garbage 20 1 >>"$ex/log/hostile.log" 2>&1 ;;
    esac
}

fault_world 40 4
# A group of processes that nobody waits for any more is hung up, by the kernel, as soon
# as one of it is stopped: this test would end when its starter has gone.
trap '' HUP
samples=${SACBE_SAMPLES:-$ex/samples.txt}
: >"$samples"
key=$(jq -r .curve_key "$ex/broker/anchor.json")
ex_broker_start
for code in m0001 m0002 m0003 m0004 m0005; do ex_adapter_start $code; done
ex_start storm "$(fault_program storm)" "$ex" 6 40
fault_fill m0001 100
fault_wait_applied m0002 60
began=$(ex_now_ms)
turn=0
sampled=0
while [ "$(ex_now_ms)" -lt $((began + seconds * 1000)) ]; do
    turn_began=$(ex_now_ms)
    churn
    turn=$((turn + 1))
    if [ $(((turn_began - began) / 1000 / every)) -ge "$sampled" ]; then
        sample
        sampled=$(((turn_began - began) / 1000 / every + 1))
    fi
    rest=$((1000 - $(ex_now_ms) + turn_began))
    [ $rest -le 0 ] || sleep "$(printf '0.%03d' $((rest % 1000)))"
done
kill -CONT "$(ex_pid m0003)"
for code in m0004 m0005; do
    [ -n "$(ex_pid $code)" ] || ex_adapter_start $code
done
over=$(ex_now_ms)
for code in $fault_readers; do fault_wait_applied "$code" 300; done
caught_up=$(fault_seconds "$over")
for code in $fault_readers; do fault_judge "$code"; done

bound=$(bound_kib 64 4)
echo "$(wc -l <"$samples") samples in $seconds s: memory $(sed -n '1s/^[0-9]* \([0-9]*\).*/\1/p' "$samples")" \
    "KiB at first, $(highest 2) at most, bound $bound; it rises by $(rise 2) KiB in the last" \
    "two thirds; descriptors $(highest 3) at most, rising by $(rise 3); threads $(highest 4) at most"
if ! fault_is_sanitized; then
    [ "$(highest 2)" -le "$bound" ] || ex_die "the broker's memory went above its bound"
    # caches fill at first: only a longer run tells a slope
    [ "$seconds" -lt 600 ] || [ "$(rise 2)" -le $((2048 + $(highest 2) / 20)) ] ||
        ex_die "the broker's memory rises"
fi
[ "$(rise 3)" -le 12 ] || ex_die "the broker's descriptors rise"
fault_row "churn for $((seconds / 60)) min $((seconds % 60)) s" \
    "readers stalled, stopped and killed, members and strangers coming and going; the broker: $(highest 2) KiB at most (bound $bound), rise $(rise 2) KiB; descriptors $(highest 3) at most, rise $(rise 3)" \
    "$fault_acked" "$fault_lost" "$fault_twice" "$caught_up" "credit, new sessions"
if [ -n "$(ex_pid storm)" ]; then ex_kill storm; fi
fault_end
