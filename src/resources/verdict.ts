import { type Command, type Entries, type Kind, Unreadable } from './kind.js';
import { splitServerKey } from './server-key.js';

/** In a word, and the line of keepalived's journal that it comes from. */
type Verdict = {
  says: string;
  line: string;
};

/**
 * What keepalived last said since its start, by what it is about:
 *   `tcp 10.0.0.100:80 10.0.0.10:80` (as real-server has it): up, down, or sorry (it stands in for the others)
 *   `tcp 10.0.0.100:80`: sorry (the real servers are out, the sorry server is in), up
 *   `waiting tcp 10.0.0.100:80`: its real servers are out until their first good answer (alpha)
 *   `vrrp VI_1`: MASTER, BACKUP, FAULT
 * What it said of a real server or service before that left its file says nothing of one that comes back: forgotten.
 * Read from the journal, so that nothing has to be asked of keepalived: its dump needs a signal and writes a file. The
 * lines are those of 2.2.7 (check/ipwrapper.c, vrrp/vrrp.c).
 */
export const verdict: Kind<Verdict> = {
  name: 'verdict',
  layer: 'live',
  evidence: true,
  probe: () => ({ run: `${VERDICTS}\nverdicts` }),
  parse,
  steps: () => [],
};

/** Carries a command out unless keepalived has this real server out of its service by its own judgement. */
export function unlessOut(key: string, { run, args = [], ...rest }: Command): Command {
  return { run: `${OUT}\n${run}`, args: [key, splitServerKey(key)[0], ...args], ...rest };
}

const JOURNAL = 'journalctl -q -b --no-pager -o cat -u keepalived.service';

// A journal that must not be read is silent; whether it may is asked first, since a pipe forgets how its beginning ended.
const VERDICTS = String.raw`
verdicts() {
  command -v journalctl >/dev/null && systemctl -q is-active keepalived.service || return 0
  [ -z "$LVSCTL_SUDO" ] || $LVSCTL_SUDO -l ${JOURNAL} >/dev/null || exit
  $LVSCTL_SUDO ${JOURNAL} | awk '
    function bare(t,  p) { gsub(/[][]/, "", t); split(t, p, ":"); return p[1] ":" p[3] }
    function virtual(t,  p) {
      if (sub(/^FWM /, "fwm ", t)) return t
      gsub(/[][]/, "", t)
      split(t, p, ":")
      return p[2] " " p[1] ":" p[3]
    }
    function note(key, word) { says[key] = word; line[key] = $0 }
    function named(  vs) { vs = $0; sub(/^.* VS /, "", vs); return virtual(vs) }
    function forget(key) { delete says[key]; delete line[key] }
    function is_out(key, rs) { return says[key] == "down" && substr(key, length(key) - length(rs)) == " " rs }
    # One that was out when it left has no line that names its service: it is known where it was out nowhere else.
    function read_again(  rs, key, n) {
      for (rs in left) {
        n = 0
        for (key in says) n += is_out(key, rs)
        if (n == left[rs]) for (key in says) if (is_out(key, rs)) forget(key)
      }
      split("", left)
      split("", gone)
    }
    /^Starting Keepalived v/ { split("", says); split("", line); split("", left); split("", gone) }
    /^service .* no longer exist/ { left[bare($2)]++ }
    /^Removing Virtual Server / {
      vs = $0
      sub(/^Removing Virtual Server /, "", vs)
      vs = virtual(vs)
      gone[vs] = 1
      for (key in says) if (key == vs || key == "waiting " vs || index(key, vs " ") == 1) forget(key)
    }
    /^(A|Dea)ctivating healthchecker / { read_again() }
    { sub(/^Removing [(]inhibited[)] /, "Removing ") }
    /^(Adding|Removing|Enabling|Disabling) (service|sorry server) .* VS / {
      vs = named()
      sorry = $2 == "sorry"
      rs = bare(sorry ? $4 : $3)
      in_ = $1 == "Adding" || $1 == "Enabling"
      leaves = !in_ && (vs in gone || rs in left && left[rs]-- > 0)
      if (vs ~ /^fwm /) sub(/:.*/, ":0", rs)
      if (leaves) { forget(vs " " rs); next }
      if (sorry) note(vs, in_ ? "sorry" : "up")
      note(vs " " rs, sorry ? (in_ ? "sorry" : "up") : (in_ ? "up" : "down"))
    }
    /^Starting with quorum down .* for VS / { note("waiting " named(), "waiting") }
    /^[(][^)]*[)] Entering (MASTER|BACKUP|FAULT) STATE/ { note("vrrp " substr($1, 2, length($1) - 2), $3) }
    END { for (key in says) printf "%s\t%s\t%s\n", says[key], key, line[key] }
  '
}`;

const OUT = String.raw`${VERDICTS}
out() {
  verdicts | RS=$1 VS=$2 awk -F '\t' '
    $2 == ENVIRON["RS"] && $1 == "down" || $2 == ENVIRON["VS"] && $1 == "sorry" { out = 1 }
    $2 == ENVIRON["RS"] { known = 1 }
    $2 == "waiting " ENVIRON["VS"] { waiting = 1 }
    END { exit !(out || waiting && !known) }
  '
}
if out "$1" "$2"; then exit 0; fi
shift 2`;

function parse(output: string): Entries<Verdict> {
  return new Map(
    output
      .split('\n')
      .filter(line => line !== '')
      .map(text => {
        const [says, key, line] = text.split('\t');
        if (!says || !key || line === undefined) throw new Unreadable(`not a verdict of keepalived: ${text}`);
        return [key, { says, line }];
      }),
  );
}
