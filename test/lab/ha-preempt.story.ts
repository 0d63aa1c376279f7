import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Cluster, cluster } from './cluster.js';
import { expectNoChanges } from './life.js';
import { holders, moved, transitions, until } from './pair.js';

const VIP = '10.0.0.100';
const other = (host: string) => (host === 'lb1' ? 'lb2' : 'lb1');

describe('preemption: who is master again when a director returns', () => {
  let c: Cluster;
  let now = '';

  beforeAll(async () => {
    c = await cluster('ha-dr');
    await c.edit(yaml => {
      now = yaml;
      return yaml;
    });
  });
  afterAll(() => c?.down());

  it('none: the director that took over stays master', async () => {
    await preempt('none');
    await until(c, 'client', `curl -s -f -m 4 -o /dev/null http://${VIP}/`, 60);
    const [first] = await holders(c, VIP);
    const second = other(first!);
    await c.on(first!, 'systemctl stop keepalived');
    await moved(c, second, [VIP]);
    await c.on(first!, 'systemctl start keepalived; sleep 15');
    await moved(c, second, [VIP]);
    expect((await transitions(c, first!)).at(-1)).toBe('BACKUP');
    expect((await transitions(c, second)).at(-1)).toBe('MASTER');
    await expectNoChanges(c);
  });

  it('delayed: the higher priority waits for its seconds, and then takes the VIP back', async () => {
    await preempt('8');
    await moved(c, 'lb1', [VIP]);
    await c.on('lb1', 'systemctl stop keepalived');
    await moved(c, 'lb2', [VIP]);
    await c.on('lb1', 'systemctl start keepalived');
    await until(c, 'lb1', "journalctl -b -u keepalived -o cat | tail -n 20 | grep -q 'Entering BACKUP'", 20);
    expect(await holders(c, VIP)).toEqual(['lb2']);
    await moved(c, 'lb1', [VIP]);
    expect((await transitions(c, 'lb1')).slice(-2)).toEqual(['BACKUP', 'MASTER']);
    expect((await transitions(c, 'lb2')).slice(-2)).toEqual(['MASTER', 'BACKUP']);
    await expectNoChanges(c);
  });

  it('now: the higher priority takes the VIP back at once', async () => {
    await preempt('now');
    await c.on('lb1', 'systemctl stop keepalived');
    await moved(c, 'lb2', [VIP]);
    await c.on('lb1', 'systemctl start keepalived');
    expect(await moved(c, 'lb1', [VIP])).toBeLessThan(30);
    expect((await transitions(c, 'lb1')).at(-1)).toBe('MASTER');
    expect((await transitions(c, 'lb2')).at(-1)).toBe('BACKUP');
    await expectNoChanges(c);
  });

  async function preempt(way: string): Promise<void> {
    await c.edit(() => now.replace(/preempt: now/, `preempt: ${way}`));
    await applied(c);
    await expectNoChanges(c);
  }
});
