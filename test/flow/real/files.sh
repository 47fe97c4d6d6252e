# The flow of the real files, shared by the tests that run it: pnc drops the traffic files
# of 2017 and 2018, conred the disasters; stcns reads both. Sourced after exchange.sh.
# Folders: $ex/pnc/in, $ex/conred/in; the reader's tables: $ex/stcns/stcns.db

domain=${SACBE_DOMAIN:-$SACBE_SOURCE/../shared/domain}
examples=$SACBE_SOURCE/adapters/examples

real_or_skip() {
    [ -f "$domain/ine_transito_hechos_2017.csv" ] || {
        echo "SKIPPED: no real files in $domain (set SACBE_DOMAIN)"
        exit 77
    }
}

# real_config CODE LINES: the adapter's configuration
real_config() {
    cat >"$ex/$1/adapter.yaml" <<YAML
institution: $1
run_dir: run
state: state
vault: $1.vault
anchor: anchor.json
catalogue_folder: $ex_catalogue
database: $1.db
$2
YAML
}

real_exchange() {
    ex_authority sns
    ex_member pnc "Policía Nacional Civil"
    ex_member conred "Coordinadora Nacional para la Reducción de Desastres"
    ex_member stcns "Secretaría Técnica"
    ex_sign
    ex_grant pnc interior.hecho_transito stcns publica,interna,confidencial
    ex_grant conred riesgos.incidente stcns publica,interna
    ex_sign
    for code in pnc conred; do
        mkdir -p "$ex/$code/in"
        ex_sql "$code" 'SELECT 1' >/dev/null
    done
    sed "s|folder: .*|folder: $ex/pnc/in|" "$examples/transito_ine.map.yaml" \
        >"$ex/pnc/transito.map.yaml"
    sed "s|folder: .*|folder: $ex/conred/in|" "$examples/desinventar.map.yaml" \
        >"$ex/conred/desinventar.map.yaml"
    sed "s|file: .*}|file: stcns.db}|" "$examples/transito.sink.yaml" \
        >"$ex/stcns/transito.sink.yaml"
    sed "s|file: .*}|file: stcns.db}|" "$examples/incidentes.sink.yaml" \
        >"$ex/stcns/incidentes.sink.yaml"
    ex_sql stcns <"$examples/transito.sql"
    ex_sql stcns <"$examples/incidentes.sql"
    real_config pnc 'publishes: [{mapping: transito.map.yaml}]'
    real_config conred 'publishes: [{mapping: desinventar.map.yaml}]'
    real_config stcns 'subscribes: [{sink: transito.sink.yaml}, {sink: incidentes.sink.yaml}]'
    ex_broker_start
    ex_publish
}

real_drop() { # CODE FILE...: files arrive by rename
    real_code=$1
    shift
    for real_file in "$@"; do
        cp "$domain/$real_file" "$ex/$real_code/arriving"
        mv "$ex/$real_code/arriving" "$ex/$real_code/in/$real_file"
    done
}

real_drop_all() {
    for year in 2017 2018; do
        real_drop pnc "ine_transito_hechos_$year.csv" \
            "ine_transito_fallecidos_lesionados_$year.csv"
    done
    real_drop conred riesgos_desinventar_2005_2015.csv
}

# real_is_read CODE N: N files lie in done/
real_is_read() {
    [ "$(find "$ex/$1" -path '*/done/*' -name '*.csv' | wc -l)" -eq "$2" ]
}

real_applied() {
    ex_sql stcns 'SELECT (SELECT count(*) FROM transito) + (SELECT count(*) FROM incidente)'
}

# Events that the reports of the event files name as published
real_published() {
    cat "$ex"/pnc/done/*hechos*.report.json "$ex"/conred/done/*.report.json |
        jq -s 'map(.published) | add'
}

real_is_applied() {
    [ "$(real_applied)" -ge 1 ] && [ "$(real_applied)" -eq "$(real_published)" ]
}

# The reader's tables, row for row, with the seq under which each was applied.
real_dump() {
    ex_sql stcns "
        SELECT 't', * FROM transito ORDER BY stream, id_local;
        SELECT 'v', * FROM transito_vehiculo ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
        SELECT 'p', * FROM transito_persona ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
        SELECT 'i', * FROM incidente ORDER BY stream, id_local;"
}

real_no_alarm() {
    if grep -hE 'SB-(515|518|519|520)' "$ex"/log/*.log; then
        ex_die "an alarm of equivocation or of a foreign claim was raised"
    fi
}

real_in_is_empty() { # CODE
    [ -z "$(find "$ex/$1/in" -maxdepth 1 -name '*.csv')" ]
}
