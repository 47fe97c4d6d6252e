#!/bin/sh
# What technician, operator and auditor see of a running exchange through `sacbe`:
# mapping, capture, status, lag, tail, quarantine, and the journal replayed with three
# different vaults. Usage: operate.sh
set -eu
here=$SACBE_SOURCE/test/flow/operate
. "$SACBE_SOURCE/test/flow/exchange.sh"

# exits STATUS command...: what it says is in out.txt
exits() {
    want=$1
    shift
    got=0
    "$@" >out.txt 2>&1 || got=$?
    [ "$got" = "$want" ] || ex_die "exit $got, not $want: $* ($(cat out.txt))"
}

says() { # text in out.txt
    grep -q -- "$1" out.txt || ex_die "\"$1\" was not said: $(cat out.txt)"
}

count() { # PATTERN FILE
    grep -c -- "$1" "$2" || :
}

ex_begin
ex_authority sns
for member in conred igm sat; do
    ex_member $member "$member"
done
ex_sign
ex_grant conred riesgos.incidente igm publica
ex_sign
ex_adapter conred "$here"
map=conred/emergencia.map.yaml
db="--database conred/conred.db --catalogue $ex_catalogue"

# --- the technician, before anything runs
exits 0 "$sacbe" mapping check $map $db
exits 1 "$sacbe" mapping try $map $db --json
[ "$(count '"operacion":"alta"' out.txt)" = 3 ] || ex_die "try: $(cat out.txt)"
says '"rows":4,"mapped":3'
sed 's/tabel/table/; s/table: emergencia/tabel: emergencia/' $map >bad.map.yaml
exits 2 "$sacbe" mapping check bad.map.yaml $db
says 'bad.map.yaml:3.*did you mean "table"'
exits 0 "$sacbe" capture plan $map $db
says TRIGGER
exits 0 "$sacbe" capture install $map $db --dry-run
[ "$(ex_sql conred "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")" = 0 ] ||
    ex_die "a dry run installed triggers"
exits 0 "$sacbe" capture install $map $db

# --- nobody runs
exits 75 "$sacbe" status -c broker/broker.yaml
says SB-803

# --- rows go out
ex_broker_start
ex_publish
ex_adapter_start conred
stored() {
    "$sacbe" status -c conred/adapter.yaml --json |
        jq -e ".streams[0].stored == $1" >/dev/null
}
ex_wait 30 "three rows are stored" stored 3
exits 0 "$sacbe" status -c broker/broker.yaml
says RUNNING
exits 3 "$sacbe" status --check -c conred/adapter.yaml
says "quarantine list"
exits 1 "$sacbe" lag -c broker/broker.yaml
says "igm .*conred/riesgos.incidente .*not connected"
exits 0 "$sacbe" tail -c broker/broker.yaml -n 5
says "batch .*conred/riesgos.incidente@"

# --- quarantine: the value only with --reveal, which is logged
exits 0 "$sacbe" quarantine list -c conred/adapter.yaml --json
id=$(jq -r '.quarantine[0].id' out.txt)
[ "$(jq -r '.quarantine | length' out.txt)" = 1 ] || ex_die "quarantine: $(cat out.txt)"
exits 0 "$sacbe" quarantine show "$id" -c conred/adapter.yaml
[ "$(count "un lugar" out.txt)" = 0 ] || ex_die "a value was shown without --reveal"
exits 0 "$sacbe" quarantine export -c conred/adapter.yaml
[ "$(count "un lugar" out.txt)" = 0 ] || ex_die "a value was exported without --reveal"
[ "$(count "event=reveal" log/conred.log)" = 0 ] || ex_die "a log of what was not asked"
exits 0 "$sacbe" quarantine show "$id" --reveal -c conred/adapter.yaml
[ "$(count "event=reveal" log/conred.log)" = 1 ] || ex_die "--reveal was not logged"
ex_sql conred "UPDATE emergencia SET muni = '0102' WHERE num = 3"
ex_wait 30 "the mended row is stored" stored 4
exits 0 "$sacbe" quarantine list -c conred/adapter.yaml --json
[ "$(jq -r '.quarantine | length' out.txt)" = 0 ] || ex_die "still in quarantine"
ex_sql conred "INSERT INTO emergencia VALUES (5, 'NO', '2026-05-05', '0709', 'x')"
quarantined() {
    "$sacbe" quarantine list -c conred/adapter.yaml --json |
        jq -e ".quarantine | length == $1" >/dev/null
}
ex_wait 30 "the next bad row" quarantined 1
id=$("$sacbe" quarantine list -c conred/adapter.yaml --json | jq -r '.quarantine[0].id')
exits 0 "$sacbe" quarantine discard "$id" --dry-run -c conred/adapter.yaml
ex_wait 1 "a dry run discards nothing" quarantined 1
exits 0 "$sacbe" quarantine discard "$id" -c conred/adapter.yaml
ex_wait 1 "it is discarded" quarantined 0

