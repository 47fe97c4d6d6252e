# The clean machine of a judge or an auditor: a folder with `sacbe`, the published roots
# and the files that were handed over. Sourced after exchange.sh; POSIX sh.
#
#   clean_begin ROOTS          the folder ($clean) with the program and roots.txt
#   clean STATUS ARGS...       sacbe there; its exit status must be this
#                              (a pattern: [123])
#   says FILTER                of the JSON document that it printed, by jq
#
# Invariant: what runs there has no environment, no home, nobody else's folder as its own
# and, where this machine permits it, no network. Not: another kernel; the program could
# read elsewhere, and the folder's neighbours are named nowhere.

clean_begin() {
    clean=$ex/clean
    mkdir "$clean"
    cp "$sacbe" "$clean/sacbe"
    cp "$1" "$clean/roots.txt"
    clean_alone=
    for clean_try in "unshare -n" "unshare -rn"; do
        if [ -z "$clean_alone" ] && $clean_try true 2>/dev/null; then
            clean_alone=$clean_try
        fi
    done
    if [ -n "$clean_alone" ]; then
        echo "the clean machine has no network"
    else
        echo "this machine does not let the clean machine's network be cut"
    fi
}

clean() {
    clean_want=$1
    shift
    clean_got=0
    (cd "$clean" && $clean_alone env -i HOME=/nonexistent LC_ALL=C.UTF-8 ./sacbe "$@") \
        >"$ex/out.txt" 2>"$ex/err.txt" || clean_got=$?
    case $clean_got in
    $clean_want) ;;
    *) ex_die "exit $clean_got, not $clean_want: sacbe $* ($(cat "$ex/out.txt" "$ex/err.txt"))" ;;
    esac
}

# of the JSON document
says() {
    jq -r "$1" "$ex/out.txt"
}

# holds FILTER: true of the JSON document
holds() {
    jq -e "$1" "$ex/out.txt" >/dev/null || ex_die "not so: $1 ($(cat "$ex/out.txt"))"
}

# shows TEXT: it stands in what was printed
shows() {
    grep -qF -- "$1" "$ex/out.txt" || ex_die "\"$1\" is not said: $(cat "$ex/out.txt")"
}

# refuses CODE: the refusal bears this code
refuses() {
    grep -qF -- "$1" "$ex/out.txt" "$ex/err.txt" ||
        ex_die "not $1: $(cat "$ex/out.txt" "$ex/err.txt")"
}

# change_bit FILE OFFSET BIT
change_bit() {
    clean_byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $((clean_byte ^ (1 << $3))))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
