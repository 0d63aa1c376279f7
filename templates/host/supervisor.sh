#!/bin/sh
# Carries out one apply on this host and takes it back when nobody confirms it. Run detached from SSH.
#
#   supervisor.sh DIRECTORY apply SILENCE    wait for phases, run them, wait for the verdict
#   supervisor.sh DIRECTORY recover LINGER   after a reboot, or a supervisor that died: take back what was not confirmed,
#                                            unless it was to be kept and nobody asks for it back
#
# In DIRECTORY: phase.N (scripts), undo (takes back change $1; `numbers`, `live` and `late` tell which there are, the
# last one first), mark.before and mark.after (absent: no mark), owner, record, armed (what happens after SILENCE
# seconds without a word from lvsctl: undo, or keep), reserve (room for the journal when the disk is full). lvsctl
# writes go.N and verdict there, and its signs of life into /run/lvsctl/beat; the phases and this script write journal,
# which lvsctl follows.
# SILENCE counts seconds by themselves, not by a clock that may jump.
dir=$1 mode=$2 seconds=${3:-0}
run=/run/lvsctl
home=/var/lib/lvsctl
unit=lvsctl-undo.service
units=/etc/systemd/system
child=''

tell() {
    printf '%s\n' "$*" 2>/dev/null >>"$dir/journal" || {
        rm -f "$dir/reserve"
        printf '\n%s\n' "$*" >>"$dir/journal"
    }
    sync "$dir/journal" 2>/dev/null || :
}

# The record of a confirmed apply is kept for undo: the last ten, while anything of ours is here.
keep_record() {
    if [ -e "$home/mark" ] && [ -e "$dir/record" ]; then
        mkdir -p "$home/history"
        mv -f "$dir/record" "$home/history/${dir##*/}"
        ls "$home/history" | head -n -10 | while read -r old; do rm -f "$home/history/$old"; done
    fi
    [ -e "$home/mark" ] || rm -rf "$home/history"
}

# The end of what a command printed, without the password of VRRP that keepalived may repeat.
said() {
    tail -c 400 "$dir/output" | sed 's/auth_pass .*/auth_pass (sensitive)/' | base64 | tr -d '\n'
}

put_mark() {
    if [ -e "$1" ]; then
        cp -p "$1" "$home/mark.new" && { sync "$home/mark.new" 2>/dev/null || :; } && mv -f "$home/mark.new" "$home/mark"
    else
        rm -f "$home/mark"
    fi
}

# A second; whoever has news for us sends USR1, and then it is less and returns false.
second() {
    sleep 1 &
    nap=$!
    wait "$nap"
    kill "$nap" 2>/dev/null || return 0
    return 1
}

# lvsctl reads the end of the journal and clears up; when it does not come, we do.
leave() {
    rm -f "$units/multi-user.target.wants/$unit" "$units/$unit" "$run/owner" "$run/beat"
    # On a host with nothing of ours systemd is not to remember the unit either.
    [ -e "$home/mark" ] || [ "$(systemctl show -p LoadState "$unit" 2>/dev/null)" != LoadState=loaded ] || systemctl daemon-reload
    tell end "$1"
    rm -f "$dir/armed"
    exec 9>&-
    left=$2
    while [ "$left" -gt 0 ] && [ -d "$dir" ]; do second && left=$((left - 1)); done
    if [ -d "$dir" ] && [ "$2" -gt 0 ]; then
        rm -rf "$dir" "$run/pid.${dir##*/}"
        rmdir "$home/apply" 2>/dev/null
        [ -e "$home/mark" ] || { rmdir "$home" && rm -rf "$run"; } 2>/dev/null
    fi
    exit 0
}

alive() {
    [ -n "$child" ] && kill -0 "$child" 2>/dev/null
}

# The change at hand may end, if that takes no more than ten seconds; what must not be broken off holds as long as it takes.
halt() {
    : >"$dir/stop"
    tenths=0
    while alive && [ "$tenths" -lt 100 ]; do
        sleep 0.1
        [ -e "$dir/hold" ] || tenths=$((tenths + 1))
    done
    alive || return
    kill -TERM "-$child" 2>/dev/null
    sleep 1
    kill -KILL "-$child" 2>/dev/null
}

# Takes back change $1; false when that fails, and what it said is in output.
take_back() {
    sh "$dir/undo" "$1" >"$dir/output" 2>&1 9>&- && tell taken-back "$1"
}

