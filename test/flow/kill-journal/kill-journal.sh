#!/bin/sh
# kill -9 at random moments of append, checkpoint, export and prune, SACBE_KILLS times in
# all (12, with SACBE_FAULT=full 100, a quarter of each). After each kill the next start works and the journal
# verifies; no checkpoint that anybody was given is ever contradicted: the notes that a
# witness, an adapter and the broker's own file held are kept and compared, in the end
# every one of them with the journal. SACBE_SEED repeats the order of the kills.
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/fault/fault.sh"
demo=$SACBE_SOURCE/adapters/examples/demo
each=$(((${SACBE_KILLS:-$(fault_size 12 100)} + 3) / 4))
seed=${SACBE_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
echo "seed $seed (SACBE_SEED repeats the order of the kills)"

dice() { # N: sets $face to a number below N
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    face=$((seed / 65536 % $1))
}

nap() { # MS: a random time below that
    dice "$1"
    sleep "$(printf '%d.%03d' $((face / 1000)) $((face % 1000)))"
}

# --- rows

feed() { # N: so many more rows, one batch at most
    ex_sql pnc "
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
        INSERT INTO novedad SELECT printf('T-%07d', i + (SELECT count(*) FROM novedad)),
            '14/11/2026', '07:40', 'Guatemala', 'Mixco', NULL, 'COL' FROM n"
}

feeder_start() { # a few rows every now and then, until feeder_stop
    while :; do
        feed 3
        sleep 0.02
    done &
    echo $! >"$ex/run/feeder.pid"
}

feeder_stop() {
    kill "$(ex_pid feeder)"
    wait "$(ex_pid feeder)" 2>/dev/null || :
    rm "$ex/run/feeder.pid"
}

# --- notes that were given to somebody

# keep_note FILE: under its size and root; two roots of one size are a contradiction
keep_note() {
    [ -s "$1" ] || return 0
    cp "$1" note.txt
    size=$(sed -n 2p note.txt)
    root=$(sed -n 3p note.txt | base64 -d | od -An -tx1 | tr -d ' \n')
    for known in "notes/$size:"*; do
        [ ! -e "$known" ] || [ "$known" = "notes/$size:$root" ] ||
            ex_die "$1 contradicts $known"
    done
    cp note.txt "notes/$size:$root"
}

keep_notes() {
    keep_note broker/journal.db-note
    keep_note sat/state/seen-1
    keep_note pnc/state/witness/seen-1
}

newest_note() {
    for kept in notes/*; do basename "$kept"; done | sort -n | tail -n 1
}

# --- one kill of the broker

after_kill() {
    n_kills=$((n_kills + 1))
    keep_notes
    since=$(ex_now_ms)
    ex_broker_start
    ready=$(($(ex_now_ms) - since))
    [ $ready -le $longest ] || longest=$ready
    keep_notes
    "$sacbe" journal verify broker/journal.db --expect "$(newest_note)" --quiet ||
        ex_die "kill $n_kills: the journal does not hold"
}

grows() { # since $before
    ex_says broker ".entries > $before"
}

is_idle() { # all is sealed, stored and final
    rows=$(ex_sql pnc 'SELECT count(*) FROM novedad')
    ex_says pnc "[.streams[] | .sealed == $rows and .stored == $rows and .final == $rows] | all" &&
        ex_says broker '.final == .entries'
}

# --- the four

kill_appends() {
    feeder_start
    for n in $(seq "$each"); do
        before=$(ex_status broker .entries)
        ex_wait 60 "append $n: the journal grows" grows
        nap 300
        ex_kill broker
        after_kill
    done
    feeder_stop
}

kill_checkpoints() { # a checkpoint at most 100 ms after its entries, then its cosigning
    ex_wait 90 "everything is final" is_idle
    for n in $(seq "$each"); do
        before=$(ex_status broker .entries)
        feed 1
        ex_wait 60 "checkpoint $n: the entry is there" grows
        nap 150
        ex_kill broker
        after_kill
    done
}

export_into() { # FOLDER
    "$sacbe" journal export "$1" broker/journal.db --quiet
}

# An export that is killed goes on from what it finds: nothing, an older bundle, or what
# the kill before has left.
kill_exports() {
    export_into older
    feed 700
    ex_wait 90 "everything is final" is_idle
    ex_stop broker # its journal grows no more: all exports are equal
    began=$(ex_now_ms)
    export_into fresh
    took=$(($(ex_now_ms) - began))
    n=0
    while [ $n -lt "$each" ]; do
        dice 3
        case $face in
        0) rm -rf bundle ;;
        1) rm -rf bundle && cp -r older bundle ;;
        esac
        "$sacbe" journal export bundle broker/journal.db --quiet &
        echo $! >run/export.pid
        nap "$took"
        status=0
        kill -KILL "$(ex_pid export)" 2>/dev/null || :
        wait "$(ex_pid export)" 2>/dev/null || status=$?
        rm run/export.pid
        [ $status = 137 ] || continue # it had ended
        n=$((n + 1))
        n_kills=$((n_kills + 1))
        dice 4
        [ "$face" = 0 ] && continue # the next kill meets what this one left
        export_into bundle
        diff -r fresh bundle >diff.txt || ex_die "a resumed export differs: $(head diff.txt)"
    done
    export_into bundle
    diff -r fresh bundle >diff.txt || ex_die "a resumed export differs: $(head diff.txt)"
    audit bundle
    ex_broker_start
}

audit() { # FOLDER: nothing has failed, and it is whole
    status=0
    "$sacbe" audit verify "$1" --roots office/anchor.json >out.txt || status=$?
    [ $status = 0 ] || ex_die "the audit of $1 ends with $status: $(cat out.txt)"
}

is_pruned() { # no text is left below the newest prune record; 4 rows of `ct` for each entry
    below=$(ex_status broker .pruned_below)
    left=$(sqlite3 -readonly broker/journal.db \
        "SELECT count(*) FROM ct WHERE id < $below * 4 AND length(raw) > 0")
    [ "$left" = 0 ]
}

# The journal is pruned slice by slice, each up to the time of a later batch.
kill_prunes() {
    "$sacbe" journal list broker/journal.db --kind batch --json | jq -r .time >times.txt
    batches=$(wc -l <times.txt)
    sleep 1.1 # the policy's retention
    for n in $(seq "$each"); do
        moment=$(sed -n "$((1 + n * (batches - 1) / (each + 1)))p" times.txt)
        "$sacbe" journal prune --older-than "$moment" --no-archive -c broker/broker.yaml \
            --quiet >/dev/null 2>&1 &
        asked=$!
        nap 60
        ex_kill broker
        kill $asked 2>/dev/null || :
        wait $asked 2>/dev/null || :
        after_kill
        ex_wait 60 "prune $n ends after the restart" is_pruned
    done
    "$sacbe" journal prune --older-than "$(tail -n 1 times.txt)" --archive archive \
        -c broker/broker.yaml --quiet
    ex_wait 60 "the last prune ends" is_pruned
}

ex_begin
mkdir notes one
n_kills=0 longest=0
ex_authority sns
echo "checkpoint: 100ms" >>broker/broker.yaml
ex_member pnc "Policía Nacional Civil"
ex_member stcns "Secretaría Técnica"
ex_member sat "Superintendencia de Administración Tributaria" --witness
ex_policy --quorum auto --retention 1s
ex_sign
ex_grant pnc interior.hecho_transito stcns publica,confidencial
ex_sign
cp "$demo/pnc/tables.sql" "$demo/pnc/transito.map.yaml" one/
ex_adapter pnc one
ex_capture pnc
ex_witness sat
ex_broker_start
ex_publish
ex_adapter_start pnc
ex_witness_start sat

for what in appends checkpoints exports prunes; do
    began=$(ex_now_ms)
    kill_$what
    echo "$each kills of $what: $((($(ex_now_ms) - began) / 1000)) s," \
        "$(ex_status broker .entries) entries, $(ls notes | wc -l) notes"
done

ex_wait 90 "everything is final" is_idle
keep_notes
ex_stop pnc sat broker
keep_note broker/journal.db-note
for kept in notes/*; do
    "$sacbe" journal verify broker/journal.db --expect "$(basename "$kept")" --quiet ||
        ex_die "the journal contradicts $kept"
done
"$sacbe" journal verify broker/journal.db --json >out.txt || ex_die "$(cat out.txt)"
[ "$(jq .events out.txt)" = "$rows" ] || ex_die "$rows rows, and events: $(cat out.txt)"
[ "$(jq .pruned out.txt)" -gt 0 ] || ex_die "nothing was pruned"
[ -z "$(find . -name 'evidence-*')" ] || ex_die "a witness has evidence"
if grep -h -e 'code=SB-60' -e 'code=SB-611' log/*.log; then
    ex_die "a log has an alarm"
fi
echo "$n_kills kills: every start verified, $(ls notes | wc -l) published checkpoints hold," \
    "$rows events, $(jq .pruned out.txt) texts pruned"
fault_row "kill -9 in append, checkpoint, export, prune" \
    "at random moments, $each times each; $(ls notes | wc -l) published checkpoints hold" \
    "$(jq .events out.txt)" 0 0 \
    "$((longest / 1000)).$((longest % 1000 / 100)) s to be ready (longest)" \
    "a start like any other; an export goes on from what it finds"
