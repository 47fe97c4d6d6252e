#!/bin/sh
# Brokers that lie, caught by adapters and witnesses: histories.sh and quiet.sh, beside
# each other, because both wait for most of their time.
# Usage: rogue.sh ROGUE_BROKER CONTRADICT
set -eu
here=$SACBE_SOURCE/test/flow/rogue
sh "$here/histories.sh" "$1" "$2" &
histories=$!
sh "$here/quiet.sh" "$1" &
quiet=$!
trap 'kill -TERM $histories $quiet 2>/dev/null; wait; exit 143' HUP INT TERM
status=0
wait $histories || status=$?
wait $quiet || status=$?
exit $status
