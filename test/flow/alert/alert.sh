#!/bin/sh
# An alert overtakes a back-fill: while SACBE_BACKFILL traffic events (default 20,000) go
# from pnc to igm, alerts of stcns and of pnc itself, whose adapter is busy with the
# back-fill, arrive in igm's table: at its beginning, and at one and two thirds. How long
# each took is printed, not judged; that they come before the back-fill's end is.
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
demo=$SACBE_SOURCE/adapters/examples/demo
rows=${SACBE_BACKFILL:-20000}

ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil"
ex_member igm "Instituto Guatemalteco de Migración"
ex_member stcns "Secretaría Técnica del Consejo"
ex_sign
ex_grant pnc interior.hecho_transito igm publica,interna
ex_grant pnc comun.alerta igm publica,interna
ex_grant stcns comun.alerta igm publica,interna
ex_sign

cp -r "$demo/pnc" "$ex/pnc-and-alerts"
cp "$demo/stcns/boletin.map.yaml" "$ex/pnc-and-alerts/"
cat "$demo/stcns/tables.sql" >>"$ex/pnc-and-alerts/tables.sql"
rm "$ex/pnc-and-alerts"/*.sink.yaml "$ex/pnc-and-alerts/busqueda.map.yaml"
ex_adapter pnc "$ex/pnc-and-alerts"
ex_adapter igm "$demo/igm"
cp -r "$demo/stcns" "$ex/stcns-alerts"
rm "$ex/stcns-alerts"/*.sink.yaml
ex_adapter stcns "$ex/stcns-alerts"

ex_sql pnc "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
    INSERT INTO novedad(correlativo, fecha, hora, departamento, lugar_muni, zona, clase)
    SELECT printf('T-%07d', i), printf('%02d/%02d/2025', 1 + i % 28, 1 + i % 12),
           printf('%02d:%02d', i % 24, i % 60), 'Guatemala', 'Mixco', NULL, 'COL' FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
    INSERT INTO victima(correlativo, orden, sexo, edad, resultado)
    SELECT printf('T-%07d', i), 1, 'F', i % 90, 'L' FROM n;"
ex_capture pnc
ex_capture stcns
ex_broker_start
ex_publish
for code in igm stcns pnc; do ex_adapter_start $code; done

applied() {
    ex_sql igm 'SELECT count(*) FROM puesto_transito'
}

# applied_at_least N
applied_at_least() {
    [ "$(applied)" -ge "$1" ]
}

insert_alert() { # CODE NUMBER
    ex_sql "$1" "
        BEGIN;
        INSERT INTO boletin_area VALUES ($2, '01'), ($2, '2201');
        INSERT INTO boletin VALUES ($2, 'riesgos', 'R', '2026-11-23 06:00', 12, 'Evacuar');
        COMMIT;"
}

alert_arrived() { # CODE NUMBER
    [ -n "$(ex_sql igm "SELECT 1 FROM puesto_alerta WHERE origen = '$1/comun.alerta' AND ref = 'B$2'")" ]
}

ex_wait 120 "the back-fill begins to arrive" applied_at_least 256
began=$(ex_now_ms)
before=$(applied)
for number in 1 2 3; do
    ex_wait $((60 + rows / 500)) "a part of the back-fill" \
        applied_at_least $((rows * (number - 1) / 3 + 256))
    for code in stcns pnc; do
        start=$(ex_now_ms)
        insert_alert $code $number
        ex_wait 60 "alert $number of $code" alert_arrived $code $number
        echo "alert $number of $code: $(($(ex_now_ms) - start)) ms from its insertion to igm's" \
            "table, with $(applied) of $rows back-filled"
    done
done
after=$(applied)
[ "$after" -lt "$rows" ] || ex_die "the last alert came after all $rows events"
ex_wait $((60 + rows / 500)) "the back-fill ends" applied_at_least "$rows"
took=$(($(ex_now_ms) - began))
echo "back-fill: $((rows - before)) events in $took ms"
[ "$(applied)" = "$rows" ] || ex_die "$(applied) events applied instead of $rows"
ex_stop pnc igm stcns broker
"$sacbe" journal verify "$ex/broker/journal.db" --quiet
