#!/bin/sh
# The demonstration: a broker and four institutions as separate processes, each with its
# own database in its own schema, in one temporary folder. Rows travel; every line that
# is printed with "ok" was compared with what must be there; any difference ends it.
#   sh broker/demo.sh [--keep]
# --keep leaves it running and prints what to try. SACBE_BUILD uses a build that exists.
set -eu
keep=no
for option in "$@"; do
    case $option in
    --keep) keep=yes ;;
    *)
        echo "usage: sh broker/demo.sh [--keep]" >&2
        exit 2
        ;;
    esac
done
folder=$(cd "$(dirname "$0")" && pwd)
SACBE_SOURCE=$(dirname "$folder")
if [ -z "${SACBE_BUILD-}" ]; then
    . "$folder/../test/ensure.sh"
    ensure build demo
    SACBE_BUILD=$SACBE_SOURCE/build/release
    echo "Building in build/release ..."
    mkdir -p "$SACBE_BUILD"
    if ! { (cd "$SACBE_SOURCE" && cmake --preset release -B "$SACBE_BUILD") &&
        cmake --build "$SACBE_BUILD" -j "$jobs" --target sacbe sacbe-broker sacbe-adapter; } \
        >"$SACBE_BUILD/demo.log" 2>&1; then
        tail -n 40 "$SACBE_BUILD/demo.log" >&2
        exit 1
    fi
fi
. "$SACBE_SOURCE/test/flow/exchange.sh"
demo=$SACBE_SOURCE/adapters/examples/demo
began=$(ex_now_ms)

title() {
    printf '\n%s\n' "$*"
}

# ok WHAT: said after it was compared
ok() {
    printf '  ok  %s\n' "$*"
}

# expect WHAT WANTED GOT
expect() {
    [ "$2" = "$3" ] || ex_die "$1: expected \"$2\", got \"$3\""
    ok "$1"
}

# arrives CODE WHAT SQL TEXT: within the deadline the reader's own table says this
arrives() {
    ex_wait 20 "$1: $2" ex_is "$1" "$3" "$4"
    printf '  ok  %-7s %s\n' "$1" "$2"
}

# ---------------------------------------------------------------- the exchange
ex_begin
title "1. An exchange: one root, a broker, four institutions, eleven grants"
ex_authority sns
ex_member pnc "Policía Nacional Civil"
ex_member conred "Coordinadora para la Reducción de Desastres"
ex_member igm "Instituto Guatemalteco de Migración"
ex_member stcns "Secretaría Técnica del Consejo"
ex_sign
ex_grant pnc interior.hecho_transito conred publica
ex_grant pnc interior.hecho_transito igm publica,interna
ex_grant pnc interior.hecho_transito stcns publica,confidencial
ex_grant pnc interior.persona_desaparecida igm publica,confidencial
ex_grant pnc interior.persona_desaparecida stcns publica
ex_grant conred riesgos.incidente pnc publica
ex_grant conred riesgos.incidente stcns publica
ex_grant conred riesgos.sismo stcns publica
ex_grant stcns comun.alerta pnc publica
ex_grant stcns comun.alerta conred publica
ex_grant stcns comun.alerta igm publica,interna
ex_sign
"$sacbe" grant list -d "$ex_signed" --matrix
for code in pnc conred igm stcns; do
    ex_adapter $code "$demo/$code"
done
for code in pnc conred stcns; do
    ex_capture $code
done

title "2. Five processes"
ex_broker_start
ex_publish
for code in pnc conred igm stcns; do
    ex_adapter_start $code
done
for name in broker pnc conred igm stcns; do
    printf '  %-7s process %s\n' $name "$(ex_pid $name)"
done

# ---------------------------------------------------------------- rows travel
title "3. Rows are inserted: in pnc's letters and names, in conred's kilometres"
ex_sql pnc <<'SQL'
BEGIN;
INSERT INTO novedad VALUES
    ('T-1', '14/11/2026', '07:40', 'Guatemala', 'Mixco', NULL, 'COL'),
    ('T-2', '15/11/2026', NULL, 'Escuintla', 'Palín', NULL, 'ATR'),
    ('T-3', '15/11/2026', '22:05', 'Guatemala', 'Guatemala', 7, 'VUE');
