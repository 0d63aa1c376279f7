import { describe, expect, it, vi } from 'vitest';
import { Unreachable } from '../../src/hosts/session.js';
import {
  closedPort,
  connectorFor,
  keyPair,
  known,
  knownFile,
  overEach,
  type SshdOptions,
  sshd,
  tcp,
} from './sshd.js';

/** A jump host `client` and, behind it, any `web...` on one server. */
async function behind(jumpOptions: SshdOptions = {}, webOptions: SshdOptions = {}) {
  const client = await sshd(jumpOptions);
  const web = await sshd(webOptions);
  const file = knownFile(known(client.port) + known(web.port));
  const config =
    `Host client\n  Port ${client.port}\n  User jumper\n` +
    `Host web*\n  Port ${web.port}\n  ProxyJump client\n` +
    `Host *\n  UserKnownHostsFile ${file}\n`;
  return { client, web, config };
}

async function faultOf(config: string, host = 'web1', options = {}) {
  const fault = await (await connectorFor(config, options)).open(host).catch(error => error);
  expect(fault).toBeInstanceOf(Unreachable);
  return `${fault.message}\n${fault.remedy}`;
}

overEach(transport => {
  describe('a jump host', () => {
    it('carries many hosts over one connection', async () => {
      const { client, web, config } = await behind();
      const connected = await connectorFor(config, { connectTimeout: 20 });
      const count = transport === 'ssh2' ? 100 : 20;
      const names = Array.from({ length: count }, (_, index) => `web${index}`);
      const sessions = await Promise.all(names.map(name => connected.open(name)));
      expect(sessions.map(({ host }) => host)).toEqual(names);
      expect([client.connections, web.connections]).toEqual([1, count]);
      expect(await sessions.at(-1)!.exec('hello', { limit: 5 })).toMatchObject({ stdout: 'hello\n' });
    });

    it('lets eight connections start at once', async () => {
      const silent = await tcp(() => {});
      const { config } = await behind();
      const connected = await connectorFor(`Host web*\n  Port ${silent.port}\n${config}`, {
        connectTimeout: 20,
      });
      const names = Array.from({ length: 12 }, (_, index) => `web${index}`);
      const opens = Promise.allSettled(names.map(name => connected.open(name)));
      await expect.poll(() => silent.connections, { timeout: 8000 }).toBe(8);
      await new Promise(resolve => setTimeout(resolve, 200));
      expect(silent.connections).toBe(8);
      await connected.close();
      await opens;
    });

    it('is left behind by fresh(), which takes a connection of its own all the way', async () => {
      const { client, web, config } = await behind();
      const session = await (await connectorFor(config)).open('web1');
      const fresh = await session.fresh();
      expect([client.connections, web.connections]).toEqual([2, 2]);
      await fresh.close();
      await expect.poll(() => [client.clients.size, web.clients.size]).toEqual([1, 1]);
      expect(await session.exec('hello', { limit: 2 })).toMatchObject({ code: 0 });
    });

    it('is connected to again after it was lost', async () => {
      const { client, config } = await behind();
      const connected = await connectorFor(config);
      await connected.open('web1');
      for (const one of client.clients) one.end();
      await expect.poll(() => client.clients.size).toBe(0);
      await expect(connected.open('web2')).resolves.toMatchObject({ host: 'web2' });
      expect(client.connections).toBe(2);
    });

    it('may stand behind another, in one line or by its own ProxyJump', async () => {
      const { client, web, config } = await behind();
      const outer = await sshd();
      const outerConfig = `Host outer\n  Port ${outer.port}\n  HostKeyAlias outer\n`;
      const keys = knownFile(
        known(outer.port).replace(/\S+/, 'outer') + known(client.port) + known(web.port),
      );
      const files = `Host *\n  UserKnownHostsFile ${keys}\n`;
      const line = `Host web*\n  ProxyJump outer,jumper@127.0.0.1:${client.port}\n`;
      const own = 'Host client\n  ProxyJump outer\n';
      for (const [index, start] of [line, own].entries()) {
        const connected = await connectorFor(files + start + outerConfig + config);
        await expect(connected.open('web1')).resolves.toMatchObject({ host: 'web1' });
        expect([outer.connections, client.connections, web.connections]).toEqual(Array(3).fill(index + 1));
      }
    });

    it.each([
      [
        'that refuses',
        async () => `Port ${await closedPort()}`,
        /^via client: client .* refuses the connection\n/,
      ],
      [
        'that does not resolve',
        async () => 'HostName nowhere.invalid',
        /^via client: the name nowhere\.invalid does not/,
      ],
      [
        'with another host key',
        async () => `UserKnownHostsFile ${knownFile('')}`,
        /^via client: the host key of client .* is not known/,
      ],
      [
        'that rejects our key',
        async () => `IdentityFile ${keyPair().file}\n  IdentitiesOnly yes`,
        /^via client: client .* does not let jumper in/,
      ],
    ])('%s is named', async (_title, setting, message) => {
      const { config } = await behind({ authorized: [] });
      expect(await faultOf(`Host client\n  ${await setting()}\n${config}`)).toMatch(message);
    });

    it('that does not forward is named', async () => {
      const { config } = await behind({ forwards: false });
      expect(await faultOf(config)).toMatch(
        /client cannot connect to web1 .*\n.*client has a route to 127\.0\.0\.1/,
      );
    });

    it('behind which the host refuses is named', async () => {
      const { config } = await behind();
      const text = await faultOf(`Host web1\n  Port ${await closedPort()}\n${config}`);
      expect(text).toMatch(/^client cannot connect to web1 \(127\.0\.0\.1 port \d+\): /);
    });

    it('does not vouch for the host key of the host behind it', async () => {
      const { config } = await behind({}, { hostKeys: [keyPair()] });
      expect(await faultOf(config)).toMatch(/^the host key of web1 .* has changed/);
    });

    it.each([
      ['itself', 'Host *\n  ProxyJump client\n'],
      ['a host behind it', 'Host client\n  ProxyJump web2\nHost web*\n  ProxyJump client\n'],
    ])('cannot be reached through %s', async (_title, loop) => {
      expect(await faultOf(loop)).toMatch(/is its own jump host\nwrite ProxyJump none/);
      expect(await faultOf(loop, 'client')).toMatch(/is its own jump host/);
    });

    it('that stays away fails all hosts behind it at once', async () => {
      const silent = await tcp(() => {});
      const { config } = await behind();
      // All must have asked for it before it is given up, the last while it is being asked.
      const connectTimeout = transport === 'ssh2' ? 2 : 10;
      const connected = await connectorFor(`Host client\n  Port ${silent.port}\n${config}`, {
        connectTimeout,
      });
      const first = ['web1', 'web2'].map(name => connected.open(name));
      const asked = () => expect(silent.connections).toBe(1);
      const last = vi.waitFor(asked, { timeout: 9000 }).then(() => connected.open('web3'));
      const faults = await Promise.allSettled([...first, last]);
      expect(faults.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(silent.connections).toBe(1);
    });

    it('with a low MaxStartups is tried again until all are through', async () => {
      const { client, config } = await behind({ startUps: 2 });
      const connected = await connectorFor(config);
      const names = Array.from({ length: 8 }, (_, index) => `web${index}`);
      const sessions = await Promise.all(names.map(name => connected.open(name)));
      expect(client.connections).toBe(1);
      const anew = await Promise.all(sessions.map(session => session.fresh()));
      expect(anew.map(({ host }) => host)).toEqual(names);
      expect(client.refused).toBeGreaterThan(0);
    });
  });
});
