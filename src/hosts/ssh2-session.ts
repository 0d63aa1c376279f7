import pLimit from 'p-limit';
import type ssh2 from 'ssh2';
import { attend, type Channel, mostChannels } from './channel.js';
import { forward } from './connect-line.js';
import type { Login } from './line.js';
import type { Session } from './session.js';
import type { HostOptions } from './ssh-config-options.js';
import type { Link } from './transport.js';

/** A host we are logged in on with ssh2. */
export interface Ssh2Link extends Link, Login {
  options: HostOptions;
}

/** A session on a link. `renew` opens the same host anew, `leave` ends what belongs to this session alone. */
export function ssh2Session(link: Ssh2Link, renew: () => Promise<Session>, leave: () => void): Session {
  const { host } = link.options;
  const slot = pLimit(mostChannels);
  return {
    host,
    exec: (command, options) => slot(() => attend(start(link, command), options)),
    async tunnel(address, port) {
      try {
        return await forward(link.client, address, port, link.limit);
      } catch (error) {
        throw new Error(`${host} cannot connect to ${address}:${port}: ${(error as Error).message}`);
      }
    },
    fresh: renew,
    async close() {
      leave();
    },
  };
}

function start(link: Ssh2Link, command: string): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(new Error(link.ended() ?? error.message));
    try {
      link.client.exec(command, (error, stream) =>
        error ? refuse(error) : resolve(channelOf(link, stream)),
      );
    } catch (error) {
      refuse(error as Error);
    }
  });
}

function channelOf(link: Ssh2Link, stream: ssh2.ClientChannel): Channel {
  let signal: string | undefined;
  stream.on('error', () => {});
  stream.on('exit', (_code: number | null, name?: string) => {
    signal = name;
  });
  const ended = new Promise<Awaited<Channel['ended']>>(resolve => {
    stream.on('close', (code: number | null | undefined) => {
      if (typeof code === 'number') resolve({ code });
      else if (signal) resolve({ lost: `the command was killed (${signal})` });
      else resolve({ lost: `the connection was lost${link.ended() ? ` (${link.ended()})` : ''}` });
    });
  });
  return { stdin: stream, stdout: stream, stderr: stream.stderr, close: () => stream.close(), ended };
}
