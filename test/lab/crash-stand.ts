import type { Cluster } from './cluster.js';

/** Seconds that a host may take to its point, and lvsctl and the hosts to their end after the fault. */
export const LIMIT = 300;

/**
 * Stands in for sync(1), which an apply calls between the line `begin N` of its journal and the change N itself: it waits
 * there to be told at which change it stands, and then at that one, until it may go or the apply is to stop. After a reboot
 * it is sync(1) alone.
 */
const STAND = `rm -f /run/crash-*; : >/run/crash-waits; cat >/usr/local/sbin/sync <<'END'
#!/bin/sh
/bin/sync "$@"
code=$?
case $1 in
/var/lib/lvsctl/apply/*/journal)
  if [ -e /run/crash-waits ] && [ ! -e /run/crash-stands ] && grep -q '^begin ' "$1"; then
    n=0
    while [ ! -s /run/crash-at ] && [ $n -lt 1800 ]; do sleep 0.1; n=$((n + 1)); done
    at=$(cat /run/crash-at)
    if grep -qx "begin $at" "$1" && ! grep -qx "done $at" "$1"; then
      : >/run/crash-stands
      while [ ! -e /run/crash-go ] && [ ! -e "\${1%/*}/stop" ] && [ $n -lt 1800 ]; do sleep 0.3; n=$((n + 3)); done
    fi
  fi ;;
esac
exit $code
END
chmod 755 /usr/local/sbin/sync`;

/** By builtins alone: a machine that asks itself again and again by programs does little else. */
const ARMED = '(set -- /var/lib/lvsctl/apply/*/armed; [ -e "$1" ])';

/** Makes a host ready to stand in its next apply. */
export const prepared = (c: Cluster, host: string) => c.on(host, STAND);
/** Tells it at which of its changes: the one of this number is begun in the journal, and not made. */
export const standsAt = (c: Cluster, host: string, number: number) =>
  c.on(host, `echo ${number} >/run/crash-at.new && mv /run/crash-at.new /run/crash-at`);
export const stands = (c: Cluster, host: string) => waits(c, host, '[ -e /run/crash-stands ]');
export const goes = (c: Cluster, host: string) => c.on(host, ': >/run/crash-go');
export const cleared = (c: Cluster, host: string) => c.on(host, 'rm -f /usr/local/sbin/sync /run/crash-*');
/** Waits until no apply is under way on a host, nor to be taken back there. */
export const disarmed = (c: Cluster, host: string) => waits(c, host, `! ${ARMED}`);
/** Waits until no apply has its files there any more. */
export const tidied = (c: Cluster, host: string) => waits(c, host, '[ ! -e /var/lib/lvsctl/apply ]', 100);

/** Waits on a machine, in the machine: far cheaper than to ask it again and again. */
function waits(c: Cluster, host: string, test: string, limit = LIMIT): Promise<string> {
  const late = `{ echo '${host}: not within ${limit} s: ${test}'; exit 1; }`;
  const wait = `n=0; until ${test}; do [ $n -lt ${limit * 2} ] || ${late}; sleep 0.5; n=$((n + 1)); done`;
  return c.on(host, wait, LIMIT * 2);
}
