import type { Command } from 'commander';
import { runResident } from '../commands/resident.js';
import { runServe } from '../commands/serve.js';
import { welcome } from '../commands/up.js';
import { configOf } from '../services.js';
import { stateDirOf } from '../state-dir.js';
import { type CommandContext, type Flags, operatorOf, serviceFlags, withServiceFlags } from './flags.js';

/** up, guard, serve */
export function addResident(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  const resident =
    (mode: 'up' | 'guard') =>
    async (
      command: string[],
      flags: Flags & { once?: boolean; armWithoutDrill?: boolean },
    ): Promise<void> => {
      const { config } = configOf(serviceFlags(flags), command, env);
      const code = await runResident(
        {
          config,
          stateDir: stateDirOf(flags.state, env),
          mode,
          once: flags.once ?? false,
          json: flags.json ?? false,
          armBy: flags.armWithoutDrill ? operatorOf(env) : null,
          env,
          signal: context.signal,
          welcome: (service, to) => welcome(service, to, flags.state),
        },
        terminal,
      );
      context.exit(code);
    };
  withServiceFlags(program.command('up').argument('[command...]', 'after --: any server to run and guard'))
    .description('serve (the built-in model by default) and guard it, in the foreground')
    .passThroughOptions()
    .action(resident('up'));
  withServiceFlags(program.command('guard').argument('[command...]'))
    .description('look after a service that runs already; resident, or one pass for cron')
    .option('--arm-without-drill', 'kill on a unit although its recovery is not proved; recorded')
    .option('--once', 'one pass: probe, confirm, kill if it must be, wait for the revival, exit')
    .passThroughOptions()
    .action(resident('guard'));
  program
    .command('serve')
    .description('the built-in embedding server alone, unguarded; arguments go to ninelives-embedder')
    .allowUnknownOption()
    .helpOption(false)
    .argument('[arguments...]')
    .action(async (args: string[]) => context.exit(await runServe(args)));
}
