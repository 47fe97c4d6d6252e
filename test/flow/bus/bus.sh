#!/bin/sh
# The broker as a real process: check, start, ask, stop, kill, start again, and what it
# must refuse. Usage: bus.sh SACBE SACBE_BROKER CATALOGUE_FOLDER
set -eu
umask 022
sacbe=$1
broker=$2
catalogue=$3
work=$(mktemp -d)
pid=
cleanup() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
export LC_ALL=C

die() {
    echo "FAILED: $*" >&2
    [ ! -f broker.log ] || cat broker.log >&2
    exit 1
}

# Starts the broker and waits for its readiness line; the address is in $address.
start() {
    rm -f ready
    mkfifo ready
    "$broker" -c ex/broker.yaml --ready-fd 3 3>ready 2>>broker.log &
    pid=$!
    read -r word address <ready || die "the broker did not start"
    rm -f ready
    [ "$word" = ready ] || die "not a readiness line: $word"
    case $address in
    tcp://127.0.0.1:*) ;;
    *) die "no address: $address" ;;
    esac
}

# stop SIGNAL EXPECTED_STATUS
stop() {
    kill "-$1" "$pid"
    got=0
    wait "$pid" || got=$?
    pid=
    [ "$got" = "$2" ] || die "exit $got after SIG$1, not $2"
}

# refuses CODE TEXT command...: exits 1 or 75 and says SB-CODE and TEXT
refuses() {
    code=$1
    text=$2
    shift 2
    got=0
    "$@" >out.txt 2>&1 || got=$?
    case $code in # a configuration that is none, or another no
    12*) [ "$got" = 2 ] ;;
    *) [ "$got" = 1 ] || [ "$got" = 75 ] ;;
    esac || die "exit $got: $* ($(cat out.txt))"
    grep -q "SB-$code" out.txt || die "no SB-$code: $* ($(cat out.txt))"
    grep -q "$text" out.txt || die "no \"$text\": $* ($(cat out.txt))"
    echo "refused SB-$code: $(head -1 out.txt)"
}

# with SED_EXPRESSION: a configuration that differs, in other.yaml
with() {
    sed "$1" ex/broker.yaml >ex/other.yaml
}

durable() {
    "$sacbe" status -c ex/broker.yaml --json | sed -n 's/.*"durable": *\([0-9]*\).*/\1/p'
}

printf 'a long passphrase of the roots\n' >root.pass
chmod 600 root.pass
"$sacbe" init ex --exchange sns --address tcp://127.0.0.1:7400 --roots 1 \
    --catalogue "$catalogue" --passphrase-file root.pass --quiet
sed -i 's|^listen: .*|listen: "tcp://127.0.0.1:*"|' ex/broker.yaml

# --- what it refuses before it opens anything
with 's/^journal:/jurnal:/'
refuses 121 'other.yaml:[0-9]*: .*"jurnal".*"journal"' "$broker" -c ex/other.yaml
with 's/^session/&/; $a session: 1s'
refuses 123 session "$broker" -c ex/other.yaml --check
chmod 644 ex/broker.vault
refuses 401 broker.vault "$broker" -c ex/broker.yaml
chmod 600 ex/broker.vault
"$sacbe" identity new --institution pnc --anchor ex/anchor.json -o pnc.vault \
    --no-passphrase --quiet
with "s|^vault: .*|vault: $work/pnc.vault|"
refuses 404 "not a broker" "$broker" -c ex/other.yaml
[ ! -e ex/journal.db ] || die "a refused start made a journal"

# --- check changes nothing
before=$(ls -lR ex)
"$broker" -c ex/broker.yaml --check >check.txt || die "check: $(cat check.txt)"
[ "$(grep -c '^ok' check.txt)" = 7 ] || die "check: $(cat check.txt)"
[ "$before" = "$(ls -lR ex)" ] || die "check changed something"

# --- start, ask, stop
start
[ "$(durable)" = 2 ] || die "$(durable) entries, not the directory and the catalogue"
[ "$(stat -c %a ex/run/admin.sock)" = 660 ] || die "mode of admin.sock"
[ "$(stat -c %a ex/journal.db)" = 600 ] || die "mode of the journal"
"$sacbe" tail -c ex/broker.yaml >tail.txt
grep -q directory tail.txt || die "tail shows no directory"
grep -q catalogue tail.txt || die "tail shows no catalogue"
refuses '\(108\|609\)' . "$broker" -c ex/broker.yaml
[ "$(durable)" = 2 ] || die "the second daemon disturbed the first"
got=0
"$broker" -c ex/broker.yaml --check >check.txt || got=$?
[ "$got" = 1 ] || die "check beside a running broker: exit $got"
stop TERM 0
grep -q 'event=stopped' broker.log || die "no line of a graceful stop"
[ ! -e ex/run/admin.sock ] || die "admin.sock was left behind"
refuses 803 admin.sock "$sacbe" status -c ex/broker.yaml

# --- again, after a stop and after a kill
start
[ "$(durable)" = 2 ] || die "a restart lost or added entries"
stop KILL 137
start
[ "$(durable)" = 2 ] || die "a kill lost or added entries"
stop INT 0

# --- a wrong byte in what it starts from
cp ex/directory-1.sbd good.sbd
printf 'X' | dd of=ex/directory-1.sbd bs=1 seek=100 conv=notrunc 2>/dev/null
start # a journal that has its directory needs no file
stop TERM 0
rm ex/journal.db*
got=0
"$broker" -c ex/broker.yaml >out.txt 2>&1 || got=$?
[ "$got" = 1 ] || die "a damaged directory was taken: exit $got"
cp good.sbd ex/directory-1.sbd
echo "the broker starts, answers, stops and comes back"