not_back() {
    whole=no
    tell undo-failed "$1" "$(said)"
}

is_late() {
    case " $late " in *" $1 "*) return 0 ;; esac
    return 1
}

# Every change that was begun, the last one first, also one that was taken back before a reboot. After a reboot all of
# them: the boot has read the files that were changed, so that what hangs on these may be as it never was begun to be; and
# as it may have read one just before that was back, what is live once more when all files are. So is what needed an entry
# that was not back yet (a mount its line of fstab); then the reloads, and what is late.
undo() {
    by=$1 whole=yes
    rm -f "$dir/reserve"
    halt
    begun=$(awk '$1 == "begin" { n[++i] = $2 } END { for (; i > 0; i--) print n[i] }' "$dir/journal") || whole=no
    again=''
    [ -e "$run/pid.${dir##*/}" ] || { begun=$(sh "$dir/undo" numbers) && again=$(sh "$dir/undo" live); } || whole=no
    late=$(sh "$dir/undo" late) || whole=no
    for n in $begun; do is_late "$n" || take_back "$n" || again="$again $n"; done
    for n in $(printf '%s\n' $again | sort -rnu); do take_back "$n" || not_back "$n"; done
    [ -z "$begun" ] || sh "$dir/undo" reloads >"$dir/output" 2>&1 9>&- || not_back -1
    for n in $begun; do ! is_late "$n" || take_back "$n" || not_back "$n"; done
    put_mark "$dir/mark.before"
    [ "$by" = client ] || logger -t lvsctl "took back ${dir##*/}: nobody confirmed it (whole: $whole)" 2>/dev/null
    tell undone "$whole" "$by"
    leave undone "$2"
}

trap : USR1
# Others may see which units have still to read their files; whoever can open the lock can hold it.
umask 077
mkdir -p -m 755 "$run"
exec 9>>"$run/lock"
if [ "$mode" = recover ]; then
    flock 9
    [ -e "$dir/armed" ] || exit 0
    [ "$(systemctl is-system-running 2>/dev/null)" != stopping ] || exit 0
    echo 'lvsctl itself, taking back an apply that nobody confirmed' >"$run/owner"
    if grep -q '^confirmed' "$dir/journal"; then
        put_mark "$dir/mark.after"
        keep_record
        leave confirmed "$seconds"
    fi
    read -r silent <"$dir/armed"
    if [ "$silent" = keep ] && [ ! -e "$dir/verdict" ]; then
        tell kept
        leave kept "$seconds"
    fi
    undo switch "$seconds"
fi
if ! flock -n 9; then
    # Nothing was begun: whoever looks after a supervisor that ended has nothing to take back.
    rm -f "$dir/armed"
    echo busy >"$dir/state"
    exit 0
fi
rm -f "$run/beat"
cp "$dir/owner" "$run/owner"
read -r silent <"$dir/armed"
# After a reboot the number may be somebody else's: it is forgotten with /run.
ln -sf "$run/pid.${dir##*/}" "$dir/pid"
echo $$ >"$dir/pid"
echo locked >"$dir/state"

# Until lvsctl has first been heard it has a minute more.
phase=0 silence=-60 last=''
while [ -d "$dir" ]; do
    if [ -n "$child" ] && ! alive; then
        wait "$child"
        code=$?
        child=''
        grep -q "^phase-end $phase " "$dir/journal" || tell phase-end "$phase" "$code"
    fi
    if [ -e "$dir/verdict" ]; then
        read -r verdict <"$dir/verdict"
        if [ "$verdict" = undo ]; then undo client $((seconds + 60)); fi
        if [ "$verdict" = confirm ] && [ -z "$child" ]; then
            put_mark "$dir/mark.after"
            keep_record
            tell confirmed
            leave confirmed $((seconds + 60))
        fi
    fi
    next=$((phase + 1))
    if [ -z "$child" ] && [ -e "$dir/go.$next" ]; then
        phase=$next
        setsid sh "$dir/phase.$phase" "$phase" </dev/null 9>&- &
        child=$!
    fi
    second || continue
    beat=$last
    [ -e "$run/beat" ] && read -r beat <"$run/beat"
    if [ "$beat" = "$last" ]; then silence=$((silence + 1)); else silence=0 last=$beat; fi
    [ "$silence" -ge "$seconds" ] || continue
    [ "$silent" = keep ] || undo switch $((seconds + 60))
    if [ -z "$child" ]; then
        tell kept
        leave kept $((seconds + 60))
    fi
done
