#!/bin/sh
# `sacbe journal verify --expect SIZE:ROOT`: what it counts; and one bit changed, of a
# record, a ciphertext or a tree row, by SQL and in the raw file, many times: each time
# it exits 1 and names the first bad index, or the damaged page.
# Usage: verify.sh TAMPER ROGUE; SACBE_ROUNDS says how many changes of each kind.
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
tamper=$1
rogue=$2
rounds=${SACBE_ROUNDS:-8}

# --- a journal of three directories, a catalogue, a claim, an epoch and 40 events
ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil"
ex_member igm "Instituto Guatemalteco de Migración"
ex_sign
ex_grant pnc interior.hecho_transito igm publica,interna
ex_sign
ex_broker_start
ex_publish
"$rogue" fill pnc/pnc.vault office/anchor.json pnc/interior.hecho_transito \
    confidencial,interna,publica office/directory-[123].sbd >fill.txt
[ "$(grep -c '^stored' fill.txt)" = 42 ] || ex_die "$(cat fill.txt)"

value() { # KEY of verify.json
    jq -r ".$1" verify.json
}

# verifies STATUS OPTIONS FILE...: its exit status; the document is in verify.json
verifies() {
    want=$1
    shift
    got=0
    "$sacbe" journal verify --json "$@" >verify.json 2>verify.err || got=$?
    [ "$got" = "$want" ] ||
        ex_die "exit $got, not $want: journal verify $* ($(cat verify.json verify.err))"
}

# --- beside the running broker, then on the file that it leaves
verifies 0 broker/journal.db
ex_stop broker
verifies 0 broker/journal.db
root=$(value root)
expect=$(value entries):$root
[ "$(value entries)" = 46 ] || ex_die "$(value entries) entries are counted, not 46"
[ "$(value events)" = 40 ] || ex_die "$(value events) events are counted, not 40"
verifies 0 --expect "$expect" broker/journal.db
echo "whole: $expect"

# --- another expectation
other=$(echo "$root" | tr 0123456789abcdef 123456789abcdef0)
verifies 1 --expect "46:$other" broker/journal.db
grep -q SB-605 verify.json verify.err || ex_die "no SB-605: $(cat verify.json verify.err)"
verifies 1 --expect "47:$root" broker/journal.db
verifies 2 --expect "46:xyz" broker/journal.db

# --- one bit
sqlite3 broker/journal.db 'PRAGMA wal_checkpoint(TRUNCATE)' >checkpoint.txt
[ "$(cat checkpoint.txt)" = "0|0|0" ] || ex_die "the journal is busy"
mkdir copy
changes=0
by_page=0
for how in sql raw; do
    for column in record items ciphertext leaf tree; do
        round=0
        while [ $round -lt "$rounds" ]; do
            rm -f copy/*
            cp broker/journal.db copy/journal.db
            "$tamper" $how copy/journal.db $column >change.txt
            verifies 1 --expect "$expect" copy/journal.db
            read -r index what <change.txt
            text=$(cat verify.json verify.err)
            case $text in
            *"entry $index "* | *"entry $index:"*) ;;
            *"entry "*) [ "$index" = - ] || ex_die "$how: $what of entry $index: $text" ;;
            *"page "*) by_page=$((by_page + 1)) ;;
            *) ex_die "$how: $what of entry $index: $text" ;;
            esac
            changes=$((changes + 1))
            round=$((round + 1))
        done
    done
done
echo "one bit changed $changes times: found each time ($by_page by its page)"

# --- a row that is gone, and one cut off at the end
cp broker/journal.db copy/journal.db
sqlite3 copy/journal.db 'DELETE FROM entry WHERE idx = 20'
verifies 1 --expect "$expect" copy/journal.db
cat verify.json verify.err | grep -q 'entry 20 ' || ex_die "$(cat verify.json verify.err)"
rm -f copy/*
head -c $(($(stat -c %s broker/journal.db) / 2)) broker/journal.db >copy/journal.db
verifies 1 --expect "$expect" copy/journal.db
cat verify.json verify.err | grep -Eq 'page [0-9]+' || ex_die "$(cat verify.json verify.err)"
pages=$(sqlite3 broker/journal.db 'PRAGMA page_count')
for page in 2 $((pages / 3)) $((pages / 2)) "$pages"; do
    cp broker/journal.db copy/journal.db
    printf '\377' | dd of=copy/journal.db bs=1 seek=$(((page - 1) * 8192)) conv=notrunc status=none
    verifies 1 --expect "$expect" copy/journal.db
    cat verify.json verify.err | grep -Eq 'page [0-9]+' ||
        ex_die "page $page: $(cat verify.json verify.err)"
done
echo "rows lost, file cut, pages damaged: found"
