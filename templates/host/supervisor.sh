#!/bin/sh
# Carries out one apply on this host and takes it back when nobody confirms it. Run detached from SSH.
#
#   supervisor.sh DIRECTORY apply PATIENCE   wait for phases, run them, wait for the verdict
#   supervisor.sh DIRECTORY boot             after a reboot: take back what was not confirmed
#
# In DIRECTORY: phase.N (scripts), undo (takes back change $1), changes (total), mark.before and mark.after (absent:
# no mark), owner. lvsctl writes go.N, beat and verdict; the phases and this script write journal, which lvsctl follows.
# PATIENCE counts seconds of silence by themselves, not by a clock that may jump.
dir=$1 mode=$2 patience=${3:-0}
run=/run/lvsctl
home=/var/lib/lvsctl
unit=lvsctl-undo.service

tell() {
    printf '%s\n' "$*" >>"$dir/journal"
    sync "$dir/journal" 2>/dev/null || :
}

put_mark() {
    if [ -e "$1" ]; then
        cp -p "$1" "$home/mark.new" && mv -f "$home/mark.new" "$home/mark"
    else
        rm -f "$home/mark"
    fi
}

leave() {
    rm -f "$dir/armed"
    rm -f "/etc/systemd/system/multi-user.target.wants/$unit" "/etc/systemd/system/$unit"
    rm -f "$run/owner"
    tell end "$1"
    exit 0
}

# Every change that was begun and not yet taken back, the last one first; then the reloads.
undo() {
    by=$1 whole=yes
    if [ -n "$child" ]; then
        kill -TERM "-$child" 2>/dev/null
        sleep 1
        kill -KILL "-$child" 2>/dev/null
        wait "$child" 2>/dev/null
    fi
    begun=$(awk '$1 == "begin" { n[++i] = $2 } $1 == "taken-back" { gone[$2] = 1 }
        END { for (; i > 0; i--) if (!(n[i] in gone)) print n[i] }' "$dir/journal")
    for n in $begun; do
        if sh "$dir/undo" "$n" >"$dir/output" 2>&1; then
            tell taken-back "$n"
        else
            whole=no
            tell undo-failed "$n" "$(tail -c 400 "$dir/output" | base64 | tr -d '\n')"
        fi
    done
    [ -z "$begun" ] || sh "$dir/undo" reloads >"$dir/output" 2>&1 ||
        { whole=no; tell undo-failed -1 "$(tail -c 400 "$dir/output" | base64 | tr -d '\n')"; }
    put_mark "$dir/mark.before"
    tell undone "$whole" "$by"
    leave undone
}

mkdir -p "$run"
exec 9>>"$run/lock"
if [ "$mode" = boot ]; then
    flock 9
    child=''
    undo switch
fi
if ! flock -n 9; then
    echo busy >"$dir/state"
    exit 0
fi
cp "$dir/owner" "$run/owner"
echo $$ >"$dir/pid"
echo locked >"$dir/state"

phase=0 child='' silence=0 last=''
trap : USR1
while :; do
    if [ -n "$child" ] && ! kill -0 "$child" 2>/dev/null; then
        wait "$child"
        code=$?
        child=''
        grep -q "^phase-end $phase " "$dir/journal" || tell phase-end "$phase" "$code"
    fi
    if [ -e "$dir/verdict" ]; then
        read -r verdict <"$dir/verdict"
        if [ "$verdict" = undo ]; then undo client; fi
        if [ "$verdict" = confirm ] && [ -z "$child" ]; then
            put_mark "$dir/mark.after"
            tell confirmed
            leave confirmed
        fi
    fi
    next=$((phase + 1))
    if [ -z "$child" ] && [ -e "$dir/go.$next" ]; then
        phase=$next
        setsid sh "$dir/phase.$phase" "$phase" 9>&- &
        child=$!
    fi
    # A second a round; whoever has news for us sends USR1, and that round counts for no silence.
    sleep 1 &
    nap=$!
    wait "$nap"
    if kill -0 "$nap" 2>/dev/null; then
        kill "$nap"
        continue
    fi
    beat=$last
    [ -e "$dir/beat" ] && read -r beat <"$dir/beat"
    if [ "$beat" = "$last" ]; then silence=$((silence + 1)); else silence=0 last=$beat; fi
    if [ "$patience" -gt 0 ] && [ "$silence" -ge "$patience" ]; then undo switch; fi
done
