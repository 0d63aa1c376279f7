import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fouPort } from '../../src/resources/fou-port.js';
import { type Command, Unreadable } from '../../src/resources/kind.js';
import { attempt, carryOut, lawOfKind } from './law.js';

lawOfKind(fouPort, [
  { key: '6080', after: { words: 'gue' } },
  { key: '6080', before: { words: 'ipproto 4' }, after: { words: 'gue' } },
]);

/** The same command on a host where `ip fou show` prints these ports; every other `ip fou` is only told. */
function where(ports: string, command: Command): Command {
  const ip = `ip() { if [ "$2" = show ]; then printf '${ports}'; else echo "ip $*"; fi; }`;
  return { ...command, run: `${ip}\n${command.run}` };
}

const does = (ports: string, port: string, words?: string) =>
  carryOut(where(ports, fouPort.steps({ key: port, ...(words && { after: { words } }) })[0]!));

describe('a port that unpacks', () => {
  it('is read as ip fou show prints it', () => {
    expect(Object.fromEntries(fouPort.parse('port 5555 ipproto 4\nport 6080 gue\n'))).toEqual({
      '5555': { words: 'ipproto 4' },
      '6080': { words: 'gue' },
    });
    expect(() => fouPort.parse('RTNETLINK answers: Operation not supported')).toThrow(Unreadable);
  });

  it('is opened once', () => {
    expect(does('', '6080', 'gue')).toBe('ip fou add port 6080 gue\n');
    expect(does('port 6080 gue \n', '6080', 'gue')).toBe('');
    expect(does('port 16080 gue\n', '6080', 'gue')).toBe('ip fou add port 6080 gue\n');
  });

  it('is opened anew for something else', () => {
    expect(does('port 6080 ipproto 4\n', '6080', 'gue')).toBe(
      'ip fou del port 6080\nip fou add port 6080 gue\n',
    );
    expect(does('port 6080 gue\n', '6080', 'ipproto 4')).toBe(
      'ip fou del port 6080\nip fou add port 6080 ipproto 4\n',
    );
  });

  it('is closed when it is open', () => {
    expect(does('port 6080 gue\n', '6080')).toBe('ip fou del port 6080\n');
    expect(does('port 5555 gue\n', '6080')).toBe('');
  });

  it('is looked for without loading the module', () => {
    const was = existsSync('/sys/module/fou');
    const { status } = attempt(fouPort.probe(['6080']));
    expect(status).toBe(0);
    expect(existsSync('/sys/module/fou')).toBe(was);
  });
});
