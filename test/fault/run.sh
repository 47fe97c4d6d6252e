#!/bin/sh
# All fault tests in their full size, and the table of README.md made from what they saw.
# With ctest's options only those run, and only their rows change. SACBE_JOBS tests run
# beside each other (1): most of them wait most of the time. SACBE_BESIDE is put under the
# table: what else the machine did.
#   SACBE_BUILD=build/release sh test/fault/run.sh [-R cut]
set -eu
cd "$(dirname "$0")/../.."
build=${SACBE_BUILD:-build/release}
jobs=${SACBE_JOBS:-1}
[ -f "$build/CTestTestfile.cmake" ] || {
    echo "$build is no build (set SACBE_BUILD)" >&2
    exit 2
}
SACBE_FAULTS=$(mktemp -d)
SACBE_FAULT=full
export SACBE_FAULTS SACBE_FAULT
trap 'rm -rf "$SACBE_FAULTS"' EXIT
status=0
began=$(date +%s)
ctest --test-dir "$build" -L fault -j "$jobs" --output-on-failure --timeout 5400 "$@" ||
    status=$?
took=$((($(date +%s) - began + 59) / 60))
kind=$(sed -n 's/^CMAKE_BUILD_TYPE:STRING=//p' "$build/CMakeCache.txt")
commit=$(git rev-parse --short HEAD)
git diff --quiet HEAD -- . ':!test/fault/README.md' || commit="$commit with changes"
echo "Commit $commit, $(date -u '+%F %H:%M') UTC, build ${kind:-None}," \
    "$(nproc) cores, $jobs tests at a time, $took min${SACBE_BESIDE:+; beside it: $SACBE_BESIDE}." \
    >"$SACBE_FAULTS/about"
if [ $# -eq 0 ]; then
    sh test/fault/table.sh --whole "$SACBE_FAULTS"
else
    sh test/fault/table.sh "$SACBE_FAULTS"
fi
exit $status
