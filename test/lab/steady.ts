import type { Cluster } from './cluster.js';

/** What became of requests that were sent at a steady pace while something else happened. */
export interface Steady {
  sent: number;
  failed: number;
  /** The longest time without an answer, in seconds. */
  gap: number;
  /** Answers in their order; `-` for none. */
  answers: readonly string[];
}

const LOAD = `
import socket, sys, time
host, port, every = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
log = open(sys.argv[4], 'w', 1)
end = time.time() + 900
while time.time() < end:
    began = time.time()
    try:
        s = socket.create_connection((host, port), timeout=1)
        s.settimeout(1)
        s.sendall(b'GET / HTTP/1.0\\r\\nHost: lab\\r\\n\\r\\n')
        said = b''
        while True:
            part = s.recv(4096)
            if not part: break
            said += part
        s.close()
        head, _, body = said.partition(b'\\r\\n\\r\\n')
        words = body.decode().split()
        answer = '-' if not words else '_'.join(words)[:40]
    except OSError:
        answer = '-'
    log.write('%.2f %s\\n' % (time.time(), answer))
    time.sleep(max(0, every - (time.time() - began)))
`;

/** Sends requests from the client one after the other, at most every so many seconds, until it is ended. */
export async function steady(
  cluster: Cluster,
  host: string,
  { port = 80, every = 0.2 }: { port?: number; every?: number } = {},
): Promise<{ end(): Promise<Steady> }> {
  const log = `/root/steady-${port}.log`;
  await cluster.on(
    'client',
    `cat >/root/steady.py <<'END'\n${LOAD}\nEND
nohup python3 /root/steady.py ${host} ${port} ${every} ${log} >/dev/null 2>&1 </dev/null &
echo $! >${log}.pid; sleep 2`,
  );
  return {
    async end() {
      const text = await cluster.on('client', `kill "$(cat ${log}.pid)"; sleep 0.3; cat ${log}`);
      const lines = text
        .trim()
        .split('\n')
        .map(line => line.split(' '));
      const answered = lines.filter(([, answer]) => answer !== '-').map(([at]) => Number(at));
      const gaps = answered.slice(1).map((at, index) => at - answered[index]!);
      return {
        sent: lines.length,
        failed: lines.length - answered.length,
        gap: Math.max(0, ...gaps),
        answers: lines.map(([, answer = '-']) => answer),
      };
    },
  };
}

/** One line for the reader of a story's output. */
export function told(what: string, { sent, failed, gap }: Steady): void {
  process.stdout.write(
    `${what}: ${failed} of ${sent} requests failed, ${gap.toFixed(1)} s at most without an answer\n`,
  );
}
