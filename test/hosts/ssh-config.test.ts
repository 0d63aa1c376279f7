import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Unreachable } from '../../src/hosts/session.js';
import { readSshConfig } from '../../src/hosts/ssh-config.js';

const home = mkdtempSync(join(tmpdir(), 'lvsctl-config-'));
mkdirSync(join(home, '.ssh/config.d'), { recursive: true });
writeFileSync(join(home, '.ssh/config.d/10-web.conf'), 'Host web*\n  User web\nHost *\n  Port 2210\n');
writeFileSync(join(home, '.ssh/config.d/20-nas.conf'), 'Host nas\n  User nas\n');
writeFileSync(join(home, '.ssh/config.d/.hidden.conf'), 'Host nas\n  HostName hidden\n');

async function of(text: string, host: string) {
  const file = join(home, 'config');
  writeFileSync(file, text);
  const environment = { SHELL: '/bin/sh', KEYS: '/keys', SSH_AUTH_SOCK: '/agent' };
  return (await readSshConfig(file, home, environment))(host);
}

/** What `ssh -G -F FILE HOST` of OpenSSH 9.2 printed for the same text. */
const asOpenSshReadIt: ReadonlyArray<[title: string, text: string, host: string, options: object]> = [
  [
    'the first value stands',
    'Host web1\n Port 1\nHost web*\n Port 2\n User a\n',
    'web1',
    { port: 1, user: 'a' },
  ],
  [
    'keywords in any case, = and quotes',
    'hOsT = web1\nUSER="a b"\n  port=7 # a word\n',
    'web1',
    { user: 'a b', port: 7 },
  ],
  [
    'what stands above the first Host is for all',
    'Port 9\nHost x\n User y\n',
    'web1',
    { port: 9, user: userInfo().username },
  ],
  ['a ? is one character', 'Host web?\n User a\nHost web?? \n User b\n', 'web12', { user: 'b' }],
  ['a negation takes the host out', 'Host web* !web1\n User a\nHost *\n User b\n', 'web1', { user: 'b' }],
  ['a negation alone matches nothing', 'Host !web2\n User a\nHost *\n User b\n', 'web1', { user: 'b' }],
  ['a dot is a dot', 'Host web.1\n User a\nHost *\n User b\n', 'webx1', { user: 'b' }],
  ['HostName may hold %h', 'HostName %h.Example.org\n', 'web1', { hostname: 'web1.example.org' }],
  ['Match all', 'Match all\n User a\n', 'web1', { user: 'a' }],
  ['Match host sees HostName', 'HostName 10.0.0.1\nMatch host 10.0.*\n User a\n', 'web1', { user: 'a' }],
  [
    'Match originalhost sees the name asked for',
    'HostName h\nMatch originalhost web1,web2\n User a\n',
    'web1',
    { user: 'a' },
  ],
  ['Match !host', 'Match !host web1\n User a\nHost *\n User b\n', 'web1', { user: 'b' }],
  [
    'Match host with a negation in its list',
    'Match host *,!web1\n User a\nHost *\n User b\n',
    'web1',
    { user: 'b' },
  ],
  [
    'two criteria must both hold',
    'User a\nMatch host web1 user b\n Port 1\nMatch host web1 user a\n Port 2\n',
    'web1',
    { port: 2 },
  ],
  [
    'Match exec runs the command',
    'Match exec "test %h = web1"\n User a\nMatch exec "test %h = x"\n Port 1\n',
    'web1',
    { user: 'a', port: 22 },
  ],
  [
    'a command is not run when the line is lost already',
    `Match host x exec "touch ${home}/ran"\n User a\nHost *\n User b\n`,
    'web1',
    { user: 'b' },
  ],
  [
    'Match final is a second reading',
    'Match final host h.net\n User a\nHost web1\n HostName h.net\n',
    'web1',
    { user: 'a' },
  ],
  [
    'the second reading sees HostName in Host',
    'Host h.net\n User a\nMatch final all\n Port 3\nHost web1\n HostName h.net\n',
    'web1',
    { user: 'a', port: 3 },
  ],
  [
    'Include takes globs, in order, without hidden files',
    'Include config.d/*.conf\n',
    'nas',
    { hostname: 'nas', user: 'nas', port: 2210 },
  ],
  ['Include with ~', 'Include ~/.ssh/config.d/10-[vw]eb.conf\n', 'web1', { user: 'web', port: 2210 }],
  [
    'Include inside a Host is for that host only',
    'Host nas\n Include config.d/*.conf\nHost *\n User b\n',
    'web1',
    { user: 'b', port: 22 },
  ],
  ['a Host inside an Include ends with it', 'Include config.d/20-nas.conf\nUser a\n', 'web1', { user: 'a' }],
  ['a missing Include is no fault', 'Include nowhere/*\nUser a\n', 'web1', { user: 'a' }],
  [
    'IdentityFile adds up',
    'Host web1\n IdentityFile ~/a\nHost *\n IdentityFile %d/%r-%h\n IdentityFile ~/a\n User u\n',
    'web1',
    { identityFiles: [`${home}/a`, `${home}/u-web1`] },
  ],
  [
    'IdentityFile takes ${VARIABLE} and %%',
    'IdentityFile ${KEYS}/100%%\n',
    'web1',
    { identityFiles: ['/keys/100%'] },
  ],
  [
    'ProxyJump with several hops',
    'ProxyJump a,u@b:2222,[fe80::1]:23\n',
    'web1',
    { jump: [{ host: 'a' }, { host: 'b', user: 'u', port: 2222 }, { host: 'fe80::1', port: 23 }] },
  ],
  [
    'ProxyJump none',
    'Host web1\n ProxyJump none\nHost *\n ProxyJump a\n',
    'web1',
    { jump: [], proxyCommand: undefined },
  ],
  [
    'ProxyJump before ProxyCommand',
    'ProxyJump a\nProxyCommand nc %h %p\n',
    'web1',
    { jump: [{ host: 'a' }], proxyCommand: undefined },
  ],
  [
    'ProxyCommand before ProxyJump',
    'ProxyCommand nc -X "5" %h %p\nProxyJump a\n',
    'web1',
    { jump: [], proxyCommand: 'nc -X "5" web1 22' },
  ],
  [
    'several known_hosts files',
    'UserKnownHostsFile ~/k1 /k2\nGlobalKnownHostsFile none\n',
    'web1',
    { userKnownHosts: [`${home}/k1`, '/k2'], globalKnownHosts: [] },
  ],
  [
    'HostKeyAlias has no port',
    'HostKeyAlias nat-web1\nPort 2222\n',
    'web1',
    { keyName: 'nat-web1', plainKeyName: undefined },
  ],
  [
    'another port is part of the name in known_hosts',
    'Port 2222\n',
    'Web1',
    { keyName: '[web1]:2222', plainKeyName: 'web1' },
  ],
  ['ConnectTimeout as a time', 'ConnectTimeout 1m30s\n', 'web1', { timeout: 90 }],
  [
    'yes and no',
    'IdentitiesOnly yes\nHashKnownHosts no\nStrictHostKeyChecking accept-new\n',
    'web1',
    { identitiesOnly: true, hashKnownHosts: false, strict: 'accept-new' },
  ],
  ['IdentityAgent none', 'IdentityAgent none\n', 'web1', { agent: undefined }],
  ['IdentityAgent from a variable', 'IdentityAgent $KEYS\n', 'web1', { agent: '/keys' }],
  ['the agent of the environment', '', 'web1', { agent: '/agent' }],
];

