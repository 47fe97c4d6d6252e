#!/bin/sh
# Two witnesses without a database make checkpoints final; a broker with an old copy of
# its journal, and one that begins another history, are caught at both sides.
# Usage: witness.sh
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"

# As the exchange's, with a witness key.
ex_identity() {
    mkdir -p "$ex/$1"
    cp "$ex/broker/anchor.json" "$ex/$1/anchor.json"
    "$sacbe" identity new --institution "$1" --name "$2" --anchor "$ex/$1/anchor.json" \
        -o "$ex/$1/$1.vault" --no-passphrase --witness --quiet
}

witness_file() { # CODE
    printf '%s\n' "institution: $1" "run_dir: run" "vault: $1.vault" \
        "anchor: anchor.json" "state: state" >"$ex/$1/witness.yaml"
}

witness_start() { # CODE
    ex_start "$1" "$(ex_program sacbe-witness)" -c "$ex/$1/witness.yaml"
}

# number FOLDER/FILE.yaml KEY: of the daemon's status
number() {
    "$sacbe" status -c "$ex/$1" --json | grep -o "\"$2\": *[0-9]*" | head -n 1 |
        grep -o '[0-9]*$'
}

is_final() { # SIZE, by the broker
    [ "$(number broker/broker.yaml final)" -ge "$1" ]
}

has_seen() { # CODE SIZE
    [ "$(number "$1/witness.yaml" checkpoint)" -ge "$2" ]
}

is_longer() { # SIZE: the broker's journal
    [ "$(number broker/broker.yaml entries)" -gt "$1" ]
}

cried() { # CODE TIMES: the alarm of a contradiction
    [ "$(grep -c 'event=alarm code=SB-611' "log/$1.log")" -ge "$2" ]
}

# over NAME CODE: the daemon has ended by itself, and its log says why
over() {
    ex_wait 60 "$1 stops" ex_is_over "$(ex_pid "$1")"
    got=0
    wait "$(ex_pid "$1")" || got=$?
    rm -f "$ex/run/$1.pid"
    [ "$got" = 1 ] || ex_die "$1 ended with status $got"
    ex_has_line "$ex/log/$1.log" "error broker code=$2 " || {
        ex_logs
        ex_die "$1 did not say $2"
    }
}

ex_begin
ex_authority sns
for member in igm stcns; do
    ex_member $member $member
    witness_file $member
done
"$sacbe" directory policy -d "$ex_draft" --quorum 2 --anchor office/anchor.json \
    -o office/quorum.sbd --quiet
ex_draft=$ex/office/quorum.sbd
ex_sign
ex_broker_start
ex_publish

# --- before it runs
"$(ex_program sacbe-witness)" -c igm/witness.yaml --check >out.txt ||
    ex_die "--check: $(cat out.txt)"
[ ! -e igm/state ] || ex_die "--check made a folder"
sed 's/igm$/stcns/' igm/witness.yaml >igm/wrong.yaml
"$(ex_program sacbe-witness)" -c igm/wrong.yaml --check >out.txt 2>&1 &&
    ex_die "another institution's vault was taken"

# --- one of two is no quorum, two are
size=$(number broker/broker.yaml entries)
witness_start igm
ex_wait 30 "igm has seen all" has_seen igm "$size"
is_final "$size" && ex_die "one witness is no quorum"
witness_start stcns
ex_wait 30 "two make it final" is_final "$size"

# --- what was seen and the directories survive
ex_stop igm
[ -s igm/state/seen-1 ] && [ -s igm/state/directory-2.sbd ] || ex_die "nothing is kept"
ex_stop broker
cp broker/journal.db old.db
cp broker/journal.db-note old.note
ex_broker_start
"$sacbe" directory policy -d office/directory-2.sbd --keep 40d \
    --anchor office/anchor.json -o office/draft.sbd --quiet
ex_draft=$ex/office/draft.sbd
ex_sign
ex_publish
witness_start igm
ex_wait 60 "the next entry becomes final" is_final $((size + 1))

# --- an old copy of journal and note: whoever saw more shows it, and the broker stops
ex_kill broker
rm -f broker/journal.db-wal broker/journal.db-shm
cp old.db broker/journal.db
"$(ex_program sacbe-broker)" -c broker/broker.yaml --check >out.txt &&
    ex_die "an old journal passed --check"
ex_has_line out.txt "FAILED  journal: SB-606" || ex_die "--check: $(cat out.txt)"
cp old.note broker/journal.db-note
ex_broker_start
over broker SB-606
[ -z "$(find igm/state stcns/state -name 'evidence-*')" ] ||
    ex_die "an old copy is no second history"

# --- another history of the same length: caught here and there, with both notes
ex_stop igm stcns
rm -f broker/journal.db broker/journal.db-*
ex_broker_start
ex_published=1
ex_publish
ex_wait 30 "the other history is as long" is_longer "$size"
witness_start igm
over broker SB-605
ex_wait 10 "igm cries out" cried igm 1
for part in a.note b.note; do
    [ "$(head -n 1 "igm/state/evidence-1-$part")" = sns/journal/1 ] ||
        ex_die "evidence-1-$part is no note of the journal"
done
cmp -s igm/state/evidence-1-a.note igm/state/evidence-1-b.note &&
    ex_die "the two notes are one"
"$sacbe" status -c igm/witness.yaml --json >out.txt || :
ex_has_line out.txt contradicted || ex_die "status: $(cat out.txt)"
ex_stop igm
witness_start igm
ex_wait 10 "it stays so after a restart" cried igm 2
ex_stop igm
echo "witness: final by two; an old journal and another history caught"
