/**
 * Shell text that gives `rewrite PROGRAM`: passes the file $1 through an awk program and puts the outcome in its
 * place at once, with the old mode, owner and attributes; a symbolic link stays. The program sees the lines as
 * l[1..n], calls give(n) after changing them, and exits with 3 to remove the file. $NEW: there is no file yet;
 * $WHOLE: its last line ends with a newline (the only byte that awk cannot see).
 */
export const inPlace = String.raw`
umask 022
f=$1
if [ -L "$f" ]; then f=$(readlink -f -- "$f") || exit; fi
t=${'${f%/*}'}/.${'${f##*/}'}.lvsctl
old=$f NEW= WHOLE=1
if [ -d "$f" ]; then echo "$f is a directory" >&2; exit 1; fi
if [ ! -e "$f" ]; then old=/dev/null NEW=1
elif [ -n "$(tail -c 1 -- "$f")" ]; then WHOLE=; fi
export NEW WHOLE
rewrite() {
  trap 'rm -f -- "$t"' EXIT
  trap 'exit 1' HUP INT TERM
  rm -f -- "$t" || exit
  if [ -n "$NEW" ]; then : >"$t"; else cp -a -- "$f" "$t"; fi || exit
  awk '
    function give(count,  i) {
      for (i = 1; i <= count; i++) { ORS = i < count || whole ? "\n" : ""; print l[i] }
    }
    function add(line, at,  i) { for (i = ++n; i > at; i--) l[i] = l[i - 1]; l[at] = line }
    function drop(at,  i) { for (i = at; i < n; i++) l[i] = l[i + 1]; n-- }
    BEGIN { whole = ENVIRON["WHOLE"] != ""; cluster = ENVIRON["LVSCTL_CLUSTER"] }
    { l[++n] = $0 }
  '"$1" <"$old" >"$t"
  case $? in 0) ;; 3) rm -f -- "$f"; return ;; *) exit 1 ;; esac
  if cmp -s -- "$t" "$f"; then return; fi
  dd if=/dev/null of="$t" conv=notrunc,fsync 2>/dev/null && mv -f -- "$t" "$f" || exit 1
}
`;

/** Shell text: systemd reads its units and fstab again; succeeds where there is no systemd. */
export const daemonReload =
  '{ [ ! -d /run/systemd/system ] || timeout 60 systemctl daemon-reload || :; } >/dev/null 2>&1';
