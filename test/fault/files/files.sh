#!/bin/sh
# Small files: each write, sync, rename and link of a command fails once (EIO, ENOSPC), or
# the process is killed there, or the machine's power goes there and takes what was not
# synced. The command says which file, ends with an error and leaves nothing of its name,
# or the whole; done again it works. And what a command has answered outlasts the power.
set -eu
. "$SACBE_SOURCE/test/fault/fault.sh"
preload=$SACBE_BUILD/test/fault/files/test-fault-files.so
most=$(fault_size 2 100) # calls of one kind that are tried, spread over a command
hows=$(fault_size "28 power" "5 28 kill power")
[ -e "$preload" ] || ex_die "$preload is not built"

# with KIND AT HOW command...
with() {
    with_kind=$1
    with_at=$2
    with_how=$3
    shift 3
    env LD_PRELOAD="$preload" ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}" \
        SACBE_FAIL_CALL="$with_kind" SACBE_FAIL_AT="$with_at" SACBE_FAIL_HOW="$with_how" \
        SACBE_FAIL_COUNT="$ex/count" SACBE_FAIL_KEEP="$ex/keep" "$@"
}

run() { # the same; sets status, and says what was said in out.txt
    status=0
    with "$@" >out.txt 2>&1 || status=$?
    [ "$status" -lt 128 ] || [ "$status" = 137 ] || ex_die "$*: $status $(cat out.txt)"
}

calls() { # KIND command...: how many there are when nothing fails
    calls_kind=$1
    shift
    rm -f count
    run "$calls_kind" 0 0 "$@"
    [ "$status" = 0 ] || ex_die "$*: $(cat out.txt)"
    cat count 2>/dev/null || echo 0
}

# each NAME PREPARE CHECK command...: PREPARE makes the place as it was, CHECK judges what
# is there: "half" after a failure, "whole" when it was answered
each() {
    name=$1
    prepare=$2
    check=$3
    shift 3
    for kind in write fsync rename link; do
        $prepare
        n=$(calls $kind "$@")
        $check whole || ex_die "$name: not whole when nothing failed"
        step=$(((n + most - 1) / most))
        at=1
        while [ "$at" -le "$n" ]; do
            for how in $hows; do fail_once "$@"; done
            at=$((at + step))
        done
    done
    outlasts "$name" "$prepare" "$check" "$@"
}

outlasts() { # NAME PREPARE CHECK command...: the power goes after the answer
    name=$1
    check=$3
    $2
    shift 3
    run end 1 power "$@"
    n_power=$((n_power + 1))
    [ "$status" = 137 ] || ex_die "$name: the power did not go at the end"
    $check whole || ex_die "$name: lost to the power though it was answered"
}

count() { # HOW
    case $1 in
    power) n_power=$((n_power + 1)) ;;
    kill) n_kill=$((n_kill + 1)) ;;
    *) n_error=$((n_error + 1)) ;;
    esac
}

fail_once() {
    $prepare
    run $kind "$at" $how "$@"
    count $how
    what="$name: $kind $at ($how)"
    case $how in
    5 | 28) grep -Eq 'SB-10[0-9]|cannot be' out.txt || ex_die "$what: $status $(cat out.txt)" ;;
    esac
    if [ "$status" = 0 ]; then # it was told; what the command is for is there
        $check whole || ex_die "$what was passed over: $(cat out.txt)"
        return
    fi
    $check half || ex_die "$what: half a file: $(ls -lR place)"
    run none 0 0 "$@"
    [ "$status" = 0 ] || is_there || ex_die "$what: not again: $(cat out.txt)"
    [ "$status" != 0 ] || $check whole || ex_die "$what: not whole the second time"
}

is_there() { # a second one is refused, and the first is named
    grep -q 'SB-108' out.txt && grep -q 'place' out.txt
}

empty() {
    rm -rf place
    mkdir place
}

is_backup() {
    [ "$1" = half ] && [ ! -e place/copy ] || "$sacbe" journal verify place/copy --quiet
}

is_bundle() { # never false: absent, told to be unfinished, or whole
    status=0
    if [ "$1" = half ] && [ ! -d place/bundle ]; then return; fi
    "$sacbe" audit verify place/bundle --roots office/anchor.json >audit.txt 2>&1 || status=$?
    case $1-$status in
    *-0) ;;
    half-3) grep -q 'SB-618 export.json' audit.txt ;; # whole, and still marked
    half-*) grep -q 'SB-' audit.txt && [ ! -e place/bundle/checkpoint ] ;;
    *) false ;;
    esac
}

