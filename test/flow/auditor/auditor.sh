#!/bin/sh
# The auditor's day, in two visits, on a machine with nothing but sacbe, the published
# roots and the folders that were handed over. First: everything is sent, received and
# told; its numbers are those of the institutions' own databases. Second, after more
# events, a rejected one, a new grant, a withdrawal and a prune: it continues the first,
# what is gone is explained, and what is gone without a record fails.
# Usage: auditor.sh ROGUE
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/court/clean.sh"
rogue=$1
demo=$SACBE_SOURCE/adapters/examples/demo
traffic=pnc/interior.hecho_transito

row() { # NUMBER...: one traffic event of pnc each, one transaction each
    for n in "$@"; do
        ex_sql pnc "INSERT INTO novedad VALUES
            ('T-$n', '14/11/2026', '07:40', 'Guatemala', 'Mixco', NULL, 'COL')"
    done
}

applied() { # NUMBER of rows that igm has
    ex_is igm "SELECT count(*) FROM puesto_transito" "$1"
}

is_stored() { # SEQ of pnc's stream
    ex_says pnc ".streams[0].stored >= $1"
}

journaled() { # KIND TEXT: such an entry
    "$sacbe" journal list broker/journal.db --kind "$1" | grep -q -- "$2"
}

# is_told FILTER: whether an export of this moment, final, tells of such deliveries
is_told() {
    "$sacbe" journal export peek broker/journal.db --json | jq -e .final &&
        { "$sacbe" audit deliveries peek --roots broker/anchor.json --json >peek.txt || :; } &&
        jq -e ".deliveries[] | select(.stream == \"$traffic\" and .reader == \"igm\") | $1" \
            peek.txt
}

# receipts FILTER: igm signs once a minute, and at each start
receipts() {
    ex_stop igm
    ex_adapter_start igm
    ex_wait 60 "the receipts tell $1" is_told "$1"
}

# takes FOLDER: the auditor carries it away
takes() {
    rm -rf "${clean:?}/$1"
    cp -R "$1" "$clean/$1"
}

