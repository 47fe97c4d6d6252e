#!/bin/sh
# How fast an auditor's program is, and how much memory it takes: journals of real
# records are made, verified, exported, audited. One line each: what, events, seconds,
# CPU seconds, events in a second, MB in a second, peak memory. Every verdict must be
# "passed"; how fast is printed, not judged. The audit's peak may not be more than 8 MB
# above that of the first size.
# Usage: evidence.sh [EVENTS[:EVENTS_PER_BATCH] ...] (default: 100000 1000000
# 200000:1); SACBE_BUILD says which build, SACBE_BENCH where the files go (default: a
# temporary folder).
set -eu
: "${SACBE_BUILD:?the build to run}"
[ $# -gt 0 ] || set -- 100000 1000000 200000:1
sacbe=$SACBE_BUILD/adapters/cli/sacbe
bench=$SACBE_BUILD/test/bench/test-bench
folder=$(mktemp -d "${SACBE_BENCH:-${TMPDIR:-/tmp}}/sacbe-bench-XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

# measured NAME WHAT_IT_READS COMMAND...: its line in "line", what it writes in "out"
measured() {
    name=$1
    read=$2
    shift 2
    "$bench" run "$name" "$events" "$read" "$folder/out" "$@" >"$folder/line" || {
        echo "FAILED ($name): $(cat "$folder/out")" >&2
        exit 1
    }
    cat "$folder/line"
}

first=
for size in "$@"; do
    events=${size%:*}
    batch=256
    case $size in *:*) batch=${size#*:} ;; esac
    at=$folder/$size
    mkdir "$at"
    measured "fill" "$at" "$bench" fill "$at" "$events" "$batch"
    cat "$folder/out"
    measured "journal verify" "$at/journal.db" "$sacbe" journal verify --quiet "$at/journal.db"
    measured "journal export" "$at/journal.db" \
        "$sacbe" journal export --quiet "$at/bundle" "$at/journal.db"
    rm -f "$at/journal.db"*
    measured "audit verify" "$at/bundle" \
        "$sacbe" audit verify --json "$at/bundle" --roots "$at/anchor.json"
    peak=$(sed -n 's/.* \([0-9]*\)\.[0-9]* MB peak$/\1/p' "$folder/line")
    [ "$(jq .events "$folder/out")" = "$events" ] || {
        echo "FAILED: not $events events: $(cat "$folder/out")" >&2
        exit 1
    }
    du -sm "$at/bundle" | sed 's/\t.*/ MB on disk in the bundle/'
    rm -rf "$at"
    [ -n "$first" ] || first=$peak
    [ "$peak" -le $((first + 8)) ] || {
        echo "FAILED: the audit's memory grows: $first MB, then $peak MB" >&2
        exit 1
    }
done
