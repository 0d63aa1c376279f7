import { blockKind } from './block.js';

/** A line of our block in a sysctl.conf(5) file; key: `FILE NAME`. Forwarding goes first: it resets other values. */
export const sysctlEntry = blockKind<{ value: string }>({
  name: 'sysctl-entry',
  id: String.raw`function id(s) { sub(/[ \t]*=.*/, "", s); sub(/^[ \t-]+/, "", s); return s }`,
  identify: name => name,
  write: (name, { value }) => `${name} = ${oneSpace(value)}`,
  read(line) {
    const [, name, value] = /^\s*-?\s*([^#;=\s][^=\s]*)\s*=(.*)$/s.exec(line) ?? [];
    return name === undefined || value === undefined ? undefined : [name, { value: oneSpace(value) }];
  },
  top: name => /(^|[./])(ip_forward|forwarding)$/.test(name),
});

function oneSpace(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}
