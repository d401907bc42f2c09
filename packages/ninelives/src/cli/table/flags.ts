import { type Command, Option } from 'commander';
import { parseDuration } from '../../config/duration.js';
import { CliError, EXIT } from '../errors.js';
import type { ServiceOptions } from '../services.js';
import type { Terminal } from '../terminal.js';

/** What the composition root hands to every command. */
export interface CommandContext {
  terminal: Terminal;
  env: { [name: string]: string | undefined };
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  /** Asks whoever sits at the terminal, until the signal is aborted; null where nobody does. */
  ask: ((question: string, signal?: AbortSignal) => Promise<string>) | null;
  exit(code: number): void;
}

export type Flags = ServiceOptions & { state?: string; json?: boolean };

export const stateFlag = () =>
  new Option('--state <dir>', 'where everything is kept (default: the XDG state folder)');
export const jsonFlag = () => new Option('--json', 'one JSON object a line');

/** The flags that name a service. */
export function withServiceFlags(command: Command): Command {
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

/** What names the service, without what only this command takes. */
export function serviceFlags(flags: Flags): ServiceOptions {
  const { config, name, unit, user, port, url, kind, model } = flags;
  const given = Object.entries({ config, name, unit, user, port, url, kind, model });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** Who asked, for the record. */
export function operatorOf(env: CommandContext['env']): string {
  return env.USER ?? env.LOGNAME ?? 'operator';
}

/** @throws CliError */
export function durationOf(flag: string, text: string): number {
  const parsed = parseDuration(text);
  if (parsed !== null) return parsed;
  throw new CliError(`${flag} takes a duration such as 90s or 2m, not '${text}'`, EXIT.usage);
}
