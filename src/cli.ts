#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { allow, changeOptions, clusterOptions, hostOptions, skipUnreachable, whole } from './cli-options.js';
import type { ClusterOptions, Io } from './commands/io.js';
import { version } from './commands/version.js';

/** Runs a command. Who asks for help or the version alone waits for nothing more to be loaded. */
const run =
  <O>(command: (options: O, world: Io) => Promise<number>) =>
  async (...given: unknown[]): Promise<void> =>
    (await import('./cli-run.js')).run(command, given);

const program = new Command('lvsctl')
  .description('Linux Virtual Server clusters from one YAML file')
  .version(version(), '-V, --version')
  .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
  .option('--no-color', 'no colour')
  .showHelpAfterError('(lvsctl --help shows how it is used)')
  .configureOutput({ outputError: (text, write) => write(text) });

const command = (name: string, summary: string, group = program) =>
  group.command(name).summary(summary).description(summary);
const cluster = (name: string, summary: string) => clusterOptions(command(name, summary));
const hosted = (name: string, summary: string, group = program) => hostOptions(command(name, summary, group));
const changing = (name: string, summary: string) => changeOptions(command(name, summary));

program
  .command('init')
  .argument('<set-up>', 'nat, nat-gateway, dr, dr-foreign-vip, tun, ha-dr, ha-dr-fwmark, ha-nat or ha-proxy')
  .summary('write a commented topology to start from')
  .option('-f, --file <file>', 'where to', 'lvsctl.yaml')
  .action(async (setup: string, ...rest) =>
    run<{ file: string }>(async (options, world) =>
      (await import('./commands/init.js')).init(setup, options, world),
    )(...rest),
  );
cluster('validate', 'judge the topology, without a host').action(
  run<ClusterOptions>(async (options, world) =>
    (await import('./commands/validate.js')).validate(options, world),
  ),
);
hosted('plan', 'show how the hosts differ from the topology')
  .option('--out <plan-file>', 'save the plan: passing it to apply is the approval')
  .addOption(allow())
  .option('--detailed-exitcode', 'exit with 2 when there are differences')
  .action(
    run<ClusterOptions>(async (options, world) => (await import('./commands/plan.js')).plan(options, world)),
  );
changing('apply', 'make the hosts equal to the topology')
  .argument('[plan-file]', 'a saved plan')
  .addOption(skipUnreachable())
  .action(async (planFile: string | undefined, ...rest) =>
    run<import('./commands/apply.js').ApplyOptions>(async (options, world) =>
      (await import('./commands/apply.js')).apply({ ...options, ...(planFile && { planFile }) }, world),
    )(...rest),
  );
hosted('drift', 'for cron: silent when in sync, else what differs, and exit code 2')
  .addOption(allow())
  .action(
    run<ClusterOptions>(async (options, world) =>
      (await import('./commands/drift.js')).drift(options, world),
    ),
  );
changing('destroy', 'give the hosts back as they were before the first apply').action(
  run<import('./commands/apply.js').ApplyOptions>(async (options, world) =>
    (await import('./commands/apply.js')).apply({ ...options, destroy: true }, world),
  ),
);
hosted('verify', 'send requests to every virtual service, and say who answered')
  .addOption(new Option('-n, --requests <n>', 'requests for each service').default(20).argParser(whole(1)))
  .option('--path <path>', 'what to ask for', '/')
  .option('--here', 'send them from this machine, not from the client')
  .action(
    run<import('./commands/verify.js').VerifyOptions>(async (options, world) =>
      (await import('./commands/verify.js')).verify(options, world),
    ),
  );
for (const [verb, summary] of [
  ['drain', 'take real servers out: no new connections, and wait for those that are open'],
  ['undrain', 'give drained real servers their weight back'],
] as const) {
  const both = changing(`${verb} <real-servers...>`, summary).addOption(skipUnreachable());
  both.action(async (names: string[], ...rest) =>
    run<import('./commands/apply.js').ApplyOptions>(async (options, world) =>
      (await import('./commands/drain.js'))[verb](names, options, world),
    )(...rest),
  );
}
changing('undo', 'take back the last apply, or the one that is named')
  .argument('[apply-id]', 'an apply that the hosts keep')
  .option('--list', 'show which applies the hosts keep')
  .addOption(skipUnreachable())
  .action(async (id: string | undefined, ...rest) =>
    run<import('./commands/undo.js').UndoOptions>(async (options, world) =>
      (await import('./commands/undo.js')).undo(id, options, world),
    )(...rest),
  );
