import { describe, expect, it } from 'vitest';
import { saidOf } from './faults.js';
import { edited } from './sound.js';

const quoted = (value: string) => JSON.stringify(value);

const places: Record<string, (value: string) => string> = {
  'cluster name': value => edited({ 'name: web\n': `name: ${quoted(value)}\n` }),
  'host name': value => edited({ 'name: lb1': `name: ${quoted(value)}` }),
  'interface name': value => edited({ 'interface: ens33': `interface: ${quoted(value)}` }),
  'absolute path': value => edited({ 'path: /opt/kgc': `path: ${quoted(value)}` }),
  'share option': value =>
    edited({ 'clients: 192.168.80.0/24': `clients: 192.168.80.0/24, options: [${quoted(value)}]` }),
  'mount option': value => edited({ 'at: /var/www/html': `at: /var/www/html, options: [${quoted(value)}]` }),
  'path for a web server': value =>
    edited({ 'mode: nat\n': `mode: nat\ntls: { certificate: ${quoted(value)}, key: /k }\n` }),
  'text for a page': value => edited({ 'server: nginx': `server: nginx, page: ${quoted(value)}` }),
};

describe('text that goes into configuration files', () => {
  it.each([
    ['cluster name', ['web', 'web-2', 'a'.repeat(32)]],
    ['host name', ['lb1', 'Lb1.example.com', '10-0-0-1']],
    ['interface name', ['eth0', 'enp0s31f6', 'eth0.100', 'br-lan', 'a23456789012345']],
    ['absolute path', ['/srv', '/srv/my files', '/srv/größe', '/srv/...', '/srv/..a']],
    ['share option', ['rw', 'anonuid=65534', 'sec=krb5:sys']],
    [
      'mount option',
      ['ro', 'x-systemd.mount-timeout=30', 'vers=4.2', 'context=system_u:object_r:httpd_sys_content_t:s0'],
    ],
    ['path for a web server', ['/etc/ssl/web.pem', '/srv/größe; } #']],
    ['text for a page', ['', 'one\ntwo\tthree\n', 'größer 你好 🎉', '$HOME `id` \'"\\ %s {{x}}']],
  ])('takes each sound %s', (what, values) => {
    for (const value of values) expect(saidOf('x.yaml', places[what]!(value)), value).toEqual([]);
  });

  it.each([
    ['cluster name', ['', 'Web', '1web', 'web_1', 'web-', 'a'.repeat(33), 'web\n', '../web']],
    ['host name', ['', '-lb1', 'lb 1', 'lb1/x', 'a'.repeat(64), 'lb1\n', '..']],
    ['interface name', ['', '.', '..', 'a234567890123456', 'eth/0', 'eth 0', 'eth0:1', 'eth0\n', '-i']],
    [
      'absolute path',
      [
        '',
        '/',
        'srv',
        './srv',
        '/srv/',
        '/srv//x',
        '/srv/../x',
        '/srv/..',
        '/srv/./x',
        '/srv\nx',
        '/srv\u0000',
        '/srv\u007f',
      ],
    ],
    ['share option', ['', 'r w', 'rw,sync', 'rw)', 'rw\n', 'x="y"', 'x=#y', 'x=\ud800', 'x=\u009b']],
    ['mount option', ['', 'r o', 'ro,nofail', 'ro\n', 'x=\ty', 'x=\\040', 'x=\ud800', 'x=\u009b']],
    ['path for a web server', ['/a"; root /; #', '/a$host', '/a\\', '/*.pem', 'web.pem']],
    ['text for a page', ['a\u0000b', '\u001b[31m']],
  ])('refuses each unsound %s', (what, values) => {
    for (const value of values) {
      const said = saidOf('x.yaml', places[what]!(value));
      expect(said, quoted(value)).toHaveLength(1);
      expect(said[0]).toContain(`is not a${/^[aeiou]/.test(what) ? 'n' : ''} ${what} (`);
    }
  });
});
