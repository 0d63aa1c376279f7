import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatewayEntry } from '../../src/resources/gateway-entry.js';
import { attempt, lawOfKind, moved, runs } from './law.js';

const after = { gateway: '192.168.80.80' };
const interfaces = 'etc/network/interfaces';
const instead = '/etc/network/interfaces';
const lo = 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n';
const sourced = lo.replace('/etc/network/', '');
const stanza = 'allow-hotplug ens33\niface ens33 inet static\n\taddress 192.168.80.10/24\n\t# a comment\n';

describe('the gateway of an interface', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lvsctl-'));
    mkdirSync(join(root, 'etc/network'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is read as interface and address', () => {
    expect([...gatewayEntry.parse('ens33 192.168.80.1\n')]).toEqual([['ens33', { gateway: '192.168.80.1' }]]);
    expect(() => gatewayEntry.parse('ens33\n')).toThrow('not a gateway of an interface');
  });

  for (const [what, text, message] of [
    ['DHCP', 'iface ens33 inet dhcp\n', /gets its gateway by DHCP .* make the stanza static/],
    ['manual', 'iface ens33 inet manual\n', /is "inet manual": a gateway needs "inet static"/],
    [
      'another interface',
      'iface ens34 inet static\n  address 1.2.3.4/24\n',
      /no stanza "iface ens33 inet static"/,
    ],
    ['IPv6 only', 'iface ens33 inet6 static\n  address ::2/64\n', /no stanza "iface ens33 inet static"/],
    ['a continued line', 'iface ens33 inet static\n  address 1.2.3.4/24 \\\n', /ends with a backslash/],
  ] as const)
    it(`cannot be written where the stanza is ${what}, and taking it away there is nothing to do`, () => {
      writeFileSync(join(root, interfaces), text);
      const go = (edit: Parameters<typeof gatewayEntry.steps>[0]) =>
        attempt(moved(gatewayEntry.steps(edit)[0]!, instead, root));
      expect(go({ key: 'ens33', after })).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(message),
      });
      expect(go({ key: 'ens33', before: after })).toMatchObject({ status: 0, stderr: '' });
    });
});

lawOfKind(gatewayEntry, [
  { key: 'ens33', after },
  { key: 'ens33', before: { gateway: '192.168.80.1' }, after },
]);

const at = { key: () => 'ens33', instead };
runs(gatewayEntry, [
  {
    ...at,
    title: 'is added after the address',
    files: { [interfaces]: `${lo}${stanza}auto ens34` },
    before: null,
    after,
    bytes: {
      [interfaces]: `${lo}${stanza.replace('/24\n', '/24\n\tgateway 192.168.80.80\n')}auto ens34`,
    },
  },
  {
    ...at,
    title: 'is changed in place; what stands behind it stays',
    files: { [interfaces]: `${lo}${stanza}  gateway \t192.168.80.1 metric 5\n` },
    before: { gateway: '192.168.80.1' },
    after,
    bytes: { [interfaces]: `${lo}${stanza}  gateway \t192.168.80.80 metric 5\n` },
  },
  {
    ...at,
    title: 'is found in a sourced file, behind other stanzas of the interface',
    files: {
      [interfaces]: `${sourced}iface ens33 inet6 auto\niface ens33 inet manual\n`,
      'etc/network/interfaces.d/cluster': stanza,
      'etc/network/interfaces.d/other': 'iface ens34 inet static\n address 1.2.3.4/8\n gateway 1.1.1.1\n',
    },
    before: null,
    after,
    bytes: { 'etc/network/interfaces.d/cluster': stanza.replace('/24\n', '/24\n\tgateway 192.168.80.80\n') },
  },
  {
    ...at,
    title: 'a file that ends with the address and without a newline',
    files: { [interfaces]: 'iface ens33 inet static\naddress 192.168.80.10/24' },
    after,
    bytes: { [interfaces]: 'iface ens33 inet static\naddress 192.168.80.10/24\ngateway 192.168.80.80' },
  },
]);
