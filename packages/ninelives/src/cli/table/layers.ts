import type { Command } from 'commander';
import { systemClock } from '../../host/system-clock.js';
import { type GuardRecord, RecordUnavailableError } from '../../record/record.js';
import { openRecord } from '../../record/sqlite.js';
import { runLayers } from '../commands/layers.js';
import { configOf } from '../services.js';
import { recordFile, stateDirOf } from '../state-dir.js';
import { type CommandContext, type Flags, jsonFlag, serviceFlags, stateFlag } from './flags.js';

/** layers */
export function addLayers(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  program
    .command('layers')
    .description(
      'which layer catches which failure, who can tell you, how late; exit 1 where two layers are one',
    )
    .option('--config <file>', 'a ninelives.yaml (default: the one here)')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((flags: Flags) => {
      const { config } = configOf(serviceFlags(flags), [], env);
      const record = recordIn(stateDirOf(flags.state, env));
      try {
        const options = { json: flags.json ?? false, record, wallMs: systemClock.wallMs() };
        context.exit(runLayers(config, options, terminal));
      } finally {
        record?.close();
      }
    });
}

/** What was heard is said where it is known; the matrix needs no record. */
function recordIn(stateDir: string): GuardRecord | null {
  try {
    return openRecord(recordFile(stateDir), { readOnly: true });
  } catch (error) {
    if (error instanceof RecordUnavailableError) return null;
    throw error;
  }
}