const lock = program.command('lock').summary('who applies on the hosts, and how to end that');
hosted('status', 'who applies on which host', lock).action(
  run<import('./commands/lock.js').LockOptions>(async (options, world) =>
    (await import('./commands/lock.js')).lockStatus(options, world),
  ),
);
hosted('release [hosts...]', 'end the apply that holds the hosts: what it had begun is taken back', lock)
  .option('-y, --auto-approve', 'do not ask')
  .action(async (only: string[], ...rest) =>
    run<import('./commands/lock.js').LockOptions>(async (options, world) =>
      (await import('./commands/lock.js')).lockRelease(only, options, world),
    )(...rest),
  );
cluster('render', 'write the files of every host into a folder, without a host')
  .requiredOption('--into <folder>', 'where to')
  .addOption(
    new Option('--network <kind>', 'how hosts keep their network: network-scripts writes ifcfg-lo:0')
      .choices(['ifupdown', 'network-scripts'])
      .default('ifupdown'),
  )
  .action(
    run<import('./commands/render.js').RenderOptions>(async (options, world) =>
      (await import('./commands/render.js')).render(options, world),
    ),
  );
program
  .command('schema')
  .summary('print the JSON Schema of a topology, for editors')
  .action(run(async (_, world) => (await import('./commands/schema.js')).schema(world)));

program.enablePositionalOptions();
const lab = program
  .command('lab')
  .enablePositionalOptions()
  .summary('virtual machines that stand in for the hosts');
const inLab = (usage: string, summary: string) =>
  command(usage, summary, lab).addOption(
    new Option('-f, --file <file>', 'the topology').default('lvsctl.yaml').env('LVSCTL_FILE'),
  );
type LabOptions = import('./commands/lab.js').LabOptions;
const labCommand =
  (verb: keyof typeof import('./commands/lab.js')['labCommands']) =>
  async (...given: unknown[]): Promise<void> => {
    const words = given
      .slice(0, -2)
      .flat()
      .filter((word): word is string => typeof word === 'string');
    await run<LabOptions>(async (options, world) =>
      (await import('./commands/lab.js')).labCommands[verb](words, options, world),
    )(...given.slice(-2));
  };
inLab('up', 'start one machine for each host of the topology')
  .option('--bare', 'machines without the packages: apply installs them')
  .option('--inband', 'no management cards: SSH reaches the hosts through the cluster itself')
  .action(labCommand('up'));
inLab('down', 'end every machine of the lab').action(labCommand('down'));
inLab('status', 'what runs').option('--json', 'machine-readable output').action(labCommand('status'));
inLab('reset [hosts...]', 'machines as they were at first').action(labCommand('reset'));
inLab('reboot [hosts...]', 'reboot machines, all at once').action(labCommand('reboot'));
inLab('ssh <host> [command...]', 'a shell, or a command, on a machine')
  .passThroughOptions()
  .action(labCommand('ssh'));
inLab(
  'fault <host> <fault> [value]',
  'kill, start, pause, resume, unplug IF, plug IF, full-disk, free-disk, clock SECONDS',
)
  .allowUnknownOption()
  .action(labCommand('fault'));
inLab('capture <host> <interface> [filter...]', 'what passes an interface (tcpdump)')
  .option('--seconds <n>', 'for how long', whole(1), 10)
  .action(labCommand('capture'));

// Whoever read our output may have gone (`| head`): an apply goes on all the same. A full disk is an error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.on('exit', () => {
      process.exitCode ||= 1;
    });
  });
}

for (const each of [program, ...program.commands, ...lab.commands, ...lock.commands]) each.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has said what is wrong; its help and version are no errors.
  process.exitCode = error.exitCode === 0 ? 0 : 1;
}
