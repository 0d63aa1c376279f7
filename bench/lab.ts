import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot } from '../src/lab/channel.js';
import { run } from '../src/lab/command.js';
import { end, type Process } from '../src/lab/process.js';
import { startQemu } from '../src/lab/qemu.js';
import { readLab } from '../src/lab/state.js';
import { type Cluster, cluster } from '../test/lab/cluster.js';
import type { Rounds, Run } from './measure.js';

export interface LabFigures {
  /** `changes`: an apply until its last change is made, without the confirmation. */
  apply: Rounds<'lvsctl' | 'changes' | 'script'> & Partial<Rounds<'ansible'>>;
  up: Rounds<'lab' | 'bare'>;
}

const VIP = '192.168.127.100';
const WEB = ['web1', 'web2'];

/** An apply of set-up `dr` from pristine machines by each contender, and what it takes to have the machines at all. */
export async function measureLab(withAnsible: boolean, count: number): Promise<LabFigures> {
  const figures = {
    apply: { lvsctl: [], changes: [], script: [], ansible: [] },
    up: { lab: [], bare: [] },
  } as {
    apply: Record<'lvsctl' | 'changes' | 'script' | 'ansible', Run[]>;
    up: Record<'lab' | 'bare', Run[]>;
  };
  for (let round = 0; round < count; round++) {
    const begun = seconds();
    const c = await cluster('dr');
    figures.up.lab.push(since(begun));
    try {
      figures.up.bare.push(await bareRestores(c));
      const { whole, changes } = await byLvsctl(c);
      figures.apply.lvsctl.push(whole);
      figures.apply.changes.push(changes);
      await c.reset();
      figures.apply.script.push(await byScript(c));
      if (withAnsible) {
        await c.reset();
        figures.apply.ansible.push(await byAnsible(c));
      }
    } finally {
      await c.down();
    }
    process.stderr.write(`round ${round + 1}: ${JSON.stringify(figures)}\n`);
  }
  const { ansible, ...apply } = figures.apply;
  return { apply: { ...apply, ...(ansible.length > 0 && { ansible }) }, up: figures.up };
}

const seconds = () => Number(process.hrtime.bigint()) / 1e9;
const since = (begun: number): Run => ({ wall: seconds() - begun, cpu: 0 });

/** Who applied must have made a cluster: both real servers answer at the VIP. */
async function answering(c: Cluster): Promise<void> {
  const bodies = await c.requests(4, `http://${VIP}/`);
  if (new Set(bodies).size !== 2) throw new Error(`the cluster answers ${bodies.join(', ')}`);
}

async function byLvsctl(c: Cluster): Promise<{ whole: Run; changes: Run }> {
  const begun = seconds();
  let changed = begun;
  const words = ['dist/cli.js', 'apply', '-y', '--json', '-f', c.file, '-F', join(c.directory, 'ssh_config')];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('"apply_complete"')) changed = seconds();
  });
  const code = await new Promise(resolve => child.on('close', resolve));
  if (code !== 0) throw new Error(`apply ended with ${code}`);
  const whole = since(begun);
  await answering(c);
  return { whole, changes: { wall: changed - begun, cpu: 0 } };
}

const SETTINGS = ['all', 'lo'].flatMap(name => [
  `net.ipv4.conf.${name}.arp_ignore = 1`,
  `net.ipv4.conf.${name}.arp_announce = 2`,
]);

const server = (page: string) => `set -e
printf '%s\\n' ${SETTINGS.map(line => `'${line}'`).join(' ')} >>/etc/sysctl.conf
sysctl -q -p
printf '%s\\n' 'auto lo:0' 'iface lo:0 inet static' '  address ${VIP}/32' >/etc/network/interfaces.d/vip
ip addr add ${VIP}/32 dev lo label lo:0
mkdir -p /var/www/html
echo '${page}' >/var/www/html/index.html
printf '%s\\n' 'server { listen 80; root /var/www/html; }' >/etc/nginx/conf.d/web.conf
rm -f /etc/nginx/sites-enabled/default
systemctl -q enable nginx
systemctl restart nginx
`;

