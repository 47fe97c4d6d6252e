#!/bin/sh
# SIGHUP to each daemon: what can be taken is taken, what cannot is named, a file that is
# not valid changes nothing, and no session ends.
#   reload.sh MANAGER
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/service/managed.sh"
manager=$1

ex_begin
managed_exchange
managed broker 120000 "$(ex_program sacbe-broker)" -c "$ex/broker/broker.yaml"
ex_publish
managed stcns 120000 "$(ex_program sacbe-adapter)" -c "$ex/stcns/adapter.yaml"
managed sat 120000 "$(ex_program sacbe-witness)" -c "$ex/sat/witness.yaml"
for name in stcns sat; do
    ex_wait 30 "$name is welcome" logged $name event=welcome
done

change() { # FILE LINE: appended; the daemon's own key of that name goes
    key=${2%%:*}
    sed -i "/^$key:/d" "$1"
    echo "$2" >>"$1"
}

reloaded() { # NAME COUNT: RELOADING with its time, then READY
    ex_wait 10 "$1 tells that it reloads" told "$1" '^RELOADING=1|MONOTONIC_USEC=[0-9]*$' "$2"
    ex_wait 10 "$1 is ready again" told "$1" '^READY=1$' $(($2 + 1))
}

echo "--- what can be taken, and what cannot"
change "$ex/broker/broker.yaml" "log_level: debug"
change "$ex/broker/broker.yaml" "session: 45s"
change "$ex/broker/broker.yaml" "checkpoint: 2s"
hang_up broker
reloaded broker 1
for line in "info broker event=reloaded key=log_level" "info broker event=reloaded key=session" \
    "warning broker event=needs_restart key=checkpoint" "info broker event=reload file="; do
    ex_wait 10 "the broker logs: $line" logged broker "$line"
done
change "$ex/stcns/adapter.yaml" "log_level: error"
change "$ex/stcns/adapter.yaml" "state: elsewhere"
touch "$ex/stcns/boletin.map.yaml"
hang_up stcns
reloaded stcns 1
for line in "needs_restart key=state" "reloaded key=log_level" \
    "needs_restart key=publishes file=.*boletin.map.yaml"; do
    ex_wait 10 "the adapter logs: $line" logged stcns "$line"
done
logged stcns 'event=reload ' && ex_die "an adapter that logs errors only logged that"
change "$ex/sat/witness.yaml" "log_level: debug"
change "$ex/sat/witness.yaml" "broker: tcp://127.0.0.1:1"
hang_up sat
reloaded sat 1
ex_wait 10 "the witness logs" logged sat "warning witness event=needs_restart key=broker"
ex_wait 10 "the witness logs" logged sat "info witness event=reloaded key=log_level"

echo "--- a file that is not valid"
for name in broker stcns sat; do
    file=$(ex_yaml $name)
    change "$file" "log_level: debug"
    echo "sesion: 10s" >>"$file"
    hang_up $name
    reloaded $name 2
    told $name '^STATUS=the changed configuration is refused: .*sesion' ||
        ex_die "$name does not tell the manager why"
done
line=$(grep -n '^sesion' "$ex/broker/broker.yaml" | cut -d : -f 1)
ex_wait 10 "it is named" logged broker "event=reload_refused code=SB-121 .*broker.yaml:$line: "
ex_wait 10 "it is named" logged sat "event=reload_refused code=SB-121"
logged stcns reload_refused && ex_die "the refused file changed the adapter's log level"

echo "--- the catalogue's folder, which is not there"
sed -i '/^sesion/d' "$ex/broker/broker.yaml"
change "$ex/broker/broker.yaml" "catalogue_folder: /no/such/folder"
change "$ex/broker/broker.yaml" "log_level: error"
hang_up broker
reloaded broker 3
ex_wait 10 "it is refused" logged broker "event=reload_refused .*broker.yaml:[0-9]*: .*no/such"
change "$ex/broker/broker.yaml" "catalogue_folder: \"$ex_catalogue\""
hang_up broker
reloaded broker 4

# --- all this time nobody was disconnected, and all of it works
for name in stcns sat; do
    [ "$(grep -c event=welcome "$ex/log/$name.log")" = 1 ] || ex_die "$name had to come again"
done
ex_says broker '.sessions | length == 2' || ex_die "sessions: $(ex_status broker .sessions)"
ex_stop stcns sat broker
echo "reload: three daemons, nine reloads, no session lost"
