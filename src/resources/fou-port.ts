import { type Entries, type Kind, Unreadable } from './kind.js';

/** words: what `ip fou add port N` takes after the port: `gue`, `ipproto 4`. */
type Receiver = { words: string };

/** A UDP port where the kernel unpacks tunnelled packets (ip-fou(8)); the key is its number. */
export const fouPort: Kind<Receiver> = {
  name: 'fou-port',
  layer: 'live',
  probe: () => ({ run: READ }),
  parse,
  steps: ({ key, after }) => [{ run: WRITE, args: [key, after?.words ?? ''] }],
};

const SHOW = `show() { ip fou show | sed 's/ *$//; s/  */ /g'; }`;

// Asking for the ports would load the module just to find none.
const READ = `[ -d /sys/module/fou ] || exit 0
${SHOW}
show`;

const WRITE = `set -f
${SHOW}
held=$(show | sed -n "s/^port $1 //p")
[ "$held" != "$2" ] || exit 0
[ -z "$held" ] || ip fou del port "$1" || exit
[ -z "$2" ] || ip fou add port "$1" $2`;

function parse(output: string): Entries<Receiver> {
  const lines = output.split('\n').filter(line => line !== '');
  return new Map(
    lines.map(line => {
      const [, port, words] = /^port (\d+) (\S.*)$/.exec(line) ?? [];
      if (!port || !words) throw new Unreadable(`not a line of ip fou show: ${line}`);
      return [port, { words }];
    }),
  );
}
