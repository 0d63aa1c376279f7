import type { Cluster } from './cluster.js';

/** What became of requests that were sent at a steady pace while something else happened. */
export interface Steady {
  sent: number;
  failed: number;
  /** Answered, but only after more than a second: TCP sends a lost SYN again then. */
  late: number;
  /** The longest time without an answer, in seconds. */
  gap: number;
  /** When requests failed, in seconds since the first one. */
  failures: readonly number[];
  /** Answers in their order; for none `-` and why. */
  answers: readonly string[];
}

const LOAD = `
import socket, sys, threading, time
host, port, every, patience, log_to, workers, manner = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), *sys.argv[5:]
kept, workers = manner == 'kept', int(workers)
log = open(log_to, 'w', 1)
end = time.time() + 900
ASK = b'GET / HTTP/1.1\\r\\nHost: lab\\r\\nConnection: %s\\r\\n\\r\\n' % (b'keep-alive' if kept else b'close')
def connected():
    return socket.create_connection((host, port), timeout=patience)
def answer(s):
    s.sendall(ASK)
    said = b''
    while b'\\r\\n\\r\\n' not in said: said += some(s)
    head, _, body = said.partition(b'\\r\\n\\r\\n')
    length = [line for line in head.lower().split(b'\\r\\n') if line.startswith(b'content-length:')]
    while len(body) < int(length[0].split(b':')[1]): body += some(s)
    return '_'.join(body.decode().split())[:40] or '-'
def some(s):
    part = s.recv(4096)
    if not part: raise OSError('closed')
    return part
def work(number):
    s = None
    time.sleep(every * number / workers)
    while time.time() < end:
        began = time.time()
        try:
            s = s or connected()
            said = answer(s)
        except (OSError, IndexError) as error:
            said = '-' + '_'.join(str(error).split())
        if said[0] == '-' or not kept:
            if s: s.close()
            s = None
        log.write('%.2f %.2f %s\\n' % (time.time(), time.time() - began, said))
        time.sleep(max(0, every - (time.time() - began)))
for number in range(workers): threading.Thread(target=work, args=(number,)).start()
`;

interface Pace {
  port?: number;
  /** Seconds from one request to the next, of each worker. */
  every?: number;
  /** Clients side by side. */
  workers?: number;
  /** Seconds that a client waits for its connection, and for each part of the answer. */
  patience?: number;
  /** Each client keeps one connection for as long as it lasts; else every request has its own. */
  kept?: boolean;
}

/** Sends requests from the client, each worker one after the other, until it is ended; 15 minutes at most. */
export async function steady(
  cluster: Cluster,
  host: string,
  { port = 80, every = 0.2, workers = 1, patience = 1, kept = false }: Pace = {},
): Promise<{ end(): Promise<Steady> }> {
  const manner = kept ? 'kept' : 'new';
  const log = `/root/steady-${port}-${manner}.log`;
  await cluster.on(
    'client',
    `cat >/root/steady.py <<'END'\n${LOAD}\nEND
nohup python3 /root/steady.py ${host} ${port} ${every} ${patience} ${log} ${workers} ${manner} >/dev/null 2>&1 </dev/null &
echo $! >${log}.pid; sleep 2`,
  );
  return {
    async end() {
      const text = await cluster.on('client', `kill "$(cat ${log}.pid)"; sleep 0.3; cat ${log}`);
      const requests = text
        .trim()
        .split('\n')
        .map(line => line.split(' '))
        .map(([at, took, answer = '-']) => ({ at: Number(at), took: Number(took), answer }));
      const failed = requests.filter(({ answer }) => answer.startsWith('-'));
      const answered = requests.filter(({ answer }) => !answer.startsWith('-'));
      const gaps = answered.slice(1).map(({ at }, index) => at - answered[index]!.at);
      return {
        sent: requests.length,
        failed: failed.length,
        late: answered.filter(({ took }) => took > 1).length,
        gap: Math.max(0, ...gaps),
        failures: failed.map(({ at }) => at - requests[0]!.at),
        answers: requests.map(({ answer }) => answer),
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
