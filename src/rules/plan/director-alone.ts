import { changes } from '../../plan/plan.js';
import type { PlanRule } from './plan-rule.js';

/** Guards the only director that answers: what goes wrong on it has nobody to take over. */
export const directorAlone: PlanRule = {
  id: 'director-alone',
  title: 'A running director changes only while another one could take over.',
  severity: 'error',
  judge({ topology, observed, plan, desired }) {
    if (!topology.vrrp) return [];
    const directors = observed.filter(({ host }) => topology.directors.some(({ name }) => name === host));
    const away = directors.filter(({ status }) => status !== 'ok').map(({ host }) => host);
    const [alone, ...others] = directors.filter(({ status }) => status === 'ok').map(({ host }) => host);
    if (alone === undefined || others.length > 0 || away.length === 0) return [];
    const runs = plan.marks.get(alone)?.before !== undefined && (desired.get(alone)?.length ?? 0) > 0;
    if (!runs || !changes(plan).some(({ host, kind }) => host === alone && kind !== 'mark')) return [];
    const message = `${alone} would be changed while ${away.join(' and ')} cannot take over: it could not be read`;
    return [{ host: alone, message, remedy: `bring ${away.join(' and ')} back first` }];
  },
};
