# What the fault tests share: an exchange of one publisher and some readers that count,
# what was acknowledged, lost and applied twice, and the row of the table in README.md.
# Sourced after test/flow/exchange.sh (which it sources itself when nobody did); POSIX sh.
#
#   . "$SACBE_SOURCE/test/fault/fault.sh"
#   fault_exchange 2                 pnc publishes, igm and conred read; the broker runs
#   fault_fill pnc 1000              a thousand rows more, in pnc's own database
#   fault_wait_applied igm 60        until igm has all rows that pnc has
#   fault_judge igm                  fails unless nothing was lost nor applied twice
#   fault_row "a cut" "DROP for 60 s" "$fault_acked" 0 0 "$seconds" "the client's PING"
#
# Invariants: an event counts as acknowledged when the publisher's outbox has the broker's
# answer; as applied when it is a row of the reader's database, which has no key, so that
# applying it twice makes two rows.

command -v ex_begin >/dev/null || . "$SACBE_SOURCE/test/flow/exchange.sh"

fault_office=$SACBE_SOURCE/test/fault/office
fault_type=riesgos.incidente
fault_codes="igm conred stcns sat mingob minex mspas"
fault_publisher=pnc

# fault_size SHORT FULL: the size of a test; SACBE_FAULT=full is the issue's own
fault_size() {
    if [ "${SACBE_FAULT:-short}" = full ]; then echo "$2"; else echo "$1"; fi
}

# fault_skip WHY: this machine does not permit it
fault_skip() {
    echo "SKIPPED: $*"
    exit 77
}

# fault_row NAME DONE ACKED LOST TWICE SECONDS BY: one line of the table, tab-separated.
# SECONDS: from the fault's end to the state that the text names; "-" when it has none.
fault_row() {
    echo "$1: $2; acknowledged $3, lost $4, applied twice $5, recovered after $6 by $7"
    [ -n "${SACBE_FAULTS:-}" ] || return 0
    mkdir -p "$SACBE_FAULTS"
    fault_file=$(echo "$1" | tr -c 'A-Za-z0-9\n' '-')
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$SACBE_FAULTS/$fault_file.row"
}

# fault_seconds SINCE_MS: what has passed, with a decimal
fault_seconds() {
    fault_ms=$(($(ex_now_ms) - $1))
    echo "$((fault_ms / 1000)).$((fault_ms % 1000 / 100)) s"
}

# fault_program NAME: of test/fault/NAME
fault_program() {
    fault_file=$SACBE_BUILD/test/fault/$1/test-fault-$1
    [ -x "$fault_file" ] || ex_die "$SACBE_BUILD has no program test-fault-$1"
    echo "$fault_file"
}

# --- the exchange

# fault_members READERS: pnc, and the first so many readers, enrolled and granted
fault_members() {
    fault_readers=$(echo "$fault_codes" | cut -d' ' -f"1-$1")
    ex_authority sns
    for fault_code in $fault_publisher $fault_readers; do
        ex_member "$fault_code" "$fault_code"
    done
    ex_sign
    for fault_code in $fault_readers; do
        ex_grant pnc $fault_type "$fault_code" publica,interna
    done
    ex_sign
    fault_adapter pnc publisher
    ex_capture pnc
    for fault_code in $fault_readers; do
        fault_adapter "$fault_code" reader
    done
}

