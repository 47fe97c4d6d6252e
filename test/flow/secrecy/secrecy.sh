#!/bin/sh
# A marker in a confidential field: nowhere at the broker (files, log, memory, which is
# what a core file holds), in no packet on loopback, at no reader without that class, in
# no log; and whoever has the class gets it. Usage: secrecy.sh SCAN
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
scan=$1
demo=$SACBE_SOURCE/adapters/examples/demo
marker=Marcador$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')

ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil"
ex_member igm "Instituto Guatemalteco de Migración"
ex_member stcns "Secretaría Técnica del Consejo"
ex_sign
ex_grant pnc interior.persona_desaparecida igm publica,confidencial
ex_grant pnc interior.persona_desaparecida stcns publica
ex_sign
for code in pnc igm stcns; do
    ex_adapter $code "$demo/$code"
done
ex_capture pnc
ex_capture stcns

# --- what is sent on loopback, from before the first connection
packets=no
tcpdump -i lo -s 0 -U --immediate-mode -w lo.pcap "tcp port $ex_port" >log/tcpdump.log 2>&1 &
echo $! >run/tcpdump.pid
listening() {
    ex_has_line log/tcpdump.log 'listening on' || ex_is_over "$(ex_pid tcpdump)"
}
ex_wait 10 "tcpdump listens" listening
if ex_has_line log/tcpdump.log 'listening on'; then
    packets=yes
else
    echo "LEFT OUT: packets on loopback, for tcpdump cannot run: $(tail -n 1 log/tcpdump.log)"
    rm -f run/tcpdump.pid
fi

ex_broker_start
ex_publish
for code in pnc igm stcns; do
    ex_adapter_start $code
done

# --- one row that travels, one that is quarantined with the marker in it
ex_sql pnc "INSERT INTO busqueda VALUES ('AK-1', 'AK', 'ACT', '2026-11-16 17:30', 'Guatemala', 'Villa Nueva', 'F', 9, '$marker')"
ex_sql pnc "INSERT INTO busqueda VALUES ('AK-2', 'AK', 'ZZZ', '2026-11-16 17:30', 'Guatemala', 'Villa Nueva', 'F', 9, '$marker')"
ex_wait 30 "igm has the name" ex_is igm 'SELECT nombre FROM puesto_busca' "$marker"
ex_wait 30 "stcns has the event" ex_is stcns \
    "SELECT id || ' ' || alerta || ' ' || depto FROM conteo_busca" 'AK-1 alba_keneth 01'
in_quarantine() {
    "$sacbe" quarantine list -c pnc/adapter.yaml >quarantine.txt
    grep -q AK-2 quarantine.txt
}
ex_wait 30 "AK-2 in quarantine" in_quarantine
echo "a reader with the class has the marker; another has the event without it"

# --- the broker's memory; this shell's own proves that the scan sees
[ "$("$scan" $$ "$marker")" != 0 ] || ex_die "the scan finds nothing where the marker is"
for name in broker stcns; do
    [ "$("$scan" "$(ex_pid $name)" "$marker")" = 0 ] || ex_die "the marker is in $name's memory"
done
echo "not in the memory of the broker, nor of the reader without the class"

# --- files, while all run and after they stopped
nowhere_else() {
    grep -rlF -- "$marker" . >where.txt || :
    if grep -v -e '^\./pnc/' -e '^\./igm/' where.txt; then
        ex_die "the marker stands in a file where it must not"
    fi
    grep -q '^\./igm/igm\.db' where.txt || ex_die "the search finds nothing in igm's database"
}
nowhere_else
ex_stop pnc igm stcns broker
nowhere_else
echo "in no file of the broker, of stcns, in no log: only at pnc and igm"

if [ $packets = yes ]; then
    ex_wait 10 "the goodbyes are captured" ex_has_line lo.pcap CURVE
    kill -INT "$(ex_pid tcpdump)"
    ex_wait 10 "tcpdump ends" ex_is_over "$(ex_pid tcpdump)"
    rm -f run/tcpdump.pid
    packets=$(sed -n 's/^\([0-9]*\) packets captured/\1/p' log/tcpdump.log)
    [ "$(sed -n 's/^\([0-9]*\) packets dropped by kernel/\1/p' log/tcpdump.log)" = 0 ] ||
        ex_die "packets were lost: $(cat log/tcpdump.log)"
    grep -aq CURVE lo.pcap || ex_die "no handshake was captured"
    ! grep -aqF -- "$marker" lo.pcap || ex_die "the marker was sent in clear"
    echo "in no packet on loopback ($packets captured, $(stat -c %s lo.pcap) bytes)"
fi
