#!/bin/sh
# Installs what is missing, builds with sanitizers, runs every test: under asan and ubsan,
# then tsan, with one closing summary. Reports the lines that the unit tests reach.
#   sh test/run.sh [ctest options, e.g. -R core -L unit]
set -eu
cd "$(dirname "$0")/.."
. test/ensure.sh
ensure build demo test

SACBE_DOMAIN=${SACBE_DOMAIN:-$PWD/../shared/domain}
export SACBE_DOMAIN
top=build
for preset in asan tsan; do
    echo "== build: $preset"
    cmake --preset "$preset" -B "$top/$preset" >"$top.$preset.log" 2>&1 ||
        { cat "$top.$preset.log"; exit 1; }
    rm -f "$top.$preset.log"
    cmake --build "$top/$preset" -j "$jobs" -- --quiet
done

echo "== coverage of the unit tests"
cmake --preset coverage -B "$top/coverage" >/dev/null
cmake --build "$top/coverage" -j "$jobs" -- --quiet
find "$top/coverage" -name '*.gcda' -delete
ctest --test-dir "$top/coverage" -L unit -j "$jobs" --output-on-failure >"$top/coverage.log" 2>&1 ||
    { cat "$top/coverage.log"; exit 1; }
timeout 300 gcovr --root . --object-directory "$top/coverage" --gcov-ignore-parse-errors \
    --filter 'schemas/' --filter 'keys/' --filter 'broker/' --filter 'adapters/' \
    --txt "$top/coverage.txt" --print-summary 2>"$top/gcovr.log" |
    grep -E '^(lines|functions)' || { cat "$top/gcovr.log"; exit 1; }

echo "== tests: asan and ubsan, then tsan"
mkdir -p "$top/all"
cat >"$top/all/CTestTestfile.cmake" <<TESTS
subdirs("../asan" "../tsan")
TESTS
# flows mostly wait (for a cosigning round, an alarm's minute): more of them than cores
ctest --test-dir "$top/all" -j "$((jobs + 2))" --output-on-failure "$@"
