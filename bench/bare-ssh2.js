// Reads hosts over ssh2 and does nothing else: the floor of what one Node process can do. Takes a JSON file:
// { port, parallelism, key, hostKey, command, hosts: [{ address, script }] }.
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const { port, parallelism, key, hostKey, command, hosts } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const wanted = Buffer.from(hostKey.split(' ')[1], 'base64');
const privateKey = readFileSync(key);

const read = ({ address, script }) =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('error', reject);
    client.on('ready', () => {
      client.setNoDelay(true);
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        let printed = 0;
        channel.on('data', chunk => {
          printed += chunk.length;
        });
        channel.stderr.resume();
        channel.on('close', code => {
          client.end();
          if (code !== 0 || printed === 0) reject(new Error(`${address} ended with ${code}`));
          else resolve();
        });
        channel.end(script);
      });
    });
    const hostVerifier = found => found.equals(wanted);
    client.connect({ host: address, port, username: 'root', privateKey, hostVerifier, readyTimeout: 60_000 });
  });

const waiting = [...hosts];
const worker = async () => {
  for (let host = waiting.shift(); host; host = waiting.shift()) await read(host);
};
await Promise.all(Array.from({ length: Math.min(parallelism, hosts.length) }, worker));