is_identity() {
    if [ "$1" = half ] && [ ! -e place/new.vault ]; then
        [ ! -e place/new.card ]
    elif [ -e place/new.card ] || [ "$1" = whole ]; then
        "$sacbe" card show place/new.card --anchor office/anchor.json >show.txt 2>&1
    else
        [ "$how" = kill ] || [ "$how" = power ]
    fi
}

is_directory() {
    if [ "$1" = half ] && [ ! -e place/draft.sbd ]; then return; fi
    "$sacbe" directory show place/draft.sbd --anchor office/anchor.json >show.txt 2>&1
}

is_begun() { # a new exchange: its folder has all, or there is none
    if [ "$1" = half ] && [ ! -d place/new ]; then return; fi
    [ -s place/new/broker.vault ] && [ -s place/new/broker.yaml ] &&
        [ -s place/new/root-1.vault ] && [ -s place/new/directory-1.sbd ]
}

# A broker that starts and is stopped; it ends well, or says why not, and starts again.
broker_once() { # KIND AT HOW
    run "$1" "$2" "$3" timeout --foreground --preserve-status -k 30 2 \
        "$(ex_program sacbe-broker)" -c broker/broker.yaml
    count "$3"
    what="the broker: $1 $2 ($3), status $status"
    case $3 in
    5 | 28) grep -Eq 'SB-[0-9]' out.txt || ex_die "$what: $(cat out.txt)" ;;
    esac
    "$sacbe" journal verify broker/journal.db --quiet || ex_die "$what"
    ex_broker_start
    ex_stop broker
}

broker_each() {
    for kind in write fsync rename; do
        rm -f count
        run $kind 0 0 timeout --foreground --preserve-status -k 30 2 \
            "$(ex_program sacbe-broker)" -c broker/broker.yaml
        n=$(cat count 2>/dev/null || echo 0)
        echo "the broker: $n calls of $kind"
        at=1
        while [ "$at" -le "$n" ] && [ "$at" -le "$(fault_size 1 100)" ]; do
            for how in $hows; do broker_once $kind "$at" "$how"; done
            at=$((at + 1))
        done
    done
}

ex_begin
mkdir keep
n_error=0 n_kill=0 n_power=0
fault_members 1
ex_broker_start
ex_publish
ex_adapter_start pnc
fault_fill pnc 40
ex_wait 60 "the rows are stored" fault_has_stored pnc 40
ex_stop pnc
ex_wait 60 "everything is signed" ex_says broker '.checkpoint == .entries'
ex_stop broker

since=$(ex_now_ms)
each "a backup" empty is_backup "$sacbe" journal backup place/copy broker/journal.db
each "an export" empty is_bundle "$sacbe" journal export place/bundle broker/journal.db
each "new keys" empty is_identity "$sacbe" identity new --institution sat --name SAT \
    --anchor igm/anchor.json -o place/new.vault --no-passphrase
each "a directory" empty is_directory "$sacbe" directory policy -d "$ex_draft" \
    --anchor office/anchor.json --retention 2d -o place/draft.sbd
# Passphrases cost seconds on purpose: some calls of this one, in the full run only.
most=$(fault_size 2 10)
$(fault_size outlasts each) "a new exchange" empty is_begun "$sacbe" init place/new --exchange otro --roots 1 \
    --address tcp://127.0.0.1:1 --catalogue "$ex_catalogue" \
    --passphrase-file office/passphrase
broker_each
took=$(fault_seconds "$since")
what="of a backup, an export, new keys, a directory, a new exchange, the broker's own"
fault_row "write, fsync, rename or link of a small file fails" \
    "the n-th call $what: EIO and ENOSPC, $n_error times" 40 0 0 \
    "at once ($took for this and the next)" "the same command again"
fault_row "power loss: small files" \
    "at the n-th call, or after the answer, $what: $n_power times" 40 0 0 "at once" \
    "the same command again"
[ $n_kill = 0 ] || fault_row "kill -9: commands that write small files" \
    "at the n-th call $what: $n_kill times" 40 0 0 "at once" "the same command again"
