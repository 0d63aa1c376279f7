import type { Attachments } from './attachments.js';
import type { Parsed } from './document.js';
import type { Script, Vrrp } from './topology.js';
import type { WrittenVrrp } from './written.js';

/** VRRP settings with every default written out. */
export function expandVrrp(document: Parsed, written: WrittenVrrp, outside: Attachments): Vrrp {
  const { authPass: _, notify, track, ...rest } = written;
  const script = (path: string): Script => outside.scripts.get(path)!;
  const scripts = Object.entries(notify ?? {}).map(([state, path]) => [state, script(path)] as const);
  return {
    ...rest,
    gatewayVirtualRouterId: written.gatewayVirtualRouterId ?? (written.virtualRouterId % 255) + 1,
    ...(outside.authPass && { authPass: outside.authPass }),
    notify: Object.fromEntries(scripts),
    track: {
      ...track,
      scripts: track.scripts.map(tracked => ({ ...tracked, script: script(tracked.script) })),
    },
    place: document.place(['vrrp']),
  };
}
