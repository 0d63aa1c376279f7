/** A sound LVS-NAT topology with everything in it, to be broken by edits. */
export const sound = `name: web
mode: nat
vip: 12.0.0.1/24
scheduler: rr
directors:
  - { name: lb1, address: 192.168.80.80/24, interface: ens33, outside: ens37 }
realServers:
  - { name: web1, address: 192.168.80.10/24, mounts: [{ share: kgc, at: /var/www/html }], web: { server: nginx } }
  - { name: web2, address: 192.168.80.20/24, mounts: [{ share: kgc, at: /var/www/html }], web: { server: nginx } }
nfs:
  name: nas
  address: 192.168.80.30/24
  shares: [{ name: kgc, path: /opt/kgc, clients: 192.168.80.0/24 }]
services:
  - { port: 80 }
client: { address: 12.0.0.12/24 }
`;

/** The sound topology with each text replaced by another, once. */
export function edited(edits: Readonly<Record<string, string>>): string {
  return Object.entries(edits).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the sound topology has no ${from}`);
    return text.replace(from, () => to);
  }, sound);
}
