import type { Command } from 'commander';
import { systemClock } from '../../host/system-clock.js';
import { runReport } from '../commands/report.js';
import { stateDirOf, withRecord } from '../state-dir.js';
import { type CommandContext, durationOf, type Flags, jsonFlag, stateFlag } from './flags.js';

/** report */
export function addTelling(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  program
    .command('report')
    .description('what happened, for the reviewer: availability by real work, incidents, kills, drills, gaps')
    .option('--since <duration>', 'how far back', '72h')
    .option('--html <file>', 'one self-contained page that prints well')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((flags: Flags & { since: string; html?: string }) => {
      const options = {
        sinceMs: durationOf('--since', flags.since),
        nowWallMs: systemClock.wallMs(),
        htmlFile: flags.html ?? null,
        json: flags.json ?? false,
      };
      withRecord(stateDirOf(flags.state, env), (record) => {
        context.exit(runReport(record, options, terminal));
      });
    });
}
