import { spawn } from 'node:child_process';
import type { NotifierConfig } from '../config/service.js';
import type { Page } from '../core/decision.js';
import type { Delivery, Notifier } from './notifier.js';

/** At most 3 bytes a UTF-16 unit: within one string of execve(2). */
const ENV_MAX_CHARS = 16_000;

/**
 * Runs a program for each page, without a shell: the page is JSON on its stdin and NINELIVES_* in its environment.
 * Exit status 0 is acceptance; anything else, or more than `timeoutMs`, is tried again. What it prints is not
 * kept: it may hold a secret.
 */
export function createCommandNotifier(
  config: Extract<NotifierConfig, { type: 'command' }>,
  { env }: { env: { [name: string]: string | undefined } },
): Notifier {
  const { name, argv, timeoutMs } = config;
  const [program = '', ...rest] = argv;
  return {
    name,
    deliver(page, signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      return new Promise<Delivery>((settle) => {
        const retry = (error: string) => settle({ outcome: 'retry', error: `${name}: ${error}` });
        if (limit.aborted) return retry('called off');
        const child = start(program, rest, { ...env, ...pageEnv(page) });
        if (!child) return retry('could not be run: arguments or environment are not allowed');
        // Settles at once: a process that SIGKILL does not end (state D) must not hold up the next page.
        const end = () => {
          child.kill('SIGKILL');
          retry(signal.aborted ? 'called off' : `did not end within ${timeoutMs} ms`);
        };
        limit.addEventListener('abort', end, { once: true });
        child.on('error', (error: NodeJS.ErrnoException) => {
          limit.removeEventListener('abort', end);
          retry(`could not be run (${error.code ?? error.name})`);
        });
        child.on('exit', (status, killedBy) => {
          limit.removeEventListener('abort', end);
          if (status === 0) settle({ outcome: 'accepted' });
          else retry(status === null ? `ended by ${killedBy}` : `exit status ${status}`);
        });
        // A program that takes the page from its environment need not read its stdin: EPIPE is no failure.
        child.stdin.on('error', () => child.stdin.destroy());
        child.stdin.end(JSON.stringify(page));
      });
    },
  };
}

/** Null where spawn throws instead of telling later: NUL in an argument, more environment than execve(2) takes. */
function start(program: string, args: string[], env: { [name: string]: string | undefined }) {
  try {
    return spawn(program, args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
  } catch {
    return null; // the error would repeat the argument
  }
}

function pageEnv(page: Page): { [name: string]: string } {
  // execve(2): strings end at NUL, and one of them holds at most 128 KiB. The whole page is on stdin.
  const text = (value: string) => value.replaceAll('\0', '').slice(0, ENV_MAX_CHARS);
  return {
    NINELIVES_PAGE_ID: text(page.id),
    NINELIVES_SERVICE: text(page.service),
    NINELIVES_INCIDENT: text(page.incidentId ?? ''),
    NINELIVES_KIND: page.kind,
    NINELIVES_DRILL: page.drill ? '1' : '0',
    NINELIVES_TITLE: text(page.title),
    NINELIVES_BODY: text(page.body),
  };
}