# --- corrections and deletions
ex_sql conred "UPDATE emergencia SET sitio = 'Zona 4' WHERE num = 1"
ex_wait 30 "the correction is stored" stored 5
ex_sql conred "DELETE FROM emergencia WHERE num = 2"
ex_wait 30 "the deletion is stored" stored 6

# --- the journal, opened by each as far as its grant goes
replay() { # FILE OPTIONS...
    to=$1
    shift
    "$sacbe" journal replay broker/journal.db --anchor office/anchor.json \
        --catalogue "$ex_catalogue" "$@" >"$to"
}
replay conred.nd --vault conred/conred.vault
replay igm.nd --vault igm/igm.vault
replay sat.nd --vault sat/sat.vault
replay none.nd
for file in conred igm sat none; do
    [ "$(jq -s length $file.nd)" = 6 ] || ex_die "$file: not 6 events"
    jq -se 'all(.[]; .specversion == "1.0" and .source == "/sns/conred"
        and .type == "riesgos.incidente" and (.dataschema | startswith("https://")))' \
        $file.nd >/dev/null || ex_die "$file is no CloudEvents: $(head -1 $file.nd)"
done
[ "$(jq -s '[.[] | select(.data.lugar)] | length' conred.nd)" = 5 ] || ex_die "conred.nd"
[ "$(jq -s '[.[] | select(.data.lugar)] | length' igm.nd)" = 0 ] || ex_die "igm saw lugar"
[ "$(jq -s '[.[] | select(.data.evento)] | length' igm.nd)" = 5 ] || ex_die "igm.nd"
[ "$(jq -s '[.[] | select(has("data"))] | length' sat.nd)" = 0 ] || ex_die "sat saw data"
[ "$(jq -s '[.[] | select(has("data"))] | length' none.nd)" = 0 ] || ex_die "no vault"
[ "$(jq -s -r '[.[].data.operacion] | join(" ")' igm.nd)" = \
    "alta alta alta alta correccion anulacion" ] || ex_die "operations: $(cat igm.nd)"
replay part.nd --first 2 --last 3 --stream conred/riesgos.incidente
[ "$(jq -r .id part.nd | tr '\n' ' ')" = \
    "conred/riesgos.incidente@2 conred/riesgos.incidente@3 " ] || ex_die "part"
replay other.nd --type riesgos.sismo
[ ! -s other.nd ] || ex_die "events of another type"
exits 0 "$sacbe" journal list broker/journal.db --kind batch --json
[ "$(count '"kind":"batch"' out.txt)" = "$(jq -s length out.txt)" ] || ex_die "list"
exits 2 "$sacbe" journal list broker/journal.db --kind bach
ex_stop conred broker
exits 0 "$sacbe" journal verify broker/journal.db --json
[ "$(jq .events out.txt)" = 6 ] || ex_die "verify: $(cat out.txt)"
exits 1 "$sacbe" journal verify broker/journal.db --expect \
    "2:0000000000000000000000000000000000000000000000000000000000000000"
exits 0 "$sacbe" capture remove $map $db
[ "$(ex_sql conred "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")" = 0 ] ||
    ex_die "triggers are left"
echo "operated whole"
