import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { parseDuration } from '../config/duration.js';
import { readEvidence } from '../evidence/store.js';
import { lockOwner } from '../host/lock.js';
import { systemClock } from '../host/system-clock.js';
import { runDemo } from './commands/demo.js';
import { runDoctor } from './commands/doctor.js';
import { listFaults, runDrill } from './commands/drill.js';
import { runInit } from './commands/init.js';
import { showIncidents, showStatus } from './commands/inspect.js';
import { runOperate } from './commands/operate.js';
import { runProbeCommand } from './commands/probe.js';
import { runResident } from './commands/resident.js';
import { runServe } from './commands/serve.js';
import { welcome } from './commands/up.js';
import { CliError, EXIT } from './errors.js';
import { configOf, type ServiceOptions } from './services.js';
import { stateDirOf, withRecord } from './state-dir.js';
import type { Terminal } from './terminal.js';

/** What the composition root hands to every command. */
export interface CommandContext {
  terminal: Terminal;
  env: { [name: string]: string | undefined };
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  exit(code: number): void;
}

type DrillFlags = {
  list?: boolean;
  service?: string;
  force?: boolean;
  limit?: string;
  state?: string;
  json?: boolean;
};
type Flags = ServiceOptions & { state?: string; json?: boolean };

/** The command table. Flags first, then what each does; the work is in `commands/`. */
export function addCommands(program: Command, context: CommandContext): void {
  addResident(program, context);
  addLooking(program, context);
  addDrill(program, context);
  addOperating(program, context);
  addDemo(program, context);
}

const stateFlag = () =>
  new Option('--state <dir>', 'where everything is kept (default: the XDG state folder)');
const jsonFlag = () => new Option('--json', 'one JSON object a line');

function withServiceFlags(command: Command): Command {
  return command
    .option('--config <file>', 'a ninelives.yaml')
    .option('--name <name>', 'what to call the service')
    .option('--unit <unit>', 'a systemd unit')
    .option('--user', 'the unit is of my user manager')
    .option('--port <n>', "the service's port (default 8088)")
    .option('--url <url>', 'where its API answers (default http://127.0.0.1:PORT)')
    .option('--kind <kind>', 'embeddings, chat, completions or http')
    .option('--model <model>', 'the model name to ask for; for the built-in one a hub id or a folder')
    .addOption(stateFlag())
    .addOption(jsonFlag());
}

function addResident(program: Command, context: CommandContext): void {
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

function addLooking(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  withServiceFlags(program.command('probe'))
    .description('one real-work probe now, beside the cheap endpoints')
    .action(async (flags: Flags) => {
      const { config } = configOf(serviceFlags(flags), [], env);
      const options = { json: flags.json ?? false, signal: context.signal };
      context.exit(await runProbeCommand(config.services, options, terminal));
    });
  withServiceFlags(program.command('doctor').argument('[command...]'))
    .description('would a SIGKILL bring it back? every precondition, measured, each with its fix')
    .passThroughOptions()
    .action(async (command: string[], flags: Flags) => {
      const { config } = configOf(serviceFlags(flags), command, env);
      const stateDir = stateDirOf(flags.state, env);
      context.exit(await runDoctor(config, { stateDir, env, json: flags.json ?? false }, terminal));
    });
  withServiceFlags(program.command('init').argument('[command...]'))
    .description('write a commented ninelives.yaml')
    .option('--print', 'to the terminal only')
    .passThroughOptions()
    .action((command: string[], flags: Flags & { print?: boolean }) => {
      const schema = fileURLToPath(new URL('../../../schema/ninelives.schema.json', import.meta.url));
      const { config: file, ...service } = serviceFlags(flags);
      const options = { file, print: flags.print ?? false, schema, service, command, env };
      context.exit(runInit(options, terminal));
    });
  program
    .command('status')
    .description('what is seen now, in one sentence a service')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((flags: Flags) => {
      const stateDir = stateDirOf(flags.state, env);
      const options = { json: flags.json ?? false, nowWallMs: systemClock.wallMs() };
      withRecord(stateDir, (record) => {
        context.exit(showStatus(record, lockOwner(stateDir), options, terminal));
      });
    });
  program
    .command('incidents')
    .description('what happened; with an id, the whole story of one')
    .argument('[id]')
    .option('--limit <n>', 'how many, newest', '50')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((id: string | undefined, flags: Flags & { limit: string }) => {
      const limit = Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1) {
        throw new CliError(`--limit takes a whole number from 1, not '${flags.limit}'`, EXIT.usage);
      }
      const stateDir = stateDirOf(flags.state, env);
      const evidenceOf = (incidentId: string) => readEvidence(stateDir, incidentId);
      const options = { id: id ?? null, json: flags.json ?? false, limit, evidenceOf };
      withRecord(stateDir, (record) => {
        context.exit(showIncidents(record, options, terminal));
      });
    });
}

function addDrill(program: Command, context: CommandContext): void {
  const { terminal, env, signal } = context;
  program
    .command('drill')
    .description('prove the recovery: harm the service on purpose, watch it heal, put everything back')
    .argument('[fault]', 'see --list')
    .option('--list', 'the faults there are')
    .option('--service <name>', 'which one, where several are guarded')
    .option('--force', 'although the service is sick or busy')
    .option('--limit <duration>', 'how long to wait for what is expected, e.g. 2m')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action(async (fault: string | undefined, flags: DrillFlags) => {
      const json = flags.json ?? false;
      if (flags.list) return context.exit(listFaults(json, terminal));
      if (fault === undefined) throw new CliError('name a fault', EXIT.usage, 'ninelives drill --list');
      const stateDir = stateDirOf(flags.state, env);
      const limitMs = flags.limit === undefined ? undefined : durationOf('--limit', flags.limit);
      const { service, force = false } = flags;
      const options = { fault, stateDir, service, json, force, limitMs, by: operatorOf(env) };
      await withRecord(stateDir, async (record) => {
        context.exit(await runDrill(record, options, terminal, signal));
      });
    });
}

function addDemo(program: Command, { terminal, env, signal, exit }: CommandContext): void {
  program
    .command('demo')
    .description('one minute: a real model freezes while /health says 200, is killed, and comes back')
    .action(async () => {
      const { stdout } = process;
      const drawing = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
      // Asked for with each picture: windows are resized.
      const size = () => (drawing ? { columns: stdout.columns, rows: stdout.rows } : null);
      exit(await runDemo({ env, size }, terminal, signal));
    });
}

function durationOf(flag: string, text: string): number {
  const parsed = parseDuration(text);
  if (parsed !== null) return parsed;
  throw new CliError(`${flag} takes a duration such as 90s or 2m, not '${text}'`, EXIT.usage);
}

function addOperating(program: Command, context: CommandContext): void {
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
        const guarded = lockOwner(stateDir) !== null;
        const by = operatorOf(env);
        const rest = { by, guarded, json: flags.json ?? false, nowWallMs: systemClock.wallMs() };
        await withRecord(stateDir, async (record) => {
          context.exit(await runOperate(record, { command, service, ...rest }, terminal));
        });
      });
  }
}

/** What names the service, without what only this command takes. */
function serviceFlags(flags: Flags): ServiceOptions {
  const { config, name, unit, user, port, url, kind, model } = flags;
  const given = Object.entries({ config, name, unit, user, port, url, kind, model });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function operatorOf(env: CommandContext['env']): string {
  return env.USER ?? env.LOGNAME ?? 'operator';
}
