import type { Command } from 'commander';
import { runRehearse } from '../commands/rehearse.js';
import { CliError, EXIT } from '../errors.js';
import { stateDirOf } from '../state-dir.js';
import { type CommandContext, jsonFlag, stateFlag } from './flags.js';

interface RehearseFlags {
  dataset?: string;
  url?: string;
  faults?: string;
  count: string;
  compare?: string;
  batch: string;
  concurrency: string;
  service?: string;
  model?: string;
  keyFile?: string;
  html?: string;
  state?: string;
  json?: boolean;
}

/** rehearse */
export function addRehearse(program: Command, { terminal, env, signal, exit }: CommandContext): void {
  program
    .command('rehearse')
    .description(
      "the reviewer's run: a similarity benchmark through the public way in, quiet and with faults",
    )
    .option('--faults <names>', 'faults at random moments, e.g. crash,wedge,freeze (none: quiet only)')
    .option('--count <n>', 'how many faults', '12')
    .option('--dataset <file>', 'graded pairs: TSV, CSV or JSONL (default: our own)')
    .option('--compare <file>', "MTEB's own result JSON, to stand beside the score")
    .option('--url <url>', 'where clients come in (default: the gateway of the service that is guarded here)')
    .option('--service <name>', 'which one, where several are guarded')
    .option('--model <model>', 'the model name to ask for')
    .option('--key-file <file>', 'an API key')
    .option('--batch <n>', 'texts in one call', '32')
    .option('--concurrency <n>', 'calls at once', '2')
    .option('--html <file>', 'a page of it')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action(async (flags: RehearseFlags) => {
      const { dataset, url, compare, service, model, keyFile, html } = flags;
      const { stdout } = process;
      const drawing = stdout.isTTY === true && env.TERM !== 'dumb';
      const redraw = {
        line: (text: string) => void stdout.write(`\r\u001b[2K${text}`),
        columns: () => stdout.columns,
      };
      const options = {
        ...{ dataset, url, compare, service, model, keyFile, html },
        stateDir: stateDirOf(flags.state, env),
        faults: (flags.faults ?? '').split(',').filter(Boolean),
        count: countOf('--count', flags.count),
        batch: countOf('--batch', flags.batch),
        concurrency: countOf('--concurrency', flags.concurrency),
        json: flags.json ?? false,
        random: Math.random,
        redraw: drawing ? redraw : null,
      };
      exit(await runRehearse(options, terminal, signal));
    });
}

function countOf(flag: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new CliError(`${flag} takes a whole number from 1, not '${text}'`, EXIT.usage);
}
