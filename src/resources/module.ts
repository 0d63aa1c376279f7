import { type Entries, type Kind, Unreadable } from './kind.js';

/** A kernel module that is loaded, or built into the kernel; not loaded: the kernel has none. The key is its name. */
export const kernelModule: Kind<{ loaded: boolean }> = {
  name: 'module',
  layer: 'live',
  stays: 'a loaded module is left loaded',
  probe: keys => ({ run: READ, args: keys.flatMap(key => [key, key.replaceAll('-', '_')]) }),
  parse,
  steps: ({ key, after }) => (after ? [{ run: LOAD, args: [key] }] : []),
};

// A built-in module without parameters has no folder under /sys/module (modules.builtin names it).
const READ = `nl='
'
release= built=
is_built() {
  [ -n "$release" ] || read -r release </proc/sys/kernel/osrelease
  [ -n "$built" ] || built=$nl$(awk '{ sub(/.*\\//, ""); sub(/\\.ko.*/, ""); gsub(/-/, "_"); print }' "/lib/modules/$release/modules.builtin" 2>/dev/null)$nl
  case $built in *"$nl$1$nl"*) ;; *) return 1 ;; esac
}
while [ $# -gt 1 ]; do
  if [ -d "/sys/module/$2" ] || is_built "$2"; then printf '%s\\n' "$1"
  elif command -v modprobe >/dev/null && ! modprobe -n -q -- "$1"; then printf '!%s\\n' "$1"; fi
  shift 2
done`;

const LOAD = `modprobe -- "$1" || {
  printf 'the running kernel %s has no module %s; if the kernel was upgraded, reboot first\\n' "$(uname -r)" "$1" >&2
  exit 1
}`;

function parse(output: string): Entries<{ loaded: boolean }> {
  const names = output.split('\n').filter(line => line !== '');
  const odd = names.find(name => !/^!?[\w-]+$/.test(name));
  if (odd) throw new Unreadable(`not the name of a module: ${odd}`);
  return new Map(names.map(name => [name.replace('!', ''), { loaded: !name.startsWith('!') }]));
}
