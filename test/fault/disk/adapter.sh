#!/bin/sh
# Full disks at the institutions: the publisher's state folder, nearly full and full; the
# reader's database; and the folders into which an operator exports and backs up. Nothing
# is lost, nothing comes twice, no process ends, and all goes on when there is room.
set -eu
. "$SACBE_SOURCE/test/fault/disk/disk.sh"
disk_begin "$@"
rows=$(fault_size 1000 20000)
mib=$(fault_size 40 200) # never full of what is kept alone

recovers() { # NAME DONE BY
    since=$(ex_now_ms)
    fault_wait_applied igm 120
    took=$(fault_seconds "$since")
    fault_judge igm
    fault_row "$1" "$2" "$fault_acked" "$fault_lost" "$fault_twice" "$took" "$3"
}

holds_back() { # pnc; while it waits for room it answers nothing
    ex_has_line log/pnc.log 'event=waits_for_room' || attention pnc 'disk is nearly full'
}

sent_more() { # THAN
    [ "$(fault_stored pnc)" -gt "$1" ]
}

attention() { # CODE TEXT: the status of a daemon tells it, first of all
    "$sacbe" status -c "$ex/$1/adapter.yaml" >status.txt || :
    ex_has_line status.txt "$2"
}

refused() { # WHAT command...: ends with 75, try again, and SB-103
    what=$1
    shift
    status=0
    "$sacbe" "$@" --json >out.txt 2>&1 || status=$?
    [ $status = 75 ] || ex_die "$what ends with $status: $(cat out.txt)"
    ex_has_line out.txt 'SB-103' || ex_die "$what does not tell: $(cat out.txt)"
}

ex_begin
fault_members 1
disk_mount "$ex/pnc/state" $mib
disk_mount "$ex/igm/disk" $mib
disk_mount "$ex/office/disk" $((mib * 4)) # two exports, a backup
chmod 700 "$ex/pnc/state"
echo "disk_low: 8MiB" >>"$ex/pnc/adapter.yaml"
mv "$ex/igm/igm.db" "$ex/igm/disk/"
rm -f "$ex/igm/igm.db-wal" "$ex/igm/igm.db-shm"
ln -s disk/igm.db "$ex/igm/igm.db"
ex_broker_start
ex_publish
ex_adapter_start pnc
ex_adapter_start igm
fault_fill pnc "$rows"
fault_wait_applied igm 90

# --- the state folder, nearly full: nothing more is captured
disk_leave pnc/state 6000
ex_wait 30 "the adapter tells it" attention pnc 'disk is nearly full'
fault_fill pnc "$rows"
sleep 1
[ "$(fault_stored pnc)" -lt "$(fault_rows pnc)" ] || ex_die "it captures on a full disk"
disk_give pnc/state
recovers "an outbox's disk nearly full" "6 MB left of the state folder's $mib" \
    "the adapter, at the mark"

# --- full, without a mark: what cannot be kept is taken back, and read again afterwards
ex_stop pnc
sed -i 's/^disk_low:.*/disk_low: 0/' "$ex/pnc/adapter.yaml"
ex_adapter_start pnc
fault_fill pnc $((rows * 3)) &
load=$!
disk_leave pnc/state 0
wait $load
fault_fill pnc "$rows"
ex_wait 30 "the adapter tells it" holds_back
disk_give pnc/state
recovers "an outbox's disk full" "filled while rows are captured" \
    "the adapter, when there was room"

# --- an outbox that fills its own disk while nobody takes it: it keeps room to be sent
ex_stop broker
disk_leave pnc/state 6000
fault_fill pnc 12000
ex_wait 60 "the adapter tells it" attention pnc 'disk is nearly full'
[ "$(disk_free pnc/state)" -gt 1000 ] || ex_die "the outbox fills its disk"
before=$(fault_stored pnc)
ex_broker_start
ex_wait 60 "what was captured is sent" sent_more "$before"
disk_give pnc/state
recovers "an outbox fills its own disk" "12000 rows, the broker away, 6 MB left" \
    "the adapter: what was captured at once, the rest when there was room"

# --- the reader's database
disk_leave igm/disk 0
fault_fill pnc "$rows"
ex_wait 30 "the reader tells it" attention igm 'SB-103\|full'
disk_give igm/disk
recovers "a reader's disk full" "its database's file system filled" \
    "the reader, at its next try"

# --- what an operator writes
ex_wait 60 "everything is signed" ex_says broker '.checkpoint == .entries'
"$sacbe" journal export office/disk/older broker/journal.db --quiet
disk_leave office/disk 0
refused "a backup" journal backup office/disk/copy.db broker/journal.db
[ -z "$(find office/disk -name 'copy*')" ] || ex_die "half a backup: $(ls office/disk)"
refused "an export" journal export office/disk/bundle broker/journal.db
disk_give office/disk
since=$(ex_now_ms)
"$sacbe" journal backup office/disk/copy.db broker/journal.db --quiet
"$sacbe" journal export office/disk/bundle broker/journal.db --quiet
took=$(fault_seconds "$since")
"$sacbe" journal verify office/disk/copy.db --quiet
"$sacbe" audit verify office/disk/bundle --roots office/anchor.json --quiet
fault_row "a backup's and an export's disk full" "filled before they are written" \
    "$fault_acked" 0 0 "$took" "the same commands again"

ex_stop pnc igm broker
"$sacbe" journal verify broker/journal.db --quiet
