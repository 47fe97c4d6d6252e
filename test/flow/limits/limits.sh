#!/bin/sh
# An institution over its quota: pnc back-fills SACBE_BACKFILL traffic events (default
# 1,600) while the directory gives it 120 events a second. Its adapter waits as it is
# told and says so, alerts of stcns and of pnc itself arrive meanwhile, and in the end
# all rows are there, each applied once. A session too many is turned away. How long the
# alerts took is printed, not judged. Usage: limits.sh
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
demo=$SACBE_SOURCE/adapters/examples/demo
rows=${SACBE_BACKFILL:-1600}

ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil"
ex_member igm "Instituto Guatemalteco de Migración"
ex_member stcns "Secretaría Técnica del Consejo"
ex_sign
ex_grant pnc interior.hecho_transito igm publica,interna
ex_grant pnc comun.alerta igm publica,interna
ex_grant stcns comun.alerta igm publica,interna
ex_policy --limit bytes_s=50M --limit connections=8 --limit pnc:events_s=120 \
    --limit stcns:connections=1
"$sacbe" directory diff "office/directory-$ex_version.sbd" "$ex_draft" \
    --anchor office/anchor.json --json >office/diff.json && ex_die "nothing changed"
grep -q 'events_s.pnc' office/diff.json || ex_die "the diff hides a limit"
if "$sacbe" directory policy -d "$ex_draft" --anchor office/anchor.json \
    --limit pnc:events=1 -o office/wrong.sbd --quiet 2>office/wrong.txt; then
    ex_die "an unknown limit was taken"
fi
grep -q journal_bytes office/wrong.txt || ex_die "the refusal does not say what there is"
ex_sign

cp -r "$demo/pnc" office/pnc-and-alerts
cp "$demo/stcns/boletin.map.yaml" office/pnc-and-alerts/
cat "$demo/stcns/tables.sql" >>office/pnc-and-alerts/tables.sql
rm office/pnc-and-alerts/*.sink.yaml office/pnc-and-alerts/busqueda.map.yaml
cp -r "$demo/stcns" office/stcns-alerts
rm office/stcns-alerts/*.sink.yaml
ex_adapter pnc "$ex/office/pnc-and-alerts"
ex_adapter igm "$demo/igm"
ex_adapter stcns "$ex/office/stcns-alerts"
ex_sql igm "CREATE TABLE done(ref TEXT);
    CREATE TRIGGER each AFTER INSERT ON puesto_transito
    BEGIN INSERT INTO done VALUES (new.ref); END;"
ex_sql pnc "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
    INSERT INTO novedad(correlativo, fecha, hora, departamento, lugar_muni, zona, clase)
    SELECT printf('T-%07d', i), printf('%02d/%02d/2025', 1 + i % 28, 1 + i % 12),
           printf('%02d:%02d', i % 24, i % 60), 'Guatemala', 'Mixco', NULL, 'COL' FROM n;"
ex_capture pnc
ex_capture stcns
ex_broker_start
ex_publish
for code in igm stcns pnc; do ex_adapter_start $code; done

insert_alert() { # CODE NUMBER
    ex_sql "$1" "
        BEGIN;
        INSERT INTO boletin_area VALUES ($2, '01'), ($2, '2201');
        INSERT INTO boletin VALUES ($2, 'riesgos', 'R', '2026-11-23 06:00', 12, 'Evacuar');
        COMMIT;"
}

applied() {
    ex_sql igm 'SELECT count(*) FROM puesto_transito'
}

is_held() {
    ex_says pnc '[.streams[] | select(.held_ms > 0)] | length > 0'
}

share() { # FILTER: of pnc's row in the broker's status
    ex_status broker ".limits[] | select(.institution == \"pnc\") | $1"
}

lag_tells() { # held back it is only most of the time
    ! "$sacbe" lag -c pnc/adapter.yaml >office/lag.txt &&
        grep -q 'over its quota: again in' office/lag.txt
}

ex_wait 60 "pnc is held back" is_held
ex_wait 60 "lag tells the cause" lag_tells
for number in 1 2 3; do
    for code in stcns pnc; do
        start=$(ex_now_ms)
        insert_alert $code $number
        ex_wait 60 "alert $number of $code" ex_is igm "SELECT count(*) FROM puesto_alerta
            WHERE origen = '$code/comun.alerta' AND ref = 'B$number'" 1
        echo "alert $number of $code: $(($(ex_now_ms) - start)) ms, with $(applied) of" \
            "$rows back-filled"
    done
done
[ "$(applied)" -lt "$rows" ] || ex_die "the last alert came after all $rows events"
ex_wait $((60 + rows / 60)) "the back-fill ends" \
    ex_is igm 'SELECT count(*) FROM puesto_transito' "$rows"
ex_is igm 'SELECT count(*) - count(DISTINCT ref) FROM done' 0 || ex_die "applied twice"
ex_says pnc '[.streams[] | .held_ms == 0] | all' ||
    ex_die "pnc is still held back"

# the broker's view: what was refused, what stands in its journal
[ "$(share '.refused_quota > 0')" = true ] || ex_die "the broker counts no refusal"
[ "$(share '.journal_bytes > 100000')" = true ] || ex_die "no bytes are counted"
[ "$(share '.events_s_limit')" = 120 ] || ex_die "the limit is not shown"
"$sacbe" metrics -c broker/broker.yaml >office/metrics.txt
for line in 'sacbe_broker_institution_events_limit{institution="pnc"} 120' \
    '# TYPE sacbe_broker_refusals_total counter' \
    'sacbe_broker_refusals_total{institution="pnc",code="SB-523"} '; do
    grep -qF -- "$line" office/metrics.txt || ex_die "no $line among the metrics"
done
"$sacbe" metrics -c pnc/adapter.yaml >office/metrics.txt
grep -q '^sacbe_adapter_outbox_events{stream="pnc/comun.alerta"} 0$' office/metrics.txt ||
    ex_die "the adapter tells no outbox"
before=$(share .journal_bytes)
ex_stop broker
ex_broker_start
[ "$(ex_status broker '.limits[] | select(.institution == "pnc") | .journal_bytes')" = \
    "$before" ] || ex_die "a restart forgets what stands in the journal"
ex_kill broker
rm broker/journal.db-use
ex_broker_start
[ "$(ex_status broker '.limits[] | select(.institution == "pnc") | .journal_bytes')" -ge \
    $((before - before / 100)) ] || ex_die "the journal's bytes are not found again"

# a second session of stcns, with the same keys
cp -r stcns stcns-2
rm -rf stcns-2/run stcns-2/state*
ex_wait 30 "stcns is back" ex_says stcns .connected
ex_adapter_start stcns-2
ex_wait 30 "stcns-2 is turned away" ex_has_line log/stcns-2.log SB-523
ex_says stcns .connected || ex_die "the first session was lost"
ex_stop pnc igm stcns stcns-2 broker
"$sacbe" journal verify broker/journal.db --quiet
