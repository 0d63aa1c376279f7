import type { Finding } from '../plan/plan.js';
import type { Fault, Place } from '../topology/topology.js';
import { flow, sentence } from './flow.js';
import type { Palette } from './paint.js';
import { oneLine, printable } from './printable.js';

/** `nat.yaml:14:5: error vip-is-host-address: message` and the remedy below it; a Fault is an error without an id. */
export function findingText(
  finding: Fault | Finding,
  options: { paint: Palette; width?: number; indent?: number },
): string {
  const { paint, width = 80, indent = 0 } = options;
  const told =
    'id' in finding ? finding : { ...finding, id: '', severity: 'error' as const, host: undefined };
  const style =
    told.severity === 'error' ? paint.red : told.severity === 'warning' ? paint.yellow : paint.cyan;
  const message = oneLine(told.message);
  const named = told.host && !message.includes(told.host) ? `${told.host}: ${message}` : message;
  const words = [
    ...(told.place ? [{ text: `${position(told.place)}:`, style: paint.bold }] : []),
    ...(told.id
      ? [
          { text: told.severity, style },
          { text: `${told.id}:`, style },
        ]
      : [{ text: `${told.severity}:`, style }]),
    ...sentence(named),
  ];
  const hanging = indent + 4;
  const remedy = sentence(oneLine(told.remedy), paint.dim);
  return [
    ...flow(words, { column: indent, indent: hanging, width }).map((line, at) =>
      at === 0 ? ' '.repeat(indent) + line : line,
    ),
    ...(remedy.length > 0
      ? flow(remedy, { column: hanging, indent: hanging, width }).map((line, at) =>
          at === 0 ? ' '.repeat(hanging) + line : line,
        )
      : []),
  ].join('\n');
}

/** `nat.yaml:14:5`, as compilers write it and editors jump to it. */
function position(place: Place): string {
  return `${printable(place.file)}:${place.line}:${place.column}`;
}
