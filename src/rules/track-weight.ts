import type { Rule } from './rule.js';

/** Finds trackers whose failure takes too little off the master's priority for the next director to take over. */
export const trackWeight: Rule = {
  id: 'track-weight',
  title: "A tracker's weight takes the master below the next director.",
  severity: 'warning',
  judge: ({ vrrp, directors, proxy, services }) => {
    const [first, second] = directors.map(({ priority }) => priority).sort((a, b) => b - a);
    if (!vrrp || first === undefined || second === undefined) return [];
    const { interfaces, processes, scripts } = vrrp.track;
    const trackers = [
      ...(services.some(({ mode }) => mode === 'proxy') ? [{ name: 'nginx', weight: proxy.weight }] : []),
      ...interfaces.map(({ interface: name, weight }) => ({ name, weight })),
      ...processes.map(({ process: name, weight }) => ({ name, weight })),
      ...scripts.map(({ script: { path: name }, weight }) => ({ name, weight })),
    ];
    return (
      trackers
        // Without a weight (or with 0) a failure is a FAULT; with one above 0 the other loses it too, when it fails there.
        .filter(({ weight = 0 }) => weight < 0 && first + weight >= second)
        .map(({ name, weight = 0 }) => ({
          place: vrrp.place,
          message: `when ${name} fails, the master's priority is still ${first + weight}, and the next one's ${second}: the VIP would stay`,
          remedy: `use a weight of ${second - first - 1} or less`,
        }))
    );
  },
};
