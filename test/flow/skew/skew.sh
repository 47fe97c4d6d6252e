#!/bin/sh
# Programs of two releases in one exchange. stcns has the adapter of the release before
# (revision 1 of the protocol), pnc today's; between them first today's broker, then the
# one of the release before, then today's again, in one journal. Events go both ways each
# time, and status says who speaks what.
#   skew.sh BROKER_BEFORE ADAPTER_BEFORE
# SACBE_BEFORE=DIR takes the programs of a build of the release before instead; what those
# do not say of themselves is not looked at.
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
broker_before=${SACBE_BEFORE:+$SACBE_BEFORE/broker/sacbe-broker}
adapter_before=${SACBE_BEFORE:+$SACBE_BEFORE/adapters/sacbe-adapter}
broker_before=${broker_before:-$1}
adapter_before=${adapter_before:-$2}
demo=$SACBE_SOURCE/adapters/examples/demo

ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil"
ex_member stcns "Secretaría Técnica del Consejo"
ex_sign
ex_grant pnc interior.hecho_transito stcns publica,confidencial
ex_grant stcns comun.alerta pnc publica,interna
ex_sign

mkdir "$ex/of-pnc" "$ex/of-stcns"
cp "$demo"/pnc/tables.sql "$demo"/pnc/transito.map.yaml "$demo"/pnc/aviso.sink.yaml "$ex/of-pnc"
cp "$demo"/stcns/tables.sql "$demo"/stcns/boletin.map.yaml "$demo"/stcns/transito.sink.yaml \
    "$ex/of-stcns"
ex_adapter pnc "$ex/of-pnc"
ex_adapter stcns "$ex/of-stcns"
ex_capture pnc
ex_capture stcns

arrived() { # NUMBER
    ex_is pnc "SELECT count(*) FROM aviso WHERE numero = 'B$1'" 1 &&
        ex_is stcns "SELECT count(*) FROM conteo_transito WHERE id LIKE '%T-$1'" 1
}

both_ways() { # NUMBER
    ex_sql stcns "
        BEGIN;
        INSERT INTO boletin_area VALUES ($1, '01');
        INSERT INTO boletin VALUES ($1, 'riesgos', 'R', '2026-11-23 06:00', 12, 'Evacuar');
        COMMIT;"
    ex_sql pnc "
        BEGIN;
        INSERT INTO novedad(correlativo, fecha, hora, departamento, lugar_muni, zona, clase)
        VALUES ('T-$1', '03/11/2025', '14:05', 'Guatemala', 'Mixco', NULL, 'COL');
        INSERT INTO victima(correlativo, orden, sexo, edad, resultado)
        VALUES ('T-$1', 1, 'F', 30, 'L');
        COMMIT;"
    ex_wait 30 "event $1, both ways" arrived "$1"
    echo "event $1 went both ways"
}

sessions() { # institution and revision of each session
    ex_status broker '[.sessions[] | "\(.institution)=\(.revision)"] | sort | join(" ")'
}

says() { # SESSIONS
    [ "$(sessions)" = "$1" ]
}

echo "--- today's broker"
ex_broker_start
ex_publish
ex_adapter_start pnc
ex_start stcns "$adapter_before" -c "$ex/stcns/adapter.yaml"
both_ways 1
ex_wait 10 "one session of each revision" says "pnc=2 stcns=1"
version=$(ex_status broker .version)
ex_says pnc ".broker_version == \"$version\" and .revision == 2"
[ -n "${SACBE_BEFORE:-}" ] || ex_says stcns '.broker_version == "" and .revision == 1'

echo "--- the broker of the release before"
ex_stop broker
ex_start broker "$broker_before" -c "$ex/broker/broker.yaml"
both_ways 2
[ -n "${SACBE_BEFORE:-}" ] || ex_wait 10 "two sessions of revision 1" says "pnc=1 stcns=1"
ex_says pnc '.broker_version == "" and .revision == 1'

echo "--- today's broker again"
ex_stop broker
ex_broker_start
both_ways 3
ex_wait 10 "one session of each revision" says "pnc=2 stcns=1"
ex_stop pnc stcns broker
ex_has_line "$ex/log/broker.log" "code=SB-501 .*HELLO" || ex_die "nobody tried HELLO of revision 2"
[ "$(grep -c "code=SB-516" "$ex/log/broker.log")" = 0 ] || ex_die "a version was refused"
echo "skew: three events each way, none of them refused"
