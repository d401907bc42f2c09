import type { Command } from 'commander';
import { parseDuration } from '../config/duration.js';
import { listFaults, runDrill } from './commands/drill.js';
import { CliError, EXIT } from './errors.js';
import { stateDirOf, withRecord } from './state-dir.js';
import type { Terminal } from './terminal.js';

interface Flags {
  state?: string;
  service?: string;
  json?: boolean;
  force?: boolean;
  limit?: string;
  list?: boolean;
}

/** Adds `drill` to the command table. */
export function addDrilling(
  program: Command,
  context: {
    terminal: Terminal;
    env: { [name: string]: string | undefined };
    signal: AbortSignal;
    exit(code: number): void;
  },
): void {
  const { terminal, env, signal } = context;
  program
    .command('drill')
    .description('prove recovery: hurt the running service, watch it come back, put everything back')
    .argument('[fault]', 'wedge, freeze, crash, term or crash-loop')
    .option('--list', 'what each fault does, and what should happen')
    .option('--service <name>', 'which one, where several are guarded')
    .option('--force', 'although the service is sick or busy')
    .option('--limit <duration>', 'how long to wait for what is expected, e.g. 90s')
    .option('--state <dir>', 'where the guard keeps everything (default: the XDG state folder)')
    .option('--json', 'the report as one JSON object')
    .action(async (fault: string | undefined, flags: Flags) => {
      const { service, force = false, json = false } = flags;
      if (flags.list) return context.exit(listFaults(json, terminal));
      if (fault === undefined) {
        throw new CliError('drill needs the name of a fault', EXIT.usage, 'ninelives drill --list');
      }
      const stateDir = stateDirOf(flags.state, env);
      const by = env.USER ?? env.LOGNAME ?? 'operator';
      const options = { fault, stateDir, service, json, force, limitMs: limitOf(flags.limit), by };
      const code = await withRecord(stateDir, (record) => runDrill(record, options, terminal, signal));
      context.exit(code);
    });
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new CliError(`--limit takes a duration like 90s or 5m, not '${text}'`, EXIT.usage);
}
