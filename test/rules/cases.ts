import { describe, expect, it } from 'vitest';
import { judgeTopology } from '../../src/rules/index.js';
import type { Rule } from '../../src/rules/rule.js';
import { loadTopology } from '../../src/topology/load.js';
import { edited } from '../topology/sound.js';

/** Edits of the sound topology; what the rule must say of it (line: part of the message, and host), or nothing. */
interface Case {
  title: string;
  edits?: Readonly<Record<string, string>>;
  says?: readonly { line: number; host?: string; message: string; remedy?: string }[];
}

/** Judges each edited topology by the registry, and looks at what this rule says. */
export function testRule(rule: Rule, cases: readonly Case[]): void {
  describe(rule.id, () => {
    it.each(cases)('$title', ({ edits = {}, says = [] }) => {
      const topology = loadTopology('x.yaml', edited(edits));
      const findings = judgeTopology(topology).filter(({ id }) => id === rule.id);
      expect(findings).toEqual(
        says.map(({ line, host, message, remedy = '' }) => ({
          id: rule.id,
          severity: rule.severity,
          ...(host && { host }),
          place: { file: 'x.yaml', line, column: expect.any(Number) },
          message: expect.stringContaining(message),
          remedy: expect.stringContaining(remedy),
        })),
      );
    });
  });
}
