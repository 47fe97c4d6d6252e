#!/bin/sh
# kill -9 of the broker, of the publishing and of the applying adapter, each at
# SACBE_KILLS (default 20) random moments during the flow of the real files: the reader's
# tables equal those of an undisturbed run, row for row, and no alarm is raised.
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/real/files.sh"
real_or_skip
kills=${SACBE_KILLS:-20}
seed=${SACBE_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "seed $seed (SACBE_SEED repeats the order of kills)"

# dice N: a number below N, from the seed
dice() {
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    echo_dice=$((seed / 65536 % $1))
}

everything_applied() {
    real_is_read pnc 4 && real_is_read conred 1 && real_is_applied
}

# --- undisturbed
ex_begin
real_exchange
for code in pnc conred stcns; do ex_adapter_start $code; done
real_drop_all
ex_wait 240 "the undisturbed run ends" everything_applied
real_dump >"$ex.undisturbed"
calm=$ex.undisturbed
real_no_alarm
ex_stop pnc conred stcns broker
ex_end

# --- disturbed
ex_begin
trap 'status=$?; rm -f "$calm"; (exit $status); ex_at_exit' EXIT
real_exchange
for code in pnc conred stcns; do ex_adapter_start $code; done
real_drop_all
left_broker=$kills left_pnc=$kills left_stcns=$kills
late=0
while [ $((left_broker + left_pnc + left_stcns)) -gt 0 ]; do
    dice 3
    case $echo_dice in
    0) victim=broker ;;
    1) victim=pnc ;;
    *) victim=stcns ;;
    esac
    eval "left=\$left_$victim"
    [ "$left" -gt 0 ] || continue
    # a random moment: some rows later, and some milliseconds
    dice 300
    want=$(($(real_applied) + echo_dice))
    tries=0
    while [ "$(real_applied)" -lt "$want" ] && [ $tries -lt 40 ]; do
        sleep 0.01
        tries=$((tries + 1))
    done
    dice 60
    sleep "$(printf '0.%03d' "$echo_dice")"
    everything_applied && late=$((late + 1))
    ex_kill $victim
    if [ $victim = broker ]; then ex_broker_start; else ex_adapter_start $victim; fi
    eval "left_$victim=\$((left - 1))"
done
ex_wait 240 "the disturbed run ends" everything_applied
real_dump >"$ex/disturbed.txt"
echo "kill -9: $kills of the broker, $kills of pnc, $kills of stcns; $late came after the end"
if ! diff "$calm" "$ex/disturbed.txt" >"$ex/diff.txt"; then
    head -n 20 "$ex/diff.txt"
    ex_die "the tables differ"
fi
echo "the reader's tables are equal: $(wc -l <"$ex/disturbed.txt") rows"
real_no_alarm
ex_stop pnc conred stcns broker
"$sacbe" journal verify "$ex/broker/journal.db"
