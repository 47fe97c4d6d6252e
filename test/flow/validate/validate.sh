#!/bin/sh
# `sacbe catalog`: the exit statuses of validate, and what it says of the first fault.
# Usage: validate.sh SACBE CATALOGUE_FOLDER
set -eu
sacbe=$1
catalogue=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LC_ALL=C

# judged STATUS SCHEMA INSTANCE OPTIONS...: the answer is in out.txt
judged() {
    want=$1
    printf '%s' "$2" >schema.json
    printf '%s' "$3" >instance.json
    shift 3
    run "$want" --schema schema.json --instance instance.json "$@"
}

run() {
    want=$1
    shift
    got=0
    "$sacbe" catalog validate "$@" >out.txt 2>&1 || got=$?
    [ "$got" = "$want" ] || {
        echo "FAILED: exit $got, not $want: $* : $(cat schema.json instance.json out.txt)"
        exit 1
    }
}

says() {
    grep -q -- "$1" out.txt || {
        echo "FAILED: \"$1\" was not said: $(cat out.txt)"
        exit 1
    }
}

judged 0 '{}' '1'
judged 0 'true' '{"a":[1,null]}'
judged 0 '{"type":"integer"}' '1.0'
judged 0 '{"maxLength":2}' '"añ"'
judged 1 '{"type":"integer"}' '1.5'
judged 1 'false' '1'
judged 1 '{"properties":{"a":{"items":{"maximum":3}}}}' '{"a":[1,5]}' --json
says '"pointer": "/a/1"'
says '"rule": "maximum"'
judged 1 '{"enum":["x"]}' '"a secret of somebody"'
! grep -q secret out.txt || { echo "FAILED: the value was said"; exit 1; }
judged 0 '{"format":"date"}' '"2026-02-30"'
judged 1 '{"format":"date"}' '"2026-02-30"' --assert-format
# what cannot be used
judged 2 '{"type":"strnig"}' '1'
judged 2 '{"unevaluatedProperties":false}' '1'
judged 2 '{"$ref":"#/$defs/none"}' '1'
judged 2 '{"pattern":"("}' '1'
judged 2 '{' '1'
judged 2 '' '1'
judged 2 '{"allOf":[{"$ref":"#"}]}' '1'
judged 2 '{}' ''
judged 2 '{}' '{"a":1,"a":2}'
judged 2 '{}' '[1,]'
judged 2 '{}' '1 2'
judged 2 '{}' "$(printf '"\377"')"
run 2 --schema none.json --instance instance.json
run 2 --schema schema.json --instance none.json
run 2 --instance instance.json
run 2 --schema schema.json
# one schema that refers to another, beside it or by its $id
printf '{"$ref":"other.json#/$defs/n"}' >schema.json
printf '{"$defs":{"n":{"type":"null"}}}' >other.json
printf 'null' >instance.json
run 2 --schema schema.json --instance instance.json
run 0 --schema schema.json --instance instance.json --with other.json
printf '1' >instance.json
run 1 --schema schema.json --instance instance.json --with other.json
# an event type of the catalogue
printf '{"operacion":"anulacion","id_local":"a1"}' >instance.json
run 0 --type riesgos.sismo --instance instance.json --catalogue "$catalogue"
printf '{"operacion":"anulacion"}' >instance.json
run 1 --type riesgos.sismo --instance instance.json --catalogue "$catalogue"
run 2 --type riesgos.nada --instance instance.json --catalogue "$catalogue"
run 2 --type riesgos.sismo --instance instance.json --catalogue .
"$sacbe" catalog check "$catalogue" --quiet
"$sacbe" catalog list --catalogue "$catalogue" | grep -q comun.alerta
"$sacbe" catalog show riesgos.incidente --catalogue "$catalogue" | grep -q 'lugar.*interna'
echo "judged whole"
