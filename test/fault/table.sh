#!/bin/sh
# Puts the rows that fault tests wrote into the table of README.md, between its markers.
# A row replaces the one of the same fault; with --whole the rows before are dropped.
# Usage: table.sh [--whole] FOLDER_OF_ROWS
set -eu
export LC_ALL=C.UTF-8
readme=$(dirname "$0")/README.md
whole=no
if [ "$1" = --whole ]; then
    whole=yes
    shift
fi
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# rows: fault | how | acknowledged | lost | twice | recovered after | by
# of a fault that was run again the last row counts
cat "$folder"/*.row 2>/dev/null | tac |
    sed 's/|/\\|/g; s/\t/ | /g; s/^/| /; s/$/ |/' >"$work/new"
if [ "$whole" = no ]; then
    sed -n '/^<!-- rows -->$/,/^<!-- end of rows -->$/p' "$readme" | grep '^| ' |
        tail -n +2 >>"$work/new" || :
fi
awk -F' [|] ' '{ name = $1 } !(name in seen) { seen[name] = 1; print }' "$work/new" |
    sort >"$work/rows"
awk -v rows="$work/rows" '
    /^<!-- end of rows -->$/ { inside = 0 }
    !inside { print }
    /^<!-- rows -->$/ {
        inside = 1
        print "| fault | how it is done | events acknowledged | lost | applied twice |" \
              " recovered after | by what |"
        print "|---|---|---|---|---|---|---|"
        while ((getline line < rows) > 0) print line
    }' "$readme" >"$work/readme"
cp "$work/readme" "$readme"
echo "$(wc -l <"$work/rows") rows in $readme"
