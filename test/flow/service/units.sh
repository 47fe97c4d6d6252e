#!/bin/sh
# The units as they are installed: their exposure is below 2.0, they name what exists.
#   units.sh FOLDER
set -eu
command -v systemd-analyze >/dev/null || {
    echo "skipped: this machine has no systemd-analyze"
    exit 77
}
cd "$1"
folder=$(mktemp -d "${TMPDIR:-/tmp}/sacbe-units-XXXXXX")
trap 'rm -rf "$folder"' EXIT
for unit in sacbe-broker.service sacbe-adapter@.service sacbe-witness.service; do
    # a program of that path need not be installed here for the judgement
    sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$unit" >"$folder/$unit"
    systemd-analyze security --offline=true --threshold=20 --no-pager "$folder/$unit" \
        >"$folder/said" 2>&1 || {
        cat "$folder/said"
        echo "FAILED: $unit is exposed" >&2
        exit 1
    }
    grep Overall "$folder/said"
    name=$(echo "$unit" | sed 's/@/@pnc/')
    [ "$name" = "$unit" ] || cp "$folder/$unit" "$folder/$name"
    SYSTEMD_UNIT_PATH="$folder:" systemd-analyze verify --man=no --recursive-errors=no "$folder/$name" \
        >"$folder/said" 2>&1 && [ ! -s "$folder/said" ] || {
        # what the machine's own units lack is not ours to judge
        grep "sacbe" "$folder/said" && {
            echo "FAILED: $unit is not a good unit" >&2
            exit 1
        }
    }
    for key in Type=notify WatchdogSec= Restart=on-failure RestartPreventExitStatus=2 \
        StartLimitBurst= LoadCredential=sacbe.passphrase: User=sacbe ExecReload=; do
        grep -q "^$key" "$unit" || {
            echo "FAILED: $unit has no $key" >&2
            exit 1
        }
    done
done
