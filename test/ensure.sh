# Sourced by the scripts that a newcomer runs: installs the packages of a kind that are
# missing, and sets `jobs`. Usage: . test/ensure.sh; ensure build demo test

ensure() {
    list=${SACBE_SOURCE:-$(dirname "$0")/..}/test/packages
    missing=
    for kind in "$@"; do
        for package in $(sed -n "s/^$kind //p" "$list"); do
            dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null |
                grep -q '^ii' || missing="$missing $package"
        done
    done
    jobs=$(nproc)
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "Please install, as root: apt-get install$missing" >&2
            return 1
        }
        as_root=sudo
    fi
    echo "Installing:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086
    if $as_root apt-get update -qq >"$log" 2>&1 &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    cat "$log" >&2
    rm -f "$log"
    return 1
}
