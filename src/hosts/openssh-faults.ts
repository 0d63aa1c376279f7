import {
  Dropped,
  handshakeFault,
  jumpLost,
  lineFault,
  notForwarded,
  proxyEnded,
  rejected,
  timedOut,
} from './connect-faults.js';
import { knownHosts } from './known-hosts.js';
import { hostKeys } from './known-hosts-verdict.js';
import type { Start } from './openssh-link.js';
import { Unreachable } from './session.js';

/** The error codes behind the texts of the C library. */
const codes: ReadonlyArray<readonly [RegExp, string]> = [
  [/Connection refused/, 'ECONNREFUSED'],
  [/timed out/, 'ETIMEDOUT'],
  [/No route to host|Host is unreachable|Network (is )?unreachable/, 'EHOSTUNREACH'],
  [/Cannot assign requested address|Can't assign requested address/, 'EADDRNOTAVAIL'],
  [/Connection reset/, 'ECONNRESET'],
];

/** Why ssh ended before we were logged in: by its log at DEBUG1, and the error output of what it ran. */
export async function opensshFault(log: string, said: string, start: Start): Promise<Error> {
  const { options, label, limit, jump, acceptNew } = start;
  const found = (pattern: RegExp) => pattern.exec(log)?.[1];
  const proxySaid = said.trim().split('\n').at(-1)!.trim();

  if (/^ssh: Could not resolve hostname/m.test(log)) return line('ENOTFOUND');
  const unconnected = found(/^ssh: connect to (?:host|address) (.*)$/m);
  if (unconnected) return line(codes.find(([text]) => text.test(unconnected))?.[1], unconnected);
  if (/^Connection (?:timed out|to .* timed out)/m.test(log)) return timedOut(label, limit);

  const keys = () => hostKeys(options, label, knownHosts(), acceptNew);
  if (/^Host key verification failed/m.test(log)) {
    const [, type = '', print = ''] = /^debug1: Server host key: (\S+) (SHA256:\S+)/m.exec(log) ?? [];
    const verdict = (await keys()).judge(type, print);
    return verdict instanceof Unreachable
      ? verdict
      : handshakeFault(words(log).at(-2) ?? 'its host key', label);
  }
  const mismatch = found(/^Unable to negotiate with .*: no matching (.*?) found/m);
  const otherType = mismatch?.startsWith('host key') ? (await keys()).otherType() : undefined;
  if (mismatch) return otherType ?? handshakeFault(`Handshake failed: no matching ${mismatch}`, label);

  if (!/^debug1: SSH2_MSG_NEWKEYS received/m.test(log)) {
    if (jump) {
      const why = jump.ended();
      if (why !== undefined) return jumpLost(jump.options.host, why);
      if (/forwarding request failed/i.test(said)) return unforwarded(jump);
    }
    if (options.proxyCommand) return proxyEnded(label, proxySaid);
    if (/Connection (?:closed|reset)/.test(log)) return new Dropped();
  }
  const offers = [...log.matchAll(/^debug1: Offering public key: (.*) \S+ (SHA256:\S+)(.*)$/gm)];
  const offered = offers.map(([, name, print, more]) =>
    more!.includes(' agent') ? `${name} of the agent (${print})` : name!,
  );
  const methods = found(/: Permission denied \((.*)\)/)?.split(',');
  if (methods) return rejected(options, label, offered, unusable(log), methods);
  if (offered.length > 0) {
    const notes = [...unusable(log), 'it hung up after so many: IdentitiesOnly yes offers no others'];
    return rejected(options, label, offered, notes, methods);
  }
  return handshakeFault(lastWords(log) ?? (proxySaid || 'ssh ended without a word'), label);

  function line(code: string | undefined, message = ''): Error {
    return lineFault(Object.assign(new Error(message), { code }), options, label, limit);
  }
  function unforwarded(through: NonNullable<typeof jump>): Error {
    const reason = refusal(through.log()) ?? proxySaid;
    return notForwarded(through.options.host, options, label, reason, /prohibited/.test(reason));
  }
}

/** Why the host at the other end of a master opened no connection, as it said last. */
export function refusal(log: string): string | undefined {
  return [...log.matchAll(/^channel \d+: open failed: (?:connect failed: )?(.*?)\s*$/gm)].at(-1)?.[1];
}

/** What ssh said last, without its debugging. */
export function lastWords(log: string): string | undefined {
  return words(log).at(-1);
}

function words(log: string): string[] {
  return log
    .split('\n')
    .filter(line => line.trim() !== '' && !/^debug\d: /.test(line))
    .map(line => line.trim().replace(/\.$/, ''));
}

/** What ssh says of keys that it cannot use. */
function unusable(log: string): string[] {
  return words(log).filter(line =>
    /^(Load key|no such identity|Permissions \d+ for|sign_and_send_pubkey|Certificate )/.test(line),
  );
}
