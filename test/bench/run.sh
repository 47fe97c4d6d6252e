#!/bin/sh
# Sacbe and the buses that an institution would take instead, side by side, on one
# machine in one run: the same work, one server after the other, in rounds; medians,
# spread, ratios, the machine's limits, a plot of each.
#   sh test/bench/run.sh [--peers LIST] [--quick] [--json FILE] [--out FOLDER]
# LIST: of postgres,redis,nats,rabbit,mosquitto (all of them; or none). FOLDER: for
# the plots (build/bench). --quick: shorter, within ten minutes. SACBE_BUILD uses a build
# that exists, SACBE_BENCH a folder for the servers' files (default: TMPDIR, /var/tmp).
# It installs what is missing (test/packages). Exit status: 0 when it has measured,
# whatever the figures; 1 when an event was lost or a server failed.
set -eu
peers=postgres,redis,nats,rabbit,mosquitto
size=full
json=
out=
usage() {
    echo "usage: run.sh [--peers LIST] [--quick|--tiny] [--json FILE] [--out FOLDER]" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    --quick) size=quick ;;
    --tiny) size=tiny ;;
    --peers) [ $# -gt 1 ] || usage; peers=$2; shift ;;
    --json) [ $# -gt 1 ] || usage; json=$(realpath -m "$2"); shift ;;
    --out) [ $# -gt 1 ] || usage; out=$(realpath -m "$2"); shift ;;
    *) usage ;;
    esac
    shift
done
[ "$peers" != none ] || peers=
peers=$(echo "$peers" | tr , ' ')
for peer in $peers; do
    case $peer in postgres | redis | nats | rabbit | mosquitto) ;; *) usage ;; esac
done

here=$(cd "$(dirname "$0")" && pwd)
SACBE_SOURCE=$(cd "$here/../.." && pwd)
cd "$SACBE_SOURCE"
out=${out:-$SACBE_SOURCE/build/bench}
if [ -z "${SACBE_BUILD-}" ]; then
    . test/ensure.sh
    kinds=
    for peer in $peers; do kinds="$kinds bench-$peer"; done
    # shellcheck disable=SC2086
    ensure build demo bench $kinds
    SACBE_BUILD=$SACBE_SOURCE/build/release
    echo "building in build/release" >&2
    targets="sacbe-broker test-world bench-sacbe bench-watch bench-disk bench-curve"
    for peer in $peers; do targets="$targets bench-$peer"; done
    mkdir -p "$SACBE_BUILD"
    # shellcheck disable=SC2086
    { cmake --preset release -B "$SACBE_BUILD" &&
        cmake --build "$SACBE_BUILD" -j "$jobs" --target $targets; } \
        >"$SACBE_BUILD/bench.log" 2>&1 || {
        tail -n 40 "$SACBE_BUILD/bench.log" >&2
        exit 1
    }
fi
bench=$SACBE_BUILD/test/bench
. test/flow/exchange.sh
. test/bench/servers.sh
. test/bench/work.sh

at_exit() {
    status=$?
    trap - EXIT
    server_stop
    ex_end
    exit "$status"
}
disk=${SACBE_BENCH:-${TMPDIR:-/var/tmp}}
free_mb=$(df -Pm "$disk" | awk 'NR == 2 { print $4 }')
[ "$free_mb" -ge "$room_mb" ] || {
    echo "$disk has $free_mb MB free and $room_mb are needed: set SACBE_BENCH" >&2
    exit 1
}
ex=$(mktemp -d "$disk/sacbe-bench-XXXXXX")
chmod 711 "$ex" # the servers' user passes through
mkdir "$ex/run" "$ex/log"
trap at_exit EXIT
trap 'exit 130' HUP INT TERM
began=$(date +%s)
failed=0
: >"$ex/runs"

case $(stat -f -c %T "$ex") in
tmpfs) say "warning: $ex is in memory, where fsync costs nothing: set SACBE_BENCH" ;;
esac
say "peers:${peers:+ }$peers; $rounds rounds of what is short; files in $ex"
round=1
while [ $round -le "$rounds" ]; do
    limits $round
    each_case "$round" live
    [ $round -gt "$rounds_long" ] || {
        each_case "$round" catchup
        each_case "$round" idle
        each_case "$round" growth
    }
    round=$((round + 1))
done

mkdir -p "$out"
machine "$ex/machine"
jq -s --slurpfile machine "$ex/machine" --arg size "$size" \
    '{machine: $machine[0], size: $size, runs: .}' "$ex/runs" >"$out/bench.json"
[ -z "$json" ] || cp "$out/bench.json" "$json"
jq -r -L "$here" 'include "report"; report' "$out/bench.json" >"$out/report.txt"
cat "$out/report.txt"
if command -v gnuplot >/dev/null; then
    sh "$here/plot.sh" "$out/bench.json" "$out" || failed=1
else
    say "no plots: gnuplot is not installed"
fi
say "done; bench.json, report.txt and plots are in $out"
exit $failed
