#!/bin/sh
# A broker with two histories: one journal up to a point, then two, each shown to its own
# side. Each side alone is no quorum, so the broker offers it the other history, too: all
# four witnesses, two adapters and two without a database, catch it in that round.
# Usage: histories.sh ROGUE_BROKER CONTRADICT
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/rogue/members.sh"
rogue=$1
contradict=$2

# audit SIDE CODE: its bundle against what CODE had seen; exit status in $got
audit() {
    got=0
    "$sacbe" audit verify "bundle-$1" --roots roots.txt \
        --since "$(notes_of "$2")/evidence-1-a.note" >out.txt || got=$?
}

# cosigned_after CODE LOG: cosignatures after the first offer; what it said just then may
# have been on its way
cosigned_after() {
    awk -v who="rogue: $1: " '
        index($0, who "is offered") { offered = 1 }
        offered && index($0, who "COSIGN") { n++ }
        n > 1 && index($0, who "COSIGN with a cosignature") { late++ }
        END { print late + 0 }' "$2"
}

# file_of CODE: its daemon's configuration
file_of() {
    case $1 in
    conred | igm) echo adapter.yaml ;;
    *) echo witness.yaml ;;
    esac
}

# notes_of CODE: where it keeps what it has seen
notes_of() {
    case $1 in
    conred | igm) echo "$ex/$1/state/witness" ;;
    *) echo "$ex/$1/state" ;;
    esac
}

start() { # CODE
    case $1 in
    conred | igm) ex_adapter_start "$1" ;;
    *) ex_start "$1" "$(ex_program sacbe-witness)" -c "$ex/$1/witness.yaml" ;;
    esac
}

# side_of CODE: the broker that it knows
side_of() {
    case $1 in
    conred | stcns) echo broker ;;
    *) echo other ;;
    esac
}

all="conred igm stcns sat"
ex_begin
ex_authority sns
for member in $all; do ex_member $member $member; done
"$sacbe" directory policy -d "$ex_draft" --quorum 3 --anchor office/anchor.json \
    -o office/quorum.sbd --quiet
ex_draft=$ex/office/quorum.sbd
ex_sign
ex_grant conred $type igm publica
ex_grant igm $type conred publica
ex_sign
for member in conred igm; do station $member; done
for member in stcns sat; do witness $member; done

# --- one history, which all four make final
rogue_start broker broker
ex_publish
for member in $all; do start $member; done
happens conred 101
happens igm 201
ex_wait 30 "igm has conred's incident" has igm 101
ex_wait 30 "conred has igm's incident" has conred 201
before=$("$sacbe" status -c broker/broker.yaml --json | jq .entries)
ex_wait 60 "it is final" state broker/broker.yaml ".final >= $before"

# --- two, each consistent in itself
ex_stop $all broker
cp -r broker other
port=$ex_port
while [ "$port" = "$ex_port" ]; do port=$(ex_free_port); done
sed -i "s|^listen: .*|listen: tcp://127.0.0.1:$port|" other/broker.yaml
fork=$("$sacbe" journal verify broker/journal.db --json | jq .entries)
rogue_start broker broker "ROGUE_OFFER=$ex/broker/offer"
rogue_start other other "ROGUE_OFFER=$ex/other/offer"
for member in igm sat; do
    echo "broker: tcp://127.0.0.1:$port" >>"$member/$(file_of $member)"
done
for member in $all; do start $member; done
happens conred 102
happens igm 202
cosigned_by_two() {
    state "$1/broker.yaml" "[.witnesses[] | select(.size > $fork)] | length == 2"
}
for side in broker other; do
    ex_wait 60 "both of its side cosign $side" cosigned_by_two $side
    state $side/broker.yaml ".final <= $fork" >out.txt || ex_die "two of four are a quorum"
done
has igm 102 && ex_die "igm has what was shown to conred"
has conred 202 && ex_die "conred has what was shown to igm"

# --- each side is offered the other's
for member in $all; do
    [ "$(count_of $member SB-611)" = 0 ] || ex_die "$member cries out too early"
