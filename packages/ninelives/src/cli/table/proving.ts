import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { outerDrillNamed } from '../../drill/outer/table.js';
import { lockOwner } from '../../host/lock.js';
import type { GuardRecord } from '../../record/record.js';
import { runDemo } from '../commands/demo.js';
import { listFaults, runDrill, runDrillOn } from '../commands/drill.js';
import { runOuterDrill } from '../commands/drill-outer.js';
import { CliError, EXIT } from '../errors.js';
import { configHere } from '../guarded.js';
import { configOf, DEFAULT_CONFIG } from '../services.js';
import { recordFile, stateDirOf, withRecord } from '../state-dir.js';
import {
  type CommandContext,
  durationOf,
  type Flags,
  operatorOf,
  serviceFlags,
  withServiceFlags,
} from './flags.js';

type DrillFlags = Flags & {
  list?: boolean;
  service?: string;
  force?: boolean;
  really?: boolean;
  limit?: string;
};

/** drill */
export function addDrill(program: Command, context: CommandContext): void {
  const { terminal, env, signal } = context;
  withServiceFlags(program.command('drill').argument('[fault]', 'see --list'))
    .description('prove the recovery: harm the service on purpose, watch it heal, put everything back')
    .option('--list', 'the faults there are')
    .option('--service <name>', 'which one, where several are guarded')
    .option('--force', 'although the service is sick or busy')
    .option('--really', "do to a unit of one's own what is otherwise only explained (term, start-limit)")
    .option('--limit <duration>', 'how long to wait for what is expected, e.g. 2m')
    .action(async (fault: string | undefined, flags: DrillFlags) => {
      const json = flags.json ?? false;
      if (flags.list) return context.exit(listFaults(json, terminal));
      if (fault === undefined) throw new CliError('name a fault', EXIT.usage, 'ninelives drill --list');
      const stateDir = stateDirOf(flags.state, env);
      const limitMs = flags.limit === undefined ? undefined : durationOf('--limit', flags.limit);
      const { service, force = false, really = false } = flags;
      const options = { fault, stateDir, service, json, force, really, limitMs, by: operatorOf(env) };
      const named = serviceFlags(flags);
      const outer = outerDrillNamed(fault);
      if (outer) {
        const config = configHere(named, [], stateDir, env);
        const rest = { config, service, json, limitMs, stateDir, by: operatorOf(env), ask: context.ask };
        const run = (record: GuardRecord | null) =>
          runOuterDrill({ ...rest, drill: outer, record }, terminal, signal);
        const kept = existsSync(recordFile(stateDir));
        return context.exit(kept ? await withRecord(stateDir, run) : await run(null));
      }
      // Where nobody guards, the config of this folder says what the drill's own guard looks after.
      const byConfig = existsSync(DEFAULT_CONFIG) && lockOwner(stateDir) === null;
      if (Object.keys(named).length > 0 || byConfig) {
        const { config } = configOf(named, [], env);
        context.exit(await runDrillOn({ config, stateDir, env }, options, terminal, signal));
        return;
      }
      await withRecord(stateDir, async (record) => {
        context.exit(await runDrill(record, options, terminal, signal));
      });
    });
}

/** demo */
export function addDemo(program: Command, { terminal, env, signal, exit }: CommandContext): void {
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