INSERT INTO unidad VALUES
    ('T-1', 1, 'AUTO', 'Rojo', 2014, 'S'),
    ('T-1', 2, 'MOTO', 'Negro', 2021, 'N'),
    ('T-2', 1, 'BEXT', 'Varios colores', 2003, 'N'),
    ('T-3', 1, 'PICK', 'Gris', 1998, 'N');
INSERT INTO victima VALUES
    ('T-1', 1, 'M', 31, 'F', 'N'),
    ('T-1', 2, NULL, 999, 'L', 'S'),
    ('T-2', 1, 'F', 62, 'L', 'S'),
    ('T-3', 1, 'M', 19, 'L', 'N');
COMMIT;
INSERT INTO busqueda VALUES ('AK-77', 'AK', 'ACT', '2026-11-16 17:30', 'Guatemala',
    'Villa Nueva', 'F', 9, 'Ejemplo Inventado Pérez');
SQL
ex_sql conred <<'SQL'
INSERT INTO emergencia VALUES (501, 'inundación', 101, 2026, 11, 16, 4, 'El Zapote', 0, 1.25);
INSERT INTO emergencia VALUES (502, 'derrumbe', NULL, 2026, 11, 16, NULL, NULL, NULL, 0.3);
INSERT INTO temblor VALUES ('us7000demo', '2026-11-16 03:12', 14.1, -90.6, 35200.0, 5.1, 'mww', 'A');
SQL
arrives conred "traffic events, the public part" \
    "SELECT group_concat(numero || ' ' || muni || ' ' || tipo || ' ' || vehiculos || 'v ' || personas || 'p', ', ') FROM (SELECT * FROM choque_publico ORDER BY numero)" \
    'T-1 0108 1 2v 2p, T-2 0511 5 1v 1p, T-3 0101 3 1v 1p'
arrives conred "sex and age are withheld, and the row says why" \
    "SELECT count(*) || ' ' || count(sexo) || ' ' || min(porque) FROM choque_publico" '3 0 reservado'
arrives igm "persons with sex and age; why a sex is unknown" \
    "SELECT group_concat(ref || ' ' || ifnull(sexo, '?') || ' ' || ifnull(edad, '?') || ifnull(' ' || porque, ''), ', ') FROM (SELECT * FROM puesto_persona ORDER BY ref, rowid)" \
    'T-1 H 31, T-1 ? ? no_registrado, T-2 M 62, T-3 H 19'
arrives igm "outcomes are withheld" "SELECT count(resultado) FROM puesto_persona" 0
arrives igm "the missing person, with the name" \
    "SELECT ref || ' ' || activa || ' ' || clase || ' ' || nombre || ' ' || municipio FROM puesto_busca" \
    'AK-77 1 alba_keneth Ejemplo Inventado Pérez 0115'
arrives stcns "outcomes counted, without sex or age" \
    "SELECT group_concat(id || ' ' || fallecidos || 'f ' || lesionados || 'l ' || ebrios || 'e', ', ') FROM (SELECT * FROM conteo_transito ORDER BY id)" \
    'T-1 1f 1l 1e, T-2 0f 1l 0e, T-3 0f 1l 0e'
arrives stcns "the missing person: that and where, not who" \
    "SELECT id || ' ' || alerta || ' ' || estado || ' ' || depto FROM conteo_busca" \
    'AK-77 alba_keneth activada 01'
arrives stcns "incidents and the earthquake, metres become kilometres" \
    "SELECT (SELECT group_concat(evento, ' ') FROM (SELECT * FROM conteo_riesgo ORDER BY id)) || ' ' || (SELECT magnitud || ' ' || km FROM conteo_sismo)" \
    'FLOOD LANDSLIDE 5.1 35.2'
arrives pnc "incidents, kilometres become metres" \
    "SELECT group_concat(numero || ' ' || ifnull(muni, '?') || ' ' || metros_via, ', ') FROM (SELECT * FROM riesgo ORDER BY numero)" \
    'E-501 0101 1250.0, E-502 ? 300.0'

