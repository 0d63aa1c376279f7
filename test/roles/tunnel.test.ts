import { describe, expect, it } from 'vitest';
import { segment } from '../../src/roles/tunnel.js';
import { loadTopology } from '../../src/topology/load.js';
import { edited } from '../topology/sound.js';
import { desiredOf } from './portrait.js';

const things = (tunnel: string, services = '- { port: 80 }') =>
  desiredOf(
    loadTopology(
      'x.yaml',
      edited({ 'mode: nat': `mode: tun\ntunnel: ${tunnel}`, '- { port: 80 }': services }),
    ),
  ).get('web1')!;
const keys = (wanted: ReturnType<typeof things>, kind: string) =>
  wanted.filter(thing => thing.kind === kind).map(({ key }) => key);
const rules = (wanted: ReturnType<typeof things>, key: string) =>
  String(wanted.find(thing => thing.kind === 'chain' && thing.key === key)!.state.rules).split('\n');
const content = (wanted: ReturnType<typeof things>, path: string) =>
  String(wanted.find(thing => thing.kind === 'file' && thing.key === path)!.state.content).split('\n');

describe('the far end of a tunnel', () => {
  it.each([
    ['{ type: ipip }', ['ipip'], [], 'tunl0', '-p 4'],
    ['{ type: gue, port: 6080 }', ['ipip', 'fou'], ['6080'], 'tunl0', '-p udp -m udp --dport 6080'],
    ['{ type: gre }', ['ip_gre'], [], 'gre0', '-p 47'],
  ])(
    'of %s has its modules, its device up and loose, and comes in',
    (tunnel, modules, ports, device, packed) => {
      const wanted = things(tunnel);
      expect(keys(wanted, 'module')).toEqual(modules);
      expect(content(wanted, '/etc/modules-load.d/lvsctl.conf').slice(1, -1)).toEqual(modules);
      expect(keys(wanted, 'fou-port')).toEqual(ports);
      expect(keys(wanted, 'link')).toEqual([device]);
      expect(keys(wanted, 'sysctl')).toContain(`net.ipv4.conf.${device}.rp_filter`);
      expect(keys(wanted, 'sysctl-entry')).toContain(`/etc/sysctl.conf net.ipv4.conf.${device}.rp_filter`);
      expect(rules(wanted, 'filter LVSCTL-INPUT')[0]).toBe(
        `-s 192.168.80.80/32 -d 192.168.80.10/32 ${packed} -j ACCEPT`,
      );
      const stanza = content(wanted, '/etc/network/interfaces.d/lvsctl-tunnels');
      expect(stanza).toContain(`iface ${device} inet static`);
      expect(stanza).toContain('    address 12.0.0.1/32');
      expect(keys(wanted, 'address')).toEqual([`${device} 12.0.0.1/32`]);
      expect(stanza.some(line => line.includes('ip fou add port 6080 gue'))).toBe(ports.length > 0);
    },
  );

  it('fits segments of a VIP to the narrowest of its tunnels', () => {
    const wanted = things(
      '{ type: ipip }',
      '- { port: 80 }\n  - { port: 81, tunnel: { type: gue, port: 6080, mtu: 1400 } }',
    );
    expect(rules(wanted, 'mangle LVSCTL-POSTROUTING')).toEqual([
      '-s 12.0.0.1/32 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1328',
    ]);
    expect(keys(wanted, 'link')).toEqual(['tunl0']);
  });

  it('is silent in ARP only in the network of a director', () => {
    const arp = (wanted: readonly { kind: string; key: string }[]) =>
      wanted.filter(({ kind, key }) => kind === 'sysctl' && key.includes('.arp_')).length;
    expect(arp(things('{ type: ipip }'))).toBe(4);
    expect(arp(desiredOf(loadTopology('inventories/tun.yaml')).get('web1')!)).toBe(0);
  });

  it('takes requests, and the word that the way to a client is narrow', () => {
    expect(rules(things('{ type: ipip }'), 'filter LVSCTL-INPUT').slice(1)).toEqual([
      '-d 12.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT',
      '-d 12.0.0.1/32 -p icmp -m icmp --icmp-type 3/4 -j ACCEPT',
    ]);
  });
});

describe('the largest segment', () => {
  it.each([
    ['ipip', 'nocsum', 1440],
    ['gue', 'csum', 1428],
    ['gue', 'remcsum', 1420],
    ['gre', 'nocsum', 1436],
  ] as const)('through %s with %s at 1500 bytes is %i', (type, checksum, size) => {
    expect(segment({ type, checksum, mtu: 1500 })).toBe(size);
  });
});
