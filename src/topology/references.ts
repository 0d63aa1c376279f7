import type { Parsed } from './document.js';
import { type Item, isMapping, item, items, text, texts } from './items.js';
import { didYouMean, nearest } from './nearest.js';
import type { Fault } from './topology.js';

/**
 * Every name that cannot be resolved and everything that stands there twice. Takes any document, also one that
 * the schema refuses: what has the wrong shape is passed over, for the schema has told it already.
 */
export function references(document: Parsed): Fault[] {
  const servers = items(document.value, 'realServers');
  return [
    ...twice(document, hosts(document.value), 'name', name => `the host name \`${name}\` is there already`),
    ...mounts(document, servers),
    ...services(document, items(document.value, 'services'), servers),
    ...withoutVrrp(document),
  ];
}

function hosts(value: unknown): Item[] {
  return [
    ...items(value, 'directors'),
    ...items(value, 'realServers'),
    ...item(value, 'nfs'),
    ...item(value, 'client'),
    ...items(value, 'routers'),
  ];
}

function mounts(document: Parsed, servers: readonly Item[]): Fault[] {
  const [nfs] = item(document.value, 'nfs');
  const shares = nfs ? items(nfs.value, 'shares', nfs.path) : [];
  const names = texts(shares, 'name');
  return [
    ...twice(document, shares, 'name', name => `the share \`${name}\` is there already`),
    ...twice(document, shares, exportOf, key => `${key} is exported already`),
    ...servers.flatMap(server => {
      const mounts = items(server.value, 'mounts', server.path);
      const unknown = mounts.filter(
        ({ value }) => names && text(value.share) && !names.includes(text(value.share)!),
      );
      return [
        ...unknown.map(({ value, path }) => ({
          place: document.place([...path, 'share']),
          message: `there is no share \`${value.share}\`${didYouMean(String(value.share), names!)}`,
          remedy: names!.length > 0 ? `nfs.shares has ${names!.join(', ')}` : 'describe it under nfs.shares',
        })),
        ...twice(document, mounts, 'at', at => `something is mounted at \`${at}\` already`),
      ];
    }),
  ];
}

function services(document: Parsed, services: readonly Item[], servers: readonly Item[]): Fault[] {
  const top = document.value as Record<string, unknown>;
  const names = texts(servers, 'name');
  return [
    ...twice(document, services, serviceOf(top), key => `the service ${key} is there already`),
    ...withoutVip(document, top, services),
    ...withoutPort(document, services),
    ...services.flatMap(service => (names ? serverNames(document, service, names) : [])),
  ];
}

/** The first service without a VIP, unless somebody seems to have misspelt it. */
function withoutVip(document: Parsed, top: Record<string, unknown>, services: readonly Item[]): Fault[] {
  const hasVip = (value: Record<string, unknown>) => Object.keys(value).some(key => nearest(key, ['vip']));
  const without = services.find(({ value }) => !hasVip(top) && !hasVip(value));
  if (without === undefined) return [];
  return [
    {
      place: document.place(without.path),
      message: 'this service has no VIP',
      remedy: 'give `vip: 12.0.0.1/24` at the top of the file, or here',
    },
  ];
}

/** A service is a port of the VIP, or a firewall mark for several. */
function withoutPort(document: Parsed, services: readonly Item[]): Fault[] {
  return services.flatMap(({ value, path }) => {
    const [port, fwmark, ports] = ['port', 'fwmark', 'ports'].map(key => value[key] !== undefined);
    const place = document.place(path);
    if (port && (fwmark || ports))
      return [
        {
          place,
          message: 'this service has both a `port` and a firewall mark',
          remedy: 'write `port: 80`, or `fwmark: 50` with `ports: [80, 443]`',
        },
      ];
    if (port || (fwmark && ports)) return [];
    return [
      {
        place,
        message: `this service has no ${fwmark ? '`ports`' : ports ? '`fwmark`' : '`port`'}`,
        remedy: fwmark || ports ? 'write `fwmark: 50` with `ports: [80, 443]`' : 'add `port: 80`',
      },
    ];
  });
}

/** Without VRRP nothing would decide which director holds the VIP. */
function withoutVrrp(document: Parsed): Fault[] {
  const directors = items(document.value, 'directors');
  const second = directors[1];
  if (second === undefined || (document.value as Record<string, unknown>).vrrp !== undefined) return [];
  return [
    {
      place: document.place(second.path),
      message: 'there are several directors and no `vrrp`: all of them would answer for the VIP',
      remedy: 'add `vrrp: { virtualRouterId: 50 }`, with a number that is free on the network',
    },
  ];
}

function serverNames(document: Parsed, { value, path }: Item, names: readonly string[]): Fault[] {
  const chosen = Array.isArray(value.servers) ? (value.servers as unknown[]) : undefined;
  const weighted = isMapping(value.weights) ? Object.keys(value.weights) : [];
  const unknown = (name: string) => ({
    message: `there is no real server \`${name}\`${didYouMean(name, names)}`,
    remedy: `realServers has ${names.join(', ')}`,
  });
  return [
    ...(chosen ?? []).flatMap((name, index) =>
      typeof name !== 'string' || names.includes(name)
        ? []
        : [{ place: document.place([...path, 'servers', index]), ...unknown(name) }],
    ),
    ...weighted
      .filter(name => !names.includes(name))
      .map(name => ({ place: document.placeOfKey([...path, 'weights', name]), ...unknown(name) })),
    ...weighted
      .filter(name => names.includes(name) && chosen !== undefined && !chosen.includes(name))
      .map(name => ({
        place: document.placeOfKey([...path, 'weights', name]),
        message: `\`${name}\` has a weight here but is not among the servers of this service`,
        remedy: 'add it to `servers`, or remove its weight',
      })),
  ];
}

/** Whether a value can be told in a text: a mapping may hold a `toString` of its own. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function exportOf({ path, clients }: Record<string, unknown>): string | undefined {
  return text(path) && text(clients) && `${path} for ${clients}`;
}

function serviceOf(top: Record<string, unknown>): (service: Record<string, unknown>) => string | undefined {
  return service => {
    const vip = text(service.vip ?? top.vip);
    const { fwmark, port, protocol } = service;
    if (fwmark !== undefined) return isPlain(fwmark) ? `fwmark ${fwmark}` : undefined;
    return vip && isPlain(port) && isPlain(protocol)
      ? `${vip.replace(/\/.*/, '')}:${port}/${protocol}`
      : undefined;
  };
}

/** A fault for each item whose key (one of its texts, or made of it) an earlier one has. */
function twice(
  document: Parsed,
  items: readonly Item[],
  key: string | ((value: Record<string, unknown>) => string | undefined),
  message: (key: string) => string,
): Fault[] {
  const first = new Map<string, number>();
  return items.flatMap(({ value, path }) => {
    const found = typeof key === 'string' ? text(value[key]) : key(value);
    if (found === undefined) return [];
    const place = document.place(typeof key === 'string' ? [...path, key] : path);
    const earlier = first.get(found);
    if (earlier === undefined) {
      first.set(found, place.line);
      return [];
    }
    return [
      { place, message: `${message(found)}, in line ${earlier}`, remedy: 'rename or remove one of the two' },
    ];
  });
}