title "4. A row is corrected, another deleted, at pnc and at conred"
ex_sql pnc "UPDATE novedad SET clase = 'CHO' WHERE correlativo = 'T-2'"
ex_sql pnc "BEGIN; DELETE FROM victima WHERE correlativo = 'T-3'; DELETE FROM unidad WHERE correlativo = 'T-3'; DELETE FROM novedad WHERE correlativo = 'T-3'; COMMIT"
ex_sql conred "UPDATE emergencia SET fallecidos = 2 WHERE id = 501; DELETE FROM emergencia WHERE id = 502; UPDATE temblor SET mag = 5.3, revision = 'R'"
arrives conred "T-2 is a crash now, T-3 is gone" \
    "SELECT group_concat(numero || ' ' || tipo, ', ') FROM (SELECT * FROM choque_publico ORDER BY numero)" 'T-1 1, T-2 2'
arrives igm "T-2 is a crash now, T-3 and its persons are gone" \
    "SELECT (SELECT group_concat(ref || ' ' || tipo, ', ') FROM (SELECT * FROM puesto_transito ORDER BY ref)) || '; ' || (SELECT count(*) FROM puesto_persona)" \
    'T-1 1, T-2 2; 3'
arrives stcns "T-2 and T-3 too; the incident's dead; the earthquake revised" \
    "SELECT (SELECT group_concat(id || ' ' || tipo, ', ') FROM (SELECT * FROM conteo_transito ORDER BY id)) || '; ' || (SELECT group_concat(id || ' ' || muertos) FROM conteo_riesgo) || '; ' || (SELECT magnitud FROM conteo_sismo)" \
    'T-1 1, T-2 2; E-501 2; 5.3'
arrives pnc "the incident's dead; the other incident is gone" \
    "SELECT group_concat(numero || ' ' || fallecidos) FROM riesgo" 'E-501 2'

title "5. An alert from stcns to all others"
sent=$(ex_now_ms)
ex_sql stcns "BEGIN; INSERT INTO boletin_area VALUES (9, '01'), (9, '0501'); INSERT INTO boletin VALUES (9, 'riesgos', 'N', '2026-11-16 06:00', 12, 'Crecida probable'); COMMIT"
everywhere() {
    [ "$(ex_sql pnc 'SELECT nivel FROM aviso')$(ex_sql conred 'SELECT nivel FROM alerta_recibida')$(ex_sql igm 'SELECT nivel FROM puesto_alerta')" = anaranjadaanaranjadaanaranjada ]
}
ex_wait 20 "the alert stands in three databases" everywhere
took=$(($(ex_now_ms) - sent))
ok "in the tables of pnc, conred and igm $took ms after its insertion began"
arrives igm "its text, which is interna" "SELECT texto FROM puesto_alerta" 'Crecida probable'

# ---------------------------------------------------------------- who sees what
title "6. One traffic event, opened from the journal by four institutions"
for code in pnc conred igm stcns; do
    "$sacbe" journal replay broker/journal.db --vault $code/$code.vault \
        --anchor $code/anchor.json --catalogue "$ex_catalogue" >$code/replay.jsonl
    grep -F '"id":"pnc/interior.hecho_transito@1"' $code/replay.jsonl >$code/event.json
done
sqlite3 -batch :memory: <<'SQL'
CREATE TABLE seen AS
SELECT who, replace(substr(fullkey, 8), '"', '') AS field, CAST(atom AS TEXT) AS value
  FROM (SELECT 'pnc' AS who, readfile('pnc/event.json') AS text
        UNION ALL SELECT 'igm', readfile('igm/event.json')
        UNION ALL SELECT 'stcns', readfile('stcns/event.json')
        UNION ALL SELECT 'conred', readfile('conred/event.json')) AS event,
       json_tree(event.text, '$.data')
 WHERE atom IS NOT NULL;
CREATE VIEW wide AS
SELECT field, min(rowid) AS place,
       max(iif(who = 'pnc', substr(value, 1, 16), NULL)) AS pnc,
       max(iif(who = 'igm', substr(value, 1, 16), NULL)) AS igm,
       max(iif(who = 'stcns', substr(value, 1, 16), NULL)) AS stcns,
       max(iif(who = 'conred', substr(value, 1, 16), NULL)) AS conred
  FROM seen GROUP BY field;
.output fields.txt
SELECT printf('  %-24s %-17s %-17s %-17s %s', 'FIELD', 'pnc (all)', 'igm (P, I)',
              'stcns (P, C)', 'conred (P)')
