import type { Verification } from '../plan/verification.js';
import { count, duration } from './count.js';
import type { Palette } from './paint.js';
import { oneLine } from './printable.js';

const widestBar = 30;

/** Who answered the requests through a VIP, a bar per server, and whether that is what the scheduler promises. */
export function verifyText(result: Verification, options: { paint: Palette; unicode?: boolean }): string {
  const { paint, unicode = false } = options;
  const {
    vip,
    port,
    protocol,
    scheduler,
    sent,
    answered,
    byServer,
    failed,
    bodies = [],
    lost = [],
    seconds,
  } = result;
  const most = Math.max(1, ...byServer.map(server => server.answered));
  const rows = [
    ['server', 'weight', 'answered', ...(result.verdict === 'no promise' ? [] : ['expected'])],
    ...byServer.map(server => [
      oneLine(server.name),
      String(server.weight),
      String(server.answered),
      ...(result.verdict === 'no promise' ? [] : [String(Math.round(server.expected * 10) / 10)]),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const table = rows.map((row, at) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
    );
    if (at === 0) return paint.dim(`  ${cells.join('  ')}`);
    const size = Math.round((byServer[at - 1]!.answered / most) * widestBar);
    return `  ${cells.join('  ')}  ${paint.cyan((unicode ? '\u2588' : '#').repeat(size))}`.trimEnd();
  });
  return [
    `${paint.bold(`${protocol} ${vip}:${port}`)} ${scheduler}: ${answered} of ${count(sent, 'request')} answered in ${duration(seconds)}`,
    '',
    ...(byServer.length > 0 ? [...table, ''] : []),
    ...failed.map(failure =>
      paint.red(`  ! ${failure.count} without an answer: ${oneLine(failure.message)}`),
    ),
    ...bodies.map(body => `  ${body.count} x ${JSON.stringify(oneLine(body.text).slice(0, 60))}`),
    ...(failed.length + bodies.length > 0 ? [''] : []),
    ...lost.flatMap(({ message, remedy }) => [paint.red(`  ${oneLine(message)}`), `    ${oneLine(remedy)}`]),
    ...(lost.length > 0 ? [''] : []),
    verdictLine(result, paint),
    '',
  ].join('\n');
}

function verdictLine({ verdict, scheduler }: Verification, paint: Palette): string {
  switch (verdict) {
    case 'as promised':
      return paint.green(`As promised by ${scheduler} and the weights.`);
    case 'not as promised':
      return paint.red(`Not as promised by ${scheduler} and the weights.`);
    case 'no promise':
      return `${scheduler} promises no shares that a count of answers could show.`;
  }
}