# delivery READER: its row of pnc's stream, as numbers
delivery() {
    says ".deliveries[] | select(.stream == \"$traffic\" and .reader == \"$1\") |
        [.sent, .delivered, .applied, .rejected, .pending, .withdrawn, .deleted] | join(\" \")"
}

same() { # WHAT WANTED GOT
    [ "$2" = "$3" ] || ex_die "$1: \"$3\", not \"$2\" ($(cat out.txt))"
}

at_igm() { # STATUS ARGS...: sacbe at igm's adapter
    want=$1
    shift
    got=0
    "$sacbe" "$@" -c igm/adapter.yaml >out.txt 2>err.txt || got=$?
    same "exit of sacbe $* ($(cat err.txt))" "$want" "$got"
}

grant() { # READER CLASSES BASIS: of pnc's traffic, into the draft
    rm -f office/new.grant
    "$sacbe" grant offer --vault pnc/pnc.vault -d "office/directory-$ex_version.sbd" \
        --anchor pnc/anchor.json --reader "$1" --type interior.hecho_transito \
        --classes "$2" --basis "$3" --catalogue "$ex_catalogue" -o office/new.grant --quiet
    "$sacbe" grant add office/new.grant -d "$ex_draft" --anchor office/anchor.json \
        --catalogue "$ex_catalogue" -o office/draft.sbd --quiet
    ex_draft=$ex/office/draft.sbd
}

# bytes_of SEQ: sixteen bytes from the middle of each ciphertext of pnc's event, as grep -P
# writes them; a batch of one event
bytes_of() {
    index=$("$sacbe" journal list broker/journal.db --kind batch --stream $traffic --json |
        jq "select(.first == $1) | .index")
    sqlite3 -readonly broker/journal.db \
        "SELECT hex(substr(raw, length(raw) / 2, 16)) FROM ct WHERE id / 4 = $index" |
        sed 's/../\\x&/g'
}

# stands FILE...: whether the bytes in gone.txt are in any of these
stands() {
    while read -r bytes; do
        LC_ALL=C grep -qaP -- "$bytes" "$@" && return
    done <gone.txt
    return 1
}

is_gone() {
    ! stands broker/journal.db*
}

# ------------------------------------------------------------------ the exchange
ex_begin
ex_authority sns
ex_member pnc "Policía Nacional Civil" --witness
ex_member igm "Instituto Guatemalteco de Migración" --witness
ex_member pmt "Policía Municipal de Tránsito"
ex_member cgc "Contraloría General de Cuentas"
ex_policy --quorum auto
ex_sign
grant igm publica,interna "Convenio 4-2026"
grant cgc publica "Ley Orgánica, artículo 7"
ex_grant pmt interior.hecho_transito igm publica,interna
ex_sign
"$sacbe" directory show --roots broker/anchor.json >office/gazette.txt
mkdir one two
cp "$demo/pnc/tables.sql" "$demo/pnc/transito.map.yaml" one/
cp "$demo/igm/tables.sql" "$demo/igm/transito.sink.yaml" two/
ex_adapter pnc one
ex_adapter igm two
ex_capture pnc
ex_broker_start
ex_publish
ex_adapter_start pnc
ex_adapter_start igm
for n in 1 2 3 4; do
    row $n
    ex_wait 30 "row $n is stored" is_stored $n
done
ex_wait 30 "igm has four rows" applied 4
receipts '.applied == 4'

# ------------------------------------------------------------------ the first visit
clean_begin office/gazette.txt
"$sacbe" journal export visit -c broker/broker.yaml --quiet
takes visit
clean 0 audit verify visit --roots roots.txt --save mine.note
shows "RESULT: PASSED. Not proven: truth at source; rows that were never captured;"
clean 0 audit deliveries visit --roots roots.txt --json
rows=$(ex_sql pnc "SELECT count(*) FROM novedad")
has=$(ex_sql igm "SELECT count(*) FROM puesto_transito")
same "igm's deliveries" "$rows $has $has 0 0 0 0" "$(delivery igm)"
same "cgc's, which never came" "$rows 0 0 0 $rows 0 0" "$(delivery cgc)"
same "legal bases" "cgc Ley Orgánica, artículo 7, igm Convenio 4-2026" \
    "$(says '[.bases[] | select(.stream == "'$traffic'") | "\(.reader) \(.basis)"] | sort | join(", ")')"
cp cgc/cgc.vault "$clean"
clean 0 audit verify visit --roots roots.txt --vault cgc.vault --json
same "what cgc may open" "$rows 0" "$(says '[.opened, .invalid] | join(" ")')"
clean 0 audit report visit --roots roots.txt -o report.html --vault cgc.vault
clean 0 audit report visit --roots roots.txt -o again.html --vault cgc.vault
cmp "$clean/report.html" "$clean/again.html" || ex_die "two reports differ"
for text in '<!DOCTYPE html>' '</html>' sns/journal/1 'Convenio 4-2026' "$(
    sha256sum "$clean/sacbe" | cut -d' ' -f1)" "$(sed -n 3p "$clean/mine.note" | base64 -d |
    od -An -v -tx1 | tr -d ' \n')"; do
    grep -qF -- "$text" "$clean/report.html" || ex_die "the report does not say $text"
done
for tag in html head body style table thead tbody tr th td ul li h1 h2 p span; do
    same "<$tag> that end in the report" "$(grep -oE "<$tag[ >]" "$clean/report.html" | wc -l)" \
        "$(grep -o "</$tag>" "$clean/report.html" | wc -l)"
done
grep -Ei 'src=|href=|url\(|@import|https?:|<script' "$clean/report.html" &&
    ex_die "the report asks for something that is not in it"
echo "first visit: passed; numbers as in the databases"

# ------------------------------------------------------------------ what happens then
mv "$clean/visit" "$clean/before"
bytes_of 2 >gone.txt
same "ciphertexts of the event to be withdrawn" 3 "$(wc -l <gone.txt)"
stands broker/journal.db* || ex_die "the ciphertexts of event 2 are not found to begin with"

# --- another basis for igm, and a short retention, in one directory
old=$("$sacbe" grant list -d "$ex_draft" --anchor office/anchor.json --json |
    jq -r '.grants[] | select(.publisher == "pnc" and .reader == "igm") | .id')
