import type { Check, CheckType } from '../topology/topology.js';
import type { Rule } from './rule.js';

const WEB: readonly CheckType[] = ['HTTP_GET', 'SSL_GET'];

/** Option, as the topology names it -> the types of checks that have it (keepalived.conf(5)). */
const OWN: readonly (readonly [keyof Check, readonly CheckType[]])[] = [
  ['path', WEB],
  ['status', WEB],
  ['virtualhost', WEB],
  ['digest', WEB],
  ['script', ['MISC_CHECK']],
  ['timeout', ['MISC_CHECK']],
  ['name', ['DNS_CHECK']],
  ['recordType', ['DNS_CHECK']],
  ['heloName', ['SMTP_CHECK']],
];

/** Finds options that belong to another type of check: keepalived would not know them there. */
export const checkOptions: Rule = {
  id: 'check-options',
  title: 'A check has the options of its type.',
  severity: 'error',
  judge: ({ services }) =>
    services
      .flatMap(({ checks }) => checks)
      .flatMap(check => [
        ...OWN.filter(([option, types]) => check[option] !== undefined && !types.includes(check.type)).map(
          ([option, types]) => ({
            place: check.place,
            message: `${check.type} has no ${option}`,
            remedy: `remove it, or use \`type: ${types[0]}\``,
          }),
        ),
        ...(check.type === 'MISC_CHECK' && !check.script
          ? [
              {
                place: check.place,
                message: 'MISC_CHECK runs a script, and none is named',
                remedy: 'add `script:` with its path relative to the topology',
              },
            ]
          : []),
      ]),
};
