import type { Rule } from './rule.js';

/** Finds flags of another scheduler: ipvsadm(8) has them for sh and mh alone. */
export const schedulerFlags: Rule = {
  id: 'scheduler-flags',
  title: 'Scheduler flags belong to the scheduler that is used.',
  severity: 'error',
  judge: ({ services }) =>
    services.flatMap(({ scheduler, flags, place }) =>
      flags
        .filter(flag => !flag.startsWith(`${scheduler}-`))
        .map(flag => ({
          place,
          message: `${flag} is a flag of the scheduler ${flag.slice(0, 2)}, and this service uses ${scheduler}`,
          remedy: `remove the flag, or write \`scheduler: ${flag.slice(0, 2)}\``,
        })),
    ),
};
