# A whole exchange in one temporary folder, with the real programs. Sourced by
# broker/demo.sh and by the flow tests; POSIX sh.
#
#   SACBE_BUILD=build/release SACBE_SOURCE=. . test/flow/exchange.sh
#   ex_begin                          the folder ($ex), and a trap that ends everything
#   ex_authority sns                  roots, broker, anchor, directory 1
#   ex_member pnc "Policía Nacional"  vault, card, challenge, answer, draft
#   ex_member sat "Tributos" --witness    the same, with a witness key
#   ex_policy --quorum auto           into the draft
#   ex_sign                           the draft becomes the next directory
#   ex_grant pnc TYPE igm publica,interna
#   ex_broker_start; ex_adapter_start pnc; ex_witness sat; ex_witness_start sat
#   ex_status pnc .witness.seen       what a daemon answers, through jq
#   ex_wait 20 "the row arrives" test_of_arrival
#
# Invariants: nothing outside $ex is written; every process is ended by its number; a
# wait polls a condition until a deadline, times SACBE_DEADLINE (sanitizers are slow).

export LC_ALL=C.UTF-8
: "${SACBE_BUILD:?the build to run}" "${SACBE_SOURCE:?the source folder}"
ex_catalogue=${SACBE_CATALOGUE:-$SACBE_SOURCE/schemas/sns}
ex_patience=${SACBE_DEADLINE:-3}
ex_keep=no

ex_die() {
    echo "FAILED: $*" >&2
    exit 1
}

# ex_program NAME: where the build, or an installed prefix, has it
ex_program() {
    for place in bin broker adapters/cli adapters "test/flow/$1" .; do
        if [ -x "$SACBE_BUILD/$place/$1" ] && [ -f "$SACBE_BUILD/$place/$1" ]; then
            echo "$SACBE_BUILD/$place/$1"
            return
        fi
    done
    ex_die "$SACBE_BUILD has no program $1"
}

ex_now_ms() {
    date +%s%3N
}

# --- waiting

# ex_wait SECONDS WHAT command...: until the command succeeds; the deadline is an error
ex_wait() {
    ex_since=$(ex_now_ms)
    ex_limit=$((ex_since + $1 * 1000 * ex_patience))
    ex_what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ "$(ex_now_ms)" -gt "$ex_limit" ]; then
            ex_logs
            ex_die "in vain: $ex_what"
        fi
        # whoever waits for long looks less often
        if [ "$(($(ex_now_ms) - ex_since))" -lt 2000 ]; then sleep 0.02; else sleep 0.2; fi
    done
}

ex_has_line() {
    grep -aq -- "$2" "$1"
}

ex_is_filled() {
    [ -s "$1" ]
}

ex_is_over() { # a zombie of this shell is over, too
    case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) in
    '' | Z*) return 0 ;;
    esac
    return 1
}

# --- processes

ex_pid() { # NAME
    cat "$ex/run/$1.pid" 2>/dev/null
}

# ex_start NAME program...: in the background, until it writes its line of readiness
ex_start() {
    ex_name=$1
    shift
    rm -f "$ex/run/$ex_name.ready"
    "$@" --ready-fd 3 3>"$ex/run/$ex_name.ready" >>"$ex/log/$ex_name.log" 2>&1 &
    echo $! >"$ex/run/$ex_name.pid"
    ex_wait 30 "$ex_name is ready" ex_started "$ex_name"
    ex_is_filled "$ex/run/$ex_name.ready" || {
        ex_logs
        ex_die "$ex_name ended before it was ready"
    }
}

ex_started() {
    ex_is_filled "$ex/run/$1.ready" || ex_is_over "$(ex_pid "$1")"
}

# ex_stop NAME...: SIGTERM, and waits; the exit status must be 0
ex_stop() {
    for ex_name in "$@"; do
        kill -TERM "$(ex_pid "$ex_name")"
    done
    for ex_name in "$@"; do
        ex_wait 30 "$ex_name stops" ex_is_over "$(ex_pid "$ex_name")"
        ex_status=0
        wait "$(ex_pid "$ex_name")" || ex_status=$?
        rm -f "$ex/run/$ex_name.pid"
        [ "$ex_status" = 0 ] || {
            ex_logs
            ex_die "$ex_name ended with status $ex_status"
        }
    done
}

# ex_kill NAME: kill -9
ex_kill() {
    ex_pid=$(ex_pid "$1")
    kill -KILL "$ex_pid"
    wait "$ex_pid" 2>/dev/null || :
    rm -f "$ex/run/$1.pid"
}

