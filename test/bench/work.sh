# What run.sh asks of each client: how long, how much, and which case does which work.
# Sourced after servers.sh.
#
# A case is a way to use a server: its client's arguments, whether it fsyncs before it
# acknowledges, and the pieces of work ("keys" of the figures) that it does.

case $size in
full)
    rounds=3 rounds_long=3 seconds=10 limit_seconds=3
    stored=1000000 grown=10000000 connections=500 idle_seconds=10
    room_mb=25000
    ;;
quick)
    rounds=3 rounds_long=1 seconds=1.5 limit_seconds=0.5
    stored=200000 grown=1000000 connections=500 idle_seconds=3
    room_mb=5000
    ;;
tiny) # for a test: that it works, not how fast
    rounds=1 rounds_long=1 seconds=0.5 limit_seconds=0.1
    stored=2000 grown=2000 connections=12 idle_seconds=0.5
    room_mb=500
    ;;
esac

say() {
    echo "$(($(date +%s) - began)) s: $*" >&2
}

# What a case is. Sacbe's batches have at most 256 events, COPY's and INSERT's 500.
case_of() {
    window=1000
    batch=500
    extra=
    fsync=yes
    server=${1%%-*}
    live="saturated paced-1000 paced-20000 fanout-8"
    long="catchup idle"
    case $1 in
    sacbe) window=8000 batch=256 long="catchup idle growth" ;;
    postgres-copy)
        extra="--extra copy" live="saturated saturated-2000 fanout-8"
        long="catchup idle growth"
        ;;
    postgres-insert) extra="--extra insert" live="saturated paced-1000 paced-20000" long= ;;
    postgres-notify) extra="--extra notify" live="paced-1000 paced-20000" long= ;;
    redis-50) extra="--extra 50" live=saturated long= ;;
    nats | mosquitto) fsync=no ;;
    esac
}

cases_of_peers() {
    echo sacbe
    for peer in $peers; do
        case $peer in
        postgres) echo postgres-copy postgres-insert postgres-notify ;;
        redis) echo redis redis-50 ;;
        *) echo "$peer" ;;
        esac
    done
}

# work_of KEY: the client's arguments
work_of() {
    case $1 in
    saturated) echo "--work saturated --seconds $seconds --window $window --batch $batch" ;;
    saturated-2000) echo "--work saturated --seconds $seconds --window 2000 --batch 2000" ;;
    fanout-8)
        echo "--work saturated --seconds $seconds --window $window --batch $batch --readers 8"
        ;;
    paced-*)
        echo "--work paced --rate ${1#paced-} --seconds $seconds --window 100000 --batch $batch"
        ;;
    catchup) echo "--work catchup --events $stored --window $window --batch $batch" ;;
    growth) echo "--work growth --events $grown --window $window --batch $batch" ;;
    idle) echo "--work idle --readers $connections --seconds $idle_seconds" ;;
    esac
}

# measure ROUND CASE KEY: one object more in $ex/runs
measure() {
    say "round $1: $2, $3"
    # shellcheck disable=SC2046,SC2086
    timeout 3600 "$bench/bench-watch" "$server_pid" "round=$1" "case=$2" "key=$3" \
        "fsync=$fsync" -- "$bench/bench-$server" --address "$server_address" $extra \
        $(work_of "$3") >>"$ex/runs" 2>>"$ex/log/clients.log" || {
        failed=1
        say "FAILED: $2, $3: $(tail -n 3 "$ex/log/clients.log")"
    }
}

# each_case ROUND live|catchup|idle|growth: in a server of its own; live is all the
# short work, one after the other in the same server
each_case() {
    for one in $(cases_of_peers); do
        case_of "$one"
        keys=$live
        if [ "$2" != live ]; then
            case " $long " in *" $2 "*) keys=$2 ;; *) continue ;; esac
        fi
        case $2 in
        idle) server_start "$server" $((connections + 1)) 1 ;;
        *) server_start "$server" 9 8 ;;
        esac
        for key in $keys; do
            measure "$1" "$one" "$key"
        done
        server_stop
    done
}

# limits ROUND: the disk's and CURVE's
limits() {
    fsync=yes
    for mode in append overwrite; do
        for block in 65536 4096; do
            limit "$1" "disk-$mode-$block" bench-disk "$ex/block" $mode $block
        done
    done
    for message in 512 65536; do
        limit "$1" "curve-$message" bench-curve $message
    done
}

limit() { # ROUND KEY program...
    limit_round=$1 limit_key=$2
    shift 2
    say "round $limit_round: limit $limit_key"
    limit_program=$bench/$1
    shift
    "$bench/bench-watch" 0 "round=$limit_round" case=limit "key=$limit_key" -- \
        "$limit_program" "$@" "$limit_seconds" >>"$ex/runs" || failed=1
}

# machine FILE: what it was measured on
machine() {
    versions="{}"
    for package in postgresql redis-server nats-server rabbitmq-server mosquitto \
        libzmq5 libsqlite3-0 libsodium23; do
        version=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null) || continue
        versions=$(echo "$versions" | jq -c --arg p "$package" --arg v "$version" '.[$p] = $v')
    done
    jq -n --argjson versions "$versions" \
        --arg date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
        --arg commit "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" \
        --arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        --arg kernel "$(uname -r)" \
        --arg disk "$(stat -f -c %T "$ex")" \
        --argjson cores "$(nproc)" \
        --argjson memory "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)" \
        --argjson seconds "$(($(date +%s) - began))" \
        '{date: $date, commit: $commit, cores: $cores, cpu: $cpu,
          memory_mb: ($memory / 1024 | floor), kernel: $kernel, filesystem: $disk,
          seconds: $seconds, versions: $versions}' >"$1"
}
