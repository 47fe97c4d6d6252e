#!/bin/sh
# Every test program, and every program and daemon that a flow test starts, under
# valgrind's memcheck; with ctest's options for a part of them.
#   sh test/valgrind.sh [-R 'core|journal'] [-L unit]
#   SACBE_VALGRIND=folder   where the build and the logs go (build/valgrind)
#   SACBE_BUILD=folder      a build of the preset dev that is there already
#
# A mirror of the build stands beside it: the same tests, but where a program was there
# is a script that runs it under valgrind. A finding makes the program's exit status 99;
# what a killed or forgotten daemon had found is read from its log afterwards. A command
# that stretches a passphrase (1 GiB, four times over) runs as it is: minutes, each time,
# for code that keys.vault and broker.cli.passphrase run under valgrind.
set -eu
cd "$(dirname "$0")/.."
. test/ensure.sh
ensure build test

top=${SACBE_VALGRIND:-$PWD/build/valgrind}
real=${SACBE_BUILD:-$top/real}
mirror=$top/mirror
logs=$top/log
if [ -z "${SACBE_BUILD:-}" ]; then
    cmake --preset dev -B "$real" >/dev/null
    cmake --build "$real" -j "$jobs" -- --quiet
fi
unset SACBE_BUILD

rm -rf "$mirror" "$logs"
mkdir -p "$mirror" "$logs"
(cd "$real" && find . -name CTestTestfile.cmake) | while read -r file; do
    mkdir -p "$mirror/$(dirname "$file")"
    sed -e "s#$real#$mirror#g" -e 's/TIMEOUT "[0-9]*"/TIMEOUT "7200"/' "$real/$file" >"$mirror/$file"
done
(cd "$real" && find . -type f -perm -u+x ! -name '*.so*' ! -path './CMakeFiles/*') | while read -r file; do
    mkdir -p "$mirror/$(dirname "$file")"
    cat >"$mirror/$file" <<WRAPPER
#!/bin/sh
case " \$* " in
*" --passphrase-file "*) exec "$real/$file" "\$@" ;;
esac
exec valgrind -q --leak-check=full --show-leak-kinds=definite,indirect \\
    --errors-for-leak-kinds=definite,indirect --error-exitcode=99 --num-callers=25 \\
    --fair-sched=yes \\
    --child-silent-after-fork=yes --log-file="$logs/$(basename "$file").%p" "$real/$file" "\$@"
WRAPPER
    chmod +x "$mirror/$file"
done

# valgrind is some forty times slower than the processor
status=0
SACBE_DEADLINE=${SACBE_DEADLINE:-60} \
    ctest --test-dir "$mirror" -j "$jobs" --output-on-failure "$@" || status=1
# what valgrind itself cannot follow (an ioctl that it does not know) is no finding
find "$logs" -type f | while read -r log; do
    grep -q '^==' "$log" || rm "$log"
done
if [ -n "$(ls "$logs")" ]; then
    echo "== what valgrind says"
    for log in "$logs"/*; do
        echo "-- $log"
        head -n 60 "$log"
    done
    exit 1
fi
[ "$status" = 0 ] && echo "valgrind: no finding"
exit "$status"
