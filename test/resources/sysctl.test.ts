import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Unreadable } from '../../src/resources/kind.js';
import { sysctl } from '../../src/resources/sysctl.js';
import { attempt, carryOut, lawOfKind } from './law.js';
import { Namespace } from './namespace.js';

lawOfKind(sysctl, [{ key: 'net.ipv4.conf.all.arp_ignore', before: { value: '0' }, after: { value: '1' } }]);

describe('sysctl', () => {
  it('reads names back from paths and takes tabs for spaces', () => {
    const output =
      '/proc/sys/net/ipv4/ip_local_port_range:32768\t60999\n/proc/sys/net/ipv4/conf/eth0.100/rp_filter:1\n';
    expect([...sysctl.parse(output)]).toEqual([
      ['net.ipv4.ip_local_port_range', { value: '32768 60999' }],
      ['net.ipv4.conf.eth0/100.rp_filter', { value: '1' }],
    ]);
    expect(() => sysctl.parse('sysctl: cannot stat')).toThrow(Unreadable);
  });

  it('hands the path of a name to fixed text', () => {
    const key = 'net.ipv4.conf.eth0/100.rp_filter';
    const path = '/proc/sys/net/ipv4/conf/eth0.100/rp_filter';
    expect(sysctl.probe([key]).args).toEqual([path]);
    expect(sysctl.steps({ key, after: { value: '2' } }).map(step => step.args)).toEqual([[path, '2', key]]);
  });

  it('has nothing to do for a value that was not there before', () => {
    expect(sysctl.steps({ key: 'net.ipv4.vs.conntrack', before: { value: '1' } })).toEqual([]);
  });
});

describe('really run, sysctl:', () => {
  let space: Namespace;
  beforeAll(async () => {
    space = await Namespace.make();
  });
  afterAll(() => space.end());
  const look = (...keys: string[]) =>
    Object.fromEntries(sysctl.parse(carryOut(sysctl.probe(keys), space.within)));

  it('reads all names at once, leaves out what is absent or a folder, and writes a value', () => {
    const [key, port] = ['net.ipv4.conf.v0.rp_filter', 'net.ipv4.ip_local_port_range'];
    const seen = look(port, 'net.ipv4.no.such', key, 'net.ipv4', 'net.ipv4.ip_local_reserved_ports');
    expect(seen).toMatchObject({ [port]: { value: '32768 60999' }, [key]: { value: expect.any(String) } });
    expect(Object.keys(seen)).not.toContain('net.ipv4.no.such');
    expect(Object.keys(seen)).not.toContain('net.ipv4');
    expect(seen['net.ipv4.ip_local_reserved_ports']).toEqual({ value: '' });
    expect(look()).toEqual({});
    for (const value of ['2', '2', '0', '1']) {
      for (const step of sysctl.steps({ key, after: { value } })) carryOut(step, space.within);
      expect(look(key)).toEqual({ [key]: { value } });
    }
  });

  it('says which value the kernel does not have or does not take', () => {
    const tried = (key: string, value: string) =>
      attempt(sysctl.steps({ key, after: { value } })[0]!, space.within);
    const absent = tried('net.ipv4.vs.nosuch', '1');
    expect([absent.status, absent.stderr]).toEqual([1, 'this kernel has no value net.ipv4.vs.nosuch\n']);
    const refused = tried('net.ipv4.ip_forward', 'maybe');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('the kernel does not take "maybe" for net.ipv4.ip_forward\n');
  });
});
