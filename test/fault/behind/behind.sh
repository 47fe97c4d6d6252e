#!/bin/sh
# A reader SACBE_BEHIND events behind (1,000,000; short 5,000): its adapter was away while
# another reader took them all. While it catches up, the broker's memory is sampled and
# held to a bound, and how long single events take to the other reader is printed, before
# and meanwhile.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
behind=${SACBE_BEHIND:-$(fault_size 5000 1000000)}
bound_kib=65536 # what catching up may cost the broker, whatever the distance

# one_event: how long a single row takes to m0002's table, in ms
one_event() {
    had=$(fault_rows m0001)
    asked=$(ex_now_ms)
    fault_fill m0001 1
    ex_wait 120 "a single event" arrived m0002 $((had + 1))
    echo $(($(ex_now_ms) - asked))
}

# arrived READER NUMBER: its row or a later one, by the newest: counting takes too long
arrived() {
    [ "$(ex_sql "$1" "SELECT coalesce(max(CAST(ref AS INTEGER)), 0) FROM llegada
        WHERE rowid > (SELECT max(rowid) - 1000 FROM llegada)")" -ge "$2" ]
}

median() {
    sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

fault_world 3 2
ex_broker_start
ex_adapter_start m0001
ex_adapter_start m0002
since=$(ex_now_ms)
while [ "$(fault_rows m0001)" -lt "$behind" ]; do # as slowly as it is carried away
    fault_fill m0001 $((behind > 50000 ? 50000 : behind))
    ex_wait 600 "m0002 follows" arrived m0002 $(($(fault_rows m0001) - 50000))
done
fault_wait_applied m0002 60
filled=$(fault_seconds "$since")
idle_kib=$(fault_rss broker)
for number in 1 2 3 4 5; do one_event; done >"$ex/before.txt"

peak_kib=0
: >"$ex/meanwhile.txt"
since=$(ex_now_ms)
ex_adapter_start m0003
until arrived m0003 "$(fault_rows m0001)"; do
    now_kib=$(fault_rss broker)
    [ "$now_kib" -le "$peak_kib" ] || peak_kib=$now_kib
    one_event >>"$ex/meanwhile.txt"
    [ "$(ex_now_ms)" -lt $((since + 3600000)) ] || ex_die "an hour was not enough"
done
took=$(fault_seconds "$since")
echo "published and applied by the other reader in $filled, caught up in $took"
echo "the broker's memory: $idle_kib KiB before, $peak_kib KiB at most meanwhile"
echo "a single event to the other reader: median $(median <"$ex/before.txt") ms before," \
    "$(median <"$ex/meanwhile.txt") ms meanwhile ($(wc -l <"$ex/meanwhile.txt") of them)"
fault_is_sanitized || [ $((peak_kib - idle_kib)) -le $bound_kib ] ||
    ex_die "catching up took $((peak_kib - idle_kib)) KiB of the broker"
fault_judge m0002
fault_judge m0003
fault_row "a reader $behind events behind" \
    "its adapter was away; $((peak_kib - idle_kib)) KiB more at the broker, a single event to another reader $(median <"$ex/before.txt") ms before, $(median <"$ex/meanwhile.txt") ms meanwhile" \
    "$fault_acked" "$fault_lost" "$fault_twice" "$took" "credit: it reads as fast as it applies"
fault_end
