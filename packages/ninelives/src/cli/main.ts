import { createInterface } from 'node:readline/promises';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/source/problem.js';
import { SetupError } from '../daemon/errors.js';
import { addCommands } from './commands.js';
import { CliError, EXIT } from './errors.js';
import { refusedByMachine } from './refused.js';
import { createTerminal, type Terminal } from './terminal.js';

/** The composition root: argv and env are read here, and every error becomes words and an exit code. */
async function main(argv: string[]): Promise<number> {
  const terminal = createTerminal(process.stdout, process.env);
  const ended = new AbortController();
  const interrupted = () => ended.abort();
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  // A reader that went away (`| head`) ends the command quietly.
  process.stdout.on('error', () => ended.abort());
  let exit: number = EXIT.fine;
  const program = new Command('ninelives')
    .description('Keeps a one-box model API answering while nobody watches, without root.')
    .version('0.1.0')
    .enablePositionalOptions()
    .showHelpAfterError('(ninelives --help lists the commands)')
    .exitOverride();
  addCommands(program, {
    terminal,
    env: process.env,
    signal: ended.signal,
    ask: process.stdin.isTTY && process.stdout.isTTY ? askIn(ended.signal) : null,
    exit: (code) => {
      exit = code;
    },
  });
  try {
    await program.parseAsync(argv);
    return exit;
  } catch (error) {
    return explain(error, terminal);
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
}

/** A question on the terminal; Ctrl-C and Ctrl-D are no answer. */
function askIn(signal: AbortSignal): (question: string, until?: AbortSignal) => Promise<string> {
  return async (question, until = signal) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const left = new AbortController();
    for (const event of ['SIGINT', 'close']) lines.once(event, () => left.abort());
    try {
      return await lines.question(question, { signal: AbortSignal.any([signal, until, left.signal]) });
    } catch {
      return '';
    } finally {
      lines.close();
    }
  };
}

/** What, why and what to type next; a stack only for bugs of ours. */
function explain(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage; // it has printed already
  const say = (message: string, hint: string | null) => {
    terminal.err(`ninelives: ${message}`);
    if (hint) terminal.err(`  next: ${hint}`);
  };
  if (error instanceof CliError) {
    say(error.message, error.hint);
    return error.exit;
  }
  if (error instanceof ConfigError) {
    say(error.message, error.hint);
    return EXIT.usage;
  }
  if (error instanceof SetupError) {
    say(error.message, error.hint);
    return EXIT.environment;
  }
  if (error instanceof Error && 'code' in error && error.code === 'RECORD_UNAVAILABLE') {
    say(error.message, 'name another state folder: --state DIR');
    return EXIT.environment;
  }
  const refused = refusedByMachine(error);
  if (refused) {
    say(refused.message, refused.hint);
    return EXIT.environment;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`this is a bug: ${text}`, 'please report it with the lines above');
  return EXIT.bug;
}

process.exitCode = await main(process.argv);
