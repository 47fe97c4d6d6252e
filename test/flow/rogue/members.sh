# Institutions that watch a broker which may lie. Sourced by this folder's tests after
# exchange.sh; POSIX sh.
#
#   rogue=PROGRAM
#   ex_member igm igm; station igm; happens igm 201; has conred 201
#   rogue_start broker broker "ROGUE_MUTE=igm"     twist.h lists its lies
demo=$SACBE_SOURCE/adapters/examples/demo
type=riesgos.incidente

# As the exchange's, with a witness key.
ex_identity() {
    mkdir -p "$ex/$1"
    cp "$ex/broker/anchor.json" "$ex/$1/anchor.json"
    "$sacbe" identity new --institution "$1" --name "$2" --anchor "$ex/$1/anchor.json" \
        -o "$ex/$1/$1.vault" --no-passphrase --witness --quiet
}

# station CODE: its folder; an adapter that publishes incidents and applies those of others
station() {
    mkdir -p "$ex/files/$1"
    cp "$demo/conred/emergencia.map.yaml" "$ex/files/$1/"
    sed "s/stcns\.db/$1.db/" "$demo/stcns/riesgo.sink.yaml" >"$ex/files/$1/riesgo.sink.yaml"
    cat "$demo/conred/tables.sql" "$demo/stcns/tables.sql" >"$ex/files/$1/tables.sql"
    ex_adapter "$1" "$ex/files/$1"
    ex_capture "$1"
}

# witness CODE: its folder; a witness without a database
witness() {
    printf '%s\n' "institution: $1" "run_dir: run" "vault: $1.vault" \
        "anchor: anchor.json" "state: state" >"$ex/$1/witness.yaml"
}

# happens CODE NUMBER: one incident, in the institution's own table
happens() {
    ex_sql "$1" "$(incident "$2")"
}

incident() { # NUMBER: as SQL
    echo "INSERT INTO emergencia
        VALUES ($1, 'inundación', 101, 2026, 11, 16, 4, 'El Zapote', 0, 1.25);"
}

# has CODE NUMBER: this incident is in its table (its own is, too: its sink asks for all)
has() {
    ex_is "$1" "SELECT count(*) FROM conteo_riesgo WHERE id = 'E-$2'" 1
}

# rogue_start NAME FOLDER [LIE=...]...
rogue_start() {
    rogue_name=$1
    rogue_folder=$2
    shift 2
    ex_start "$rogue_name" env "$@" "$rogue" -c "$ex/$rogue_folder/broker.yaml"
}

# state FOLDER/FILE.yaml JQ: whether the daemon's status answers true
state() {
    "$sacbe" status -c "$ex/$1" --json | jq -e "$2"
}

# count_of NAME TEXT: lines of its log with this text
count_of() {
    grep -ac -- "$2" "$ex/log/$1.log" || :
}

# more_than NAME TEXT NUMBER
more_than() {
    [ "$(count_of "$1" "$2")" -gt "$3" ]
}

# attends CODE FILE SB-CODE: its status is not well, and tells of this code
attends() {
    got=0
    "$sacbe" status -c "$ex/$1/$2" --check >"$ex/check.txt" 2>&1 || got=$?
    [ "$got" = 1 ] || [ "$got" = 3 ] || ex_die "status --check of $1: exit $got"
    grep -q "ATTENTION.*$3" "$ex/check.txt" || ex_die "$1: $(cat "$ex/check.txt")"
}
