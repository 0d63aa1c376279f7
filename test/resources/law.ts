import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Command, Edit, Kind, State } from '../../src/resources/kind.js';

const hostile = [
  `'; touch /tmp/owned; '`,
  '"$(reboot)"',
  '`reboot`',
  'a\nb\n',
  '%s%n%%',
  '-rf --help',
  'größe ☃ \u202e',
  'back\\slash\\n\\0',
  '$LVSCTL_CLUSTER ${HOME} $1 & | > /dev/null * ? [a]',
];

/** Holds for every kind: data never reaches the shell text, and a change and its inverse are both carried out. */
export function lawOfKind<S extends State>(kind: Kind<S>, samples: readonly Edit<S>[]): void {
  describe(`the law of every kind holds for ${kind.name}:`, () => {
    it('hostile data leaves the text of every command as it is', () => {
      for (const sample of samples)
        for (const evil of hostile) {
          expect(texts(kind, { ...sample, key: sample.key + evil })).toEqual(texts(kind, sample));
          for (const side of ['before', 'after'] as const)
            for (const [name, value] of Object.entries(sample[side] ?? {}))
              if (typeof value === 'string')
                expect(texts(kind, { ...sample, [side]: { ...sample[side], [name]: value + evil } })).toEqual(
                  texts(kind, sample),
                );
        }
    });

    it('a probe has the same text for no key, for one and for many', () => {
      const text = kind.probe([]).run;
      expect(kind.probe(samples.map(sample => sample.key)).run).toBe(text);
      for (const evil of hostile) expect(kind.probe([samples[0]!.key + evil]).run).toBe(text);
    });

    it('every command is text that a POSIX shell can read', () => {
      const all = samples.flatMap(sample => [...kind.steps(sample), ...kind.steps(inverse(sample))]);
      for (const { run } of [kind.probe([]), ...all]) {
        const { status, stderr } = spawnSync('sh', ['-n'], { input: run, encoding: 'utf8' });
        expect({ run, status, stderr }).toEqual({ run, status: 0, stderr: '' });
      }
    });

    it('a change and its inverse both have steps, unless the kind stays', () => {
      for (const sample of samples)
        for (const edit of [sample, inverse(sample)])
          if (edit.after || !kind.stays) expect(kind.steps(edit).length).toBeGreaterThan(0);
    });
  });
}

/** A file or link of a story's root as it stands before: bytes, or where the link points. */
type Origin = string | Buffer | { link: string };

/** What really happens in a temporary root; `after` absent is a removal. */
export interface Story<S extends State> {
  title: string;
  /** path below the root -> what stands there; mode 0640, owner 1:1 when the tests run as root. */
  files?: Readonly<Record<string, Origin>>;
  /** Directories that exist beforehand. */
  folders?: readonly string[];
  key: (root: string) => string;
  /** What the probe must see at first; not looked at when not given, null: nothing. */
  before?: S | null;
  after?: S;
  /** Bytes that must stand there after the change; null: no file. */
  bytes?: Readonly<Record<string, string | Buffer | null>>;
  /** Words put before the shell: a namespace of its own, such as `unshare -n`. */
  within?: readonly string[];
  /** A path in the shell text that stands for one below the root: `/etc/network` is `ROOT/etc/network`. */
  instead?: string;
}

/** Carries the steps out by the real shell: from before, from after, from absent; then the inverse. */
export function runs<S extends State>(kind: Kind<S>, stories: readonly Story<S>[]): void {
  describe(`really run, ${kind.name}:`, () => {
    let root = '';
    afterEach(() => rmSync(root, { recursive: true, force: true }));

    for (const story of stories)
      it(story.title, () => {
        root = made(story);
        const key = story.key(root);
        const run = (command: Command) => carryOut(moved(command, story.instead, root), story.within);
        const look = () => kind.parse(run(kind.probe([key]))).get(key);
        const go = (edit: Edit<S>) => {
          for (const step of kind.steps(edit)) run(step);
        };
        const origin = snapshot(root);
        const before = look();
        if (story.before !== undefined) expect(before).toEqual(story.before ?? undefined);
        expect(snapshot(root), 'a probe never writes').toEqual(origin);
        const edit: Edit<S> = { key, ...(before && { before }), ...(story.after && { after: story.after }) };

        go(edit);
        expect(look(), 'from before').toEqual(story.after);
        for (const [path, bytes] of Object.entries(story.bytes ?? {}))
          expect(snapshot(root).get(path)?.bytes?.toString('latin1') ?? null, path).toBe(latin(bytes));
        const done = snapshot(root);
        go(edit);
        expect(snapshot(root), 'from after').toEqual(done);
        go(inverse(edit));
        expect(snapshot(root), 'the inverse').toEqual(origin);
        go(inverse(edit));
        expect(snapshot(root), 'the inverse, again').toEqual(origin);
        go({ key, ...(before && { before }) });
        expect(look(), 'removed').toBeUndefined();
        go(edit);
        expect(look(), 'from absent').toEqual(story.after);
      });
  });
}

/** The edit that takes an edit back. */
export function inverse<S extends State>({ key, before, after }: Edit<S>): Edit<S> {
  return { key, ...(after && { before: after }), ...(before && { after: before }) };
}

/** Runs one command as a host would and gives its standard output; fails the test when it fails. */
export function carryOut(command: Command, within: readonly string[] = []): string {
  const { status, stdout, stderr } = attempt(command, within);
  expect({ status, stderr }).toEqual({ status: 0, stderr });
  return stdout;
}

/** Runs one command as a host would and gives whatever came of it. */
export function attempt(command: Command, within: readonly string[] = []) {
  const [name, ...words] = [...within, 'sh', '-c', command.run, 'sh', ...(command.args ?? [])];
  return spawnSync(name!, words, {
    input: command.input ?? '',
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env.PATH, LC_ALL: 'C', LVSCTL_CLUSTER: 'web' },
  });
}

/** The same command with a path of the host moved below a root. */
export function moved(command: Command, path: string | undefined, root: string): Command {
  return path === undefined ? command : { ...command, run: command.run.replaceAll(path, root + path) };
}

function texts<S extends State>(kind: Kind<S>, edit: Edit<S>): readonly string[] {
  return [edit, inverse(edit)].flatMap(each => kind.steps(each).map(step => step.run));
}

function made<S extends State>({ files = {}, folders = [] }: Story<S>): string {
  const root = mkdtempSync(join(tmpdir(), 'lvsctl-law-'));
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const [path, origin] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof origin === 'object' && 'link' in origin) symlinkSync(origin.link, file);
    else {
      writeFileSync(file, origin);
      chmodSync(file, 0o640);
      if (process.getuid?.() === 0) chownSync(file, 1, 1);
    }
  }
  return root;
}

function snapshot(root: string, folder = ''): Map<string, { bytes?: Buffer; link?: string; rights: string }> {
  const seen = new Map<string, { bytes?: Buffer; link?: string; rights: string }>();
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = join(folder, name);
    const stat = lstatSync(join(root, path));
    const rights = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`;
    if (stat.isSymbolicLink()) seen.set(path, { link: readlinkSync(join(root, path)), rights });
    else if (stat.isFile()) seen.set(path, { bytes: readFileSync(join(root, path)), rights });
    else seen.set(path, { rights });
    if (stat.isDirectory()) for (const [below, what] of snapshot(root, path)) seen.set(below, what);
  }
  return seen;
}

function latin(bytes: string | Buffer | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('latin1');
}
