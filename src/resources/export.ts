import { type Kind, Unreadable } from './kind.js';
import { fromOctal, toOctal } from './octal.js';

/** What the kernel exports now, as exportfs(8) keeps it in /var/lib/nfs/etab; key: `PATH CLIENT`. */
export const liveExport: Kind<{ options: string }> = {
  name: 'export',
  layer: 'live',
  probe: () => ({ run: 'if [ -f /var/lib/nfs/etab ]; then cat /var/lib/nfs/etab; fi' }),
  parse(output) {
    const entries = new Map<string, { options: string }>();
    for (const line of output.split('\n').filter(Boolean)) {
      const [, path, client, options] = /^([^ \t]+)\t([^ \t]+)\((.*)\)$/.exec(line) ?? [];
      if (path === undefined) throw new Unreadable(`not a line of /var/lib/nfs/etab: ${line}`);
      entries.set(`${fromOctal(path)} ${client}`, { options: exportOptions(options!.split(',')) });
    }
    return entries;
  },
  steps({ key, after }) {
    const space = key.lastIndexOf(' ');
    const [path, client] = [key.slice(0, space), key.slice(space + 1)];
    return after
      ? [{ run: reexport, args: [after.options, client, path] }]
      : [{ run: unexport, args: [client, path, toOctal(path)] }];
  },
};

/** exportfs also reads /etc/exports and warns of what others wrote there: shown only when it failed. */
const reexport = `
said=$(exportfs -o "$1" "$2:$3" 2>&1) || { printf '%s\\n' "$said" >&2; exit 1; }
`;

const unexport = `
command -v exportfs >/dev/null 2>&1 && [ -f /var/lib/nfs/etab ] || exit 0
if ENTRY="$3	$1(" awk 'index($0, ENVIRON["ENTRY"]) == 1 { found = 1 } END { exit !found }' /var/lib/nfs/etab
then said=$(exportfs -u "$1:$2" 2>&1) || { printf '%s\\n' "$said" >&2; exit 1; }
fi
`;

/** Pairs of exports(5); the first of each is the default of nfs-utils since 1.1. */
const choices = [
  ['ro', 'rw'],
  ['sync', 'async'],
  ['wdelay', 'no_wdelay'],
  ['hide', 'nohide'],
  ['nocrossmnt', 'crossmnt'],
  ['secure', 'insecure'],
  ['root_squash', 'no_root_squash'],
  ['no_all_squash', 'all_squash'],
  ['no_subtree_check', 'subtree_check'],
  ['secure_locks', 'insecure_locks'],
  ['acl', 'no_acl'],
] as const;
const names = new Map([
  ['auth_nlm', 'secure_locks'],
  ['no_auth_nlm', 'insecure_locks'],
]);
const values = new Map([
  ['anonuid', '65534'],
  ['anongid', '65534'],
  ['sec', 'sys'],
]);
/** Printed by some versions only, and no more than the absence of their opposite. */
const silent = new Set(['no_pnfs', 'nordirplus']);

/** Options as written in exports(5), or as etab lists them -> the whole list with its defaults, in one order. */
export function exportOptions(written: readonly string[]): string {
  const chosen = new Map<string, string>(choices.map(([first]) => [first, first]));
  const valued = new Map(values);
  const others = new Set<string>();
  for (const word of written.map(each => names.get(each.trim()) ?? each.trim()).filter(Boolean)) {
    const choice = choices.find(pair => pair.some(name => name === word));
    const [name, value] = [word.split('=', 1)[0]!, word.slice(word.indexOf('=') + 1)];
    if (choice) chosen.set(choice[0], word);
    else if (values.has(name)) valued.set(name, value);
    else if (!silent.has(word)) others.add(word);
  }
  const rest = [...valued].map(([name, value]) => `${name}=${value}`);
  return [...chosen.values(), ...[...others].sort(), ...rest].join(',');
}
