#!/bin/sh
# sh test/fuzz/seeds.sh BUILD: writes the seeds of every target into test/fuzz/corpus, by
# the targets of a build without SACBE_FUZZ. Seeds are made from real records; other files
# of a corpus are findings and what a fuzzer kept, and stay.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build folder}
for target in $(sh "$here/table.sh" targets); do
    mkdir -p "$here/corpus/$target"
    "$build/test/fuzz/fuzz-$target" --write "$here/corpus/$target"
done
