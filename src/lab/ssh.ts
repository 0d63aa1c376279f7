import { spawn } from 'node:child_process';
import { type RunOptions, run } from './command.js';
import { labFiles } from './state.js';

const connection = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-o', 'LogLevel=ERROR'];

/** Runs a command on a machine over SSH, as a user of the lab would, and gives its output. */
export const overSsh = (directory: string, machine: string, command: string, options: RunOptions = {}) =>
  run('ssh', sshArguments(directory, machine, command), { seconds: 30, ...options });

/** Starts a command on a machine over SSH whose output is bytes. */
export const streamOverSsh = (directory: string, machine: string, command: string) =>
  spawn('ssh', sshArguments(directory, machine, command), { stdio: ['ignore', 'pipe', 'pipe'] });

const sshArguments = (directory: string, machine: string, command: string) => [
  ...['-F', labFiles(directory).sshConfig],
  ...connection,
  machine,
  command,
];
