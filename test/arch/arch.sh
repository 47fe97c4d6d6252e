#!/bin/sh
# Fails on an include that the rooms' arrows forbid, and on a room without a README;
# warns of files and headers that have grown too long. Usage: arch.sh SOURCE_FOLDER
set -eu
cd "$1"
here=test/arch
bad=0

say() {
    echo "$1"
    bad=1
}

# The rule of a file: the line of rooms.txt with the longest room that is its folder.
rule() {
    awk -v file="$1" '
        /^#/ || NF == 0 { next }
        index(file, $1 "/") == 1 && length($1) > length(best) { best = $1; rest = $0 }
        END { sub(/^[^ ]+ */, "", rest); print rest }' "$here/rooms.txt"
}

rooms=$(find schemas keys broker adapters -name '*.c' ! -name 'main_*' -exec dirname {} \; | sort -u)
for room in $rooms; do
    [ -f "$room/README.md" ] || say "$room: no README.md"
done

for file in $(find schemas keys broker adapters -name '*.[ch]'); do
    allowed=$(rule "$file")
    [ -n "$allowed" ] || say "$file: its room is not in $here/rooms.txt"
    own=$(dirname "$file")
    for include in $(sed -n 's/^#include "\(.*\)"$/\1/p' "$file"); do
        room=$(dirname "$include")
        [ "$room" = "$own" ] && continue
        case " $allowed " in
        *" $room "*) ;;
        *) say "$file: may not include $include" ;;
        esac
    done
    for include in $(sed -n 's/^#include <\(.*\)>$/\1/p' "$file"); do
        library=$(awk -v h="$include" '$1 == h { print $2 }' "$here/libraries.txt")
        [ -z "$library" ] && continue
        case " $allowed " in
        *" <$library> "*) ;;
        *) say "$file: may not include <$include> ($library)" ;;
        esac
    done
done

find schemas keys broker adapters test -name '*.[ch]' -exec wc -l {} + |
    awk '$2 != "total" && (($2 ~ /\.c$/ && $1 > 500) || ($2 ~ /\.h$/ && $1 > 160)) {
        print "warning: " $2 " has " $1 " lines" }'
exit $bad
