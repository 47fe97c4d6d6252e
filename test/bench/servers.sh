# The servers that run.sh measures: each is started in $ex/server, on 127.0.0.1, at a free
# port, and ended by its number. Sourced by run.sh after test/flow/exchange.sh.
#
#   server_start NAME MEMBERS    sets server_pid and server_address; MEMBERS: Sacbe's
#   server_stop                  ends it and throws its files away
#
# Invariants: Debian's servers refuse root, so they run as nobody when root calls; what a
# server does before it acknowledges stands beside its name in README.md, and here.

server_pid=
server_also= # a second process that the server needs

# unprivileged command...: as nobody when we are root; the command's number is $!'s
unprivileged() {
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"
    fi
    exec "$@"
}

server_folder() {
    rm -rf "$ex/server"
    mkdir -m 700 "$ex/server"
    [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$ex/server"
}

# server_run program...: in the background; its output goes to the server's log
server_run() {
    (cd "$ex/server" && unprivileged env HOME="$ex/server" "$@") >>"$ex/log/server.log" 2>&1 &
    server_pid=$!
}

server_listens() {
    ex_is_over "$server_pid" && ex_die "the server ended: $(tail -n 5 "$ex/log/server.log")"
    grep -q ": 0100007F:$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp
}

server_family() { # PID: it and its descendants, the youngest first
    for server_child in $(grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status); do
        server_child=${server_child#/proc/}
        (server_family "${server_child%/status}")
    done
    echo "$1"
}

server_stop() {
    [ -n "$server_pid" ] || return 0
    server_all="$(server_family "$server_pid") $server_also"
    kill -"${server_signal:-TERM}" "$server_pid" 2>/dev/null || :
    server_until=$(($(ex_now_ms) + 5000))
    until ex_is_over "$server_pid" || [ "$(ex_now_ms)" -gt "$server_until" ]; do
        sleep 0.05
    done
    for server_one in $server_all; do
        kill -KILL "$server_one" 2>/dev/null || :
    done
    wait "$server_pid" 2>/dev/null || :
    server_pid=
    server_also=
    rm -rf "$ex/server" "$ex/run/server.pid"
}

# Debian's defaults: synchronous_commit on; room for 500 idle connections.
start_postgres() {
    server_signal=QUIT
    pg=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [ -d "$ex/postgres" ] || {
        (cd "$ex/server" && unprivileged "$pg/initdb" -D "$ex/server/data" -U bench -A trust \
            --no-sync -E UTF8 --locale=C) >>"$ex/log/server.log" 2>&1
        cp -a "$ex/server/data" "$ex/postgres"
        rm -rf "$ex/server/data"
    }
    cp -a "$ex/postgres" "$ex/server/data"
    server_run "$pg/postgres" -D "$ex/server/data" -h 127.0.0.1 -p "$1" -k "$ex/server" \
        -c max_connections=600
    ex_wait 30 "PostgreSQL answers" "$pg/pg_isready" -q -h 127.0.0.1 -p "$1"
    server_address="host=127.0.0.1 port=$1 user=bench dbname=postgres"
}

# Every command is written and fsynced before its answer.
start_redis() {
    server_run redis-server --port "$1" --bind 127.0.0.1 --dir "$ex/server" --save '' \
        --appendonly yes --appendfsync always --auto-aof-rewrite-percentage 0 --daemonize no
    ex_wait 30 "Redis listens" server_listens "$1"
    server_address=$1
}

# Written, and fsynced every two minutes (sync_interval): no fsync before it acknowledges.
start_nats() {
    server_run nats-server -a 127.0.0.1 -p "$1" -js -sd "$ex/server"
    ex_wait 30 "NATS listens" server_listens "$1"
    server_address=nats://127.0.0.1:$1
}

# A quorum queue fsyncs its log before it confirms. epmd is ours, at a port of its own.
start_rabbit() {
    server_epmd=$(ex_free_port)
    (unprivileged epmd -address 127.0.0.1 -port "$server_epmd") >>"$ex/log/server.log" 2>&1 &
    server_also=$!
    printf '%s\n' "listeners.tcp.default = 127.0.0.1:$1" "log.console = true" \
        >"$ex/server/rabbitmq.conf"
    echo '[].' >"$ex/server/enabled_plugins"
    chmod 644 "$ex/server/rabbitmq.conf" "$ex/server/enabled_plugins"
    server_run ERL_EPMD_PORT="$server_epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
        RABBITMQ_NODENAME="bench$1@localhost" RABBITMQ_DIST_PORT="$(ex_free_port)" \
        RABBITMQ_MNESIA_BASE="$ex/server/data" RABBITMQ_LOG_BASE="$ex/server/log" \
        RABBITMQ_LOGS=- RABBITMQ_CONFIG_FILE="$ex/server/rabbitmq.conf" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$ex/server/enabled_plugins" \
        /usr/lib/rabbitmq/bin/rabbitmq-server
    ex_wait 60 "RabbitMQ listens" server_listens "$1"
    server_address=$1
}

# In memory, saved every half hour: no fsync before it acknowledges.
start_mosquitto() {
    printf '%s\n' "listener $1 127.0.0.1" "allow_anonymous true" "set_tcp_nodelay true" \
        "max_queued_messages 0" "max_inflight_messages 0" "persistence true" \
        "persistence_location $ex/server/" >"$ex/server/mosquitto.conf"
    chmod 644 "$ex/server/mosquitto.conf"
    server_run mosquitto -c "$ex/server/mosquitto.conf"
    ex_wait 30 "Mosquitto listens" server_listens "$1"
    server_address=$1
}

# The real broker, with all on; the journal is committed by fsync before a receipt.
start_sacbe() {
    "$SACBE_BUILD/test/bench/test-world" "$ex/server/world" --members "$2" --readers "$3" \
        --catalogue "$ex_catalogue" >>"$ex/log/server.log"
    ex_start server "$(ex_program sacbe-broker)" -c "$ex/server/world/broker/broker.yaml"
    server_pid=$(ex_pid server)
    server_address=$ex/server/world
}

# server_start NAME [MEMBERS READERS]
server_start() {
    server_folder
    server_signal=TERM
    "start_$1" "$(ex_free_port)" "${2:-}" "${3:-}"
}
