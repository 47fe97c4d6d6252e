#!/bin/sh
# Each row of the real files stands in exactly one place: applied at the reader, or in
# quarantine with its reason; the counts are those of the files' description. A second
# drop of the same files adds nothing.
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/real/files.sh"
real_or_skip
ex_begin
real_exchange
ex_adapter_start pnc
ex_adapter_start conred
ex_adapter_start stcns
start=$(ex_now_ms)
real_drop_all
ex_wait 120 "pnc reads its four files" real_is_read pnc 4
ex_wait 60 "conred reads its file" real_is_read conred 1
ex_wait 120 "stcns applies what was published" real_is_applied
took=$(($(ex_now_ms) - start))

# reports CODE FILE-PATTERN: of the files in done/, one JSON document after another
reports() {
    cat "$ex/$1"/done/*$2*.report.json
}

# by_reason CODE FILE-PATTERN REASON: rows of these files in quarantine for this reason
by_reason() {
    reports "$1" "$2" | jq -s --arg r "$3" 'map(.quarantined[$r].count // 0) | add'
}

quarantined() { # CODE FILE-PATTERN
    reports "$1" "$2" | jq -s 'map(.quarantined[].count) | add // 0'
}

rows_of() { # CODE FILE-PATTERN
    reports "$1" "$2" | jq -s 'map(.rows) | add'
}

bad=0
expect() { # WHAT GOT WANTED
    mark=ok
    [ "$2" = "$3" ] || { mark="WRONG, expected $3"; bad=1; }
    printf '  %-52s %7s  %s\n' "$1" "$2" "$mark"
}

in_transito=$(ex_sql stcns 'SELECT count(*) FROM transito')
persons=$(ex_sql stcns 'SELECT count(*) FROM transito_persona')
incidents=$(ex_sql stcns 'SELECT count(*) FROM incidente')
echo "Real files, $took ms from the first drop to the last row applied"
expect "traffic events: applied + quarantined" \
    $((in_transito + $(quarantined pnc hechos))) 12274
expect "traffic events: rows of the two files" "$(rows_of pnc hechos)" 12274
expect "traffic events: applied" "$in_transito" 12274
expect "persons 2017: without an event" "$(by_reason pnc lesionados_2017 persona_sin_evento)" 172
expect "persons 2017: several events" "$(by_reason pnc lesionados_2017 persona_varios_eventos)" 82
expect "persons 2018: without an event" "$(by_reason pnc lesionados_2018 persona_sin_evento)" 375
expect "persons 2018: several events" "$(by_reason pnc lesionados_2018 persona_varios_eventos)" 80
expect "persons inside applied events 2017" \
    "$(ex_sql stcns "SELECT count(*) FROM transito_persona WHERE id_local LIKE '2017-%'")" 8371
expect "persons inside applied events 2018" \
    "$(ex_sql stcns "SELECT count(*) FROM transito_persona WHERE id_local LIKE '2018-%'")" 8952
expect "persons: applied + quarantined" \
    $((persons + $(quarantined pnc lesionados))) "$(rows_of pnc lesionados)"
expect "disasters: applied" "$incidents" 3895
expect "disasters: quarantined" "$(quarantined conred desinventar)" 5
expect "disasters without a municipality, with its reason" \
    "$(ex_sql stcns "SELECT count(*) FROM incidente WHERE municipio IS NULL AND sin_municipio = 'no_registrado'")" 73
expect "zone unknown in the capital" \
    "$(ex_sql stcns "SELECT count(*) FROM transito WHERE municipio = '0101' AND sin_zona = 'no_registrado'")" 145
expect "zone not applicable elsewhere" \
    "$(ex_sql stcns "SELECT count(*) FROM transito WHERE municipio <> '0101' AND sin_zona = 'no_aplica'")" 9444

real_dump >"$ex/first.txt"
real_drop_all
ex_wait 60 "pnc reads its files again" real_in_is_empty pnc
ex_wait 60 "conred reads its file again" real_in_is_empty conred
real_dump >"$ex/second.txt"
expect "a second run adds (lines of difference)" \
    "$(diff "$ex/first.txt" "$ex/second.txt" | wc -l)" 0
real_no_alarm
ex_stop pnc conred stcns broker
"$sacbe" journal verify "$ex/broker/journal.db"
exit $bad