done
cp broker/journal.db-note other/offer.tmp
cp other/journal.db-note broker/offer.tmp
mv other/offer.tmp other/offer
mv broker/offer.tmp broker/offer
for member in $all; do
    ex_wait 20 "$member catches it" ex_has_line "log/$member.log" SB-611
    ex_wait 5 "$member's status tells" state "$member/$(file_of $member)" \
        "[.. | .contradicted? // empty] == [true]"
    attends $member "$(file_of $member)" SB-611
    side=$(side_of $member)
    ex_wait 20 "$member shows what it had seen" ex_has_line "log/$side.log" \
        "$member: COSIGN with a note"
    after=$(cosigned_after $member "log/$side.log")
    [ "$after" = 0 ] || ex_die "$member cosigned after it had been offered the other"
done

# --- from here on nobody cosigns, and nobody publishes; the authority, who is in the
# --- plot, lowers the quorum, so that what two cosigned becomes final on each side
for side in broker other; do
    state $side/broker.yaml ".final <= $fork" >out.txt || ex_die "$side became final"
done
for member in $all; do
    count_of "$(side_of $member)" "$member: COSIGN with a cosignature" >$member/lines
    count_of "$(side_of $member)" "$member: COSIGN" >$member/rounds
    count_of "$(side_of $member)" "$member: PUBLISH" >$member/published
done
happens conred 103
happens igm 203
"$sacbe" directory policy -d office/directory-$ex_version.sbd --quorum 2 \
    --anchor office/anchor.json -o office/draft.sbd --quiet
ex_draft=$ex/office/draft.sbd
ex_sign
for side in broker other; do
    "$sacbe" directory publish "office/directory-$ex_version.sbd" -c $side/broker.yaml \
        --quiet
done
for member in $all; do
    side=$(side_of $member)
    ex_wait 60 "two more rounds of $member" more_than "$side" "$member: COSIGN" \
        $(($(cat $member/rounds) + 1))
    [ "$(count_of "$side" "$member: COSIGN with a cosignature")" = \
        "$(cat $member/lines)" ] || ex_die "$member cosigns all the same"
    [ "$(count_of "$side" "$member: PUBLISH")" = "$(cat $member/published)" ] ||
        ex_die "$member publishes all the same"
done
# --- it stays so after a restart
ex_stop $all
for member in $all; do
    said=$(count_of $member SB-611)
    start $member
    ex_wait 20 "$member says it again" more_than $member SB-611 "$said"
done
ex_stop $all broker other

# --- the evidence: what was seen is a.note, what was offered b.note
for member in $all; do
    notes=$(notes_of $member)
    [ "$(find "$notes" -name 'evidence-*' | wc -l)" = 3 ] ||
        ex_die "$member keeps $(ls "$notes")"
    mine=broker
    theirs=other
    [ "$(side_of $member)" = broker ] || { mine=other theirs=broker; }
    "$contradict" office/anchor.json office/directory-2.sbd $mine/journal.db \
        "$notes/evidence-1-a.note" $theirs/journal.db "$notes/evidence-1-b.note" >out.txt ||
        ex_die "the evidence of $member proves nothing"
    echo "$member caught two histories: $(cat out.txt)"
    "$contradict" office/anchor.json office/directory-2.sbd $mine/journal.db \
        "$notes/evidence-1-a.note" $mine/journal.db "$notes/evidence-1-b.note" 2>out.txt &&
        ex_die "one journal has both notes of $member"
done

# --- an auditor of one side's journal, who comes with what a witness had seen: two of four
# --- were no quorum when it was signed (indeterminate); the other side's is a failure:
# --- another tree (SB-612), or, when the other side had signed more entries than this one
# --- ever held, entries that are missing here (SB-606)
"$sacbe" directory show office/directory-2.sbd --roots >roots.txt
for side in broker other; do
    mine=conred
    theirs=igm
    [ $side = broker ] || { mine=igm theirs=conred; }
    "$sacbe" journal export bundle-$side $side/journal.db --quiet
    audit $side $mine
    [ "$got" = 3 ] || ex_die "audit of $side with its own note: exit $got: $(cat out.txt)"
    audit $side $theirs
    [ "$got" = 1 ] && grep -Eq 'FAILED +SB-6(06|12)' out.txt ||
        ex_die "audit of $side with the other's note: exit $got: $(cat out.txt)"
done
echo "two histories: caught by four witnesses in one round, and by an auditor"
