import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { quote } from './quote.js';
import { LabError } from './spec.js';
import { streamOverSsh } from './ssh.js';
import { machineOf, readLab } from './state.js';

export interface CaptureOptions {
  seconds: number;
  /** In tcpdump's language. */
  filter?: string;
  /** A path gets a pcap file, a stream gets lines of text, each as soon as there is one. */
  out: NodeJS.WritableStream | string;
}

/** Records what passes an interface of a machine, the lab's own SSH connection left out. */
export async function labCapture(
  directory: string,
  machine: string,
  iface: string,
  options: CaptureOptions,
): Promise<void> {
  const { name } = machineOf(await readLab(directory), machine);
  const { out, seconds } = options;
  const toFile = typeof out === 'string';
  const child = streamOverSsh(
    directory,
    name,
    captureCommand(iface, toFile ? '-U -w -' : '-l -nn -tttt', options),
  );
  const limit = setTimeout(() => child.kill(), (seconds + 30) * 1000);
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = once(child, 'close');
  await pipeline(child.stdout, toFile ? createWriteStream(out) : out, { end: toFile });
  const [code] = (await ended) as [number | null];
  clearTimeout(limit);
  if (code !== 0) throw new LabError(`cannot capture on ${name} ${iface}: ${said.join('').trim()}`);
}

/** The shell that captures; `timeout` ending it after the time asked for is success. */
export function captureCommand(iface: string, form: string, { seconds, filter }: CaptureOptions): string {
  const own = 'not (host $1 and port $2 and host $3 and port $4)';
  const wanted = filter ? `(${filter}) and ` : '';
  return [
    'set -- $SSH_CONNECTION',
    `timeout --signal=INT ${Math.ceil(seconds)} tcpdump -i ${quote(iface)} ${form} ${quote(wanted)}"${own}"`,
    '[ $? -eq 124 ] || [ $? -eq 0 ]',
  ].join('; ');
}