UNION ALL
SELECT * FROM (SELECT printf('  %-24s %-17s %-17s %-17s %s', field, pnc, ifnull(igm, '-'),
                             ifnull(stcns, '-'), ifnull(conred, '-'))
                 FROM wide ORDER BY place);
.output sets.txt
SELECT who || ': ' || group_concat(field, ' ')
  FROM (SELECT * FROM seen ORDER BY who, field) GROUP BY who ORDER BY who;
.output
SQL
cat fields.txt
public="calidad.zona depto id_local municipio ocurrido_en ocurrido_precision operacion"
kind="tipo_eve"
car() { # NUMBER [estado_con]
    echo "vehiculos[$1].color ${2:+vehiculos[$1].$2 }vehiculos[$1].modelo vehiculos[$1].tipo_veh"
}
cat >expected.txt <<SETS
conred: $public $kind $(car 0) $(car 1)
igm: $public personas[0].edad personas[0].sexo personas[1].calidad.edad personas[1].calidad.sexo $kind $(car 0) $(car 1)
pnc: $public personas[0].edad personas[0].fall_les personas[0].int_o_noint personas[0].sexo personas[1].calidad.edad personas[1].calidad.sexo personas[1].fall_les personas[1].int_o_noint $kind $(car 0 estado_con) $(car 1 estado_con)
stcns: $public personas[0].fall_les personas[0].int_o_noint personas[1].fall_les personas[1].int_o_noint $kind $(car 0 estado_con) $(car 1 estado_con)
SETS
expect "each sees exactly its fields" "$(cat expected.txt)" "$(cat sets.txt)"

title "7. Rows that cannot be mapped: quarantine with the reason; nothing is guessed"
ex_sql pnc "INSERT INTO novedad VALUES ('T-8', '16/11/2026', '10:00', 'Guatemala', 'Mixco', NULL, 'XYZ')"
ex_sql pnc "INSERT INTO novedad VALUES ('T-9', '31/06/2026', '10:00', 'Guatemala', 'Mixco', NULL, 'COL')"
in_quarantine() {
    "$sacbe" quarantine list -c pnc/adapter.yaml >quarantine.txt
    grep -q T-8 quarantine.txt && grep -q T-9 quarantine.txt
}
ex_wait 20 "two rows in quarantine" in_quarantine
sed 's/^/  /' quarantine.txt
ex_has_line quarantine.txt 'T-8 *SB-319 */tipo_eve' || ex_die "T-8: $(cat quarantine.txt)"
ex_has_line quarantine.txt 'T-9 *SB-315 */ocurrido_en' || ex_die "T-9: $(cat quarantine.txt)"
ok "a kind that no list has, and 31 June: kept at pnc, not sent"

title "8. The journal's file, checked where it stands"
"$sacbe" journal verify broker/journal.db >verify.txt || ex_die "$(cat verify.txt)"
sed 's/^/  /' verify.txt
grep -q '^RESULT: PASSED' verify.txt || ex_die "the journal is not verified"

# ---------------------------------------------------------------- who sent, who applied
title "9. Who sent and who applied what"
for code in pnc conred igm stcns; do
    "$sacbe" status -c $code/adapter.yaml --json >$code/status.json
done
sqlite3 -batch :memory: >table.txt <<'SQL'
CREATE TABLE status AS
SELECT 'pnc' AS who, readfile('pnc/status.json') AS text
UNION ALL SELECT 'conred', readfile('conred/status.json')
UNION ALL SELECT 'igm', readfile('igm/status.json')
UNION ALL SELECT 'stcns', readfile('stcns/status.json');
CREATE TABLE sent AS
SELECT s.value ->> 'stream' AS stream, s.value ->> 'stored' AS n
  FROM status, json_each(text, '$.streams') AS s;
CREATE TABLE applied AS
SELECT who, s.value ->> 'stream' AS stream, s.value ->> 'applied' AS n
  FROM status, json_each(text, '$.readings') AS s;
