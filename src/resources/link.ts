import { type Kind, Unreadable } from './kind.js';

/** Whether an interface is set up, as `ip link set` does it; the key is its name. */
export const link: Kind<{ up: boolean }> = {
  name: 'link',
  layer: 'live',
  leaves: 'the device of a loaded module, set down',
  probe: () => ({ run: 'ip -o link show' }),
  parse(output) {
    const lines = output.split('\n').filter(line => line !== '');
    return new Map(
      lines.map(line => {
        const [, name, flags] = /^\d+: ([^:@]+)(?:@[^:]*)?: <([^>]*)>/.exec(line) ?? [];
        if (!name || flags === undefined) throw new Unreadable(`not a line of ip -o link: ${line}`);
        return [name, { up: flags.split(',').includes('UP') }];
      }),
    );
  },
  steps({ key, after }) {
    if (!after) return [{ run: GONE, args: [key] }];
    return [after.up ? { run: 'ip link set dev "$1" up', args: [key] } : { run: DOWN, args: [key] }];
  },
};

// Ours are gone by now; what is left would be lost.
const DOWN = `left=$(ip -o -4 addr show dev "$1" 2>/dev/null | awk '{ print $4 }' | tr '\\n' ' ')
[ -z "$left" ] || { echo "$1 was down at first and holds addresses of others now: remove \${left% } there" >&2; exit 1; }
ip link set dev "$1" down`;

// It came with a module, which stays.
const GONE = `ip link show dev "$1" >/dev/null 2>&1 || exit 0
${DOWN}`;
