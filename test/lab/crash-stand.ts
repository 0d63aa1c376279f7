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
case $1 in
/var/lib/lvsctl/apply/*/journal) [ -e /run/crash-waits ] && [ ! -e /run/crash-stands ] || exec /bin/sync "$@" ;;
*) exec /bin/sync "$@" ;;
esac
/bin/sync "$@" || exit
has() { while read -r line; do case $line in $2) return 0 ;; esac; done <"$1"; return 1; }
has "$1" 'begin *' || exit 0
n=0
while [ ! -s /run/crash-at ] && [ $n -lt 600 ]; do sleep 0.3; n=$((n + 1)); done
read -r at </run/crash-at
has "$1" "begin $at" && ! has "$1" "done $at" || exit 0
: >/run/crash-stands
while [ ! -e /run/crash-go ] && [ ! -e "\${1%/*}/stop" ] && [ $n -lt 600 ]; do sleep 0.3; n=$((n + 1)); done
exit 0
END
chmod 755 /usr/local/sbin/sync`;

/** Whether an apply is under way, or to be taken back. */
const ARMED = "compgen -G '/var/lib/lvsctl/apply/*/armed' >/dev/null";

/** Unloads the modules that an apply which was taken back has left loaded. */
const UNLOAD = `for module in $(awk '/^ip_vs_/ && $3 == 0 { print $1 }' /proc/modules); do rmmod "$module"; done`;

/** Unsets what an apply to the other end has left set. */
const FORGET = `value=/proc/sys/net/ipv4/vs/expire_nodest_conn
[ ! -e $value ] || echo 0 >$value`;

export const unload = (c: Cluster, host: string) => c.on(host, UNLOAD);
/** Makes a host what it was before it ever went the way. */
export const forgetful = (c: Cluster, host: string) => c.on(host, FORGET);

/** The number of no change. */
export const NOWHERE = -1;

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

/** Waits on a machine, in the machine and by bash alone: each program that is started there costs as much as ten tests. */
function waits(c: Cluster, host: string, test: string, limit = LIMIT): Promise<string> {
  const late = `echo '${host}: not within ${limit} s: ${test}'`;
  const wait = `exec 9<> <(:)
n=0; until ${test}; do ((n++ < ${limit * 2})) || { ${late}; exit 1; }; read -rt 0.5 -u 9; done; exit 0`;
  return c.on(host, `exec bash <<'END'\n${wait}\nEND`, LIMIT * 2);
}
