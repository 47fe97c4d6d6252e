#!/bin/sh
# The manual pages: mandoc finds nothing wrong, each daemon's page names that of its
# configuration, and that one names every key of the shipped example.
#   pages.sh BUILD_FOLDER
set -eu
command -v mandoc >/dev/null || {
    echo "skipped: this machine has no mandoc"
    exit 77
}
bad=0
fail() {
    echo "FAILED: $*" >&2
    bad=1
}
for page in "$SACBE_SOURCE"/broker/*.8 "$SACBE_SOURCE"/adapters/*.8 "$1"/broker/service/*.5 \
    "$1"/adapters/cli/pages/sacbe*.1; do
    # whether the pages of other programs are installed here is not the question, and a
    # table's text is one line
    said=$(mandoc -Tlint "$page" |
        grep -v 'referenced manual not found\|text line longer than') || :
    [ -z "$said" ] || fail "$said"
done
pair() { # DAEMON PAGE EXAMPLE
    grep -q "^.Xr $1.yaml 5" "$SACBE_SOURCE/$2" || fail "$2 does not name $1.yaml(5)"
    sed -n 's/^#* *-* *\([a-z_]*\): .*/\1/p' "$SACBE_SOURCE/$3" | sort -u | while read -r key; do
        grep -q "^.It Cm $key\$" "$1.yaml.5" || echo "$1.yaml(5) lacks \"$key\" of $3"
    done
}
cd "$1/broker/service"
lacks=$(pair sacbe-broker broker/sacbe-broker.8 broker/io/broker.yaml
    pair sacbe-witness broker/sacbe-witness.8 broker/watch/witness.yaml
    pair sacbe-adapter adapters/sacbe-adapter.8 adapters/examples/adapter.yaml)
[ -z "$lacks" ] || fail "$lacks"
[ $bad = 0 ] && echo "pages: $(ls "$1"/broker/service/*.5 | wc -l) of configuration, none lacks a key"
exit $bad
