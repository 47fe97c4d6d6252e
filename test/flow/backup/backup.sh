#!/bin/sh
# Backups of a journal that grows, and both ways back after it was lost. One backup is
# taken under load, one when nothing more was signed; the broker is killed and its journal
# deleted. The backup that lacks nothing goes on, byte for byte. The other is refused with
# the steps to take, and put back by hand stops the broker, because a witness saw more; the
# next generation collects from the publishers. No event is lost, none applied twice.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"

lose_journal() {
    ex_kill broker
    rm -f broker/journal.db*
}

all_stored() {
    ex_says pnc "[.streams[] | .sealed == .stored and .sealed == $(fault_rows pnc)] | all"
}

all_final() {
    ex_says broker '.final == .entries and .checkpoint == .entries'
}

backup() { # FILE: and what it says of itself
    "$sacbe" journal backup "$1" -c broker/broker.yaml --json >backup.json
    jq .entries backup.json
}

restore() { # EXIT FILE [options]
    want=$1
    shift
    status=0
    "$sacbe" journal restore "$@" -c broker/broker.yaml >restore.txt 2>&1 || status=$?
    [ "$status" = "$want" ] || ex_die "restore ends with $status: $(cat restore.txt)"
}

ex_begin
fault_members 1
ex_member sat "Tributos" --witness
ex_policy --quorum auto
ex_sign
ex_witness sat
ex_broker_start
ex_publish
ex_witness_start sat
for code in pnc igm; do ex_adapter_start $code; done

# --- under load: every backup verifies, and the status says how far it reaches
fault_fill pnc 300
fault_wait_applied igm 60
for i in $(seq 1 20); do
    fault_fill pnc 60
    sleep 0.05
done &
load=$!
for i in 1 2 3; do
    size=$(backup "old-$i.db")
    "$sacbe" journal verify "old-$i.db" --quiet
    ex_says broker ".backed_up == $size" || ex_die "status does not know backup $i"
done
wait $load
fault_fill pnc 60 # so that every one of them lacks something, however slow they were
restore 1 old-1.db # a journal is there, and it is newer
fault_wait_applied igm 60
ex_wait 60 "everything is stored" all_stored

# --- nothing more is signed: this backup goes on
ex_stop pnc igm
ex_wait 60 "everything is final" all_final
entries=$(ex_status broker .entries)
[ "$(backup whole.db)" = "$entries" ] || ex_die "the backup is shorter than the journal"
lose_journal
restore 1 old-3.db --note sat/state/seen-1
ex_has_line restore.txt 'SB-606' || ex_die "no code: $(cat restore.txt)"
ex_has_line restore.txt 'directory generation' || ex_die "no steps: $(cat restore.txt)"
restore 2 whole.db # nobody outside has said how much was signed
restore 0 whole.db --note sat/state/seen-1 --dry-run
[ ! -e broker/journal.db ] || ex_die "a dry run wrote"
since=$(ex_now_ms)
restore 0 whole.db --note sat/state/seen-1
ex_broker_start
took=$(fault_seconds "$since")
for code in pnc igm; do ex_adapter_start $code; done
fault_fill pnc 100
fault_wait_applied igm 60
fault_judge igm
fault_row "a lost journal, with a backup that lacks nothing" "kill -9, the files deleted" \
    "$fault_acked" "$fault_lost" "$fault_twice" "$took" "journal restore, and a start"

# --- a backup that lacks something: refused, and by hand it stops the broker
ex_wait 60 "everything is final" all_final
lose_journal
restore 1 whole.db --note sat/state/seen-1
cp whole.db broker/journal.db
ex_broker_start
ex_wait 60 "a witness stops it" ex_is_over "$(ex_pid broker)"
ex_has_line log/broker.log 'error broker code=SB-606' || ex_die "it did not end by SB-606"
rm -f run/broker.pid broker/journal.db*
"$sacbe" journal replay whole.db --vault igm/igm.vault --anchor office/anchor.json \
    >replay.txt || ex_die "the old backup cannot be read"
[ "$(wc -l <replay.txt)" -ge 1000 ] || ex_die "replay of the old backup is short"

# --- the next generation, with the steps that the refusal gave
since=$(ex_now_ms)
"$sacbe" directory generation -d "$ex_signed" --anchor office/anchor.json \
    --note sat/state/seen-1 -o office/draft.sbd --quiet
ex_draft=$ex/office/draft.sbd
ex_sign
cp office/directory-*.sbd broker/
sed -i "s/^directory:.*/directory: directory-$ex_version.sbd/" broker/broker.yaml
restore 1 whole.db --note sat/state/seen-1 # it is of the generation before
ex_broker_start
ex_wait 60 "the new journal is of generation 2" ex_says broker '.generation == 2'
fault_fill pnc 100
ex_wait 120 "everything is stored again" all_stored
fault_wait_applied igm 120
took=$(fault_seconds "$since")
fault_judge igm
fault_row "a lost journal, with a backup that lacks something" "the same, and an older one" \
    "$fault_acked" "$fault_lost" "$fault_twice" "$took" \
    "a new generation, filled by the publishers"
[ "$("$sacbe" journal verify broker/journal.db --json | jq .events)" = "$(fault_rows pnc)" ] ||
    ex_die "the new journal has not every event"
ex_stop pnc igm sat broker
