import { hostname } from 'node:os';
import type { Command } from 'commander';
import { systemClock } from '../../host/system-clock.js';
import { runNotify } from '../commands/notify.js';
import { configOf } from '../services.js';
import { type CommandContext, type Flags, jsonFlag, serviceFlags } from './flags.js';

/** notify */
export function addNotify(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  program
    .command('notify')
    .description('who is told, and when; --test really sends, and says what came back')
    .argument('[name]', 'one notifier (default: all)')
    .option('--test', 'send a test page')
    .option('--config <file>', 'a ninelives.yaml (default: the one here)')
    .addOption(jsonFlag())
    .action(async (name: string | undefined, flags: Flags & { test?: boolean }) => {
      const { config } = configOf(serviceFlags(flags), [], env);
      const { test = false, json = false } = flags;
      const { wallMs } = systemClock;
      const options = { name, test, json, host: hostname(), wallMs, env, signal: context.signal };
      context.exit(await runNotify(config, options, terminal));
    });
}
