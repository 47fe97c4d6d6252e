#!/bin/sh
# The authority's ceremony with the real program, and what it must refuse.
# Usage: authority.sh SACBE CATALOGUE_FOLDER
set -eu
umask 022
sacbe=$1
catalogue=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LC_ALL=C

die() {
    echo "FAILED: $*" >&2
    exit 1
}

# refuses CODE command...: exits 1 (no) or 2 (input) and says SB-CODE
refuses() {
    code=$1
    shift
    got=0
    "$@" >out.txt 2>&1 || got=$?
    [ "$got" = 1 ] || [ "$got" = 2 ] || die "exit $got: $* ($(cat out.txt))"
    grep -q "SB-$code" out.txt || die "exit $got without SB-$code: $* ($(cat out.txt))"
    echo "refused SB-$code  $2 ${3-}"
}

# value FILE KEY: a text or number of a JSON document's top level
value() {
    sed -n "s/.*\"$2\": *\"\{0,1\}\([^\",]*\)\"\{0,1\}.*/\1/p" "$1" | head -1
}

printf 'a long passphrase of the roots\n' >root.pass
printf 'keys of the institutions\n' >pnc.pass
chmod 600 root.pass pnc.pass

# --- the exchange
"$sacbe" init ex --exchange sns --address tcp://127.0.0.1:7400 --roots 1 \
    --catalogue "$catalogue" --passphrase-file root.pass --dry-run --quiet
[ ! -e ex ] || die "a dry run made the folder"
"$sacbe" init ex --exchange sns --address tcp://127.0.0.1:7400 --roots 1 \
    --catalogue "$catalogue" --passphrase-file root.pass >init.txt
grep -q ATTENTION init.txt || die "one root alone was not warned about"
for f in root-1.vault broker.vault directory-1.sbd anchor.json catalogue.sbc broker.yaml; do
    [ -f "ex/$f" ] || die "init made no $f"
done
[ "$(stat -c %a ex/root-1.vault ex/broker.vault | sort -u)" = 600 ] || die "vault modes"
refuses 108 "$sacbe" init ex --exchange sns --address tcp://127.0.0.1:7400 --roots 1 \
    --catalogue "$catalogue" --passphrase-file root.pass
"$sacbe" directory verify ex/directory-1.sbd >/dev/null
ls -d ex.new-* 2>/dev/null && die "a stage was left behind"

# --- institutions
words=$("$sacbe" join ex/anchor.json --json | sed -n 's/.*"words": *"\([^"]*\)".*/\1/p')
"$sacbe" join ex/anchor.json --confirm "$words" -o anchor.json --quiet
refuses 414 "$sacbe" join ex/anchor.json --confirm "0000 0000" -o other.json
"$sacbe" identity new --institution pnc --name "Policía Nacional Civil" \
    --anchor anchor.json -o pnc.vault --passphrase-file pnc.pass --quiet
"$sacbe" identity new --institution igm --anchor anchor.json -o igm.vault \
    --witness --no-passphrase --quiet
"$sacbe" card show pnc.card >/dev/null
refuses 108 "$sacbe" identity new --institution pnc --anchor anchor.json \
    -o pnc.vault --passphrase-file pnc.pass

# --- enrolment: both into one draft
enrol() { # CARD FROM TO VAULT PASSPHRASE_OPTIONS...
    card=$1 from=$2 to=$3 vault=$4
    shift 4
    "$sacbe" member enrol "$card" -d "$from" --anchor anchor.json -o challenge.txt --quiet
    "$sacbe" card answer @challenge.txt --vault "$vault" -o answer.txt --quiet "$@"
    "$sacbe" member enrol "$card" -d "$from" --anchor anchor.json --answer @answer.txt \
        -o "$to" --quiet
}
enrol pnc.card ex/directory-1.sbd draft.sbd pnc.vault --passphrase-file pnc.pass
enrol igm.card draft.sbd draft.sbd igm.vault
[ "$(ls ex/enrol-*.json enrol-*.json 2>/dev/null | wc -l)" = 0 ] || die "challenges left"

# --- what enrolment refuses
"$sacbe" identity new --institution sat --anchor anchor.json -o sat.vault \
    --no-passphrase --quiet
refuses 107 "$sacbe" member enrol sat.card -d draft.sbd --answer QUJD -o no.sbd
"$sacbe" member enrol sat.card -d draft.sbd -o challenge.txt --quiet
refuses 416 "$sacbe" card answer @challenge.txt --vault igm.vault
"$sacbe" card answer @challenge.txt --vault sat.vault -o answer.txt --quiet
"$sacbe" member enrol sat.card -d draft.sbd -o challenge.txt --quiet
refuses 416 "$sacbe" member enrol sat.card -d draft.sbd --answer @answer.txt -o no.sbd
refuses 108 "$sacbe" member enrol pnc.card -d draft.sbd
[ ! -e no.sbd ] || die "a refused answer made a draft"

