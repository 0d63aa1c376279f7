import { type Command, InvalidArgumentError, Option } from 'commander';

/** Takes a whole number that is not too small. */
export function whole(minimum: number) {
  return (text: string): number => {
    if (!/^\d+$/.test(text) || Number(text) < minimum)
      throw new InvalidArgumentError(`a whole number from ${minimum} up.`);
    return Number(text);
  };
}

/** Takes a time, `60s` or `2m`; gives seconds. */
function seconds(text: string): number {
  const [, number, unit] = text.match(/^(\d+)(s|m)?$/) ?? [];
  if (!number) throw new InvalidArgumentError('seconds, such as 60s or 2m.');
  return Number(number) * (unit === 'm' ? 60 : 1);
}

/** Guards that a person has weighed. */
export const allow = () =>
  new Option('--allow <ids>', 'guards to pass, by their ids').argParser(
    (text: string, before: readonly string[] = []) => [...before, ...text.split(',')],
  );

/** What apply, drain and undo take; destroy goes on with the others as it is. */
export const skipUnreachable = () =>
  new Option('--skip-unreachable', 'go on with the hosts that can be read');

/** Adds what every command about a cluster takes. */
export function clusterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-f, --file <file>', 'the topology; - reads it from standard input')
        .default('lvsctl.yaml')
        .env('LVSCTL_FILE'),
    )
    .option('--json', 'machine-readable output');
}

/** Adds what every command that reaches hosts takes. */
export function hostOptions(command: Command): Command {
  return clusterOptions(command)
    .addOption(
      new Option('-F, --ssh-config <file>', 'an ssh_config that alone counts').env('LVSCTL_SSH_CONFIG'),
    )
    .addOption(
      new Option('--transport <name>', "what speaks SSH: a library, or this computer's ssh")
        .choices(['ssh2', 'ssh'])
        .default('ssh2')
        .env('LVSCTL_TRANSPORT'),
    )
    .option('--lab', 'reach the hosts of the running lab of this topology')
    .option('--accept-new-host-keys', 'take up the key of a host that is not known yet')
    .addOption(
      new Option('--parallelism <n>', 'hosts at once')
        .default(50)
        .argParser(whole(1))
        .env('LVSCTL_PARALLELISM'),
    )
    .option('-v, --verbose', 'show every attribute');
}

/** Adds what every command that changes hosts takes. */
export function changeOptions(command: Command): Command {
  return hostOptions(command)
    .option('-y, --auto-approve', 'do not ask')
    .addOption(allow())
    .addOption(
      new Option('--confirm-timeout <time>', 'silence after which a host takes everything back')
        .default(60)
        .argParser(seconds),
    )
    .addOption(
      new Option(
        '--lock-timeout <time>',
        'how long to wait for another apply (else 0s) and for a busy package manager (else 60s)',
      ).argParser(seconds),
    )
    .addOption(
      new Option('--drain-timeout <time>', 'how long connections may go on to a real server that leaves')
        .default(30)
        .argParser(seconds),
    )
    .option('--rollback-all', 'when a phase fails, take back the hosts that were through before it too')
    .option('--no-rollback', 'hosts never take anything back by themselves');
}