# fault_adapter CODE publisher|reader: its tables and its configuration
fault_adapter() {
    ex_adapter "$1" "$fault_office/$2"
    sed -i "s|{driver: sqlite}|{driver: sqlite, file: $1.db}|" "$ex/$1"/*.sink.yaml \
        2>/dev/null || :
    ex_sql "$1" 'PRAGMA journal_mode = WAL' >/dev/null
}

# fault_world MEMBERS READERS: the same made in a second by test-world, without the
# ceremonies: m0001 publishes, the next so many read, the rest are members only
fault_world() {
    ex_begin
    "$SACBE_BUILD/test/bench/test-world" "$ex" --members "$1" --readers "$2" \
        --type $fault_type --address "tcp://127.0.0.1:$ex_port" >/dev/null
    fault_publisher=m0001
    fault_readers=$(seq -f m%04g 2 $(($2 + 1)) | tr "\n" " ")
    fault_adapter m0001 publisher
    ex_capture m0001
    for fault_code in $fault_readers; do
        fault_adapter "$fault_code" reader
    done
}

# fault_exchange READERS: all of it, with every daemon started
fault_exchange() {
    ex_begin
    fault_members "$1"
    ex_broker_start
    ex_publish
    for fault_code in $fault_publisher $fault_readers; do
        ex_adapter_start "$fault_code"
    done
}

# fault_fill CODE N: N rows more than the institution's database has
fault_fill() {
    ex_sql "$1" "
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2),
                       last(num) AS (SELECT coalesce(max(num), 0) FROM hecho)
        INSERT INTO hecho(num, muni, dia)
        SELECT last.num + i, '0101', printf('2026-%02d-%02d', 1 + i % 12, 1 + i % 28)
          FROM n, last;"
}

# --- what is counted

# fault_stored CODE: events that the broker has acknowledged to it
fault_stored() {
    ex_status "$1" '[.streams[].stored] | add'
}

# fault_applied CODE [PUBLISHER]: different events in the reader's database
fault_applied() {
    ex_sql "$1" "SELECT count(DISTINCT ref) FROM llegada WHERE origen LIKE '${2:-$fault_publisher}/%'"
}

# fault_twice CODE [PUBLISHER]: rows that are one too many
fault_twice() {
    ex_sql "$1" "SELECT count(*) - count(DISTINCT ref) FROM llegada
                  WHERE origen LIKE '${2:-$fault_publisher}/%'"
}

fault_rows() { # CODE: what its database has to tell
    ex_sql "$1" 'SELECT coalesce(max(num), 0) FROM hecho'
}

# fault_has_applied CODE N [PUBLISHER]
fault_has_applied() {
    [ "$(fault_applied "$1" "${3:-$fault_publisher}")" -ge "$2" ]
}

fault_has_stored() { # CODE N
    [ "$(fault_stored "$1")" -ge "$2" ]
}

# fault_wait_applied READER SECONDS [PUBLISHER]: until it has every row of the publisher;
# SECONDS, times the deadline's factor, without a single one more are an error: a slow
# machine takes its time
fault_wait_applied() {
    fault_goal=$(fault_rows "${3:-$fault_publisher}")
    fault_had=-1
    until [ "$fault_had" -ge "$fault_goal" ]; do
        fault_now=$(fault_applied "$1" "${3:-$fault_publisher}")
        if [ "$fault_now" -gt "$fault_had" ]; then
            fault_had=$fault_now
            fault_since=$(ex_now_ms)
        elif [ $(($(ex_now_ms) - fault_since)) -gt $(($2 * 1000 * ex_patience)) ]; then
            ex_logs
            ex_die "in vain: $1 has $fault_had of $fault_goal rows of ${3:-$fault_publisher}"
        else
            sleep 0.05
        fi
    done
}

# fault_judge READER [PUBLISHER]: sets fault_acked, fault_lost, fault_twice; a loss or an
# event applied twice ends the test
fault_judge() {
    ex_wait 60 "the last answers" fault_has_stored "${2:-$fault_publisher}" "$(fault_rows "${2:-$fault_publisher}")"
    fault_acked=$(fault_stored "${2:-$fault_publisher}")
    fault_lost=$((fault_acked - $(fault_applied "$1" "${2:-$fault_publisher}")))
    fault_twice=$(fault_twice "$1" "${2:-$fault_publisher}")
    [ "$fault_lost" = 0 ] || ex_die "$1 lacks $fault_lost of $fault_acked events"
    [ "$fault_twice" = 0 ] || ex_die "$1 applied $fault_twice events twice"
}

# fault_end: everything stops with status 0, and the journal verifies
fault_end() {
    for fault_code in $fault_publisher $fault_readers broker; do
        if [ -n "$(ex_pid "$fault_code")" ]; then ex_stop "$fault_code"; fi
    done
    "$sacbe" journal verify "$ex/broker/journal.db" --quiet
}

# --- what a process costs

# fault_rss NAME|PID: KiB; fault_fds NAME|PID; fault_threads NAME|PID
fault_proc() {
    case $1 in
    *[!0-9]*) ex_pid "$1" ;;
    *) echo "$1" ;;
    esac
}

fault_rss() {
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(fault_proc "$1")/status"
}

fault_peak() {
    sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(fault_proc "$1")/status"
}

fault_fds() {
    find "/proc/$(fault_proc "$1")/fd" -mindepth 1 2>/dev/null | wc -l
}

fault_threads() {
    sed -n 's/^Threads:[^0-9]*//p' "/proc/$(fault_proc "$1")/status"
}

# fault_is_sanitized: the broker is built so that its memory says nothing
fault_is_sanitized() {
    grep -qE 'lib(asan|tsan)' "/proc/$(ex_pid broker)/maps"
}
