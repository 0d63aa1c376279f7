import type { Observed } from '../../plan/plan.js';
import type { Resource } from '../../resources/kind.js';
import type { PlanRule } from './plan-rule.js';

/** What keepalived drops an advertisement for when it differs (vrrp_check_packet), by the topology's names. */
const AGREED: Readonly<Record<string, RegExp>> = {
  virtualRouterId: /^ *virtual_router_id (\S+)/gm,
  advertInt: /^ *advert_int (\S+)/gm,
  authPass: /^ *auth_pass (\S+)/gm,
  multicastGroup: /^ *vrrp_mcast_group4 (\S+)/gm,
  vip: /^ *virtual_ipaddress \{([^}]*)\}/gm,
  peers: /^ *(unicast_peer)/gm,
};

/** Tells that each director takes the VIP while one speaks VRRP by the old words and another by the new ones. */
export const vrrpUnheard: PlanRule = {
  id: 'vrrp-unheard',
  title: 'Directors hear each other while they change.',
  severity: 'warning',
  judge({ topology, observed, desired }) {
    const { vrrp, directors } = topology;
    if (!vrrp) return [];
    const speakers = directors.flatMap(({ name }) => {
      const read = observed.find(({ host }) => host === name);
      const wanted = (desired.get(name) ?? []).filter(isConfiguration);
      return read?.status === 'ok' ? [{ name, before: before(read, wanted), after: textOf(wanted) }] : [];
    });
    const pairs = speakers.flatMap(old =>
      speakers
        .filter(({ name, before, after }) => name !== old.name && before !== after)
        .map(fresh => ({ hosts: [old.name, fresh.name], words: unheard(old.before, fresh.after) }))
        .filter(({ words }) => words.length > 0),
    );
    if (pairs.length === 0) return [];
    const hosts = directors
      .map(({ name }) => name)
      .filter(name => pairs.some(pair => pair.hosts.includes(name)));
    const words = [...new Set(pairs.flatMap(pair => pair.words))];
    const message = `${hosts.join(' and ')} do not hear each other until all have the same ${words.join(' and ')}: each takes the VIP for some seconds, and requests under way may be lost`;
    return [{ place: vrrp.place, message, remedy: 'choose a quiet hour' }];
  },
};

/** In which words what one director says differs from what another expects; nothing when the one says nothing. */
function unheard(said: string, expected: string): string[] {
  if (!/^vrrp_instance /m.test(said)) return [];
  const differing = Object.keys(AGREED).filter(word => spoken(said, word) !== spoken(expected, word));
  const sources = [...expected.matchAll(/^ *unicast_src_ip (\S+)/gm)].map(([, address]) => address!);
  const peers = [...said.matchAll(/^ *unicast_peer \{([^}]*)\}/gm)].map(([, list]) =>
    list!.trim().split(/\s+/),
  );
  const listed =
    differing.includes('peers') || sources.every((source, index) => peers[index]?.includes(source));
  return listed ? differing : [...differing, 'peers'];
}

/** All values of a word; of addresses only what an advertisement holds. */
function spoken(text: string, word: string): string {
  const values = [...text.matchAll(AGREED[word]!)].map(([, value]) => value!);
  return values.map(value => value.trim().replace(/ (dev|label) .*/g, '')).join(' ');
}

function isConfiguration({ kind, key }: Resource): boolean {
  return kind === 'file' && key.startsWith('/etc/keepalived/');
}

function textOf(files: readonly Resource[]): string {
  return files.map(({ state }) => state.content).join('\n');
}

/** What the same files hold now. */
function before({ entries }: Extract<Observed, { status: 'ok' }>, files: readonly Resource[]): string {
  return files.map(({ kind, key }) => entries.get(kind)?.get(key)?.content ?? '').join('\n');
}
