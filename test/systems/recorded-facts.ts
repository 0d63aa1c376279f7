/**
 * What the facts probe prints on a Debian 12 host: `ens33` with this base address, `ens37` up without one.
 * `more` are lines at its end.
 */
export function printedFacts(address: string, more: readonly string[] = []): string {
  return [
    'uid 0',
    'machine 5f0c6e7a8b9d4c3e2f1a0b9c8d7e6f5a',
    'boot 0e7bd9a4-2c53-4a43-9a7b-0f3a2f7c9f11',
    'kernel 6.1.0-37-cloud-amd64',
    'ssh 10.0.2.2 51234 10.0.2.15 22',
    'release 12',
    'id debian',
    'address lo 127.0.0.1/8',
    `address ens33 ${address}`,
    'address ens33 192.168.7.7/32',
    'link lo',
    'link ens33',
    'link ens37',
    'route default via 192.168.80.1 dev ens33 onlink ',
    'network ifupdown',
    ...more,
    '',
  ].join('\n');
}
