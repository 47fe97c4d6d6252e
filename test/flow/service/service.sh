#!/bin/sh
# What each daemon, as a real process, tells a service manager: READY=1 after it is ready,
# WATCHDOG=1 again and again (how often: test/unit/broker_host/service.c; what a stuck
# thread does: test/fault/stuck), a line of status, STOPPING=1 at its end; each once, from
# its own process. And the exit status that the unit relies on.
#   service.sh MANAGER
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/service/managed.sh"
manager=$1
patience=${SACBE_PATIENCE:-6000}

ex_begin
managed_exchange
managed broker "$patience" "$(ex_program sacbe-broker)" -c "$ex/broker/broker.yaml"
ex_publish
managed stcns "$patience" "$(ex_program sacbe-adapter)" -c "$ex/stcns/adapter.yaml"
managed sat "$patience" "$(ex_program sacbe-witness)" -c "$ex/sat/witness.yaml"

for name in broker stcns sat; do
    ex_wait 10 "$name tells that it is ready" told $name '^READY=1$'
    [ "$(states $name | head -n 1)" = READY=1 ] || ex_die "$name said something before READY=1"
    ex_wait 30 "$name feeds the watchdog" told $name '^WATCHDOG=1$' 3
done
ex_wait 30 "the broker tells its state" told broker '^STATUS=listening on tcp://.*, 2 sessions'
ex_wait 30 "the adapter tells its state" told stcns '^STATUS=connected to tcp://'
ex_wait 30 "the witness tells its state" told sat '^STATUS=connected to tcp://'

for name in broker stcns sat; do
    pid=$(ex_pid $name)
    [ "$(cut -d ' ' -f 2 "$ex/run/$name.states" | sort -u)" = "$pid" ] ||
        ex_die "$name: another process spoke for it"
done

# the broker goes last, and the adapter tells that it is gone
ex_stop sat
ex_stop broker
ex_wait 60 "the adapter tells that it is alone" told stcns '^STATUS=not connected to tcp://'
ex_stop stcns
for name in broker stcns sat; do
    [ "$(states $name | tail -n 1)" = "STOPPING=1|STATUS=stopping" ] ||
        ex_die "$name: its last words: $(states $name | tail -n 1)"
    [ "$(states $name | grep -c '^READY=1')" = 1 ] || ex_die "$name was ready twice"
done

# --- 0 well, 1 not well, 2 not configured
check() { # STATUS program -c FILE
    want=$1
    shift
    got=0
    "$@" >"$ex/check.txt" 2>&1 || got=$?
    [ "$got" = "$want" ] || ex_die "exit $got, not $want: $* ($(cat "$ex/check.txt"))"
}
for name in broker stcns sat; do
    file=$(ex_yaml $name)
    case $file in
    */broker.yaml) program=$(ex_program sacbe-broker) ;;
    */adapter.yaml) program=$(ex_program sacbe-adapter) ;;
    *) program=$(ex_program sacbe-witness) ;;
    esac
    sed 's/^vault:/valut:/' "$file" >"$(dirname "$file")/wrong.yaml"
    check 2 "$program" -c "$(dirname "$file")/wrong.yaml" --check
    check 2 "$program" -c "$(dirname "$file")/wrong.yaml"
    check 2 "$program" -c "$(dirname "$file")/absent.yaml"
    check 2 "$program"
    sed "s|^anchor:.*|anchor: absent.json|" "$file" >"$(dirname "$file")/wrong.yaml"
    check 1 "$program" -c "$(dirname "$file")/wrong.yaml"
    check 1 "$program" -c "$(dirname "$file")/wrong.yaml" --check
done
check 0 "$(ex_program sacbe-broker)" -c "$ex/broker/broker.yaml" --check
ex_broker_start
check 0 "$(ex_program sacbe-witness)" -c "$ex/sat/witness.yaml" --check
ex_stop broker
echo "service: three daemons ready, alive, stopped, as a manager hears it"
