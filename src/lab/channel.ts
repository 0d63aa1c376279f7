import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
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

/** Bytes of one reply. What QEMU cannot hand on at once of a console is lost (hw/char/virtio-console.c, flush_buf). */
const most = 3000;

/** Connects to the root shell of a guest; the guest itself need not have started. */
export async function openChannel(path: string): Promise<Channel> {
  const socket = await connectPatiently(path, 10);
  const lines = readLines(socket, 60);
  const ask = async (script: string, seconds: number): Promise<{ code: number; output: Buffer }> => {
    const id = randomBytes(6).toString('hex');
    const answer = new RegExp(`^${id} (\\d+) ?([A-Za-z0-9+/=]*)$`);
    const limit = Date.now() + seconds * 1000;
    const body = Buffer.from(script);
    socket.write(Buffer.concat([Buffer.from(`\n${id} ${body.length}\n`), body]));
    for (;;) {
      const left = (limit - Date.now()) / 1000;
      if (left <= 0) throw new LabError(`the guest did not answer within ${seconds} s`);
      const match = answer.exec(await lines.next(left));
      if (match) return { code: Number(match[1]), output: Buffer.from(match[2] as string, 'base64') };
    }
  };
  return {
    async run(script, seconds) {
      const kept = `/run/lab-kept-${randomBytes(6).toString('hex')}`;
      const { code, output } = await ask(keeping(script, kept), seconds);
      const short = checked(output);
      if (short) return { code, output: short.toString() };
      if (code === 2 && output.includes('Syntax error')) return { code, output: output.toString() };
      const whole = await fetched(command => ask(command, 60), kept);
      await ask('rm -f /run/lab-kept-*', 60);
      return { code, output: whole.toString() };
    },
    close: () => socket.destroy(),
  };
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/**
 * Runs the script, keeps what it printed, and prints that after its checksum when it is short. With as few programs as can
 * be, each of which costs an emulated guest twenty milliseconds or more: nothing needs none to be summed up.
 */
const keeping = (script: string, kept: string) => `(
${script}
) </dev/null >${kept} 2>&1
code=$?
[ -s ${kept} ] || { echo '${sha256('')} '; exit $code; }
[ "$(wc -c <${kept})" -gt ${most} ] || { sha256sum <${kept}; cat ${kept}; rm -f /run/lab-kept-*; }
exit $code
`;

/** What stands behind its checksum in the first line; undefined when it is not what was sent. */
function checked(output: Buffer): Buffer | undefined {
  const body = output.subarray(output.indexOf('\n') + 1);
  return output.toString('latin1').startsWith(`${sha256(body)} `) ? body : undefined;
}

/** A file of the guest, compressed and in parts, each of them sent until it arrives as it is. */
async function fetched(ask: (script: string) => Promise<{ output: Buffer }>, kept: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  const pack = `[ -e ${kept}.gz ] || gzip -c ${kept} >${kept}.gz`;
  for (let tries = 0; tries < 1000; tries++) {
    const part = `tail -c +${parts.length * most + 1} ${kept}.gz | head -c ${most}`;
    const body = checked(
      (await ask(`${pack}\n${part} >${kept}.part; sha256sum <${kept}.part; cat ${kept}.part`)).output,
    );
    if (body) parts.push(body);
    if (body && body.length < most) return gunzipSync(Buffer.concat(parts));
  }
  throw new LabError('the guest cannot be understood');
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
    const answered = await asRoot(path, ':', 3).then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (Date.now() > limit) throw new LabError(`the guest did not come up within ${seconds} s`);
  }
}