"$sacbe" grant remove "$old" -d "$ex_draft" --anchor office/anchor.json \
    -o office/draft.sbd --quiet
ex_draft=$ex/office/draft.sbd
grant igm publica,interna "Convenio 9-2026"
ex_policy --retention 1s
ex_sign
ex_publish
row 5 6
ex_wait 30 "igm has six rows" applied 6

# --- an event that its reader rejects
"$rogue" invalid-event pmt/pmt.vault office/anchor.json pmt/interior.hecho_transito \
    confidencial,interna,publica "office/directory-1.sbd" "office/directory-2.sbd" \
    "office/directory-3.sbd" "office/directory-4.sbd" >answer.txt
same "the invalid event" "stored batch 1" "$(tail -n 1 answer.txt)"
ex_wait 30 "igm's signed reject" journaled reject "pmt/interior.hecho_transito@1"

# --- an event that should never have been sent
"$sacbe" event withdraw "$traffic@2" --reason "Enviado por error" -c pnc/adapter.yaml \
    --json >out.txt
holds '.annulled_by == 7'
ex_wait 30 "igm deletes the row" ex_is igm \
    "SELECT count(*) FROM puesto_transito WHERE ref = 'T-2'" 0
ex_wait 30 "igm signs that" journaled act "$traffic@2..2"
ex_wait 30 "its ciphertexts are overwritten" is_gone
receipts '.deleted == 1 and .pending == 0'
at_igm 1 event prove "$traffic@2" --disclose interna --order "Orden 3-2026" -o never
refuses SB-624

# --- what is older than the directory of the second visit is pruned, its archive kept
bytes_of 1 >gone.txt
same "ciphertexts of an event to be pruned" 3 "$(wc -l <gone.txt)"
moment=$("$sacbe" journal list broker/journal.db --kind directory --json |
    jq -r 'select(.first == 4) | .time')
got=0
"$sacbe" journal prune --older-than 0 --archive archive -c broker/broker.yaml \
    >out.txt 2>err.txt || got=$?
same "a prune of what policy keeps" 1 "$got"
refuses SB-619
[ ! -e archive ] || ex_die "a refused prune wrote an archive"
may_go() {
    "$sacbe" journal prune --older-than "$moment" --no-archive --dry-run -c broker/broker.yaml
}
ex_wait 10 "the first visit's entries are old enough" may_go
is_gone && ex_die "a dry run prunes"
"$sacbe" journal prune --older-than "$moment" --archive archive -c broker/broker.yaml --quiet
ex_wait 30 "the old ciphertexts are overwritten" is_gone
is_pruned() {
    journaled prune "" && ex_says broker '.pruned_below > 0'
}
ex_wait 30 "the prune is in force" is_pruned
row 8
ex_wait 30 "igm has the eighth event" applied 6
receipts '.sent == 8 and .pending == 0'

# --- old events are still proved; texts that are gone are not disclosed
at_igm 0 event prove "$traffic@1" -o pruned
at_igm 0 event prove "$traffic@2" -o withdrawn
at_igm 1 event prove "$traffic@1" --disclose interna --order "Orden 3-2026" -o never
refuses SB-627
at_igm 0 event prove "$traffic@6" --disclose publica --order "Orden 3-2026" -o open
cp pruned withdrawn open "$clean"
clean 0 audit verify pruned --roots roots.txt --json
holds '.events == 1 and .disclosed == null'
clean 0 audit attribute pruned --roots roots.txt
clean 3 audit verify withdrawn --roots roots.txt
shows "SB-624 the event was sent, and its institution has withdrawn it since"
clean 0 audit verify open --roots roots.txt --json
holds '.disclosed.id_local == "T-6" and .disclosed.municipio == "0108"'

# ------------------------------------------------------------------ the second visit
"$sacbe" journal export visit broker/journal.db --quiet
"$sacbe" journal export fresh broker/journal.db --quiet
takes visit
takes fresh
takes archive
for folder in visit fresh; do
    clean 3 audit verify $folder --roots roots.txt --since mine.note --json
    holds '.verdict == "indeterminate" and .absent == 0 and .withdrawn == 3'
    holds '[.findings[].finding] | unique == ["indeterminate"]'
    holds '[.parts[] | select(.verdict != "passed") | .part] - ["texts", "statements"] == []'
    clean 3 audit verify $folder --roots roots.txt --since mine.note
    shows "against your own checkpoint"
    shows "cgc has not signed that it deleted $traffic@2"