describe('ssh_config is read as OpenSSH reads it', () => {
  it.each(asOpenSshReadIt)('%s', async (_title, text, host, options) => {
    expect(await of(text, host)).toMatchObject(options);
  });

  it('overrides of a jump host stand above every file', async () => {
    const file = join(home, 'config');
    writeFileSync(file, 'User a\nPort 1\nProxyJump x\n');
    const config = await readSshConfig(file, home, {});
    const hop = config('j', { user: 'u', port: 2, jump: [{ host: 'k' }] });
    expect(hop).toMatchObject({ user: 'u', port: 2, jump: [{ host: 'k' }] });
  });
});

describe('a fault in ssh_config', () => {
  it.each([
    ['a port out of range', 'User a\nPort 70000\n', 'config:2: 70000 is no number from 1 to 65535'],
    ['an open quotation', 'User "a\n', 'config:1: a " is never closed'],
    ['an unknown criterion', 'Match tagged x\n', 'config:1: lvsctl does not understand Match tagged'],
    ['a criterion without a value', 'Match host\n', 'config:1: Match host needs a value'],
    ['an option without a value', 'Port\n', 'config:1: port has no value'],
    ['an unknown token', 'IdentityFile ~/%Q\n', 'config:1: lvsctl does not understand %Q'],
    [
      'a word that is neither yes nor no',
      'IdentitiesOnly maybe\n',
      'config:1: identitiesonly cannot be maybe',
    ],
    ['a jump host that is none', 'ProxyJump @\n', 'config:1: @ is no jump host'],
    ['a circle of Includes', `Include ${home}/config\n`, 'config:1: too many levels of Include'],
    [
      'a variable that is not set',
      'IdentityFile ${NOWHERE}/id\n',
      'config:1: the variable NOWHERE is not set',
    ],
  ])('names file and line of %s', async (_title, text, message) => {
    const fault = await of(text, 'web1').catch(error => error);
    expect(fault).toBeInstanceOf(Unreachable);
    expect(fault.message).toContain(message);
    expect(fault.remedy).not.toBe('');
  });

  it('names a file that is not there', async () => {
    await expect(readSshConfig(join(home, 'absent'), home, {})).rejects.toThrow(
      /absent cannot be read \(ENOENT\)/,
    );
  });
});
