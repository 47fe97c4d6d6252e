# One exchange whose daemons have a service manager's ear each. Sourced by the tests
# beside it, after exchange.sh; $manager is the ear.

# managed_exchange: a broker, the adapter of stcns, the witness of sat; not started
managed_exchange() {
    demo=$SACBE_SOURCE/adapters/examples/demo
    ex_authority sns
    ex_member stcns "Secretaría Técnica del Consejo"
    ex_member sat "Superintendencia de Administración Tributaria" --witness
    ex_sign
    ex_grant stcns comun.alerta sat publica,interna
    ex_sign
    mkdir "$ex/of-stcns"
    cp "$demo/stcns/tables.sql" "$demo/stcns/boletin.map.yaml" "$ex/of-stcns"
    ex_adapter stcns "$ex/of-stcns"
    ex_capture stcns
    ex_witness sat
}

# managed NAME PATIENCE_MS program...: as a unit with that WatchdogSec would start it
managed() {
    managed_name=$1
    managed_usec=${2}000
    shift 2
    "$manager" "$ex/run/$managed_name.notify" >"$ex/run/$managed_name.states" 2>"$ex/log/ear-$managed_name.log" &
    echo $! >"$ex/run/ear-$managed_name.pid"
    ex_wait 10 "the ear of $managed_name" test -S "$ex/run/$managed_name.notify"
    ex_start "$managed_name" env NOTIFY_SOCKET="$ex/run/$managed_name.notify" \
        WATCHDOG_USEC="$managed_usec" "$@"
}

# states NAME: what it told, without times
states() {
    cut -d ' ' -f 3- "$ex/run/$1.states"
}

# told NAME PATTERN [TIMES]
told() {
    [ "$(states "$1" | grep -c "$2")" -ge "${3:-1}" ]
}

hang_up() { # NAME
    kill -HUP "$(ex_pid "$1")"
}

logged() { # NAME PATTERN [TIMES]
    [ "$(grep -ac -- "$2" "$ex/log/$1.log")" -ge "${3:-1}" ]
}
