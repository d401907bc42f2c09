import type { Command } from 'commander';
import { lockOwner } from '../../host/lock.js';
import { systemClock } from '../../host/system-clock.js';
import { WATCHDOG_MIN_MS } from '../../install/plan.js';
import { EXPORT_KINDS, runExport } from '../commands/export.js';
import { runInstall, runServiceUnit, runUninstall } from '../commands/install.js';
import { runOperate } from '../commands/operate.js';
import { CliError, EXIT } from '../errors.js';
import { configOf } from '../services.js';
import { stateDirOf, withRecord } from '../state-dir.js';
import {
  type CommandContext,
  durationOf,
  type Flags,
  jsonFlag,
  operatorOf,
  serviceFlags,
  stateFlag,
  withServiceFlags,
} from './flags.js';

/** pause, resume, acknowledge */
export function addOperating(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  const words = {
    pause: 'watch only, until resume: no kill, no page',
    resume: 'guard again',
    acknowledge: 'tell the others that you are on it',
  } as const;
  for (const command of ['pause', 'resume', 'acknowledge'] as const) {
    program
      .command(command)
      .description(words[command])
      .argument('[service]', 'default: all')
      .addOption(stateFlag())
      .addOption(jsonFlag())
      .action(async (service: string | undefined, flags: Flags) => {
        const stateDir = stateDirOf(flags.state, env);
        const guard = lockOwner(stateDir);
        const by = operatorOf(env);
        const rest = { by, guard, json: flags.json ?? false, nowWallMs: systemClock.wallMs() };
        await withRecord(stateDir, async (record) => {
          context.exit(await runOperate(record, { command, service, ...rest }, terminal));
        });
      });
  }
}

type InstallFlags = Flags & {
  watch?: boolean;
  cron?: boolean;
  print?: boolean;
  service?: boolean;
  watchdog?: string;
  drill?: boolean;
  gateway?: boolean;
  gatewayPort?: string;
};

/** install, uninstall */
export function addInstalling(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  withServiceFlags(
    program.command('install').argument('[command...]', 'with --service, after --: what it runs'),
  )
    .description('let the guard live on without this shell: a user unit, or cron; shows each change first')
    .option('--watch', 'the outer layer instead, on another machine: ninelives watch')
    .option('--cron', 'a crontab line with guard --once every two minutes, instead of a user unit')
    .option('--print', 'show what would change, and change nothing')
    .option('--watchdog <duration>', 'a guard that hangs for this long is ended and started anew (105s)')
    .option('--drill', 'prove the recovery at the end without asking: drill crash, which arms the guard')
    .option('--gateway-port <n>', 'where clients come in (default 8080)')
    .option('--no-gateway', 'no gateway in front of the service')
    .option('--service', "print a unit for the service itself (to hand to an admin; with --user, one's own)")
    .passThroughOptions()
    .action(async (command: string[], flags: InstallFlags) => {
      const { watch = false, cron = false, print = false, drill = false } = flags;
      if (flags.service) {
        const name = flags.name ?? 'my-model';
        return context.exit(
          runServiceUnit({ name, argv: command, user: flags.user ?? false, env }, terminal),
        );
      }
      const stateDir = stateDirOf(flags.state, env);
      const service = serviceFlags(flags);
      const watchdogMs = flags.watchdog === undefined ? undefined : watchdogOf(flags.watchdog);
      const what = {
        service,
        stateDir,
        watch,
        cron,
        print,
        watchdogMs,
        drill,
        json: flags.json ?? false,
        front: flags,
      };
      const { ask, signal } = context;
      context.exit(
        await runInstall(
          { ...what, ask: flags.json ? null : ask, by: operatorOf(env), env, signal },
          terminal,
        ),
      );
    });
  program
    .command('uninstall')
    .description('take back exactly what install put there; the record stays')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((flags: Flags) => {
      const options = { stateDir: stateDirOf(flags.state, env), json: flags.json ?? false, env };
      context.exit(runUninstall(options, terminal));
    });
}

/** export */
export function addExport(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  program
    .command('export')
    .description('the off-site layer as a folder that deploys as it is, with no secret in it')
    .argument('<kind>', EXPORT_KINDS.join(', '))
    .argument('<dir>', 'where to write it')
    .option('--config <file>', 'a ninelives.yaml (default: the one here)')
    .option('--layer <name>', 'which of the layers of kind beacon')
    .option('--force', 'although the folder is not empty')
    .addOption(jsonFlag())
    .action((kind: string, dir: string, flags: Flags & { layer?: string; force?: boolean }) => {
      const { config } = configOf(serviceFlags(flags), [], env);
      const { layer = null, force = false, json = false } = flags;
      context.exit(runExport(config, { kind, dir, layer, force, json }, terminal));
    });
}

/** @throws CliError when a loaded machine would be taken for a hang */
function watchdogOf(text: string): number {
  const ms = durationOf('--watchdog', text);
  if (ms >= WATCHDOG_MIN_MS) return ms;
  throw new CliError(`--watchdog ${text} is too short`, EXIT.usage, `--watchdog ${WATCHDOG_MIN_MS / 1_000}s`);
}