ex_end() {
    for ex_file in "$ex"/run/*.pid; do
        [ -f "$ex_file" ] && kill -KILL "$(cat "$ex_file")" 2>/dev/null
    done
    wait
    cd /
    rm -rf "$ex"
}

ex_logs() {
    for ex_file in "$ex"/log/*.log; do
        [ -s "$ex_file" ] || continue
        echo "--- the end of $(basename "$ex_file")" >&2
        tail -n 15 "$ex_file" >&2
    done
}

ex_at_exit() {
    ex_status=$?
    trap - EXIT
    if [ "$ex_keep" != yes ] || [ "$ex_status" != 0 ]; then
        ex_end
    fi
    exit "$ex_status"
}

# --- the exchange

ex_begin() {
    umask 077
    ex=$(mktemp -d "${TMPDIR:-/tmp}/sacbe-exchange-XXXXXX")
    mkdir "$ex/run" "$ex/log" "$ex/office"
    trap ex_at_exit EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    sacbe=$(ex_program sacbe)
    ex_port=$(ex_free_port)
    ex_version=1
    ex_published=1
    printf 'a passphrase for a test of the exchange\n' >"$ex/office/passphrase"
    cd "$ex"
}

# A port of this machine that nobody listens on, below those given to clients.
ex_free_port() {
    ex_try=0
    while [ $ex_try -lt 50 ]; do
        ex_number=$(od -An -N2 -tu2 /dev/urandom)
        ex_number=$((20000 + ex_number % 10000))
        grep -qi ":$(printf %04X $ex_number) " /proc/net/tcp /proc/net/tcp6 2>/dev/null || {
            echo $ex_number
            return
        }
        ex_try=$((ex_try + 1))
    done
    ex_die "no free port"
}

# ex_authority NAME: one root, threshold 1
ex_authority() {
    "$sacbe" init "$ex/broker" --exchange "$1" --address "tcp://127.0.0.1:$ex_port" \
        --roots 1 --catalogue "$ex_catalogue" \
        --passphrase-file "$ex/office/passphrase" >"$ex/office/init.txt"
    mv "$ex/broker/root-1.vault" "$ex/office/"
    cp "$ex/broker/anchor.json" "$ex/broker/directory-1.sbd" "$ex/office/"
    chmod 600 "$ex/office/root-1.vault"
    ex_draft=$ex/office/directory-1.sbd
}

# ex_identity CODE NAME [--witness]: an institution with a folder, the anchor, its keys
# and its card
ex_identity() {
    mkdir -p "$ex/$1"
    ex_words=$("$sacbe" join "$ex/broker/anchor.json" --json |
        sed -n 's/.*"words": *"\([^"]*\)".*/\1/p')
    "$sacbe" join "$ex/broker/anchor.json" --confirm "$ex_words" -o "$ex/$1/anchor.json" \
        --quiet
    "$sacbe" identity new --institution "$1" --name "$2" --anchor "$ex/$1/anchor.json" \
        -o "$ex/$1/$1.vault" --no-passphrase ${3:+"$3"} --quiet
}

# ex_member CODE NAME [--witness]: the same, and into the draft
ex_member() {
    ex_identity "$@"
    ex_card=$ex/$1/$1.card
    "$sacbe" member enrol "$ex_card" -d "$ex_draft" --anchor "$ex/office/anchor.json" \
        -o "$ex/office/challenge.txt" --quiet
    "$sacbe" card answer "@$ex/office/challenge.txt" --vault "$ex/$1/$1.vault" \
        -o "$ex/office/answer.txt" --quiet
    "$sacbe" member enrol "$ex_card" -d "$ex_draft" --anchor "$ex/office/anchor.json" \
        --answer "@$ex/office/answer.txt" -o "$ex/office/draft.sbd" --quiet
    ex_draft=$ex/office/draft.sbd
}

# ex_sign: the draft becomes the next version, ex/office/directory-N.sbd
ex_sign() {
    ex_previous=$ex/office/directory-$ex_version.sbd
    ex_version=$((ex_version + 1))
    ex_signed=$ex/office/directory-$ex_version.sbd
    "$sacbe" directory sign "$ex_draft" --root "$ex/office/root-1.vault" \
        --previous "$ex_previous" --passphrase-file "$ex/office/passphrase" \
        -o "$ex_signed" --quiet
    ex_draft=$ex_signed
}

