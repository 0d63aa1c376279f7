import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { connectorFor, known, knownFile, overEach, type SshdOptions, sshd, tcp } from './sshd.js';

async function sessionOn(exec?: SshdOptions['exec']) {
  const server = await sshd({ exec });
  const config = `Host web\n  Port ${server.port}\n  UserKnownHostsFile ${knownFile(known(server.port))}\n`;
  const connected = await connectorFor(config);
  return { server, connected, session: await connected.open('web') };
}

overEach(transport => {
  describe('a command', () => {
    it('ends with its exit code and both outputs', async () => {
      const { session } = await sessionOn((_command, channel) => {
        channel.write('out');
        channel.stderr.write('err');
        channel.exit(3);
        channel.end();
      });
      expect(await session.exec('x', { limit: 2 })).toEqual({ code: 3, stdout: 'out', stderr: 'err' });
    });

    it('may end with 255 by itself', async () => {
      const { session } = await sessionOn((_command, channel) => {
        channel.exit(255);
        channel.end();
      });
      expect(await session.exec('x', { limit: 5 })).toEqual({ code: 255, stdout: '', stderr: '' });
    });

    it('reads its input whole and then its end', async () => {
      const input = 'ä€\n'.repeat(100_000);
      const { session } = await sessionOn((_command, channel) => {
        const parts: Buffer[] = [];
        channel.on('data', (chunk: Buffer) => parts.push(chunk));
        channel.on('end', () => {
          channel.write(String(Buffer.concat(parts).toString() === input));
          channel.exit(0);
          channel.end();
        });
      });
      expect(await session.exec('cat', { limit: 5, input })).toMatchObject({ stdout: 'true' });
      expect(await session.exec('cat', { limit: 5 })).toMatchObject({ stdout: 'false' });
    });

    it('sends more once that is known, and then the end', async () => {
      const { session } = await sessionOn((_command, channel) => {
        let got = '';
        channel.on('data', (chunk: Buffer) => {
          got += chunk;
          if (got === 'first') channel.write('go on\n');
        });
        channel.on('end', () => {
          channel.write(got);
          channel.exit(0);
          channel.end();
        });
      });
      let goOn = (_text: string) => {};
      const more = new Promise<string>(resolve => {
        goOn = resolve;
      });
      const tell = (line: string) => line === 'go on' && goOn(', second');
      const ended = await session.exec('cat', { limit: 5, input: 'first', more, tell });
      expect(ended).toMatchObject({ stdout: 'go on\nfirst, second' });
    });

    it('tells whole lines as they come, and characters of several bytes whole', async () => {
      const euro = Buffer.from('a€b\nc');
      const pieces = [euro.subarray(0, 2), euro.subarray(2), Buffer.from('d\n\nlast')];
      const { session } = await sessionOn((_command, channel) => {
        const next = () => {
          const piece = pieces.shift();
          if (piece) channel.write(piece, () => setTimeout(next, 20));
          else {
            channel.exit(0);
            channel.end();
          }
        };
        next();
      });
      const told: string[] = [];
      const ended = await session.exec('x', { limit: 2, tell: line => told.push(line) });
      expect(told).toEqual(['a€b', 'cd', '', 'last']);
      expect(ended).toMatchObject({ stdout: 'a€b\ncd\n\nlast' });
    });

    it('does not hang on 5 MB of standard error', async () => {
      const { session } = await sessionOn((_command, channel) => {
        channel.stderr.write('e'.repeat(5 * 1024 * 1024), () => {
          channel.write('done');
          channel.exit(0);
          channel.end();
        });
      });
      const ended = await session.exec('x', { limit: 10 });
      expect(ended).toMatchObject({ code: 0, stdout: 'done' });
      expect('stderr' in ended && ended.stderr.length).toBe(5 * 1024 * 1024);
    }, 15_000);

    it('that prints more than 16 MB is given up', async () => {
      const { session } = await sessionOn((_command, channel) => {
        const more = () => {
          if (channel.writable) channel.write('x'.repeat(1024 * 1024), more);
        };
        more();
      });
      expect(await session.exec('x', { limit: 20 })).toEqual({ lost: 'the command printed more than 16 MB' });
    }, 25_000);

    it('is lost when the line breaks in the middle of it', async () => {
      const { session } = await sessionOn((_command, channel, client) => {
        channel.write('half\n', () => setTimeout(() => client.end(), 100));
      });
      const told: string[] = [];
      expect(await session.exec('x', { limit: 5, tell: line => told.push(line) })).toEqual({
        lost: expect.stringMatching(/^the connection was lost/),
      });
      expect(told).toEqual(['half']);
      expect(await session.exec('x', { limit: 5 })).toEqual({
        lost: expect.stringMatching(/^no command could be started/),
      });
    });

    it('is lost when it ends without an exit code', async () => {
      const { session } = await sessionOn((_command, channel) => channel.end());
      expect(await session.exec('x', { limit: 5 })).toHaveProperty('lost');
    });

    it('is lost when a signal kills it; ssh2 hears which', async () => {
      const { session } = await sessionOn((_command, channel) => {
        channel.exit('KILL');
        channel.end();
      });
      expect(await session.exec('x', { limit: 5 })).toEqual({
        lost: expect.stringContaining(transport === 'ssh2' ? 'killed (SIGKILL)' : 'killed'),
      });
    });

    it('is given up after its limit, and the next one goes on', async () => {
      const { session } = await sessionOn((command, channel) => {
        if (command === 'hang') return;
        channel.exit(0);
        channel.end();
      });
      expect(await session.exec('hang', { limit: 0.2 })).toEqual({ lost: 'no answer within 0.2 s' });
      expect(await session.exec('x', { limit: 2 })).toMatchObject({ code: 0 });
    });

    it('hears the beat until it ends, and is heard when it answers', async () => {
      let heard = '';
      let answers = 0;
      const { session } = await sessionOn((_command, channel) => {
        channel.on('data', (chunk: Buffer) => {
          heard += chunk;
          channel.stderr.write('\n');
          if (!heard.startsWith('go\n\n\n\n')) return;
          channel.exit(0);
          channel.end();
        });
      });
      const answered = () => void answers++;
      const ended = await session.exec('x', { limit: 5, input: 'go\n', beat: 30, answered });
      expect(ended).toMatchObject({ code: 0 });
      expect(answers).toBeGreaterThan(0);
      await new Promise(resolve => setTimeout(resolve, 50));
      const atTheEnd = heard;
      await new Promise(resolve => setTimeout(resolve, 100));
      expect(heard).toBe(atTheEnd);
    });

    it('waits for a free channel when many run at once', async () => {
      let [now, most] = [0, 0];
      const { session } = await sessionOn((_command, channel) => {
        most = Math.max(most, ++now);
        setTimeout(() => {
          now--;
          channel.exit(0);
          channel.end();
        }, 30);
      });
      const all = await Promise.all(Array.from({ length: 20 }, () => session.exec('x', { limit: 5 })));
      expect(all.every(ended => 'code' in ended)).toBe(true);
      expect(most).toBeLessThanOrEqual(8);
    });
  });

  describe('a session', () => {
    it('opens connections from the host', async () => {
      const { session } = await sessionOn();
      const echo = await tcp(socket => socket.pipe(socket));
      const tunnel = await session.tunnel('127.0.0.1', echo.port);
      const answer = new Promise(resolve => tunnel.once('data', chunk => resolve(String(chunk))));
      tunnel.write('hello');
      expect(await answer).toBe('hello');
      tunnel.destroy();
    });

    it('carries an HTTP request through such a connection', async () => {
      const { session } = await sessionOn();
      const web = await tcp(socket => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nhello')));
      const tunnel = await session.tunnel('127.0.0.1', web.port);
      const body = await new Promise((resolve, reject) => {
        const asked = request({ host: 'nowhere.invalid', createConnection: () => tunnel as never }, answer =>
          answer.on('data', chunk => resolve(String(chunk))),
        );
        asked.on('error', reject).end();
      });
      expect(body).toBe('hello');
    });

    it('hears all that came through it, also when it reads slowly', async () => {
      const { session } = await sessionOn();
      const web = await tcp(socket => socket.end('x'.repeat(200_000)));
      const tunnel = await session.tunnel('127.0.0.1', web.port);
      let bytes = 0;
      for await (const part of tunnel) {
        bytes += part.length;
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      expect(bytes).toBe(200_000);
    });

    it('says when the host cannot open one', async () => {
      const { session } = await sessionOn();
      await expect(session.tunnel('127.0.0.1', 1)).rejects.toThrow(/^web cannot connect to 127\.0\.0\.1:1: /);
    });

    it('ends at once when it is closed, with its commands', async () => {
      const { session, server } = await sessionOn(() => {});
      const running = session.exec('hang', { limit: 60 });
      await expect.poll(() => server.commands).toEqual(['hang']);
      await session.close();
      expect(await running).toEqual({ lost: expect.stringMatching(/^the connection was lost/) });
      await expect.poll(() => server.clients.size).toBe(0);
      expect(await session.exec('x', { limit: 1 })).toHaveProperty('lost');
      await expect(session.tunnel('127.0.0.1', 1)).rejects.toThrow(/^web cannot connect/);
    });
  });
});
