#!/bin/sh
# Two institutions whose adapters are witnesses and a third that runs only sacbe-witness:
# final by two of three, not by one; who watches goes on from its disk; an older copy of
# the journal, taken while the broker ran, is caught at the start or by the witnesses.
# Usage: quorum.sh
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
demo=$SACBE_SOURCE/adapters/examples/demo

# row NUMBER: one more traffic event of pnc
row() {
    ex_sql pnc "INSERT INTO novedad VALUES
        ('T-$1', '14/11/2026', '07:40', 'Guatemala', 'Mixco', NULL, 'COL')"
}

# is_row_final N: pnc's own adapter has verified a final tree that holds it
is_row_final() {
    ex_says pnc ".streams[0] | .stored >= $1 and .final >= $1"
}

is_row_proved() {
    ex_says pnc ".streams[0] | .proved >= $1"
}

is_row_applied() {
    ex_is stcns "SELECT count(*) FROM conteo_transito" "$1"
}

is_all_final() {
    ex_says broker ".final == .entries"
}

has_attention() { # TEXT, in the broker's status
    "$sacbe" status -c broker/broker.yaml >out.txt && grep -q "$1" out.txt
}


# refuses CODE: the broker does not start, and says why
refuses() {
    "$(ex_program sacbe-broker)" -c broker/broker.yaml >out.txt 2>&1 &&
        ex_die "the broker starts with an older journal"
    ex_has_line out.txt "$1 " || ex_die "not $1: $(cat out.txt)"
}

put_journal() { # FOLDER: that copy in the journal's place
    rm -f broker/journal.db broker/journal.db-*
    cp "$1"/journal.db* broker/
}

ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil" --witness
ex_member stcns "Secretaría Técnica" --witness
ex_member igm "Instituto Guatemalteco de Migración" --witness
ex_sign
ex_grant pnc interior.hecho_transito stcns publica,confidencial
ex_sign
mkdir one two
cp "$demo/pnc/tables.sql" "$demo/pnc/transito.map.yaml" one/
cp "$demo/stcns/tables.sql" "$demo/stcns/transito.sink.yaml" two/
ex_adapter pnc one
ex_adapter stcns two
ex_capture pnc
ex_witness igm
ex_broker_start
ex_publish
ex_adapter_start pnc
ex_adapter_start stcns
row 1
ex_wait 30 "a row travels without a quorum" is_row_applied 1

# --- three witnesses, a quorum of two
ex_witness_start igm
"$sacbe" directory policy -d "$ex_draft" --quorum auto --anchor office/anchor.json \
    -o office/draft.sbd --json >out.txt
[ "$(jq -c '[.quorum, .witnesses]' out.txt)" = "[2,3]" ] || ex_die "$(cat out.txt)"
ex_draft=$ex/office/draft.sbd
ex_sign
ex_publish
row 2
ex_wait 60 "the second row is final" is_row_final 2
ex_wait 60 "all three have cosigned all" ex_says broker \
    '(.entries as $n | [.witnesses[] | select(.size >= $n)] | length) == 3'
"$sacbe" status -c broker/broker.yaml >out.txt || ex_die "status: $(cat out.txt)"
ex_has_line out.txt "Witnesses.*3/3, " || ex_die "not 3/3: $(cat out.txt)"
three_cosigned() {
    "$sacbe" journal export bundle broker/journal.db --json >out.txt &&
        jq -e '.final and .cosignatures == 3' out.txt
}
ex_wait 30 "an exported checkpoint bears three cosignatures" three_cosigned

# --- a copy while the broker runs: what a backup would have
mkdir old
sqlite3 -readonly broker/journal.db ".backup old/journal.db"
cp broker/journal.db-note old/

# --- one of three is gone: final all the same
ex_stop igm
[ -s igm/state/seen-1 ] || ex_die "igm keeps nothing"
row 3
ex_wait 60 "final by two" is_row_final 3

# --- two are gone: stored and proved, and not final; after a minute somebody is told
ex_stop stcns
row 4
ex_wait 60 "one more row is proved" is_row_proved 4
ex_wait 90 "the broker's status cries out" has_attention "no final checkpoint for"
ex_has_line out.txt "witness igm" || ex_die "igm is not named: $(cat out.txt)"
ex_has_line out.txt "witness stcns" || ex_die "stcns is not named: $(cat out.txt)"
is_row_final 4 && ex_die "one witness of three is no quorum"
is_all_final && ex_die "final without a quorum"

# --- it goes on from its disk: what it proved before, and no second beginning
before=$(sed -n 2p igm/state/seen-1)
ex_witness_start igm
[ "$(ex_status igm .checkpoint)" -ge "$before" ] || ex_die "igm begins anew"
ex_wait 60 "final again" is_row_final 4
calm() {
    "$sacbe" status --check -c broker/broker.yaml >out.txt 2>&1
    ! grep -q "no final checkpoint" out.txt
}
ex_wait 30 "the attention is over" calm
ex_adapter_start stcns
ex_wait 30 "stcns reads on" is_row_applied 4
ex_wait 60 "stcns watches on" ex_says stcns '.final >= .checkpoint'

# --- the older copy, with the newer note beside it: no start
ex_kill broker
mkdir new
cp broker/journal.db* new/
put_journal old
cp new/journal.db-note broker/
refuses SB-606
cmp -s old/journal.db broker/journal.db || ex_die "a refused start wrote to the journal"

# --- with the older note: it starts, and stops when a witness shows what it saw. (pnc is
# away: a publisher whose stored batches are gone stops its stream.)
ex_stop pnc
put_journal old
ex_broker_start
ex_wait 60 "the broker stops by itself" ex_is_over "$(ex_pid broker)"
status=0
wait "$(ex_pid broker)" || status=$?
rm run/broker.pid
[ "$status" = 1 ] || ex_die "the broker ended with status $status"
ex_has_line log/broker.log "code=SB-606 " || ex_die "no SB-606: $(tail -n 3 log/broker.log)"

# --- the true one again: nobody was harmed
put_journal new
ex_broker_start
ex_adapter_start pnc
row 5
ex_wait 90 "a row is final again" is_row_final 5
ex_wait 30 "and applied" is_row_applied 5
if grep -h -e 'code=SB-611' log/*.log; then
    ex_die "an older copy is no second history"
fi
[ -z "$(find . -name 'evidence-*')" ] || ex_die "evidence of what was not"
ex_stop pnc stcns igm broker
"$sacbe" journal verify broker/journal.db --quiet
echo "witnesses: 3/3, final by two of three, not by one; older copies caught at both sides"
