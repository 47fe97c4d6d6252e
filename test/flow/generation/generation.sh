#!/bin/sh
# The way on after a lost journal: the commands of "After a lost journal" in
# broker/README.md, taken from there, are run on an exchange of two publishers, four
# readers and five witnesses whose journal and note are deleted while rows travel. No
# event is lost, none is applied twice, the new journal passes the audit. Usage: generation.sh
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
demo=$SACBE_SOURCE/adapters/examples/demo
rows=400

# adapter CODE FILE...: with these files of the demonstration alone
adapter() {
    code=$1
    shift
    mkdir "office/$code"
    for file in tables.sql "$@"; do cp "$demo/$code/$file" "office/$code/"; done
    ex_adapter "$code" "$ex/office/$code"
}

# count_each CODE TABLE KEY: whatever is done to the table's rows is written down, so
# that an event which is applied twice shows
count_each() {
    ex_sql "$1" "
        CREATE TABLE IF NOT EXISTS done(what TEXT, id TEXT);
        CREATE TRIGGER $2_i AFTER INSERT ON $2 BEGIN INSERT INTO done VALUES ('alta', new.$3); END;
        CREATE TRIGGER $2_u AFTER UPDATE ON $2 BEGIN INSERT INTO done VALUES ('correccion', new.$3); END;
        CREATE TRIGGER $2_d AFTER DELETE ON $2 BEGIN INSERT INTO done VALUES ('anulacion', old.$3); END;"
}

# insert FROM TO: traffic events of pnc, and emergencies of conred
insert() {
    for code in pnc conred; do
        ex_sql $code "
        WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
        $(
            case $code in
            pnc) echo "INSERT INTO novedad SELECT printf('T-%05d', i), '14/11/2026', '07:40',
                    'Guatemala', 'Mixco', NULL, 'COL' FROM n" ;;
            *) echo "INSERT INTO emergencia SELECT i, 'derrumbe', 101, 2026, 11, 16, 4, NULL,
                    i % 3, 0.5 FROM n" ;;
            esac
        )"
    done
}

# change FROM TO: corrections of each row, deletion of every tenth
change() {
    ex_sql pnc "UPDATE novedad SET clase = 'CHO' WHERE correlativo BETWEEN
            printf('T-%05d', $1) AND printf('T-%05d', $2);
        DELETE FROM novedad WHERE correlativo BETWEEN printf('T-%05d', $1)
            AND printf('T-%05d', $2) AND substr(correlativo, -1) = '0'"
    ex_sql conred "UPDATE emergencia SET fallecidos = 9 WHERE id BETWEEN $1 AND $2"
}

readers='igm:puesto_transito:ref stcns:conteo_transito:id stcns:conteo_riesgo:id pnc:riesgo:numero'

# dump FILE: every reader's tables and what was done to them
dump() {
    for place in $readers; do
        code=${place%%:*}
        table=${place#*:}
        echo "== $code ${table%:*}"
        ex_sql "$code" "SELECT * FROM ${table%:*} ORDER BY ${table#*:};
            SELECT what, id, count(*) FROM done GROUP BY what, id ORDER BY id, what"
    done >"$1"
}

# rows_are N M: traffic events, emergencies
rows_are() {
    ex_is igm 'SELECT count(*) FROM puesto_transito' "$1" &&
        ex_is stcns 'SELECT count(*) FROM conteo_riesgo' "$2"
}

all_applied() { # whatever is sealed is stored, and every reader has it
    for code in pnc conred; do
        ex_says $code '[.streams[] | .sealed == .stored and .sealed > 0] | all' || return 1
        last=$(ex_status $code '.streams[0].sealed')
        case $code in
        pnc) readings='igm stcns' ;;
        *) readings='stcns pnc' ;;
        esac
        for reader in $readings; do
            ex_says "$reader" "[.readings[] | select(.stream | startswith(\"$code/\")) |
                .seq == $last] | all" || return 1
        done
    done
}

all_final() {
    ex_says broker '.final == .entries' &&
        ex_says pnc '[.streams[] | .final == .sealed] | all' &&
        ex_says conred '[.streams[] | .final == .sealed] | all'
}

receipts() {
    "$sacbe" journal list broker/journal.db --kind receipt | wc -l
}

