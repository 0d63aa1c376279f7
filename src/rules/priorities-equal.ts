import type { Rule } from './rule.js';

/** Finds directors with the same priority: which of them is master would hang on their addresses. */
export const prioritiesEqual: Rule = {
  id: 'priorities-equal',
  title: 'No two directors have the same priority.',
  severity: 'error',
  judge: ({ directors }) =>
    directors.flatMap(({ name, priority, place }, index) => {
      const twin = directors.slice(0, index).find(other => other.priority === priority);
      if (!twin) return [];
      return [
        {
          host: name,
          place,
          message: `${name} has the same priority as ${twin.name}, ${priority}: the higher address would decide`,
          remedy: `give one of them another, such as \`priority: ${priority > 20 ? priority - 20 : priority + 20}\``,
        },
      ];
    }),
};
