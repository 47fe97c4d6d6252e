#!/bin/sh
# SIGSTOP of a reader, of a publisher, of a witness and of the broker, for SACBE_STOPPED
# seconds (45; short 21), longer than the silence that ends a session (15 s); then
# SIGCONT. While a reader is stopped another one goes on. The short form stops the peers
# together.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
stopped_s=${SACBE_STOPPED:-$(fault_size 21 45)}
some=$(fault_size 500 10000)

signal() { # SIGNAL NAME...
    signal=$1
    shift
    for name in "$@"; do kill "-$signal" "$(ex_pid "$name")"; done
}

# freeze NAME...: stopped, rows come meanwhile, continued, and all is whole again
freeze() {
    signal STOP "$@"
    fault_fill pnc "$some"
    case " $* " in
    *" pnc "* | *" broker "*) ;;
    *) fault_wait_applied conred 60 ;; # whoever is stopped, the others go on
    esac
    sleep "$stopped_s"
    signal CONT "$@"
    since=$(ex_now_ms)
    fault_wait_applied igm 120
    fault_wait_applied conred 60
    took=$(fault_seconds "$since")
    fault_judge conred
    fault_judge igm
    entries=$(ex_status broker .entries)
    ex_wait 90 "the witness makes a newer checkpoint final" ex_final "$entries"
    final=$(fault_seconds "$since")
}

row() { # WHO
    fault_row "SIGSTOP of $1" "$stopped_s s, $some events meanwhile, then SIGCONT" \
        "$fault_acked" "$fault_lost" "$fault_twice" "$took, final by its witness $final" \
        "the client's PING, a new session"
}

ex_begin
# A group of processes that nobody waits for any more is hung up, by the kernel, as soon
# as one of it is stopped: this test would end when its starter has gone.
trap '' HUP
fault_members 2
ex_member sat "Tributos" --witness
ex_policy --quorum auto
ex_sign
ex_witness sat
ex_broker_start
ex_publish
for code in pnc igm conred; do ex_adapter_start $code; done
ex_witness_start sat
fault_fill pnc 100
fault_wait_applied igm 60

if [ "$(fault_size short full)" = short ]; then
    freeze igm pnc sat
    row "reader, publisher and witness at once"
else
    freeze igm
    row "a reader"
    freeze pnc
    row "a publisher"
    freeze sat
    row "a witness"
fi
freeze broker
row "the broker"
ex_stop sat
fault_end
