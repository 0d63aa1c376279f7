import { readFile } from 'node:fs/promises';
import { run } from './command.js';
import { labFiles } from './state.js';
import type { WiredMachine } from './wired-machine.js';

/** Makes a self-signed certificate for the lab, valid for these addresses, if a machine wants one. */
export async function makeCertificate(directory: string, machines: readonly WiredMachine[]): Promise<void> {
  const names = [...new Set(machines.flatMap(({ certificate }) => certificate?.names ?? []))];
  if (names.length === 0) return;
  const { certificate, certificateKey } = labFiles(directory);
  const subject = [
    '-subj',
    '/CN=lvsctl lab',
    '-addext',
    `subjectAltName=${names.map(name => `IP:${name}`).join(',')}`,
  ];
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    certificateKey,
  ];
  await run('openssl', ['req', '-x509', '-days', '365', ...key, '-out', certificate, ...subject], {
    seconds: 20,
  });
}

/** The certificate and the key that a machine is given, with their paths there. */
export async function certificateFiles(
  directory: string,
  { certificate }: WiredMachine,
): Promise<{ path: string; text: string; secret: boolean }[]> {
  if (!certificate) return [];
  const files = labFiles(directory);
  return [
    { path: certificate.path, text: await readFile(files.certificate, 'utf8'), secret: false },
    { path: certificate.key, text: await readFile(files.certificateKey, 'utf8'), secret: true },
  ];
}