# The commands of broker/README.md, in their order
steps() {
    awk '/^## / { here = $0 == "## After a lost journal" }
        here && /^ *```/ { inside = /sh$/; next }
        here && inside' "$SACBE_SOURCE/broker/README.md"
}

ex_begin
ex_authority sns
for code in pnc conred igm stcns sat; do ex_member $code "$code" --witness; done
ex_policy --quorum auto
ex_sign
ex_grant pnc interior.hecho_transito igm publica,interna
ex_grant pnc interior.hecho_transito stcns publica,confidencial
ex_grant conred riesgos.incidente stcns publica
ex_sign
adapter pnc transito.map.yaml riesgo.sink.yaml
adapter conred emergencia.map.yaml
adapter igm transito.sink.yaml
adapter stcns transito.sink.yaml riesgo.sink.yaml
for place in $readers; do
    table=${place#*:}
    count_each "${place%%:*}" "${table%:*}" "${table#*:}"
done
ex_capture pnc
ex_capture conred
ex_witness sat
ex_broker_start
ex_publish
ex_witness_start sat
for code in pnc conred igm stcns; do ex_adapter_start $code; done

# --- several epochs and claims: a grant of conred's is new, pnc's outbox is lost and adopted
insert 1 $((rows / 2))
ex_grant conred riesgos.incidente pnc publica
ex_sign
ex_publish
ex_wait 60 "the first half is applied" all_applied
ex_stop pnc
rm pnc/state/adapter.db*
ex_adapter_start pnc
change 1 $((rows / 4))
insert $((rows / 2 + 1)) $rows
deleted=$((rows / 40))
ex_wait 60 "everything is applied" rows_are $((rows - deleted)) $rows
ex_wait 60 "everything is stored" all_applied
ex_wait 90 "everything is final" all_final
dump before.txt
lost=$(ex_status broker .entries)
mkdir old
sqlite3 -readonly broker/journal.db ".backup old/journal.db"
cp broker/journal.db-note old/

# --- rows are on their way when the journal goes; more come while there is none
insert $((rows + 1)) $((rows + 50))
copied=$(sqlite3 -readonly old/journal.db 'SELECT count(*) FROM entry')
ex_wait 60 "witnesses see more than the copy has" ex_says sat ".checkpoint > $copied"
insert $((rows + 51)) $((rows + 70))
ex_wait 30 "more is stored" ex_says broker ".entries > $(ex_status sat .checkpoint)"
ex_kill broker
rm broker/journal.db*
cp old/journal.db* broker/ # what was tried first: a witness shows more, and it stops
ex_broker_start
ex_wait 60 "the older copy is refused" ex_is_over "$(ex_pid broker)"
ex_has_line log/broker.log 'error broker code=SB-606' || ex_die "the older copy did not end by SB-606"
rm run/broker.pid broker/journal.db*
insert $((rows + 71)) $((rows + 100))

# --- what the operator finds at hand
mkdir broker/notes
for code in pnc conred igm stcns; do cp $code/state/witness/seen-1 broker/notes/$code; done
cp sat/state/seen-1 broker/notes/sat
cp office/directory-*.sbd office/root-1.vault broker/
mkdir bin credentials
for name in sacbe sacbe-broker; do ln -s "$(ex_program $name)" bin/; done
cp office/passphrase credentials/sacbe.passphrase
export CREDENTIALS_DIRECTORY="$ex/credentials" PATH="$ex/bin:$PATH"
systemctl() { # start | stop
    [ "$1" = stop ] || ex_broker_start
}

# --- the steps themselves
steps >steps.sh
[ "$(grep -c '^ *sacbe' steps.sh)" -ge 6 ] || ex_die "broker/README.md has lost its steps"
sed '/journal export/,$d' steps.sh >first.sh
sed -n '/journal export/,$p' steps.sh >last.sh
cd broker
. ../first.sh >../steps.txt # -e ends it with what the failed step said
cd ..
ex_version=5
ex_published=5
ex_draft=$ex/office/directory-5.sbd
cp broker/directory-5.sbd office/
ex_wait 60 "the new journal is of generation 2" ex_says broker '.generation == 2'

# --- nothing is lost, and nothing is applied twice: what was done to the rows before is
# what it was, and to every row that was never corrected the same was done
all_rows=$((rows + 100))
ex_wait 90 "what was on its way has arrived" rows_are $((all_rows - deleted)) $all_rows
ex_wait 60 "the refill has ended" all_applied
ex_wait 90 "everything is final again" all_final
sealed=$(($(ex_status pnc .streams[0].sealed) + $(ex_status conred .streams[0].sealed)))
[ "$("$sacbe" journal verify broker/journal.db --json | jq .events)" = $sealed ] ||
    ex_die "the new journal has not the $sealed events"
dump after.txt
awk -F'|' -v from=$((rows / 4)) '
    /^==/ { place = $0 }
    /^(alta|correccion|anulacion)[|]/ {
        number = $2
        gsub(/[^0-9]/, "", number)
        what = place " " $1
        if (number + 0 > from && what in usual && usual[what] != $3) print place, $0
        if (number + 0 > from) usual[what] = $3
    }' after.txt >twice.txt
[ ! -s twice.txt ] || ex_die "not applied once: $(head twice.txt)"
diff before.txt after.txt | grep '^<' >gone.txt && ex_die "changed or lost: $(head gone.txt)"

# --- it goes on: new rows, receipts, checkpoints
insert $((all_rows + 1)) $((all_rows + 20))
ex_wait 60 "new rows arrive" rows_are $((all_rows + 20 - deleted)) $((all_rows + 20))
ex_wait 60 "and are stored" all_applied
ex_wait 90 "and are final" all_final
has_receipt() { [ "$(receipts)" -gt 0 ]; }
ex_wait 90 "receipts go on" has_receipt
ex_wait 60 "final with the receipts" all_final
cd broker
status=0
sh -eu ../last.sh >../steps.txt || status=$?
cd ..
case $status in
0) ;;
3) # pnc's second claim names the tree of the lost journal that it had seen
    grep 'SB-' steps.txt | grep -v 'SB-628.*may be of an earlier generation' >other.txt || :
    [ ! -s other.txt ] || ex_die "the audit finds more: $(cat other.txt)"
    ;;
*) ex_die "exit $status of the new journal's audit: $(cat steps.txt)" ;;
esac
ex_has_line steps.txt 'PASSED.*checkpoint and witnesses: [345] cosignatures' ||
    ex_die "it is not final: $(cat steps.txt)"
[ -z "$(find . -name 'evidence-*')" ] || ex_die "evidence of what was not"
# What is known: the older copy was refused, streams were behind it or adopted, cursors
# and cosignatures ahead of it
if grep -h -e '^error' -e 'code=SB-5' -e 'code=SB-6' log/*.log |
    grep -v -e 'code=SB-606' -e 'code=SB-520' -e 'code=SB-513' -e 'code=SB-615'; then
    ex_die "a log has an alarm"
fi
ex_stop pnc conred igm stcns sat broker
"$sacbe" journal verify broker/journal.db --quiet
echo "generation 2: $lost entries lost, all rows kept, none applied twice, audited"
