#!/bin/sh
# kill -9 of the broker, of the publishing and of the applying adapter at random moments
# of the flow of the real files, until each was killed SACBE_KILLS times (20; 40 in full)
# before the flow's end: after every round the reader's tables equal those of an
# undisturbed run, row for row, and no alarm was raised. A round starts from the same
# exchange, without events; it ends when everything is applied.
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/real/files.sh"
. "$SACBE_SOURCE/test/fault/fault.sh"
real_or_skip
kills=${SACBE_KILLS:-$(fault_size 20 40)}
seed=${SACBE_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
echo "seed $seed (SACBE_SEED repeats the order of the kills)"

dice() { # N: sets $face to a number below N
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    face=$((seed / 65536 % $1))
}

everything_applied() {
    real_is_read pnc 4 && real_is_read conred 1 && real_is_applied
}

start() { # broker, or an institution
    if [ "$1" = broker ]; then ex_broker_start; else ex_adapter_start "$1"; fi
}

keep_start() {
    ex_stop broker
    for part in broker pnc conred stcns; do cp -a "$ex/$part" "$ex/office/start-$part"; done
}

back_to_start() {
    for part in broker pnc conred stcns; do
        rm -rf "${ex:?}/$part"
        cp -a "$ex/office/start-$part" "$ex/$part"
    done
    for part in broker pnc conred stcns; do start $part; done
    real_drop_all
}

# The victims that were not killed often enough, one of them at random
choose() {
    left=
    [ "$n_broker" -ge "$kills" ] || left="$left broker"
    [ "$n_pnc" -ge "$kills" ] || left="$left pnc"
    [ "$n_stcns" -ge "$kills" ] || left="$left stcns"
    # shellcheck disable=SC2086
    set -- $left
    dice $#
    shift "$face"
    victim=$1
}

disturb() {
    while [ "$n_broker" -lt "$kills" ] || [ "$n_pnc" -lt "$kills" ] ||
        [ "$n_stcns" -lt "$kills" ]; do
        choose
        dice 150
        sleep "$(printf '0.%03d' "$face")"
        everything_applied && return 0
        ex_kill "$victim"
        eval "n_$victim=\$((n_$victim + 1))"
        since=$(ex_now_ms)
        start "$victim"
        took=$(($(ex_now_ms) - since))
        [ $took -le $longest ] || longest=$took
    done
}

ex_begin
real_exchange
keep_start

back_to_start
ex_wait 240 "the undisturbed run ends" everything_applied
real_dump >"$ex/undisturbed.txt"
real_no_alarm
ex_stop pnc conred stcns broker

n_broker=0 n_pnc=0 n_stcns=0 round=0 longest=0
while [ "$n_broker" -lt "$kills" ] || [ "$n_pnc" -lt "$kills" ] || [ "$n_stcns" -lt "$kills" ]; do
    round=$((round + 1))
    [ $round -le 60 ] || ex_die "sixty rounds did not see enough kills"
    back_to_start
    disturb
    ex_wait 240 "round $round ends" everything_applied
    real_dump >"$ex/disturbed.txt"
    if ! diff "$ex/undisturbed.txt" "$ex/disturbed.txt" >"$ex/diff.txt"; then
        head -n 20 "$ex/diff.txt"
        ex_die "round $round: the reader's tables differ from the undisturbed run's"
    fi
    real_no_alarm
    ex_stop pnc conred stcns broker
    "$sacbe" journal verify "$ex/broker/journal.db" --quiet
done
echo "kill -9 before the flow's end: $n_broker of the broker, $n_pnc of pnc, $n_stcns of" \
    "stcns, in $round rounds"
echo "after each round: $(wc -l <"$ex/undisturbed.txt") rows equal, no alarm, the journal verifies"
fault_row "kill -9 at random moments" \
    "$n_broker times the broker, $n_pnc the publisher, $n_stcns the reader" \
    "$(real_published)" 0 0 "$((longest / 1000)).$((longest % 1000 / 100)) s to be ready (longest)" \
    "a start like any other"
