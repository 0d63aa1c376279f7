import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bed, PORT, VIP } from './bed.js';
import type { Candidate } from './measure.js';

/**
 * The same reads of the real servers in Ansible's words, for check mode: kernel settings now and at boot, the VIP on lo
 * and its file, the page, the site, nginx. Pipelining on, connections kept from one run to the next.
 */
export function ansible(bed: Bed, count: number): Candidate {
  const folder = join(bed.directory, `ansible-${count}`);
  mkdirSync(folder, { recursive: true });
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const servers = bed.names.slice(1, count);
  put(
    'hosts',
    `[servers]\n${servers.map(name => `${name} ansible_host=${bed.addressOf(name)}`).join('\n')}
[director]\nlb1 ansible_host=${bed.addressOf('lb1')}
[all:vars]\nansible_port=${PORT}\nansible_user=root\nansible_python_interpreter=/usr/bin/python3\n`,
  );
  put('play.yml', PLAY);
  put(
    'ansible.cfg',
    `[defaults]
inventory = ${folder}/hosts
forks = 50
gathering = explicit
host_key_checking = True
retry_files_enabled = False
local_tmp = ${folder}/tmp
remote_tmp = /run/ansible
[ssh_connection]
pipelining = True
ssh_args = -F ${bed.sshConfig} -o ControlMaster=auto -o ControlPersist=600s
control_path = ${folder}/%%h
`,
  );
  return {
    words: ['ansible-playbook', '--check', '--diff', join(folder, 'play.yml')],
    environment: { ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), LC_ALL: 'C.UTF-8', HOME: folder },
  };
}

const SETTINGS: readonly (readonly [string, string])[] = [
  ['net.ipv4.conf.all.arp_ignore', '1'],
  ['net.ipv4.conf.all.arp_announce', '2'],
  ['net.ipv4.conf.lo.arp_ignore', '1'],
  ['net.ipv4.conf.lo.arp_announce', '2'],
];

const PLAY = `- hosts: servers
  gather_facts: false
  tasks:
    - name: facts
      setup: { gather_subset: ['!all', '!min', 'network', 'distribution'] }
    - name: kernel settings
      shell: sysctl -n ${SETTINGS.map(([name]) => name).join(' ')} | paste -sd' '
      register: live
      check_mode: false
      changed_when: live.stdout != '${SETTINGS.map(([, value]) => value).join(' ')}'
    - name: kernel settings at boot
      blockinfile:
        path: /etc/sysctl.conf
        marker: '# {mark} bench'
        block: |
${SETTINGS.map(([name, value]) => `          ${name} = ${value}\n`).join('')}    - name: the VIP
      command: ip -o -4 addr show dev lo
      register: held
      check_mode: false
      changed_when: "'${VIP}/32' not in held.stdout"
    - name: the VIP at boot
      copy:
        dest: /etc/network/interfaces.d/vip
        content: |
          auto lo:0
          iface lo:0 inet static
            address ${VIP}/32
    - name: the folder of the pages
      file: { path: /var/www/html, state: directory }
    - name: the page
      copy: { dest: /var/www/html/index.html, content: "hello\\n" }
    - name: the site
      copy:
        dest: /etc/nginx/conf.d/bench.conf
        content: |
          server { listen 80; root /var/www/html; }
    - name: nginx is installed, enabled and running
      shell: dpkg-query -W -f '\${Status}' nginx; systemctl is-enabled nginx; systemctl is-active nginx
      register: nginx
      check_mode: false
      changed_when: "'installed' not in nginx.stdout"
- hosts: director
  gather_facts: false
  tasks:
    - name: facts
      setup: { gather_subset: ['!all', '!min', 'network', 'distribution'] }
    - name: the table
      command: ipvsadm -Sn
      check_mode: false
      register: ipvs
      changed_when: "'-A' not in ipvs.stdout"
    - name: the rules
      command: iptables-save
      check_mode: false
      register: rules
      changed_when: "'LVSCTL-INPUT' not in rules.stdout"
    - name: the VIP
      command: ip -o -4 addr show dev eth0
      check_mode: false
      register: held
      changed_when: "'${VIP}/32' not in held.stdout"
    - name: kernel settings
      shell: cat /proc/sys/net/ipv4/conf/all/send_redirects /proc/sys/net/ipv4/conf/default/send_redirects /proc/sys/net/ipv4/conf/eth0/send_redirects
      check_mode: false
      register: live
      changed_when: "'1' in live.stdout"
    - name: files
      stat: { path: '{{ item }}', checksum_algorithm: sha256 }
      loop: [/etc/ipvsadm.rules, /etc/default/ipvsadm, /etc/modules-load.d/lvsctl.conf, /etc/lvsctl/iptables.rules, /etc/sysctl.conf]
`;