# --- signing
refuses 409 "$sacbe" directory verify draft.sbd
refuses 404 "$sacbe" directory sign draft.sbd --root igm.vault
refuses 403 "$sacbe" directory sign draft.sbd --root ex/root-1.vault \
    --passphrase-file pnc.pass
"$sacbe" directory sign draft.sbd --root ex/root-1.vault --previous ex/directory-1.sbd \
    --passphrase-file root.pass -o directory-2.sbd --json >sign.json
[ "$(value sign.json version)" = 2 ] || die "the draft is no version 2"
"$sacbe" directory verify ex/directory-1.sbd directory-2.sbd >/dev/null
refuses 410 "$sacbe" directory verify directory-2.sbd ex/directory-1.sbd
"$sacbe" directory diff ex/directory-1.sbd directory-2.sbd >/dev/null &&
    die "two directories are the same"
"$sacbe" member list -d directory-2.sbd --json | grep -q '"igm"' || die "igm is missing"

# --- grants
offer() { # VAULT READER CLASSES FILE OPTIONS...
    vault=$1 reader=$2 classes=$3 file=$4
    shift 4
    "$sacbe" grant offer --vault "$vault" -d directory-2.sbd --reader "$reader" \
        --type interior.hecho_transito --classes "$classes" \
        --basis "Convenio 4-2026" --catalogue "$catalogue" -o "$file" "$@"
}
offer pnc.vault igm publica,interna pnc-igm.grant --passphrase-file pnc.pass --quiet
refuses 418 offer pnc.vault igm reservada no.grant --passphrase-file pnc.pass
refuses 419 offer pnc.vault sat publica no.grant --passphrase-file pnc.pass
refuses 419 offer sat.vault igm publica no.grant
"$sacbe" grant add pnc-igm.grant -d directory-2.sbd --catalogue "$catalogue" \
    -o draft.sbd --quiet
refuses 108 "$sacbe" grant add pnc-igm.grant -d draft.sbd --catalogue "$catalogue" \
    -o no.sbd

# A grant whose signature is not its publisher's: the last byte is in the signature.
size=$(stat -c %s pnc-igm.grant)
cp pnc-igm.grant forged.grant
last=$(tail -c 1 pnc-igm.grant | od -An -tu1 | tr -d ' ')
printf "\\$(printf %o $(((last + 1) % 256)))" |
    dd of=forged.grant bs=1 seek=$((size - 1)) conv=notrunc status=none
refuses 417 "$sacbe" grant add forged.grant -d directory-2.sbd \
    --catalogue "$catalogue" -o no.sbd

"$sacbe" directory sign draft.sbd --root ex/root-1.vault --previous directory-2.sbd \
    --passphrase-file root.pass -o directory-3.sbd --quiet
"$sacbe" directory verify ex/directory-1.sbd directory-2.sbd directory-3.sbd >/dev/null
"$sacbe" grant list -d directory-3.sbd --matrix >matrix.txt
grep -q 'pnc/interior.hecho_transito.*PI' matrix.txt || die "matrix: $(cat matrix.txt)"

# --- taking back
id=$("$sacbe" grant list -d directory-3.sbd --json |
    sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' | head -1)
"$sacbe" grant remove "$id" -d directory-3.sbd -o draft.sbd --quiet
"$sacbe" member revoke igm -d draft.sbd -o draft.sbd --quiet
"$sacbe" directory sign draft.sbd --root ex/root-1.vault --previous directory-3.sbd \
    --passphrase-file root.pass -o directory-4.sbd --quiet
"$sacbe" directory verify ex/directory-1.sbd directory-2.sbd directory-3.sbd \
    directory-4.sbd >/dev/null

# --- files that others could read or that were touched
chmod 644 igm.vault
refuses 401 "$sacbe" card answer @challenge.txt --vault igm.vault
chmod 600 igm.vault
chmod 644 pnc.pass
refuses 401 "$sacbe" card answer @challenge.txt --vault pnc.vault \
    --passphrase-file pnc.pass
cp directory-3.sbd touched.sbd
printf 'X' | dd of=touched.sbd bs=1 seek=200 conv=notrunc status=none
got=0
"$sacbe" directory verify touched.sbd >out.txt 2>&1 || got=$?
[ "$got" = 1 ] || die "a touched directory: exit $got"
echo "ceremony whole"
