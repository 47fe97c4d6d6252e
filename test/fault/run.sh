#!/bin/sh
# All fault tests in their full size, one after another, and the table of README.md made
# from what they saw. With ctest's options only those run, and only their rows change.
#   SACBE_BUILD=build/release sh test/fault/run.sh [-R cut]
set -eu
cd "$(dirname "$0")/../.."
build=${SACBE_BUILD:-build/release}
[ -f "$build/CTestTestfile.cmake" ] || {
    echo "$build is no build (set SACBE_BUILD)" >&2
    exit 2
}
SACBE_FAULTS=$(mktemp -d)
SACBE_FAULT=full
export SACBE_FAULTS SACBE_FAULT
trap 'rm -rf "$SACBE_FAULTS"' EXIT
status=0
ctest --test-dir "$build" -L fault -j 1 --output-on-failure --timeout 5400 "$@" || status=$?
if [ $# -eq 0 ]; then
    sh test/fault/table.sh --whole "$SACBE_FAULTS"
else
    sh test/fault/table.sh "$SACBE_FAULTS"
fi
exit $status
