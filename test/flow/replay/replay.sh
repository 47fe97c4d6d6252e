#!/bin/sh
# A journal and its bundle replayed: the same bytes whenever it is done; into a fresh
# database, which then equals the reader's, also after kills; onto a second exchange,
# whose reader gets the same rows. Usage: replay.sh
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
type=riesgos.incidente
rows=3000

# Two exchanges in one folder: $one and $one/other.
ex_end() {
    for ex_file in "$one"/run/*.pid "$one"/other/run/*.pid; do
        [ -f "$ex_file" ] && kill -KILL "$(cat "$ex_file")" 2>/dev/null
    done
    wait
    cd /
    rm -rf "$one"
}

# exits STATUS command...: what it says is in out.txt
exits() {
    want=$1
    shift
    got=0
    "$@" >"$one/out.txt" 2>&1 || got=$?
    [ "$got" = "$want" ] || ex_die "exit $got, not $want: $* ($(cat "$one/out.txt"))"
}

says() { # text in out.txt
    grep -q -- "$1" "$one/out.txt" || ex_die "\"$1\" was not said: $(cat "$one/out.txt")"
}

# An exchange of conred, which publishes incidents, and igm, which applies them.
members() { # NAME
    ex_authority "$1"
    ex_member conred "Coordinadora"
    ex_member igm "Migración"
    ex_sign
    ex_grant conred $type igm publica,interna
    ex_sign
    ex_adapter conred "$one/publisher"
    cp "$SACBE_SOURCE/adapters/examples/incidentes.sink.yaml" "$ex/igm/"
    sqlite3 "$ex/igm/incidentes.db" <"$SACBE_SOURCE/adapters/examples/incidentes.sql"
    ex_adapter igm "$one/reader"
    ex_capture conred
    ex_broker_start
    ex_publish
    ex_adapter_start conred
    ex_adapter_start igm
}

table() { # DATABASE: all that was applied
    sqlite3 -batch -cmd '.timeout 10000' "$1" 'SELECT * FROM incidente ORDER BY stream, id_local'
}

has() { # DATABASE COUNT
    [ "$(sqlite3 -batch -cmd '.timeout 10000' "$1" 'SELECT count(*) FROM incidente')" = "$2" ]
}

applied() { # SEQ: how far igm is
    [ "$(sqlite3 -batch "$ex/igm/incidentes.db" 'SELECT max(seq) FROM sacbe_cursor')" = "$1" ]
}

replay() { # X OPTIONS...
    "$sacbe" journal replay "$@" --anchor "$one/office/anchor.json" \
        --catalogue "$ex_catalogue"
}

# fresh NAME: an empty database with the reader's tables
fresh() {
    rm -f "$one/$1" "$one/$1"-*
    sqlite3 "$one/$1" <"$SACBE_SOURCE/adapters/examples/incidentes.sql"
}

into() { # DATABASE X OPTIONS...
    db=$1
    shift
    replay "$@" --vault "$one/igm/igm.vault" --into "$one/$db" \
        --sink "$one/igm/incidentes.sink.yaml" --json
}

# --- the exchange that is replayed
ex_begin
one=$ex
mkdir publisher reader
cp "$SACBE_SOURCE"/test/flow/operate/*.yaml publisher/
sed '/^INSERT/,$d' "$SACBE_SOURCE/test/flow/operate/tables.sql" >publisher/tables.sql
cp "$SACBE_SOURCE/adapters/examples/incidentes.sink.yaml" reader/
: >reader/tables.sql
members sns
fill() { # FIRST LAST
    ex_sql conred "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n
        WHERE i < $2) INSERT INTO emergencia SELECT i, 'FLOOD', '2026-05-02', '0101',
        'Zona ' || i FROM n"
}
fill 1 $rows
ex_wait 120 "all rows are applied" applied $rows
ex_sql conred "UPDATE emergencia SET clase = 'RAIN' WHERE num <= 5"
ex_sql conred "DELETE FROM emergencia WHERE num = 7"
last=$((rows + 6))
ex_wait 60 "corrections and the deletion are applied" applied $last
size=$("$sacbe" status -c broker/broker.yaml --json | jq .entries)
ex_wait 30 "a checkpoint covers it" ex_says broker ".checkpoint >= $size"
exits 0 "$sacbe" journal export bundle broker/journal.db

# --- the same bytes: journal and bundle, once and again, while more is written
replay broker/journal.db --vault igm/igm.vault --to "$size" >first.nd
replay bundle --vault igm/igm.vault --to "$size" >bundle.nd
[ "$(wc -l <first.nd)" = $last ] || ex_die "$(wc -l <first.nd) events are replayed"
cmp first.nd bundle.nd || ex_die "the bundle is replayed otherwise"
fill 90001 90010
ex_wait 60 "more rows are applied" applied $((last + 10))
replay broker/journal.db --vault igm/igm.vault --to "$size" >again.nd
cmp first.nd again.nd || ex_die "a longer journal is replayed otherwise"
replay broker/journal.db --vault igm/igm.vault >longer.nd
[ "$(wc -l <longer.nd)" = $((last + 10)) ] || ex_die "not all is replayed"
[ "$(head -n $last longer.nd | sha256sum)" = "$(sha256sum <first.nd)" ] ||
    ex_die "the beginning differs"
ex_stop conred igm broker
cp igm/incidentes.db reader.db
table reader.db >reader.txt

# --- into a fresh database: the reader's tables; once more: nothing new
fresh whole.db
into whole.db broker/journal.db --dry-run >out.txt
[ "$(jq .taken out.txt)" = $((last + 10)) ] || ex_die "dry run: $(cat out.txt)"
has whole.db 0 || ex_die "a dry run wrote"
into whole.db bundle >out.txt
[ "$(jq .taken out.txt)" = $last ] || ex_die "into: $(cat out.txt)"
into whole.db broker/journal.db >out.txt
[ "$(jq .taken out.txt)" = 10 ] || ex_die "what came since: $(cat out.txt)"
into whole.db broker/journal.db >out.txt
[ "$(jq '.taken, .before' out.txt | tr '\n' ' ')" = "0 $((last + 10)) " ] ||
    ex_die "repeated: $(cat out.txt)"
table whole.db >whole.txt
cmp reader.txt whole.txt || ex_die "the replayed tables are not the reader's"

# --- another replay, less of it, an adapter's database: refused in words
exits 1 into whole.db bundle
says "filled from more than this"
exits 1 into whole.db broker/journal.db --type $type
says "filled by another replay"
exits 1 into reader.db broker/journal.db
says sacbe_cursor
exits 2 into none.db broker/journal.db
says "no such database"

# --- killed in the middle, until a kill falls there; repeated to the same tables
is_begun() { # DATABASE
    has "$1" 0 && return 1
    has "$1" "$((rows + 9))" || return 0
}
middle() { # tries
    for try in $(seq 20); do
        fresh killed.db
        "$sacbe" journal replay broker/journal.db --vault igm/igm.vault \
            --anchor office/anchor.json --catalogue "$ex_catalogue" --into killed.db \
            --sink igm/incidentes.sink.yaml --quiet &
        pid=$!
        until is_begun killed.db || ex_is_over $pid; do :; done
        kill -KILL $pid 2>/dev/null || :
        wait $pid 2>/dev/null || :
        has killed.db $((rows + 9)) || has killed.db 0 || return 0
    done
    ex_die "no kill fell in the middle"
}
middle
into killed.db broker/journal.db >out.txt
[ "$(jq '.taken + .before' out.txt)" = $((last + 10)) ] || ex_die "resumed: $(cat out.txt)"
[ "$(jq .taken_in_all out.txt)" = $((last + 10)) ] || ex_die "counted: $(cat out.txt)"
table killed.db >killed.txt
cmp reader.txt killed.txt || ex_die "after a kill the tables differ"

# --- onto itself: never
onto() { # CONFIG OPTIONS...
    config=$1
    shift
    replay "$one/bundle" --vault "$one/conred/conred.vault" --onto "$config" --json "$@"
}
exits 1 onto conred/adapter.yaml
says SB-414

# --- a second exchange
mkdir other other/run other/log other/office
ex=$one/other
ex_port=$(ex_free_port)
ex_version=1
ex_published=1
cp office/passphrase other/office/
cd "$ex"
members prueba
exits 75 onto conred/adapter.yaml
says "its adapter runs"
ex_wait 30 "the directory has come" ex_says conred '.directory == 3'
ex_stop conred
exits 0 onto conred/adapter.yaml --dry-run
[ "$(jq .taken "$one/out.txt")" = $last ] || ex_die "dry run: $(cat "$one/out.txt")"

sealed() { # the token of the replay in the stopped adapter's state
    [ -n "$(sqlite3 -readonly conred/state/adapter.db \
        "SELECT source FROM token WHERE source LIKE 'replay:%'")" ]
}
"$sacbe" journal replay ../bundle --vault ../conred/conred.vault \
    --anchor ../office/anchor.json --catalogue "$ex_catalogue" \
    --onto conred/adapter.yaml --quiet &
pid=$!
until sealed || ex_is_over $pid; do :; done
kill -KILL $pid 2>/dev/null || :
wait $pid 2>/dev/null || :
exits 0 onto conred/adapter.yaml
[ "$(jq .taken_in_all "$one/out.txt")" = $last ] || ex_die "onto: $(cat "$one/out.txt")"
exits 0 onto conred/adapter.yaml
[ "$(jq .taken "$one/out.txt")" = 0 ] || ex_die "repeated: $(cat "$one/out.txt")"
ex_adapter_start conred
ex_wait 120 "the second reader has all" applied $last
table igm/incidentes.db >other.txt
fresh part.db
into part.db "$one/bundle" >"$one/out.txt"
table "$one/part.db" >part.txt
cmp part.txt other.txt || ex_die "the second reader's tables differ"
ex_stop conred igm broker

# --- types that an adapter does not publish are passed over
exits 0 onto igm/adapter.yaml
[ "$(jq '.taken, .unwanted' "$one/out.txt" | tr '\n' ' ')" = "0 $last " ] ||
    ex_die "not published: $(cat "$one/out.txt")"
echo "replayed: the same bytes, the same tables, here and there"
