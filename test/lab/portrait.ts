import type { Cluster } from './cluster.js';

/**
 * Everything of a host that lvsctl must give back or leave alone, one fact a line: files and folders under /etc with mode,
 * owner, content (as a hash) and link target; modules; rules without counters; addresses, routes, mounts, exports; units; kernel values; the
 * ipvs table; whatever of ours is anywhere.
 */
const SCRIPT = `
export LC_ALL=C SYSTEMD_BUS_TIMEOUT=100s
find /etc -xdev \\( -type f -printf 'file %p %m %u:%g\\n' \\) -o \\( -type l -printf 'link %p -> %l\\n' \\) -o \\( -type d -printf 'folder %p %m %u:%g\\n' \\) | sort
find /etc -xdev -type f -exec sha256sum {} + | sed 's/^/content /' | sort -k 3
find /etc /run /tmp /root /usr /var -xdev -name '*lvsctl*' 2>/dev/null | sed 's/^/ours /'
systemctl list-units --all --no-legend --plain '*lvsctl*' | sed 's/^/ours unit /'
cut -d' ' -f1 /proc/modules | sort | sed 's/^/module /'
ip -o link show | sed 's/^[0-9]*: \\([^:]*\\): <\\([^>]*\\)>.*/card \\1 \\2/'
ip -o addr show | awk '{ $1 = ""; print "address" $0 }' | sed 's/ valid_lft.*//; s/ *\\\\ *$//'
ip route show table all | sed 's/^/route /' | sort
ip rule show | sed 's/^/rule /'
awk '{ print "mount", $5, $(NF-2), $(NF-1) }' /proc/self/mountinfo
cat /var/lib/nfs/etab 2>/dev/null | sed 's/^/export /' | sort
systemctl list-unit-files --no-legend --plain | awk '{ print "unit-file", $1, $2 }' | sort
systemctl list-units --all --no-legend --plain --type=service,socket,mount,automount,timer,target | awk '$3 == "active" || $3 == "failed" { print "unit", $1, $3 }' | grep -v -e 'ssh@' -e 'session-' -e 'user@' -e 'user-' -e 'systemd-tmpfiles-clean' -e 'systemd-hostnamed' -e 'systemd-timedated' -e 'lab' | sort
grep -aHs -d skip '' /proc/sys/net/ipv4/conf/*/* /proc/sys/net/ipv4/vs/* /proc/sys/net/ipv4/ip_forward | sed 's/^/kernel /'
`;
// Asking iptables or ipvsadm loads modules, so a portrait asks them only where they are at work already. Rules are
// numbered within their chain; a table without a rule, a chain or a policy that refuses counts as absent.
const TABLES = `
[ -e /sys/module/nf_tables ] && command -v iptables-nft-save >/dev/null && iptables-nft-save 2>/dev/null | awk '
  /^[*]/ { table = $1; held = ""; any = 0 }
  /^:/ { held = held "iptables " table " " $1 " " $2 "\\n"; if ($2 != "ACCEPT") any = 1 }
  /^-A/ { held = held "iptables " table " " ++n[table $2] " " $0 "\\n"; any = 1 }
  /^COMMIT/ { if (any) printf "%s", held }'
[ -e /proc/net/ip_vs ] && command -v ipvsadm >/dev/null && ipvsadm -Sn | sed 's/^/ipvs /'
:
`;

/** Takes the portrait of one machine: sorted facts to compare. */
export async function portrait(cluster: Cluster, machine: string): Promise<string[]> {
  const text = await cluster.on(machine, SCRIPT + TABLES, 120);
  return text.split('\n').filter(Boolean);
}

/** What one portrait has and the other has not: `- fact` gone, `+ fact` new. */
export function differences(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...before.filter(fact => !is.has(fact)).map(fact => `- ${fact}`),
    ...after.filter(fact => !was.has(fact)).map(fact => `+ ${fact}`),
  ];
}
