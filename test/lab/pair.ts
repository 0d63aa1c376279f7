import type { Cluster } from './cluster.js';

const directors = ['lb1', 'lb2'];

/** Which of two directors hold an address. */
export async function holders(cluster: Cluster, address: string): Promise<string[]> {
  const held = await Promise.all(
    directors.map(async host => (await cluster.on(host, 'ip -o -4 addr show')).includes(` ${address}/`)),
  );
  return directors.filter((_, index) => held[index]);
}

/** Waits until this director alone holds the addresses; gives the seconds that it took. Machines that are off are left out. */
export async function moved(
  cluster: Cluster,
  to: string,
  addresses: readonly string[],
  off: readonly string[] = [],
): Promise<number> {
  const began = Date.now();
  const on = directors.filter(host => !off.includes(host));
  const test = (host: string) =>
    addresses.map(each => `${host === to ? '' : '! '}ip -o -4 addr show | grep -q ' ${each}/'`).join(' && ');
  for (const host of [to, ...on.filter(other => other !== to)])
    await until(cluster, host, `{ ${test(host)}; }`, 90);
  return (Date.now() - began) / 1000;
}

/** Waits on a machine until a shell command succeeds. */
export async function until(cluster: Cluster, host: string, test: string, seconds = 60): Promise<void> {
  const wait = `end=$(($(cut -d. -f1 /proc/uptime) + ${seconds}))
until ${test}; do [ $(cut -d. -f1 /proc/uptime) -lt $end ] || exit 1; sleep 0.5; done`;
  await cluster.on(host, wait, seconds + 60).catch(error => {
    throw new Error(`${host}: not within ${seconds} s: ${test}\n${error.message}`);
  });
}

/** The VRRP states that a director went through since it booted, in order. */
export async function transitions(cluster: Cluster, host: string): Promise<string[]> {
  const log = await cluster.on(host, 'journalctl -b -u keepalived.service -o cat --no-pager', 60);
  return [...log.matchAll(/\((\w+)\) Entering (\w+) STATE/g)].map(([, , state = '']) => state);
}
