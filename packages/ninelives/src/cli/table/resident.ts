import { resolve } from 'node:path';
import type { Command } from 'commander';
import { runResident } from '../commands/resident.js';
import { runServe } from '../commands/serve.js';
import { welcome } from '../commands/up.js';
import { runWatchCommand } from '../commands/watch.js';
import { withDashboardFlags } from '../dashboard/flags.js';
import { withGatewayFlags } from '../gateway/settings.js';
import { configOf } from '../services.js';
import { stateDirOf } from '../state-dir.js';
import {
  type CommandContext,
  type Flags,
  jsonFlag,
  operatorOf,
  serviceFlags,
  stateFlag,
  withServiceFlags,
} from './flags.js';

/** up, guard, watch, serve */
export function addResident(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  const resident =
    (mode: 'up' | 'guard') =>
    async (
      command: string[],
      flags: Flags & {
        once?: boolean;
        armWithoutDrill?: boolean;
        gateway?: boolean;
        gatewayPort?: string;
        dashboard?: boolean;
        dashboardPort?: string;
        gatewayElsewhere?: boolean;
      },
    ): Promise<void> => {
      const { config: given, file } = configOf(serviceFlags(flags), command, env);
      const config = withDashboardFlags(withGatewayFlags(given, flags), flags);
      const code = await runResident(
        {
          config,
          configFile: file === null ? null : resolve(file),
          stateDir: stateDirOf(flags.state, env),
          mode,
          once: flags.once ?? false,
          gatewayElsewhere: flags.gatewayElsewhere ?? false,
          json: flags.json ?? false,
          armBy: flags.armWithoutDrill ? operatorOf(env) : null,
          env,
          signal: context.signal,
          by: operatorOf(env),
          welcome(service, { armed, dashboard }, to) {
            // Only `up` runs a gateway; one that runs by itself has said so where it was started.
            const seen = mode === 'up' ? service : { ...service, gateway: null };
            welcome(seen, { armed, dashboard, state: flags.state }, to);
          },
        },
        terminal,
      );
      context.exit(code);
    };
  withServiceFlags(program.command('up').argument('[command...]', 'after --: any server to run and guard'))
    .description('serve (the built-in model by default) behind the gateway, and guard it, in the foreground')
    .option('--gateway-port <n>', 'where clients come in (default 8080)')
    .option('--no-gateway', 'none: clients talk to the service itself')
    .option('--dashboard-port <n>', 'where the dashboard is (default 8090)')
    .option('--no-dashboard', 'none')
    .option(
      '--gateway-elsewhere',
      'it is run by a unit of its own (as `install` does): only its evidence is used',
    )
    .passThroughOptions()
    .action(resident('up'));
  withServiceFlags(program.command('guard').argument('[command...]'))
    .description('look after a service that runs already; resident, or one pass for cron')
    .option('--arm-without-drill', 'kill on a unit although its recovery is not proved; recorded')
    .option('--dashboard-port <n>', 'where the dashboard is (default 8090)')
    .option('--no-dashboard', 'none')
    .option('--once', 'one pass: probe, confirm, kill if it must be, wait for the revival, exit')
    .passThroughOptions()
    .action(resident('guard'));
  addWatch(program, context);
  addServe(program, context);
}

function addWatch(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  program
    .command('watch')
    .description(
      'an outer layer on another machine: real work through the public URL; it looks and tells, it kills nothing',
    )
    .option('--config <file>', 'a ninelives.yaml (default: the one here)')
    .option('--once', 'one pass for cron or a timer: look, confirm, tell, exit')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action(async (flags: Flags & { once?: boolean }) => {
      const { config } = configOf(serviceFlags(flags), [], env);
      const { once = false, json = false } = flags;
      const stateDir = stateDirOf(flags.state, env);
      context.exit(
        await runWatchCommand({ config, stateDir, once, json, env, signal: context.signal }, terminal),
      );
    });
}

function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('the built-in embedding server alone, unguarded; arguments go to ninelives-embedder')
    .allowUnknownOption()
    .helpOption(false)
    .argument('[arguments...]')
    .action(async (args: string[]) => context.exit(await runServe(args)));
}
