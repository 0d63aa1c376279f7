import type { Topology, TrackedScript } from '../topology/topology.js';
import { render } from './template.js';

/** Mode proxy: the script by which keepalived sees whether nginx runs, and moves the VIP when it does not. */
export function nginxWatch({ name: cluster, services, proxy }: Topology): TrackedScript[] {
  if (!services.some(({ mode }) => mode === 'proxy')) return [];
  const { selfHealing, ...tracked } = proxy;
  const content = render('keepalived/check-nginx.sh', { cluster, selfHealing });
  return [{ ...tracked, script: { path: 'check-nginx.sh', content } }];
}
