#!/bin/sh
# Static analysis: clang-format, cppcheck, gcc -fanalyzer and clang-tidy, each over all
# rooms; one line for each tool at the end, and status 1 when any has a finding.
#   sh test/lint.sh --fast   clang-format and cppcheck only, as the test arch.lint does;
#                            skipped (77) where they are not installed
#   sh test/lint.sh          the rooms only, and clang-tidy without clang's path analysis;
#                            gcc's path analysis covers the same ground
#   sh test/lint.sh --all    every check of .clang-tidy, and the test programs, too
#   SACBE_LINT=folder        where the build goes (build/lint)
set -eu
cd "$(dirname "$0")/.."
. test/ensure.sh
if [ "${1:-}" = --fast ]; then
    for tool in clang-format cppcheck; do
        command -v "$tool" >/dev/null || { echo "no $tool here"; exit 77; }
    done
    jobs=$(nproc)
else
    ensure build test
fi

build=${SACBE_LINT:-$PWD/build/lint}
rooms="schemas keys broker adapters"
folders="$PWD/(schemas|keys|broker|adapters)/"
targets="schemas/all keys/all broker/all adapters/all"
checks=-clang-analyzer-*
if [ "${1:-}" = --all ]; then
    folders="$PWD/(schemas|keys|broker|adapters|test)/"
    targets=all
    checks=
fi
status=0
summary=

# check NAME: what the tool wrote to its log, and whether that is nothing
check() {
    if [ -s "$build/$1.txt" ]; then
        echo "== $1"
        cat "$build/$1.txt"
        status=1
        summary="$summary$1: $(grep -cE '(warning|error|style|performance|portability):' "$build/$1.txt" || :) findings
"
    else
        summary="$summary$1: clean
"
    fi
}

mkdir -p "$build/cppcheck"
# shellcheck disable=SC2086
find $rooms -name '*.[ch]' -exec clang-format --dry-run --Werror {} + 2>"$build/format.txt" || :
check format

# left out: missingIncludeSystem (it knows the C library by itself), variableScope (buffers
# stand at a function's head), unusedStructMember (plain data is read elsewhere);
# knownConditionTrueFalse is wrong about what a callee writes through a pointer, and
# duplicateExpression and unsignedLessThanZero complain of sums of constants
# shellcheck disable=SC2086
cppcheck -j "$jobs" --quiet --std=c11 --enable=warning,portability,performance,style \
    --inline-suppr --cppcheck-build-dir="$build/cppcheck" -D_GNU_SOURCE -I . \
    --suppress=missingIncludeSystem --suppress=variableScope \
    --suppress=unusedStructMember --suppress=knownConditionTrueFalse \
    --suppress=duplicateExpression --suppress=unsignedLessThanZero \
    --template='{file}:{line}: {severity}: {id}: {message}' $rooms 2>"$build/cppcheck.txt" || :
check cppcheck
if [ "${1:-}" = --fast ]; then
    printf '%s' "$summary"
    exit "$status"
fi

cmake --preset lint -B "$build" >/dev/null
# shellcheck disable=SC2086
cmake --build "$build" -j "$jobs" --target $targets -- -k 0 --quiet >"$build/gcc.log" 2>&1 ||
    grep -E '(warning|error):|FAILED' "$build/gcc.log" >"$build/gcc.txt" ||
    tail -n 20 "$build/gcc.log" >"$build/gcc.txt"
[ -s "$build/gcc.txt" ] || : >"$build/gcc.txt"
check gcc

mkdir -p "$build/tidy"
# each file once, with the first of its commands; and each in a process of its own, because
# clang's look at va_list is wrong about every file of one but the first
sed 's/-fanalyzer //; s/-Wno-analyzer-[a-z-]* *//g' "$build/compile_commands.json" | awk '
    /^{/ { entry = "" }
    /^ *"file":/ { again = seen[$0]++ }
    /^[{} ]/ && !/^}/ { entry = entry $0 "\n" }
    /^}/ && !again { printf "%s%s}", (n++ ? ",\n" : "[\n"), entry }
    END { print "\n]" }' >"$build/tidy/compile_commands.json"
sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$build/compile_commands.json" | sort -u |
    grep -E "^$folders" |
    xargs -P "$jobs" -n 1 clang-tidy -quiet -p "$build/tidy" --checks="$checks" \
        >"$build/tidy.log" 2>/dev/null || :
grep -E '(warning|error):' "$build/tidy.log" | sort -u >"$build/tidy.txt" || :
check tidy

printf '%s' "$summary"
exit "$status"
