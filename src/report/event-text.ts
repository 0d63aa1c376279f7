import type { Event } from '../plan/event.js';
import { hostChanges } from '../plan/outcome.js';
import type { Change, Plan } from '../plan/plan.js';
import { count } from './count.js';
import { oneLine, printable } from './printable.js';

const past: Readonly<Record<Change['action'], string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  restore: 'restored',
  reload: 'reloaded',
  drain: 'drained',
};

/** One plain line for logs and pipes: `[lb1] create sysctl net.ipv4.ip_forward`, without a line feed. */
export function eventLine(event: Event, plan: Plan): string {
  return `${event.host === undefined ? '' : `[${event.host}] `}${eventMessage(event, plan)}`;
}

/** What an event says, without its host. */
export function eventMessage(event: Event, plan: Plan): string {
  switch (event.type) {
    case 'phase':
      return `${event.name}: ${event.hosts.join(', ')}`;
    case 'locked':
      return 'locked';
    case 'armed':
      return "dead man's switch armed";
    case 'confirmed':
      return 'confirmed: the changes stay';
    case 'unlocked':
      return 'unlocked';
    case 'begin':
      return changeTitle(changeOf(event, plan));
    case 'done': {
      const change = changeOf(event, plan);
      return change ? `${past[change.action]} ${subject(change)}` : 'done';
    }
    case 'waiting': {
      const open = count(event.connections, 'connection');
      return `${changeTitle(changeOf(event, plan))}: ${open}, ${event.left} s left`;
    }
    case 'failed': {
      const change = changeOf(event, plan);
      return `FAILED${change ? ` ${changeTitle(change)}` : ''}: ${oneLine(event.message)}`;
    }
    case 'lost':
      return `connection lost: ${oneLine(event.message)}`;
    case 'undone': {
      const by = event.by === 'switch' ? ' by the host itself' : '';
      return event.whole ? `put back${by}` : `NOT WHOLLY PUT BACK${by}: look at the host`;
    }
  }
}

/** The change of the plan that an event is about. */
export function changeOf(event: Event, plan: Plan): Change | undefined {
  if (!('change' in event) || event.change === undefined || event.host === undefined) return undefined;
  return hostChanges(plan, event.host)[event.change];
}

/** `create sysctl net.ipv4.ip_forward`: what is done to what. */
export function changeTitle(change: Change | undefined): string {
  return change ? `${change.action} ${subject(change)}` : 'unknown change';
}

function subject(change: Change): string {
  return `${change.kind} ${printable(change.key)}`;
}