# ex_publish: every version that the broker has not got
ex_publish() {
    ex_next=$((ex_published + 1))
    while [ "$ex_next" -le "$ex_version" ]; do
        "$sacbe" directory publish "$ex/office/directory-$ex_next.sbd" \
            -c "$ex/broker/broker.yaml" --quiet
        ex_published=$ex_next
        ex_next=$((ex_next + 1))
    done
}

# ex_grant PUBLISHER TYPE READER CLASSES: signed by the publisher, into the draft
ex_grant() {
    ex_offer=$ex/office/$1-$2-$3.grant
    "$sacbe" grant offer --vault "$ex/$1/$1.vault" \
        -d "$ex/office/directory-$ex_version.sbd" --anchor "$ex/$1/anchor.json" \
        --reader "$3" --type "$2" --classes "$4" --basis "Convenio 4-2026" \
        --catalogue "$ex_catalogue" -o "$ex_offer" --quiet
    "$sacbe" grant add "$ex_offer" -d "$ex_draft" --anchor "$ex/office/anchor.json" \
        --catalogue "$ex_catalogue" -o "$ex/office/draft.sbd" --quiet
    ex_draft=$ex/office/draft.sbd
}

# ex_policy OPTIONS: of `sacbe directory policy`, into the draft
ex_policy() {
    "$sacbe" directory policy -d "$ex_draft" --anchor "$ex/office/anchor.json" \
        -o "$ex/office/draft.sbd" "$@" --quiet
    ex_draft=$ex/office/draft.sbd
}

# ex_adapter CODE FOLDER: its database from FOLDER/tables.sql, and a configuration with
# the mappings and sinks that stand there
ex_adapter() {
    cp "$2"/*.yaml "$ex/$1/"
    ex_sql "$1" <"$2/tables.sql"
    {
        printf '%s\n' "institution: $1" "run_dir: run" "state: state" "vault: $1.vault" \
            "anchor: anchor.json" "catalogue_folder: \"$ex_catalogue\"" "database: $1.db"
        ex_list publishes mapping "$ex/$1"/*.map.yaml
        ex_list subscribes sink "$ex/$1"/*.sink.yaml
    } >"$ex/$1/adapter.yaml"
}

ex_list() { # SECTION KEY file...
    [ -f "$3" ] || return 0
    echo "$1:"
    ex_key=$2
    shift 2
    for ex_file in "$@"; do
        echo "- $ex_key: $(basename "$ex_file")"
    done
}

# ex_capture CODE: triggers and change logs for what it publishes
ex_capture() {
    for ex_file in "$ex/$1"/*.map.yaml; do
        "$sacbe" capture install "$ex_file" --database "$ex/$1/$1.db" \
            --catalogue "$ex_catalogue" --quiet
    done
}

# ex_witness CODE: a configuration of sacbe-witness
ex_witness() {
    printf '%s\n' "institution: $1" "run_dir: run" "vault: $1.vault" \
        "anchor: anchor.json" "state: state" >"$ex/$1/witness.yaml"
}

ex_broker_start() {
    ex_start broker "$(ex_program sacbe-broker)" -c "$ex/broker/broker.yaml"
}

ex_adapter_start() { # CODE
    ex_start "$1" "$(ex_program sacbe-adapter)" -c "$ex/$1/adapter.yaml"
}

ex_witness_start() { # CODE
    ex_start "$1" "$(ex_program sacbe-witness)" -c "$ex/$1/witness.yaml"
}

# --- what a daemon says

ex_yaml() { # broker, or an institution's CODE
    for ex_file in "$ex/$1"/broker.yaml "$ex/$1"/adapter.yaml "$ex/$1"/witness.yaml; do
        [ -f "$ex_file" ] && echo "$ex_file" && return
    done
}

# ex_status NAME FILTER: of the status in JSON, by jq; an attention is no failure
ex_status() {
    "$sacbe" status -c "$(ex_yaml "$1")" --json 2>/dev/null | jq -r "$2"
}

# ex_says NAME CONDITION: whether the status is so, by jq
ex_says() {
    [ "$(ex_status "$1" "$2")" = true ]
}

# ex_final SIZE: whether the broker has a final checkpoint of so many entries
ex_final() {
    ex_says broker ".final >= $1"
}

# --- local databases

# ex_sql CODE [SQL]: in the institution's own database; SQL from standard input else
ex_sql() {
    ex_file=$ex/$1/$1.db
    shift
    sqlite3 -batch -bail -cmd '.timeout 60000' "$ex_file" "$@"
}

# ex_is CODE SQL TEXT: whether the query answers this text
ex_is() {
    [ "$(ex_sql "$1" "$2")" = "$3" ]
}
