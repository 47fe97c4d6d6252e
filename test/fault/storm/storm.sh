#!/bin/sh
# SACBE_STORM members (500; short 60) connected at once, the broker killed and started
# again, SACBE_STORMS times (3; short 1): all come back by themselves, and so does the
# flow of a publisher and a reader among them. Printed: when the first, the median and
# the last session stood again, counted from the broker's readiness, and how many came
# in the busiest second.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
members=${SACBE_STORM:-$(fault_size 60 500)}
storms=${SACBE_STORMS:-$(fault_size 1 3)}
some=$(fault_size 200 10000)
each=50 # sessions of one process

all_back() { # SINCE_MS: every member has a WELCOME after it
    [ "$(cat "$ex"/log/storm-*.log | awk -v since="$1" '$1 >= since { print $2 }' |
        sort -u | wc -l)" -eq $((members - 2)) ]
}

# spread SINCE_MS READY_MS: "first median last busiest"
spread() {
    cat "$ex"/log/storm-*.log | awk -v since="$1" '$1 >= since && !($2 in seen) {
        seen[$2] = 1; print $1 }' | sort -n | awk -v ready="$2" '
        { v[NR] = $1 - ready; second[int($1 / 1000)]++ }
        END { for (s in second) if (second[s] > most) most = second[s]
              printf "%.1f %.1f %.1f %d\n", v[1] / 1000, v[int((NR + 1) / 2)] / 1000,
                     v[NR] / 1000, most }'
}

fault_world "$members" 1
ex_broker_start
ex_adapter_start m0001
ex_adapter_start m0002
first=3
while [ $first -le "$members" ]; do
    last=$((first + each - 1))
    [ $last -le "$members" ] || last=$members
    ex_start "storm-$first" "$(fault_program storm)" "$ex" "$first" "$last"
    first=$((last + 1))
done
fault_fill m0001 100
fault_wait_applied m0002 60
echo "the broker with $members members: $(fault_rss broker) KiB, $(fault_fds broker)" \
    "descriptors, $(fault_threads broker) threads"

for storm in $(seq "$storms"); do
    ex_kill broker
    killed=$(ex_now_ms)
    fault_fill m0001 "$some"
    sleep 2
    ex_broker_start
    ready=$(ex_now_ms)
    ex_wait 120 "all $members are back" all_back "$killed"
    fault_wait_applied m0002 120
    flow=$(fault_seconds "$ready")
    # shellcheck disable=SC2046
    set -- $(spread "$killed" "$ready")
    echo "storm $storm: sessions after $1 s (first), $2 s (median), $3 s (last); $4 in the" \
        "busiest second; the flow whole after $flow"
done
fault_judge m0002
fault_row "$members adapters reconnect at once" \
    "kill -9 of the broker, $storms times, with $members sessions" "$fault_acked" \
    "$fault_lost" "$fault_twice" "$3 s the last session, $2 s the median, flow $flow" \
    "reconnecting with waits that are drawn"
for file in "$ex"/run/storm-*.pid; do
    ex_kill "$(basename "$file" .pid)"
done
fault_end
