#!/bin/sh
# What is refused, each with its own code and one line in a log: on the wire by `rogue`,
# which holds real keys and sends what an adapter never would; then grants, events,
# configurations and vaults. Usage: refusals.sh ROGUE
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
rogue=$1

ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil"
ex_member igm "Instituto Guatemalteco de Migración"
ex_member conred "Coordinadora para la Reducción de Desastres"
ex_member stcns "Secretaría Técnica del Consejo"
ex_sign
ex_grant pnc interior.hecho_transito igm publica,interna
ex_grant pnc interior.hecho_transito conred publica
ex_sign
ex_identity sat "Nobody's member"
ex_broker_start
ex_publish

log=$ex/log/broker.log

# fresh_log: what is appended from here on belongs to the next case
fresh_log() {
    lines=$(wc -l <"$log")
}

# logged_once WHAT CODE: one line with this code, and none with another
logged_once() {
    ex_wait 5 "$1: a line with SB-$2 in the log" new_line "code=SB-$2 "
    tail -n +$((lines + 1)) "$log" | grep 'code=SB-' >new.txt
    [ "$(wc -l <new.txt)" = 1 ] || ex_die "$1: more than one line: $(cat new.txt)"
    printf '%-42s SB-%s %s\n' "$1" "$2" "$(sed -n 's/.* name=\([a-z_]*\) .*/\1/p' new.txt)"
}

new_line() {
    tail -n +$((lines + 1)) "$log" | grep -q -- "$1"
}

# refused WHAT ANSWER CASE VAULT STREAM: the last answer, and its line in the log
refused() {
    fresh_log
    "$rogue" "$3" "$4/$4.vault" office/anchor.json "$5" confidencial,interna,publica \
        office/directory-[123].sbd >answer.txt 2>&1 || ex_die "$1: $(cat answer.txt)"
    [ "$(tail -n 1 answer.txt)" = "$2" ] || ex_die "$1: $(cat answer.txt), not $2"
    logged_once "$1" "${2##*SB-}"
}

traffic=pnc/interior.hecho_transito
refused "unknown CURVE key" "refused session SB-503" unknown-key sat $traffic
refused "known key, another institution" "refused session SB-504" impersonate pnc \
    igm/interior.hecho_transito
refused "another institution's stream" "refused claim SB-510" foreign-stream igm $traffic
refused "epoch with one reader more" "refused epoch SB-508" epoch-more pnc $traffic
refused "epoch with one reader fewer" "refused epoch SB-508" epoch-fewer pnc $traffic
refused "bit flipped in a batch's record" "refused batch SB-408" flip-record pnc $traffic
refused "bit flipped in an item" "refused batch SB-426" flip-item pnc $traffic
refused "bit flipped in a ciphertext" "refused batch SB-424" flip-ciphertext pnc $traffic
refused "batch of a stale claim" "refused batch SB-506" stale-claim pnc $traffic
refused "gap" "refused batch SB-509" gap pnc $traffic
