import { type Command, type Edit, type Entries, type Kind, Unreadable } from './kind.js';

const ORDER = ['tcp', 'tcpfin', 'udp'];
/** What ip_vs starts with (ip_vs_proto_tcp.c and ip_vs_proto_udp.c of the kernel). */
const AT_FIRST: Readonly<Record<string, number>> = { tcp: 900, tcpfin: 120, udp: 300 };

/** Seconds after which ipvs forgets an idle connection; the key is tcp, tcpfin (TCP after a FIN) or udp. See ipvsadm(8), --set. */
export const ipvsTimeout: Kind<{ seconds: number }> = {
  name: 'ipvs-timeout',
  layer: 'live',
  leaves: 'ip_vs always has timeouts: it gets those that it starts with',
  // See libipvs.c of keepalived 2.2.7, ipvs_set_timeout: those are set again at each reload without lvs_timeouts.
  late: "keepalived takes what it finds when it first sets timeouts for the kernel's own",
  probe: () => ({ run: READ }),
  parse,
  steps: edit => together([edit]),
  together,
};

function together(edits: readonly Edit<{ seconds: number }>[]): readonly Command[] {
  return [set(edits.map(({ key, after }) => [key, after?.seconds ?? AT_FIRST[key]!]))];
}

// Asking ipvsadm would load ip_vs.
const READ = `[ -e /proc/net/ip_vs ] && command -v ipvsadm >/dev/null || exit 0
$LVSCTL_SUDO ipvsadm -L --timeout`;

/** 0 leaves a timeout as it is. */
function set(wanted: readonly (readonly [name: string, seconds: number])[]) {
  const values = new Map(wanted);
  return { run: 'ipvsadm --set "$@"', args: ORDER.map(name => String(values.get(name) ?? 0)) };
}

function parse(output: string): Entries<{ seconds: number }> {
  if (output.trim() === '') return new Map();
  const values = /^Timeout \(tcp tcpfin udp\): (\d+) (\d+) (\d+)$/.exec(output.trim());
  if (!values) throw new Unreadable(`not the timeouts of ipvsadm: ${output.trim()}`);
  return new Map(ORDER.map((name, index) => [name, { seconds: Number(values[index + 1]) }]));
}
