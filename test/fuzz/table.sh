#!/bin/sh
# The table of fuzz targets.
#
#   sh test/fuzz/table.sh targets             the targets' names
#   sh test/fuzz/table.sh row TARGET LOG      one line of the table
#   sh test/fuzz/table.sh write LOGS          all lines with a log, into README.md
set -eu
here=$(cd "$(dirname "$0")" && pwd)

targets() {
    sed -n 's/^sb_fuzz_target(\([a-z]*\) .*/\1/p' "$here/CMakeLists.txt"
}

# executions, per second, edges and corpus from the last line that has them
row() {
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$2")
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$2")
    last=$(grep -E '^#[0-9]+.* cov: ' "$2" | tail -n 1)
    edges=$(echo "$last" | sed 's/.* cov: \([0-9]*\).*/\1/')
    corpus=$(echo "$last" | sed 's/.* corp: \([0-9]*\).*/\1/')
    fixed=$(sed -n "s/^$1: //p" "$here/findings.txt" | paste -sd ';')
    echo "| $1 | ${runs:-?} | ${speed:-?} | ${edges:-?} | ${corpus:-?} | ${fixed:-none} |"
}

write() {
    new=$(mktemp)
    {
        sed '/^<!-- table/q' "$here/README.md"
        echo
        echo '| target | executions | a second | edges | corpus | findings, fixed |'
        echo '|---|---|---|---|---|---|'
        for target in $(targets); do
            [ ! -f "$1/$target.log" ] || row "$target" "$1/$target.log"
        done
        echo
        sed -n '/^<!-- end/,$p' "$here/README.md"
    } >"$new"
    cat "$new" >"$here/README.md"
    rm -f "$new"
}

case ${1:-} in
targets) targets ;;
row) row "$2" "$3" ;;
write) write "$2" ;;
*) exit 2 ;;
esac
