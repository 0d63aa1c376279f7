import { randomBytes } from 'node:crypto';
import { connectPatiently, readLines } from './socket.js';
import { LabError } from './spec.js';

/** What a script printed, both streams together, and its exit code. */
export interface Reply {
  code: number;
  output: string;
}

/** A root shell in a guest that needs no network: one script goes in, one reply comes out. */
export interface Channel {
  /** Runs a script; no answer within `seconds` is an error. */
  run(script: string, seconds: number): Promise<Reply>;
  close(): void;
}

/** Connects to the root shell of a guest; the guest itself need not have started. */
export async function openChannel(path: string): Promise<Channel> {
  const socket = await connectPatiently(path, 10);
  const lines = readLines(socket, 60);
  return {
    async run(script, seconds) {
      const id = randomBytes(6).toString('hex');
      const answer = new RegExp(`^${id} (\\d+) ?([A-Za-z0-9+/=]*)$`);
      const limit = Date.now() + seconds * 1000;
      const body = Buffer.from(script);
      socket.write(Buffer.concat([Buffer.from(`\n${id} ${body.length}\n`), body]));
      for (;;) {
        const left = (limit - Date.now()) / 1000;
        if (left <= 0) throw new LabError(`the guest did not answer within ${seconds} s`);
        const match = answer.exec(await lines.next(left));
        if (match)
          return { code: Number(match[1]), output: Buffer.from(match[2] as string, 'base64').toString() };
      }
    },
    close: () => socket.destroy(),
  };
}

/** Runs one script as root in a guest and gives its output; a failing script is an error. */
export async function asRoot(path: string, script: string, seconds = 30): Promise<string> {
  const channel = await openChannel(path);
  try {
    const { code, output } = await channel.run(script, seconds);
    if (code !== 0) throw new LabError(`a script in the guest failed with exit code ${code}:\n${output}`);
    return output;
  } finally {
    channel.close();
  }
}

/** Waits until the root shell of a booting guest answers. */
export async function awaitChannel(path: string, seconds: number): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  for (;;) {
    const answered = await asRoot(path, ':', 1).then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (Date.now() > limit) throw new LabError(`the guest did not come up within ${seconds} s`);
  }
}
