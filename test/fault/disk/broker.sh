#!/bin/sh
# The journal's disk: nearly full, full in the middle of a commit, full without a reserve.
# Publishers wait and lose nothing, readers and operators go on, the broker never ends,
# and all goes on by itself when there is room, or when prune makes some in the journal.
set -eu
. "$SACBE_SOURCE/test/fault/disk/disk.sh"
disk_begin "$@"
rows=$(fault_size 1000 20000)

says_low() { # true|false
    ex_says broker ".disk_low == $1"
}

# Also after the WAL, some MiB of it, has given its room back, where there was room to
# move it.
gets_low() { # KIB
    for turn in 1 2; do
        disk_leave "$disk" "$1"
        ex_wait 30 "the disk is low" says_low true
        sleep 1
    done
    disk_leave "$disk" "$1"
    ex_wait 30 "the disk is low" says_low true
}

stored_is() {
    [ "$(fault_stored pnc)" = "$1" ]
}

still_held() { # WHAT: nothing more is stored, and the broker answers all who ask
    held_at=$(fault_stored pnc)
    fault_fill pnc 200
    ex_wait 30 "$1: the publisher was told" ex_has_line log/pnc.log 'SB-524'
    "$sacbe" journal export "bundle-$2" "$disk/journal.db" --quiet
    "$sacbe" status -c broker/broker.yaml >status.txt || :
    ex_has_line status.txt 'SB-524' || ex_die "$1: status does not tell: $(cat status.txt)"
    [ "$(fault_stored pnc)" -lt "$(fault_rows pnc)" ] || ex_die "$1: it was stored"
}

recovers() { # NAME DONE BY
    since=$(ex_now_ms)
    ex_wait 60 "$1: there is room again" says_low false
    fault_wait_applied igm 120
    took=$(fault_seconds "$since")
    fault_judge igm
    fault_row "$1" "$2" "$fault_acked" "$fault_lost" "$fault_twice" "$took" "$3"
}

ex_begin
fault_members 1
ex_policy --retention 1s
ex_sign
disk=$ex/broker/disk
disk_mount "$disk" 80
sed -i 's|^journal:.*|journal: disk/journal.db|' broker/broker.yaml
printf 'reserve: 4MiB\ndisk_low: 8MiB\n' >>broker/broker.yaml
ex_broker_start
ex_publish
ex_adapter_start pnc
fault_fill pnc "$rows"
ex_wait 90 "the rows are stored" stored_is "$rows"

# --- nearly full: refused before anything fails; the reader comes only now, and is served
gets_low 6000
still_held "a disk nearly full" 1
ex_adapter_start igm
ex_wait 90 "the reader reads on" fault_has_applied igm "$rows"
disk_give "$disk"
recovers "a disk nearly full" "6 MB left of the journal's 80" "the broker, at the mark"

# --- full at once, under load: the reserve ends what was begun
fault_fill pnc "$rows" &
load=$!
disk_leave "$disk" 0
ex_wait 30 "the reserve is used" ex_has_line log/broker.log 'event=reserve_used'
wait $load
still_held "a full disk" 2
disk_give "$disk"
recovers "a full disk" "filled while batches are committed" \
    "the broker, when there was room"
ex_wait 60 "the reserve is made again" ex_says broker '.disk_reserve == true'

# --- full, and the reserve is eaten, too: commits wait; a stop works; so does the next start
gets_low 6000
disk_leave "$disk" 0
ex_wait 30 "the reserve is used again" ex_says broker '.disk_reserve == false'
disk_leave "$disk" 0
still_held "a full disk without a reserve" 3
"$sacbe" directory publish "$ex_signed" -c broker/broker.yaml --quiet >publish.txt 2>&1 ||
    ex_has_line publish.txt 'SB-' || ex_die "the operator was not answered"
ex_stop broker
disk_give "$disk"
ex_broker_start
recovers "a full disk without a reserve" "everything filled, then stopped and started" \
    "the next start"

# --- room in the journal itself: what prune took away is written again
ex_stop broker
sed -i -e 's/^reserve:.*/reserve: 1MiB/' -e 's/^disk_low:.*/disk_low: 2MiB/' broker/broker.yaml
ex_broker_start
gets_low 2000
fault_fill pnc 100
sleep 1.1 # the policy's retention
"$sacbe" journal prune --older-than 1s --no-archive -c broker/broker.yaml --json >prune.json
recovers "a disk nearly full, pruned" "journal prune, and nothing else was removed" \
    "the room in the journal"
disk_give "$disk"

[ "$(grep -c 'code=SB-524.*event=low' log/broker.log)" -le 10 ] ||
    ex_die "the log tells it again and again"
ex_stop pnc igm broker
"$sacbe" journal verify "$disk/journal.db" --quiet