SELECT printf('  %-34s %5s %5s %7s %5s %6s', 'STREAM', 'SENT', 'pnc', 'conred', 'igm', 'stcns');
SELECT printf('  %-34s %5s %5s %7s %5s %6s', stream, n,
              ifnull((SELECT n FROM applied AS a WHERE a.stream = s.stream AND who = 'pnc'), '-'),
              ifnull((SELECT n FROM applied AS a WHERE a.stream = s.stream AND who = 'conred'), '-'),
              ifnull((SELECT n FROM applied AS a WHERE a.stream = s.stream AND who = 'igm'), '-'),
              ifnull((SELECT n FROM applied AS a WHERE a.stream = s.stream AND who = 'stcns'), '-'))
  FROM sent AS s ORDER BY stream;
SQL
cat table.txt
cat >expected.txt <<'TABLE'
STREAM SENT pnc conred igm stcns
conred/riesgos.incidente 4 4 - - 4
conred/riesgos.sismo 2 - - - 2
pnc/interior.hecho_transito 5 - 5 5 5
pnc/interior.persona_desaparecida 1 - - 1 1
stcns/comun.alerta 1 1 1 1 -
TABLE
expect "every event that was sent stands at every reader that has a grant, once" \
    "$(cat expected.txt)" "$(sed 's/^ *//; s/  */ /g' table.txt)"
expect "3 inserted, 1 corrected, 1 deleted of the traffic events" \
    "alta 3 anulacion 1 correccion 1" \
    "$(grep -F '"id":"pnc/interior.hecho_transito@' pnc/replay.jsonl |
        grep -o '"operacion":"[a-z]*"' | sort | uniq -c |
        sed 's/ *\([0-9]*\) "operacion":"\(.*\)"/\2 \1/' | tr '\n' ' ' | sed 's/ $//')"
# ---------------------------------------------------------------- evidence
title "10. What an auditor gets: a folder, one file, the roots as they were published"
"$sacbe" directory show --roots broker/anchor.json >roots.txt
ex_wait 20 "all entries stand under a signed checkpoint" ex_final "$(ex_status broker .entries)"
"$sacbe" journal export bundle -c broker/broker.yaml --quiet
"$sacbe" audit verify bundle --roots roots.txt >audit.txt || ex_die "$(cat audit.txt)"
sed 's/^/  /' audit.txt
ok "the folder, judged without the broker"
"$sacbe" event prove pnc/interior.hecho_transito@1 -c igm/adapter.yaml -o event.proof --quiet
"$sacbe" audit attribute event.proof --roots roots.txt >audit.txt || ex_die "$(cat audit.txt)"
grep -E -e '^(Stream|Event|Signed by|Name|Key|Valid) ' -e '^ *RESULT' audit.txt | sed 's/^ */  /'
ok "igm's file of one event: who sent it, with which key"

if grep -h -e '^error' -e 'code=SB-515' -e 'code=SB-518' log/*.log; then
    ex_die "a log has an alarm"
fi

seconds=$((($(ex_now_ms) - began) / 1000))
if [ $keep = yes ]; then
    ex_keep=yes
    cat >end <<END
pids='$(cat run/*.pid | tr '\n' ' ')'
kill \$pids
for pid in \$pids; do
    while grep -q '^State:[[:space:]]*[^Z[:space:]]' /proc/\$pid/status 2>/dev/null; do
        sleep 0.1
    done
done
rm -r '$ex'
END
    cat <<TEXT

It goes on running, in $ex. To try:

  cd $ex
  PATH=\$PATH:$(dirname "$sacbe")
  sacbe status -c broker/broker.yaml
  sacbe tail -f -c broker/broker.yaml
  sacbe status -c stcns/adapter.yaml
  sqlite3 pnc/pnc.db "UPDATE novedad SET zona = 3 WHERE correlativo = 'T-1'"
  sqlite3 igm/igm.db "SELECT * FROM puesto_transito"
  sacbe quarantine list -c pnc/adapter.yaml
  sqlite3 pnc/pnc.db "UPDATE novedad SET clase = 'ENC' WHERE correlativo = 'T-8'"
  sacbe audit deliveries bundle --roots roots.txt
  sacbe journal replay broker/journal.db --vault igm/igm.vault --anchor igm/anchor.json --catalogue $ex_catalogue

To end it:

  sh $ex/end
TEXT
else
    ex_stop pnc conred igm stcns broker
fi
title "The demonstration is whole: $seconds seconds."
