import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { request } from '../../src/hosts/request.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  return portOf(server);
}

function portOf(server: Pick<Server, 'listen' | 'address'>): Promise<number> {
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

const ask = (port: number, path = '/', limit?: number) => request(undefined, '127.0.0.1', path, port, limit);

describe('a request', () => {
  it('gives the body of a 2xx, over a connection of its own', async () => {
    const seen: (string | undefined)[] = [];
    const sockets = new Set<Socket>();
    const port = await listen((asked, answer) => {
      seen.push(`${asked.method} ${asked.url} ${asked.headers.connection}`);
      sockets.add(asked.socket);
      answer.end('größe\n');
    });
    expect(await ask(port, '/who')).toEqual({ body: 'größe\n', status: 200 });
    expect(await ask(port)).toEqual({ body: 'größe\n', status: 200 });
    expect(seen).toEqual(['GET /who close', 'GET / close']);
    expect(sockets.size).toBe(2);
  });

  it.each([204, 206])('counts %i as an answer', async code => {
    const port = await listen((_, answer) => answer.writeHead(code).end());
    expect(await ask(port)).toEqual({ body: '', status: code });
  });

  it.each([301, 403, 404, 500, 503])('counts %i as none', async code => {
    const port = await listen((_, answer) => answer.writeHead(code).end('page'));
    expect(await ask(port)).toEqual({ message: `HTTP ${code}` });
  });

  it('keeps no more of a body than one can look at', async () => {
    const port = await listen((_, answer) => answer.end('x'.repeat(3_000_000)));
    const answer = await ask(port);
    expect('body' in answer && answer.body.length).toBeGreaterThan(60_000);
    expect('body' in answer && answer.body.length).toBeLessThan(200_000);
  });

  it('says that nobody listens', async () => {
    const server = createTcpServer();
    const port = await portOf(server as never);
    await new Promise(done => server.close(done));
    expect(await ask(port)).toEqual({ message: expect.stringContaining('ECONNREFUSED') });
  });

  it('says that the other side hung up', async () => {
    const port = await listen(asked => asked.socket.destroy());
    expect(await ask(port)).toEqual({ message: expect.stringMatching(/hang up|ECONNRESET/) });
  });

  it.each<[string, RequestListener]>([
    ['is silent', () => {}],
    ['never ends', (_, answer) => void answer.write('half')],
  ])('gives up when the answer %s', async (_, listener) => {
    expect(await ask(await listen(listener), '/', 150)).toEqual({ message: 'no answer within 0.15 s' });
  });
});

describe('a request through a tunnel', () => {
  it('goes where the tunnel leads, not from this machine', async () => {
    const port = await listen((asked, answer) => answer.end(`for ${asked.headers.host}`));
    const open = async () => connect(port, '127.0.0.1');
    expect(await request(open, '12.0.0.1', '/')).toEqual({ body: 'for 12.0.0.1', status: 200 });
  });

  it('closes the tunnel, answer or none', async () => {
    const ok = await listen((_, answer) => answer.end('x'));
    const bad = await listen((_, answer) => answer.writeHead(500).end());
    for (const port of [ok, bad]) {
      const stream = connect(port, '127.0.0.1');
      await request(async () => stream, '12.0.0.1', '/');
      expect(stream.destroyed).toBe(true);
    }
  });

  it('gives up when the tunnel does not open, and closes it when it does later', async () => {
    const port = await listen((_, answer) => answer.end('x'));
    const stream = connect(port, '127.0.0.1');
    const opening = new Promise<typeof stream>(done => setTimeout(() => done(stream), 300));
    expect(await request(() => opening, '12.0.0.1', '/', 80, 50)).toEqual({
      message: 'no answer within 0.05 s',
    });
    await opening;
    await new Promise(done => setTimeout(done, 0));
    expect(stream.destroyed).toBe(true);
  });

  it('says why there is no tunnel', async () => {
    const open = () => Promise.reject(new Error('lb1 cannot connect to 10.0.0.1:80: Connection refused'));
    expect(await request(open, '10.0.0.1', '/')).toEqual({
      message: 'lb1 cannot connect to 10.0.0.1:80: Connection refused',
    });
  });
});