const director = (device: string) => `set -e
printf '%s\\n' ip_vs ip_vs_rr >/etc/modules-load.d/ipvs.conf
modprobe ip_vs && modprobe ip_vs_rr
printf 'net.ipv4.conf.%s.send_redirects = 0\\n' all default ${device} >>/etc/sysctl.conf
sysctl -q -p
printf '%s\\n' 'auto ${device}:0' 'iface ${device}:0 inet static' '  address ${VIP}/32' >/etc/network/interfaces.d/vip
ip addr add ${VIP}/32 dev ${device} label ${device}:0
iptables -A INPUT -d ${VIP} -p tcp --dport 80 -j ACCEPT
ipvsadm -A -t ${VIP}:80 -s rr
ipvsadm -a -t ${VIP}:80 -r 192.168.127.20:80 -g -w 1
ipvsadm -a -t ${VIP}:80 -r 192.168.127.30:80 -g -w 1
ipvsadm -Sn >/etc/ipvsadm.rules
sed -i 's/^AUTO=.*/AUTO="true"/' /etc/default/ipvsadm
systemctl -q enable ipvsadm
systemctl start ipvsadm
`;

const cardOf = async (c: Cluster) =>
  (await c.on('lb1', "ip -o -4 addr show | awk '/192\\.168\\.127\\.10\\// { print $2 }'")).trim();

/** As a person would write it down: the real servers side by side, then the director; nothing is checked or undone. */
async function byScript(c: Cluster): Promise<Run> {
  const config = join(c.directory, 'ssh_config');
  const last = director(await cardOf(c));
  const over = (host: string, script: string) =>
    run('ssh', ['-F', config, host, 'sh -s'], { seconds: 300, input: script });
  const begun = seconds();
  await Promise.all(WEB.map(host => over(host, server(`this is ${host}`))));
  await over('lb1', last);
  const taken = since(begun);
  await answering(c);
  return taken;
}

/** The same by Ansible, whose Python comes onto the machines beforehand. */
async function byAnsible(c: Cluster): Promise<Run> {
  const config = join(c.directory, 'ssh_config');
  const folder = await mkdtemp(join(tmpdir(), 'lvsctl-bench-'));
  const device = await cardOf(c);
  const put = (name: string, text: string) => writeFile(join(folder, name), text);
  await Promise.all(
    ['lb1', ...WEB].map(host =>
      run(
        'sh',
        [
          '-c',
          'tar -C / --exclude=test --exclude=__pycache__ -cz usr/lib/python3.11 | ssh -F "$1" "$2" tar -C / -xz',
          'sh',
          config,
          host,
        ],
        { seconds: 300 },
      ),
    ),
  );
  await put('hosts', `[servers]\n${WEB.join('\n')}\n[director]\nlb1\n`);
  await put('play.yml', play(device));
  await put(
    'ansible.cfg',
    `[defaults]
inventory = ${folder}/hosts
forks = 50
gathering = explicit
interpreter_python = /usr/bin/python3
timeout = 60
[ssh_connection]
pipelining = True
ssh_args = -F ${config} -o ControlMaster=auto -o ControlPersist=60s
`,
  );
  const begun = seconds();
  await run('ansible-playbook', [join(folder, 'play.yml')], {
    seconds: 1200,
    env: { ...process.env, ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), LC_ALL: 'C.UTF-8', HOME: folder },
  });
  const taken = since(begun);
  await answering(c);
  await rm(folder, { recursive: true, force: true });
  return taken;
}

const block = (lines: readonly string[]) => lines.map(line => `          ${line}\n`).join('');
const task = (name: string, text: string) =>
  `    - name: ${name}\n      ${text.trim().replaceAll('\n', '\n      ')}\n`;
const file = (dest: string, lines: readonly string[], then = '') =>
  task(dest, `copy:\n  dest: ${dest}\n  content: |\n${lines.map(line => `    ${line}\n`).join('')}${then}`);

