import type { Connector } from '../../src/hosts/connect.js';
import { asRoot, quote } from '../../src/hosts/script.js';
import type { ExecOptions, Session } from '../../src/hosts/session.js';
import { Unreachable } from '../../src/hosts/session.js';
import { route } from '../../src/resources/route.js';
import { factsProbe } from '../../src/systems/read-facts.js';
import { printedFacts } from '../systems/recorded-facts.js';

/** Base address of each host by its name. */
export type Addresses = Readonly<Record<string, string>>;

/**
 * Debian hosts that hold nothing but their base addresses: every probe finds nothing. Others cannot be reached.
 * `asked` names every host that was connected to; a script that is no read fails the test. `sudo`: not root logs in, and
 * this is what sudo says to whoever wants to be.
 */
export function bareHosts(
  addresses: Addresses,
): Connector & { asked: string[]; route: string; pending: number; sudo?: string } {
  const line = {
    sudo: undefined as string | undefined,
    asked: [] as string[],
    /** What the probe of routes prints on every host: a difference that a test can make. */
    route: '',
    /** How many more times lb1 is found with an apply that is not confirmed. */
    pending: 0,
    open(host: string): Promise<Session> {
      line.asked.push(host);
      const address = addresses[host];
      if (!address) return Promise.reject(new Unreachable(`${host}: no route to host`, 'start it'));
      return Promise.resolve(session(host, address));
    },
    close: () => Promise.resolve(),
  };

  function session(host: string, address: string): Session {
    const self: Session = {
      host,
      async exec(command, { input = '', more, tell }: ExecOptions) {
        if (command === asRoot(':') && line.sudo !== undefined)
          return { code: line.sudo ? 1 : 0, stdout: '', stderr: `${line.sudo}\n` };
        let stdout = printed(input);
        for (const each of stdout.split('\n')) tell?.(each);
        if (more) stdout += printed(await more);
        return { code: 0, stdout, stderr: '' };
      },
      tunnel: () => Promise.reject(new Error('none')),
      fresh: () => Promise.resolve(self),
      close: () => Promise.resolve(),
    };
    /** What a script of reads prints. */
    function printed(input: string): string {
      if (input === '') return '';
      const mark = /lvsctl-[0-9a-f]{24}/.exec(input)?.[0];
      if (!mark) throw new Error(`not a read: ${input.slice(0, 80)}`);
      const each = input.split(' lvsctl && exit 0\n').at(-1)!;
      const probes = each.split(/^begin \d+$/m).slice(1);
      return probes
        .map((text, index) => {
          const output = text.includes(quote(factsProbe.run))
            ? printedFacts(
                address,
                host === 'lb1' && line.pending-- > 0 ? ['pending 20260101-abc'] : [],
              ).replace('uid 0', line.sudo === undefined ? 'uid 0' : 'uid 1000')
            : text.includes(quote(route.probe([]).run))
              ? line.route
              : '';
          return `\n${mark} begin ${index}\n${output}\n${mark} end ${index} 0\n`;
        })
        .join('');
    }
    return self;
  }
  return line;
}
