#!/bin/sh
# sh test/fuzz/run.sh [SECONDS] [TARGET ...]: runs each target of build/fuzz that long and
# writes the table into test/fuzz/README.md.
#
#   SACBE_FUZZ_BUILD   the build folder (build/fuzz)
#   SACBE_FUZZ_LOGS    where logs and working corpora stand (<build>/fuzz); what is there
#                      of other targets goes into the table as well
#
# A finding stands in the logs folder as <target>-crash-..., -leak-..., -timeout-...; the
# run goes on with the next target and ends with 1.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${SACBE_FUZZ_BUILD:-$root/build/fuzz}
logs=${SACBE_FUZZ_LOGS:-$build/fuzz}
seconds=60
case ${1:-} in
'' | *[!0-9]*) ;;
*)
    seconds=$1
    shift
    ;;
esac
found=0
mkdir -p "$logs/corpus"
[ $# -gt 0 ] || set -- $(sh "$here/table.sh" targets)
for target; do
    program=$build/test/fuzz/fuzz-$target
    work=$logs/corpus/$target
    if [ ! -x "$program" ]; then
        echo "$target: $program is not there (cmake --preset fuzz; cmake --build build/fuzz)" >&2
        exit 2
    fi
    mkdir -p "$work" "$here/corpus/$target"
    set -- -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$logs/$target-"
    [ ! -f "$here/$target.dict" ] || set -- "$@" -dict="$here/$target.dict"
    if "$program" "$@" "$work" "$here/corpus/$target" >"$logs/$target.log" 2>&1; then
        echo "$target: $(sh "$here/table.sh" row "$target" "$logs/$target.log")"
    else
        found=1
        echo "$target: stopped; see $logs/$target.log" >&2
    fi
done
sh "$here/table.sh" write "$logs" || found=1
exit $found
