#!/bin/sh
# The wall clock of one daemon at a time is set back a day and forward a year, while it
# runs (clock.c), for SACBE_WRONG seconds (60; short 4): what does not go on meanwhile
# says why, and goes on by itself once the clock is right. The exchange is
# two days old; at last the broker is set to before it was made, and started there.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
wrong_s=${SACBE_WRONG:-$(fault_size 4 60)}
some=$(fault_size 200 10000)
day=86400
right=$((2 * day))

# set_clock NAME SECONDS: in place, at once
set_clock() {
    printf '%-15s\n' "$2" | dd of="$ex/run/$1.clock" conv=notrunc status=none
}

start() { # NAME PROGRAM FILE
    ex_start "$1" env "LD_PRELOAD=$SACBE_BUILD/test/fault/clock/test-fault-clock.so" \
        "SACBE_CLOCK=$ex/run/$1.clock" \
        "ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-}" "$(ex_program "$2")" -c "$3"
}

start_all() {
    start broker sacbe-broker "$ex/broker/broker.yaml"
    for name in m0001 m0002 m0003; do start $name sacbe-adapter "$ex/$name/adapter.yaml"; done
}

mark() { # how long each log is
    for name in broker m0001 m0002 m0003; do
        wc -c <"$ex/log/$name.log" >"$ex/run/$name.mark"
    done
}

# said: the codes that the logs name since the mark
said() {
    for name in broker m0001 m0002 m0003; do
        tail -c +$(($(cat "$ex/run/$name.mark") + 1)) "$ex/log/$name.log"
    done | grep -o 'SB-[0-9]*' | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# goes_on: whether everything arrived while the clock was wrong
goes_on() {
    [ "$(fault_applied m0002)" -eq "$(fault_rows m0001)" ]
}

# wrong NAME SECONDS TEXT
wrong() {
    mark
    set_clock "$1" $((right + $2))
    fault_fill m0001 "$some"
    sleep "$wrong_s"
    codes=$(said)
    meanwhile="goes on meanwhile${codes:+, says $codes}"
    if ! goes_on; then
        [ -n "$codes" ] || ex_die "$3: it does not go on, and nobody says why"
        meanwhile="held, says $codes; goes on when the clock is right"
    fi
    set_clock "$1" $right
    since=$(ex_now_ms)
    fault_wait_applied m0002 120
    fault_wait_applied m0003 60
    took=$(fault_seconds "$since")
    fault_judge m0003
    fault_judge m0002
    fault_row "clock of $3" "$wrong_s s, $some events meanwhile" "$fault_acked" \
        "$fault_lost" "$fault_twice" "$took" "$meanwhile"
}

fault_world 3 2
for name in broker m0001 m0002 m0003; do
    printf '%-15s\n' $right >"$ex/run/$name.clock"
done
start_all
fault_fill m0001 100
fault_wait_applied m0002 60

wrong m0002 -$day "a reader a day back"
wrong m0002 $((365 * day)) "a reader a year ahead"
wrong m0001 -$day "a publisher a day back"
wrong m0001 $((365 * day)) "a publisher a year ahead"
wrong broker -$day "the broker a day back"
wrong broker $((365 * day)) "the broker a year ahead"
ex_stop broker
set_clock broker $((right - 3 * day))
start broker sacbe-broker "$ex/broker/broker.yaml"
wrong broker -$((3 * day)) "the broker before its exchange"
fault_end
