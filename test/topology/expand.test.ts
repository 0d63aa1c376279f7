import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadTopology } from '../../src/topology/load.js';
import { edited, sound } from './sound.js';

const load = (edits: Record<string, string> = {}) => loadTopology('x.yaml', edited(edits));

describe('what is not written', () => {
  it('is not what every JavaScript object has', () => {
    const [service] = load({ 'name: web1': 'name: constructor' }).services;
    expect(service!.servers.map(({ name, weight }) => `${name} ${weight}`)).toEqual([
      'constructor 1',
      'web2 1',
    ]);
  });

  it('has its default', () => {
    const topology = load({ 'scheduler: rr\n': '' });
    expect(topology).toMatchObject({
      file: 'x.yaml',
      name: 'web',
      packages: 'install',
      snat: true,
      routers: [],
    });
    expect(topology.digest).toBe(
      createHash('sha256')
        .update(edited({ 'scheduler: rr\n': '' }))
        .digest('hex'),
    );
    expect(topology.realServers[0]).toMatchObject({
      weight: 1,
      gateway: '192.168.80.80',
      mounts: [{ options: ['_netdev', 'nofail', 'x-systemd.automount', 'x-systemd.mount-timeout=30'] }],
      web: { server: 'nginx', root: '/var/www/html', ports: [80] },
    });
    expect(topology.nfs!.shares[0]!.options).toEqual(['rw', 'sync', 'no_subtree_check']);
    expect(topology.client!.name).toBe('client');
    expect(topology.services).toEqual([
      {
        vip: { address: '12.0.0.1', prefix: 24 },
        port: 80,
        ports: [80],
        protocol: 'tcp',
        mode: 'nat',
        scheduler: 'wlc',
        flags: [],
        persistence: 0,
        netmask: '',
        onePacket: false,
        tunnel: { type: 'ipip', checksum: 'nocsum', mtu: 1500 },
        servers: [
          { name: 'web1', address: '192.168.80.10', port: 80, weight: 1, upper: 0, lower: 0 },
          { name: 'web2', address: '192.168.80.20', port: 80, weight: 1, upper: 0, lower: 0 },
        ],
        checks: [
          {
            type: 'TCP_CHECK',
            connectTimeout: 3,
            retry: 3,
            delayBeforeRetry: 1,
            place: { file: 'x.yaml', line: 14, column: 5 },
          },
        ],
        delayLoop: 5,
        quorum: 1,
        hysteresis: 0,
        inhibitOnFailure: false,
        alpha: false,
        omega: false,
        place: { file: 'x.yaml', line: 14, column: 5 },
      },
    ]);
  });

  it('of management is nothing; what is, is a network and a router', () => {
    expect(load()).not.toHaveProperty('management');
    const network = (written: string) =>
      load({ 'mode: nat': `mode: nat\nmanagement: { network: ${written}, via: 192.168.80.253 }` }).management;
    expect(network('10.9.0.0/16')).toEqual({
      network: { address: '10.9.0.0', prefix: 16 },
      via: '192.168.80.253',
      place: { file: 'x.yaml', line: 3, column: 13 },
    });
    expect(network('10.9.0.5')?.network).toEqual({ address: '10.9.0.5', prefix: 32 });
  });

  it('comes from the top of the file when it stands there', () => {
    const { services } = load({ 'mode: nat': 'mode: nat\npersistence: 300' });
    expect(services[0]).toMatchObject({ scheduler: 'rr', persistence: 300 });
  });
});

describe('a service', () => {
  it('has its own words before those of the top', () => {
    const { services } = load({
      'mode: nat': 'mode: nat\npersistence: { timeout: 300 }',
      '{ port: 80 }':
        '{ vip: 12.0.0.9/32, port: 53, protocol: udp, scheduler: sh, flags: [sh-port], persistence: 0, targetPort: 5353 }',
    });
    expect(services[0]).toMatchObject({
      vip: { address: '12.0.0.9', prefix: 32 },
      protocol: 'udp',
      scheduler: 'sh',
      flags: ['sh-port'],
      persistence: 0,
      servers: [{ port: 5353 }, { port: 5353 }],
    });
  });

  it('has the servers it names, with the weights it gives', () => {
    const { services } = load({
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, weight: 5,',
      '- { port: 80 }':
        '- { port: 80, weights: { web2: 3 } }\n  - { port: 443, servers: [web2], persistence: { timeout: 60 } }',
    });
    expect(services.map(({ servers }) => servers.map(({ name, weight }) => `${name} ${weight}`))).toEqual([
      ['web1 5', 'web2 3'],
      ['web2 1'],
    ]);
    expect(services[1]!.persistence).toBe(60);
  });
});

describe('a real server', () => {
  it('uses the extra inside address of the director as gateway', () => {
    const { realServers, directors } = load({
      'outside: ens37': 'outside: ens37, gateway: 192.168.80.254/24',
    });
    expect(directors[0]!.gateway).toEqual({ address: '192.168.80.254', prefix: 24 });
    expect(realServers.map(({ gateway }) => gateway)).toEqual(['192.168.80.254', '192.168.80.254']);
  });

  it('keeps the gateway it names, and has none where no director stands', () => {
    const { realServers } = load({
      'address: 192.168.80.10/24,': 'address: 192.168.80.10/24, gateway: 192.168.80.1,',
      '192.168.80.20/24': '192.168.81.20/24',
    });
    expect(realServers.map(({ gateway }) => gateway)).toEqual(['192.168.80.1', undefined]);
  });

  it('listens where the services that have it send to', () => {
    const { realServers } = load({
      '{ port: 80 }': '{ port: 80, targetPort: 8080, servers: [web1] }\n  - { port: 81 }',
    });
    expect(realServers.map(({ web }) => web!.ports)).toEqual([[8080, 81], [81]]);
  });
});

it('knows the place of everything, through anchors too', () => {
  const topology = loadTopology(
    'x.yaml',
    sound
      .replace('{ share: kgc', '&m { share: kgc')
      .replace(
        '{ share: kgc, at: /var/www/html }], web: { server: nginx } }\nnfs',
        '*m], web: { server: nginx } }\nnfs',
      ),
  );
  expect(topology.realServers[0]!.mounts[0]!.place).toEqual({ file: 'x.yaml', line: 8, column: 58 });
  expect(topology.realServers[1]!.mounts[0]).toMatchObject({ share: 'kgc', place: { line: 9, column: 55 } });
  expect(topology.nfs!.place).toEqual({ file: 'x.yaml', line: 11, column: 3 });
  expect(topology.nfs!.shares[0]!.place).toEqual({ file: 'x.yaml', line: 13, column: 12 });
});