function play(device: string): string {
  return `- hosts: servers
  gather_facts: false
  tasks:
    - name: kernel settings at boot
      blockinfile:
        path: /etc/sysctl.conf
        block: |
${block(SETTINGS)}    - name: kernel settings
      command: sysctl -q -p
${file('/etc/network/interfaces.d/vip', ['auto lo:0', 'iface lo:0 inet static', `  address ${VIP}/32`])}\
${task('the VIP', `command: ip addr add ${VIP}/32 dev lo label lo:0`)}\
${task('the folder', 'file: { path: /var/www/html, state: directory }')}\
${file('/var/www/html/index.html', ['this is {{ inventory_hostname }}'])}\
${file('/etc/nginx/conf.d/web.conf', ['server { listen 80; root /var/www/html; }'])}\
${task('no other site', 'file: { path: /etc/nginx/sites-enabled/default, state: absent }')}\
${task('nginx', 'systemd: { name: nginx, enabled: true, state: restarted }')}\
- hosts: director
  gather_facts: false
  tasks:
${file('/etc/modules-load.d/ipvs.conf', ['ip_vs', 'ip_vs_rr'])}\
${task('modules', 'command: modprobe {{ item }}\nloop: [ip_vs, ip_vs_rr]')}\
    - name: kernel settings at boot
      blockinfile:
        path: /etc/sysctl.conf
        block: |
${block(['all', 'default', device].map(name => `net.ipv4.conf.${name}.send_redirects = 0`))}\
${task('kernel settings', 'command: sysctl -q -p')}\
${file('/etc/network/interfaces.d/vip', [`auto ${device}:0`, `iface ${device}:0 inet static`, `  address ${VIP}/32`])}\
${task('the VIP', `command: ip addr add ${VIP}/32 dev ${device} label ${device}:0`)}\
${task('the rule', `iptables: { chain: INPUT, destination: ${VIP}, protocol: tcp, destination_port: '80', jump: ACCEPT }`)}\
${task('the service', `command: ipvsadm -A -t ${VIP}:80 -s rr`)}\
${task('the real servers', `command: ipvsadm -a -t ${VIP}:80 -r {{ item }}:80 -g -w 1\nloop: [192.168.127.20, 192.168.127.30]`)}\
${task('the saved table', 'shell: ipvsadm -Sn >/etc/ipvsadm.rules')}\
${task('at boot', `lineinfile: { path: /etc/default/ipvsadm, regexp: '^AUTO=', line: 'AUTO="true"' }`)}\
${task('the service of the table', 'systemd: { name: ipvsadm, enabled: true, state: started }')}`;
}

/** The same machines from the same saved states by QEMU alone, until each answers; they know nobody and are on no network. */
async function bareRestores(c: Cluster): Promise<Run> {
  const lab = await readLab(c.directory);
  const folder = await mkdtemp(join(tmpdir(), 'lvsctl-bench-'));
  await mkdir(join(folder, 's'));
  const started: Process[] = [];
  const begun = seconds();
  try {
    await Promise.all(
      lab.machines.map(async ({ name, memory }) => {
        const { accelerator, kernel, initrd, seedDisk, seedState } = lab.images[memory]!;
        const disk = join(folder, `${name}.qcow2`);
        await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', seedDisk, disk], {
          seconds: 20,
        });
        const channelSocket = join(folder, 's', `${name}.c`);
        const cards = Array.from({ length: 5 }, (_, index) => ({ mac: `52:54:00:00:00:0${index}` }));
        const sockets = { qmpSocket: join(folder, 's', `${name}.q`), channelSocket };
        const log = join(folder, `${name}.log`);
        const hardware = {
          name,
          accelerator,
          memory,
          kernel,
          initrd,
          disk,
          cards,
          ...sockets,
          restore: true,
        };
        await startQemu(
          { ...hardware, consoleLog: `${log}.console` },
          { log, state: seedState, lock: `${log}.plugging` },
          async qemu => {
            started.push(qemu);
          },
        );
        await asRoot(channelSocket, ':', 120);
      }),
    );
    return since(begun);
  } finally {
    await Promise.all(started.map(end));
    await rm(folder, { recursive: true, force: true });
  }
}
