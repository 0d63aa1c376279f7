import { type Command, type Edit, type Entries, type Kind, Unreadable } from './kind.js';

/**
 * Kernel values as they are now. The key is a name as sysctl(8) writes it: dots, and a slash for a dot inside an
 * interface name (`net.ipv4.conf.eth0/100.rp_filter`). A tab or a run of spaces in a value is one space.
 */
export const sysctl: Kind<{ value: string }> = {
  name: 'sysctl',
  layer: 'live',
  leaves: 'a value that came with a module stays with it',
  probe: keys => ({ run: READ, args: keys.map(path) }),
  parse,
  together: edits => edits.flatMap(steps),
  steps,
};

function steps({ key, after }: Edit<{ value: string }>): readonly Command[] {
  return after ? [{ run: WRITE, args: [path(key), after.value, key] }] : [];
}

// Not the shell's own `read`: it asks for single bytes, and the kernel gives a value to the first read alone.
const READ = `for path do
  [ ! -e "$path" ] || [ -r "$path" ] || { echo "root alone may read $path" >&2; exit 1; }
done
[ $# -eq 0 ] || grep -aHs -d skip -e '' -- "$@" || :`;

const WRITE = `[ -e "$1" ] || { printf 'this kernel has no value %s\\n' "$3" >&2; exit 1; }
printf '%s\\n' "$2" >"$1" || { printf 'the kernel does not take "%s" for %s\\n' "$2" "$3" >&2; exit 1; }`;

function path(key: string): string {
  return `/proc/sys/${swapped(key)}`;
}

function parse(output: string): Entries<{ value: string }> {
  const entries = new Map<string, { value: string }>();
  for (const line of output.split('\n').filter(line => line !== '')) {
    const [, name, value] = /^\/proc\/sys\/([^:]+):(.*)$/.exec(line) ?? [];
    if (!name || value === undefined) throw new Unreadable(`not a kernel value: ${line}`);
    const key = swapped(name);
    const whole = `${entries.get(key)?.value ?? ''} ${value}`;
    entries.set(key, { value: whole.replace(/\s+/g, ' ').trim() });
  }
  return entries;
}

/** A name with dots to a path with slashes, and back. */
function swapped(name: string): string {
  return name.replace(/[./]/g, sign => (sign === '.' ? '/' : '.'));
}
