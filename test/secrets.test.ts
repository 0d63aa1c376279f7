import { describe, expect, it } from 'vitest';
import { phaseScript, undoScript } from '../src/hosts/phase-script.js';
import { compare } from '../src/plan/compare.js';
import { invert } from '../src/plan/invert.js';
import { type Change, changes, type Plan } from '../src/plan/plan.js';
import { driftText } from '../src/report/drift-text.js';
import { closingJson, eventJson, openingJson } from '../src/report/event-json.js';
import { palette } from '../src/report/paint.js';
import { planJson } from '../src/report/plan-json.js';
import { planText } from '../src/report/plan-text.js';
import { kinds } from '../src/resources/index.js';
import { loadTopology } from '../src/topology/load.js';
import { setups } from '../src/topology/starter.js';
import { seen } from './plan/host.js';
import { change, plan as planOf } from './report/sample.js';
import { desiredOf } from './roles/portrait.js';

/** A text as it stands, and what every base64 of something that holds it has in common, by its place in there. */
function forms(text: string): string[] {
  const shifted = [0, 1, 2].map(by => {
    const whole = Buffer.from(`${'-'.repeat(by)}${text}`)
      .toString('base64')
      .replace(/=+$/, '');
    return whole.slice(by === 0 ? 0 : by + 1, -1);
  });
  return [text, ...shifted];
}
const leaked = (text: string, secret: string) => forms(secret).filter(form => text.includes(form));

/** Everything that is printed of a plan: for people, for cron, for programs, in a saved plan, while it is carried out. */
function printed(plan: Plan): string {
  const at = '2026-01-01T00:00:00Z';
  const events = changes(plan).flatMap((_, index) =>
    (['begin', 'done'] as const).map(type => ({ at, host: 'lb1', type, change: index })),
  );
  const outcome = { hosts: new Map(), seconds: 1 } as never;
  const imprint = { version: '0', timestamp: at, topology: { path: 'x.yaml', sha256: '' } };
  return [
    planText(plan, { paint: palette(false), verbose: true }),
    driftText(plan, { verbose: true }),
    JSON.stringify([planJson(plan, imprint), openingJson(plan, '0', at), closingJson(plan, outcome, at)]),
    JSON.stringify(events.map(event => eventJson(event, plan))),
  ].join('\n');
}

const withSecrets = setups()
  .map(name => loadTopology(`inventories/${name}.yaml`))
  .filter(({ vrrp }) => vrrp?.authPass);

it('there are set-ups with a secret, and a leak would be seen', () => {
  expect(withSecrets.length).toBeGreaterThan(0);
  for (const by of ['', 'x', 'xy'])
    expect(leaked(Buffer.from(`${by}geheim42 more`).toString('base64'), 'geheim42')).not.toEqual([]);
});

describe.each(withSecrets)('the secret of $name', topology => {
  const secret = topology.vrrp!.authPass!.reveal();
  const former = 'geheim42';
  const desired = desiredOf(topology);
  const cluster = { name: topology.name, file: topology.file, roles: new Map() };
  const [path] = [...desired.values()]
    .flat()
    .flatMap(({ kind, key, secret: is }) => (kind === 'file' && is ? key : []));
  const file = (content: string) => ({
    ...{ content, encoding: 'utf8', mode: '0600', owner: 'root', group: 'root', link: '' },
  });
  const hosts = [...desired.keys()];
  const held = { file: { [path!]: file(`auth_pass ${former}\n`) } };
  const entry = { kind: 'file', key: path!, stage: 'master' as const, secret: ['content'] };
  const marked = [{ ...entry, origin: file(`auth_pass ${secret}\n`) }];
  const plans = {
    creation: compare(
      cluster,
      desired,
      hosts.map(host => seen(host)),
      kinds,
    ),
    change: compare(
      cluster,
      desired,
      hosts.map(host => seen(host, { live: held })),
      kinds,
    ),
    removal: compare(
      cluster,
      new Map(),
      hosts.map(host => seen(host, { live: held, marked })),
      kinds,
    ),
  };

  it.each(Object.entries(plans))('is on no process list in a %s: it comes by standard input', (_, plan) => {
    const words = (edit: Change) => {
      const kind = kinds.get(edit.kind)!;
      const steps = [
        ...kind.steps(edit),
        ...(kind.together?.([edit]) ?? []),
        ...(edit.check ? [edit.check] : []),
      ];
      return steps.flatMap(({ run, args = [] }) => [run, ...args]).join('\n');
    };
    const all = changes(plan).filter(({ kind }) => kinds.has(kind));
    expect(all.some(({ key }) => key === path)).toBe(true);
    for (const each of all.flatMap(edit => [edit, invert(edit)]))
      expect([each.key, ...leaked(words(each), secret), ...leaked(words(each), former)]).toEqual([each.key]);
  });

  it.each(Object.entries(plans))(
    'is in the scripts of a %s only as what the shell itself writes into a pipe',
    (_, plan) => {
      const numbered = changes(plan)
        .filter(({ kind }) => kinds.has(kind))
        .map((edit, number) => ({ number, change: edit }));
      const scripts = [phaseScript('web', '/d', numbered, kinds), undoScript('web', numbered, kinds)].join(
        '\n',
      );
      expect(leaked(scripts, secret)).not.toEqual([]);
      const words = scripts.replaceAll(/(?<=[{] )printf %s '(?:[^']|'\\'')*' \| (?=\(set -- )/g, '');
      expect([...leaked(words, secret), ...leaked(words, former)]).toEqual([]);
    },
  );

  it.each(Object.entries(plans))('is not printed, when a %s is planned and carried out', (_, plan) => {
    expect(printed(plan)).toContain('(sensitive)');
    expect([...leaked(printed(plan), secret), ...leaked(printed(plan), former)]).toEqual([]);
  });
});

describe("a password that somebody else wrote into keepalived's files", () => {
  const of = (...lines: string[]) => ({ content: `${lines.join('\n')}\n`, encoding: 'utf8' });
  const latin = (text: string) => ({
    content: Buffer.from(text, 'latin1').toString('base64'),
    encoding: 'base64',
  });
  const mine = of('a', 'b');
  const edit = (before: object, after?: object) =>
    planOf([change('lb1', { kind: 'file', key: '/k', before, after } as never)]);

  it.each([
    ['goes', edit(of('a', '\tauth_pass  geheim42 # x', 'b'), mine)],
    ['is all that differs', edit(of('auth_pass geheim42', 'b'), of('auth_pass other', 'b'))],
    ['stands in a file that is no UTF-8', edit(latin('caf\xe9\nauth_pass geheim42\n'), mine)],
    ['stands in a file that is removed', edit(of('auth_pass geheim42', 'b'))],
  ])('is not printed when it %s', (_, plan) => {
    expect(leaked(printed(plan), 'geheim42')).toEqual([]);
    expect(printed(plan)).toContain('(sensitive)');
  });
});
