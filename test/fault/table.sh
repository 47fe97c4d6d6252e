#!/bin/sh
# Puts the rows that fault tests wrote into the table of README.md, between its markers,
# and under it the file `about` of their folder: what ran, on which commit.
# With --whole the rows before are dropped; else a row replaces the one of the same
# fault, and the table says which ones are of a later run.
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
# of a fault that was run again the last row counts; memory's many scenarios are one row
fold() {
    awk -F'\t' '
        /^memory exhausted: / {
            split($2, word, " ")
            total += word[4]
            n++
            name = substr($1, 19)
            sub("^sacbe/.*", "records", name)
            if (!(name in named)) names = names (n > 1 ? ", " : "") name
            named[name] = 1
            next
        }
        { print }
        END {
            if (n) printf "memory exhausted\teach of %d allocations of %d kinds of work fails," \
                " alone and with all after it (%s)\t-\t0\t0\tat once\ta clean error; what" \
                " was kept is as it was, or whole\n", total, n, names
        }'
}
cat "$folder"/*.row 2>/dev/null | fold | tac |
    sed 's/|/\\|/g; s/\t/ | /g; s/^/| /; s/$/ |/' >"$work/new"
[ -s "$work/new" ] || {
    echo "no rows in $folder: the table stays" >&2
    exit 1
}
sed -n '/^<!-- rows -->$/,/^<!-- end of rows -->$/p' "$readme" >"$work/old"
: >"$work/about"
if [ "$whole" = yes ]; then
    cp "$folder/about" "$work/about" 2>/dev/null || :
else
    again=$(awk -F' [|] ' '{ print substr($1, 3) }' "$work/new" | sort -u |
        awk '{ printf "%s%s", n++ ? "; " : "", $0 }')
    grep -v '^|\|^<!--\|^$' "$work/old" >"$work/about" || :
    [ ! -f "$folder/about" ] || sed "s|^|Again ($again): |" "$folder/about" >>"$work/about"
    grep '^| ' "$work/old" | tail -n +2 >>"$work/new" || :
fi
awk -F' [|] ' '{ name = $1 } !(name in seen) { seen[name] = 1; print }' "$work/new" |
    sort >"$work/rows"
awk -v rows="$work/rows" -v about="$work/about" '
    /^<!-- end of rows -->$/ { inside = 0 }
    !inside { print }
    /^<!-- rows -->$/ {
        inside = 1
        print "| fault | how it is done | events acknowledged | lost | applied twice |" \
              " recovered after | by what |"
        print "|---|---|---|---|---|---|---|"
        while ((getline line < rows) > 0) print line
        while ((getline line < about) > 0) print "\n" line
    }' "$readme" >"$work/readme"
cp "$work/readme" "$readme"
echo "$(wc -l <"$work/rows") rows in $readme"