done
shows "SB-627 9 ciphertexts are pruned under a signed record"
clean 3 audit verify fresh --roots roots.txt --json
holds '.pruned == 9'
# the archive was taken before the prune, and has them
clean 3 audit verify archive --roots roots.txt --json
holds '.pruned == 0 and .withdrawn == 3 and .absent == 0'
# and keeps them when it grows
"$sacbe" journal export archive -c broker/broker.yaml --quiet
stands archive/texts/000.p/* || ex_die "the archive has not what was pruned"
takes archive
clean 3 audit verify archive --roots roots.txt --since mine.note --json
holds '.pruned == 0 and .withdrawn == 3 and .absent == 0'
clean 3 audit verify visit --roots roots.txt --since mine.note --save second.note

# --- the numbers, beside the databases
clean 3 audit deliveries fresh --roots roots.txt --json
rows=$(ex_sql pnc "SELECT count(*) FROM novedad")
has=$(ex_sql igm "SELECT count(*) FROM puesto_transito")
sent=$((rows + 1)) # and the annulment
same "rows at igm: all but the withdrawn one" $((rows - 1)) "$has"
same "igm's deliveries" "$sent $sent $sent 0 0 1 1" "$(delivery igm)"
same "cgc's" "$sent 0 0 0 $sent 1 0" "$(delivery cgc)"
same "what igm rejected" "1 0 1" "$(says '.deliveries[] |
    select(.stream == "pmt/interior.hecho_transito") | [.sent, .applied, .rejected] | join(" ")')"
same "igm's legal bases" "Convenio 4-2026, Convenio 9-2026" "$(says '[.bases[] |
    select(.stream == "'$traffic'" and .reader == "igm") | .basis] | join(", ")')"
clean 3 audit verify fresh --roots roots.txt --vault cgc.vault --json
holds '.opened == 4 and .invalid == 0' # 5 to 8; of 1 to 4 the texts are gone
clean 3 audit report fresh --roots roots.txt --since mine.note -o report.html
for text in SB-624 SB-627 'Convenio 9-2026' INDETERMINATE; do
    grep -qF -- "$text" "$clean/report.html" || ex_die "the report does not say $text"
done
echo "second visit: what is gone is explained; numbers as in the databases"

# ------------------------------------------------------------------ sabotage
# --- one ciphertext gone without a record: by the operator's own export
sqlite3 -readonly broker/journal.db ".backup cut.db"
sqlite3 cut.db "DELETE FROM ct WHERE id = (SELECT max(id) FROM ct)"
"$sacbe" journal export cut cut.db --quiet
takes cut
clean 1 audit verify cut --roots roots.txt --since mine.note
shows "SB-616 index"
shows "RESULT: FAILED"
clean 1 audit deliveries cut --roots roots.txt

# --- a bit of a ciphertext; a file of texts that is empty
rm -rf "$clean/cut"
cp -R "$clean/fresh" "$clean/cut"
file=$(echo "$clean"/cut/texts/000.p/*)
change_bit "$file" $(($(stat -c %s "$file") - 9)) 3
clean 1 audit verify cut --roots roots.txt
: >"$file"
clean 1 audit verify cut --roots roots.txt

# --- what the auditor saw the last time is not in it
clean 1 audit verify before --roots roots.txt --since second.note
shows "RESULT: FAILED"

# --- another exchange of the same name
ex_stop pnc igm broker
"$sacbe" init other --exchange sns --address "tcp://127.0.0.1:$ex_port" --roots 1 \
    --catalogue "$ex_catalogue" --passphrase-file office/passphrase --quiet >out.txt
ex_start broker "$(ex_program sacbe-broker)" -c other/broker.yaml
ex_stop broker
"$sacbe" journal export impostor other/journal.db --quiet
takes impostor
clean 1 audit verify impostor --roots roots.txt
shows "RESULT: FAILED"
clean 1 audit verify impostor --roots roots.txt --since second.note
echo "sabotage: an absence without a record, a bit, an older export, an impostor: FAILED"
