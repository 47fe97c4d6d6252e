#!/bin/sh
# A broker that lies in single matters, each lie caught where it hurts, within about a
# minute: conred's tail is withheld from igm, what igm sends is said to be stored and is
# not, what stcns sends stands otherwise in the journal, and sat, who witnesses, has
# nothing proved. Meanwhile somebody else sends under ine's stolen key. Others notice
# nothing.
# Usage: quiet.sh ROGUE_BROKER
set -eu
. "$SACBE_SOURCE/test/flow/exchange.sh"
. "$SACBE_SOURCE/test/flow/rogue/members.sh"
rogue=$1

all="conred igm stcns ine"
ex_begin
ex_authority sns
for member in $all sat; do ex_member $member $member; done
ex_sign
ex_grant conred $type igm publica
ex_grant conred $type stcns publica
ex_grant igm $type conred publica
ex_grant stcns $type conred publica
ex_grant ine $type conred publica
ex_sign
for member in $all; do station $member; done
witness sat
rogue_start broker broker "ROGUE_WITHHOLD=conred/$type 1 igm" \
    "ROGUE_SWALLOW=igm/$type 1" "ROGUE_FORGE=stcns/$type 1" \
    ROGUE_MUTE=sat
ex_publish

# --- so far it is honest
stored() { # CODE SEQ
    state "$1/adapter.yaml" ".streams[0].stored == $2"
}
proved() { # CODE SEQ
    state "$1/adapter.yaml" ".streams[0].proved == $2"
}
for member in $all; do ex_adapter_start $member; done
ex_start sat "$(ex_program sacbe-witness)" -c sat/witness.yaml
happens conred 101
happens igm 201
happens stcns 301
happens ine 401
ex_wait 30 "conred has igm's" has conred 201
ex_wait 30 "conred has that of stcns" has conred 301
ex_wait 30 "conred has that of ine" has conred 401
ex_wait 30 "igm has conred's" has igm 101
ex_wait 30 "stcns has conred's" has stcns 101
for member in $all; do ex_wait 60 "the first of $member is proved" proved $member 1; done
for member in $all; do
    state $member/adapter.yaml '(.attention // []) == []' >out.txt ||
        ex_die "$member complains: $("$sacbe" status -c $member/adapter.yaml)"
done

# --- the lies, and the theft; conred says where it stands when its session begins
began=$(ex_now_ms)
happens conred 102
happens igm 202
happens stcns 302
cp -r ine thief
rm -rf thief/run thief/state
ex_start thief "$(ex_program sacbe-adapter)" -c thief/adapter.yaml
incident 402 | sqlite3 -batch -bail -cmd '.timeout 10000' thief/ine.db
for member in conred igm stcns; do
    ex_wait 30 "the second of $member is stored" stored $member 2
done
ex_stop conred
ex_adapter_start conred
ex_wait 30 "stcns has both of conred's" has stcns 102

# caught WHO SB-CODE WHAT [FILE]: its log says so, and its status
caught() {
    ex_wait 150 "$1 catches $3" ex_has_line "log/$1.log" "$2"
    echo "$1: $2, $3, after $((($(ex_now_ms) - began) / 1000)) s"
    attends "$1" "${4:-adapter.yaml}" "$2"
}
caught stcns SB-519 "a batch that is not its own"
grep -q "stcns/$type is stopped: SB-519" check.txt || ex_die "$(cat check.txt)"
caught ine SB-518 "a claim that is not its own"
caught sat SB-620 "that nothing is proved to it" witness.yaml
caught igm SB-620 "a batch that is never proved"
caught igm SB-621 "conred's tail withheld"

# --- nothing was lost elsewhere, and nobody else was disturbed
has igm 102 && ex_die "igm was not kept behind"
has conred 202 && ex_die "what was swallowed came back"
has conred 302 && ex_die "conred applied what nobody signed"
for code in SB-620 SB-621; do
    for member in conred stcns ine; do
        [ "$(count_of $member $code)" = 0 ] || ex_die "$member says $code"
    done
done
for member in conred igm sat; do
    [ "$(count_of $member SB-51)" = 0 ] || ex_die "$member says SB-51x"
done
ex_stop $all sat thief broker
