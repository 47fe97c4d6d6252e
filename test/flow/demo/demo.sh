#!/bin/sh
# The demonstration against the build under test: once as it is, which leaves nothing
# behind; once with --keep, which leaves it running until its own command ends it.
set -eu
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

die() {
    echo "FAILED: $*" >&2
    exit 1
}

sh "$SACBE_SOURCE/broker/demo.sh"
[ -z "$(ls "$TMPDIR")" ] || die "the demonstration leaves $(ls "$TMPDIR")"
status=0
sh "$SACBE_SOURCE/broker/demo.sh" --kep >"$TMPDIR/usage.txt" 2>&1 || status=$?
[ $status = 2 ] || die "a wrong option: exit $status"

sh "$SACBE_SOURCE/broker/demo.sh" --keep >"$TMPDIR/kept.txt"
end=$(sed -n 's/^  \(sh .*\/end\)$/\1/p' "$TMPDIR/kept.txt")
folder=$(sed -n 's/^  cd \(.*\)$/\1/p' "$TMPDIR/kept.txt")
[ -n "$end" ] && [ -d "$folder" ] || die "it does not say how to end it"
for pid in $(cat "$folder"/run/*.pid); do
    kill -0 "$pid" || die "process $pid does not go on"
done
pids=$(cat "$folder"/run/*.pid)
sh -c "$end" || die "its own command does not end it: $end"
for pid in $pids; do
    ! grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$pid/status" 2>/dev/null ||
        die "process $pid goes on"
done
[ ! -e "$folder" ] || die "$folder is left"
echo "kept, and ended by its own command"
