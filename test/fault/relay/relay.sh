#!/bin/sh
# Publisher and reader behind a relay (relay.c), which needs no rights of this machine:
# 200 ms of delay in each direction, connections cut, stalled, half-open, and single bytes
# changed on the way. Sizes: SACBE_EVENTS (20,000; short 500) in each step; SACBE_CUT
# (60 s; short 5), SACBE_CORRUPTED (100; short 6).
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
events=${SACBE_EVENTS:-$(fault_size 500 20000)}
cut_s=${SACBE_CUT:-$(fault_size 5 60)}
corrupted=${SACBE_CORRUPTED:-$(fault_size 6 100)}

say() {
    echo "$*" >"$ex/run/orders"
}

# whole NAME DONE BY: all rows arrive; counted from now
whole() {
    since=$(ex_now_ms)
    ex_wait $((120 + events / 100)) "m0002 has every row" \
        fault_has_applied m0002 "$(fault_rows m0001)"
    took=$(fault_seconds "$since")
    fault_judge m0002
    fault_row "$1" "$2" "$fault_acked" "$fault_lost" "$fault_twice" "$took" "$3"
}

fault_world 2 1
relay_port=$(ex_free_port)
mkfifo "$ex/run/orders"
ex_start relay "$(fault_program relay)" "$relay_port" "$ex_port" "$ex/run/orders"
for code in m0001 m0002; do
    echo "broker: tcp://127.0.0.1:$relay_port" >>"$ex/$code/adapter.yaml"
done
ex_broker_start
ex_adapter_start m0001
ex_adapter_start m0002
fault_fill m0001 100
fault_wait_applied m0002 60

say delay 200
fault_fill m0001 "$events"
whole "200 ms of delay" "a relay holds each byte, both ways; $events events" \
    "credit and batches in flight"
say delay 0

say cut
fault_fill m0001 "$events"
sleep "$cut_s"
say pass
whole "connections are cut" "a relay closes all for $cut_s s, $events events meanwhile" \
    "libzmq's reconnecting"

say stall
fault_fill m0001 "$events"
sleep "$(fault_size 16 40)"
say pass
whole "connections stall" \
    "a relay passes nothing on for $(fault_size 16 40) s, $events events meanwhile" \
    "the client's PING unanswered, a new session or connection"

say cut
say half
fault_fill m0001 "$events"
sleep "$(fault_size 4 30)"
say pass
whole "half-open connections" \
    "a relay accepts and never answers, $(fault_size 4 30) s; $events events meanwhile" \
    "the limit of a handshake, 10 s"

for number in $(seq "$corrupted"); do
    say "corrupt-$([ $((number % 2)) = 0 ] && echo in || echo out) $((number * 997 % 20000 + 1))"
    fault_fill m0001 $((events / corrupted))
    [ $((number % 3)) != 0 ] || sleep 0.5
done
whole "bytes are changed on the way" "a relay flips a bit, $corrupted times" \
    "CURVE ends the connection, a new one"
ex_stop m0001 m0002
ex_kill relay
fault_end
