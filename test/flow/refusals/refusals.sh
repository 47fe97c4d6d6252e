#!/bin/sh
# What is refused, each with its own code and one line in a log: on the wire by `rogue`,
# which holds real keys and sends what an adapter never would; then grants, events,
# configurations and vaults. Usage: refusals.sh ROGUE FORGE
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
rogue=$1
forge=$2
demo=$SACBE_SOURCE/adapters/examples/demo

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

# fresh_log [NAME]: what a daemon says from here on belongs to the next case
fresh_log() {
    log=$ex/log/${1:-broker}.log
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
refused "claim naming a tree that never was" "refused claim SB-628" tree-false pnc $traffic
refused "claim naming a tree yet to come" "refused claim SB-628" tree-large pnc $traffic
refused "epoch with one reader more" "refused epoch SB-508" epoch-more pnc $traffic
refused "epoch with one reader fewer" "refused epoch SB-508" epoch-fewer pnc $traffic
refused "bit flipped in a batch's record" "refused batch SB-408" flip-record pnc $traffic
refused "bit flipped in an item" "refused batch SB-426" flip-item pnc $traffic
refused "bit flipped in a ciphertext" "refused batch SB-424" flip-ciphertext pnc $traffic
refused "batch of a stale claim" "refused batch SB-506" stale-claim pnc $traffic
refused "gap" "refused batch SB-509" gap pnc $traffic

# --- a grant that its publisher never signed: on the way into a draft, and in a
# directory that the root signed all the same
last=$(tail -c 1 office/pnc-interior.hecho_transito-igm.grant | od -An -tu1 | tr -d ' ')
{
    head -c -1 office/pnc-interior.hecho_transito-igm.grant
    printf "\\$(printf %o $(((last + 1) % 256)))"
} >forged.grant

# says WHAT CODE TEXT command...: it fails and says one line with this code and text
says() {
    what=$1 code=$2 text=$3
    shift 3
    status=0
    "$@" >said.txt 2>&1 || status=$?
    [ "$status" = 1 ] || [ "$status" = 2 ] || ex_die "$what: exit $status: $(cat said.txt)"
    [ "$(grep -c "SB-$code" said.txt)" = 1 ] || ex_die "$what: $(cat said.txt)"
    grep -qF -- "$text" said.txt || ex_die "$what: no \"$text\" in: $(cat said.txt)"
    printf '%-42s SB-%s %s\n' "$what" "$code" "$text"
}

says "grant of another signature, into a draft" 417 "" "$sacbe" grant add forged.grant \
    -d office/directory-2.sbd --catalogue "$ex_catalogue" -o no.sbd
fresh_log
"$forge" office/root-1.vault office/passphrase office/anchor.json pnc stcns \
    office/bought.sbd broker/run office/directory-[123].sbd >answer.txt
[ "$(cat answer.txt)" = "refused SB-417" ] || ex_die "$(cat answer.txt)"
logged_once "the same in a directory, at the broker" 417
says "the same, by sacbe directory publish" 417 "pnc" \
    "$sacbe" directory publish office/bought.sbd -c broker/broker.yaml
[ "$("$sacbe" status -c broker/broker.yaml --json | jq .directory)" = 3 ] ||
    ex_die "the broker took the bought directory"

# --- an event that breaks the catalogue: at its publisher, and if it got through
ex_adapter pnc "$demo/pnc"
ex_adapter igm "$demo/igm"
ex_capture pnc
ex_adapter_start igm
connected() {
    [ "$("$sacbe" status -c "$1/adapter.yaml" --json | jq '.connected and .directory == 3')" = true ]
}
ex_wait 20 "igm is connected" connected igm
ex_adapter_start pnc
ex_wait 20 "pnc is connected" connected pnc
fresh_log pnc
ex_sql pnc "INSERT INTO novedad VALUES ('T-1', '16/11/2026', NULL, 'Guatemala', 'Mixco', 77, 'COL')"
logged_once "event that breaks the catalogue: quarantine" 305
"$sacbe" quarantine list -c pnc/adapter.yaml | grep -q 'T-1 *SB-305 */zona' ||
    ex_die "$("$sacbe" quarantine list -c pnc/adapter.yaml)"
ex_stop pnc
fresh_log igm
"$rogue" invalid-event pnc/pnc.vault office/anchor.json $traffic \
    confidencial,interna,publica office/directory-[123].sbd >answer.txt
[ "$(tail -n 1 answer.txt)" = "stored batch 1" ] || ex_die "$(cat answer.txt)"
logged_once "  and at its reader, which rejects it" 305
rejected() {
    "$sacbe" journal list broker/journal.db --kind reject | grep -q "$traffic@1"
}
ex_wait 10 "igm's signed reject is journaled" rejected

# --- configurations and vaults
sed 's/^listen:/lisen:/' broker/broker.yaml >broker/misspelt.yaml
line=$(grep -n lisen broker/misspelt.yaml | cut -d: -f1)
says "misspelt key of a broker" 121 \
    "misspelt.yaml:$line: unknown key \"lisen\" (did you mean \"listen\"?)" \
    "$(ex_program sacbe-broker)" -c broker/misspelt.yaml --check
sed 's/^- mapping:/- maping:/' pnc/adapter.yaml >pnc/misspelt.yaml
line=$(grep -n maping pnc/misspelt.yaml | head -n 1 | cut -d: -f1)
says "misspelt key of an adapter" 121 \
    "misspelt.yaml:$line: unknown key \"maping\" in \"publishes\" (did you mean \"mapping\"?)" \
    "$(ex_program sacbe-adapter)" -c pnc/misspelt.yaml
chmod 644 pnc/pnc.vault
says "vault of mode 0644, an adapter's" 401 "pnc.vault" \
    "$(ex_program sacbe-adapter)" -c pnc/adapter.yaml
ex_stop igm broker
chmod 644 broker/broker.vault
says "vault of mode 0644, the broker's" 401 "broker.vault" \
    "$(ex_program sacbe-broker)" -c broker/broker.yaml
