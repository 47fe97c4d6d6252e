# What the tests of full disks share: a small file system of their own. Sourced; POSIX sh.
#
#   disk_begin "$@"        in a mount namespace, or SKIPPED where none may be made
#   disk_mount FOLDER MIB  a tmpfs there
#   disk_leave FOLDER KIB  fills it until so much is free; 0: until nothing goes in
#   disk_give FOLDER       takes the filling away
. "$SACBE_SOURCE/test/fault/fault.sh"

disk_begin() {
    if [ "${1:-}" = inside ]; then
        mount --make-rprivate / 2>/dev/null || :
        return
    fi
    command -v unshare >/dev/null || fault_skip "no program unshare"
    disk_user=
    [ "$(id -u)" = 0 ] || disk_user=-Ur
    # shellcheck disable=SC2086
    unshare $disk_user -m mount -t tmpfs -o size=1m tmpfs /mnt 2>/dev/null ||
        fault_skip "file systems may not be mounted here"
    # shellcheck disable=SC2086
    exec unshare $disk_user -m sh "$0" inside
}

disk_mount() {
    mkdir -p "$1"
    mount -t tmpfs -o "size=$2m" tmpfs "$1"
    disk_mounts="${disk_mounts:-} $1"
    trap disk_at_exit EXIT
}

# A folder on which something is mounted cannot be removed.
disk_at_exit() {
    disk_status=$?
    set +e
    cd /
    for disk_one in $disk_mounts; do umount -l "$disk_one"; done
    (exit $disk_status)
    ex_at_exit
}

disk_free() { # FOLDER: KiB
    df -k --output=avail "$1" | tail -n 1 | tr -d ' '
}

disk_leave() {
    if [ "$2" = 0 ]; then # whoever is writing meanwhile loses the race
        dd if=/dev/zero bs=4096 status=none >>"$1/ballast" 2>/dev/null || :
        return
    fi
    disk_more=$(($(disk_free "$1") - $2))
    while [ $disk_more -gt 0 ]; do # by halves: somebody may be writing beside it
        dd if=/dev/zero bs=1024 count=$(((disk_more + 1) / 2)) status=none >>"$1/ballast" || :
        disk_more=$(($(disk_free "$1") - $2))
    done
}

disk_give() {
    rm -f "$1/ballast"
}
