import { readlink } from 'node:fs/promises';
import { readArguments, readEnviron } from '../../host/procfs/processes.js';
import type { Collector } from '../evidence.js';
import { redactArgv, redactEnviron } from '../redact.js';

const PROCESSES_MAX = 16;
const ARGUMENT_CHARS_MAX = 2_000;
const VALUE_CHARS_MAX = 1_000;

export interface Command {
  program: string | null;
  folder: string | null;
  /** pid to argument list, main process first, secrets redacted. */
  argv: { [pid: number]: string[] };
  /** Of the main process, secrets redacted. */
  environment: { [name: string]: string };
}

/**
 * What was started, how and with what settings. Both files wait for the process's memory lock, and a read that waits
 * keeps one of Node's few threads for ever: so one at a time, and none after one that did not answer.
 */
export const command: Collector<Command> = {
  limitMs: 1_200,
  async collect({ intent, conceal }) {
    const { pid } = intent.incarnation;
    const link = (name: string) => readlink(`/proc/${pid}/${name}`).catch(() => null);
    const environ = await readEnviron(pid);
    if (environ === null) {
      return { absent: 'the main process holds its memory lock, or is gone, or is not ours to look at' };
    }
    const environment = redactEnviron(environ, conceal);
    const argv: Command['argv'] = {};
    for (const target of intent.targets.slice(0, PROCESSES_MAX)) {
      const words = await readArguments(target.pid);
      if (words === null) break;
      argv[target.pid] = redactArgv(words, conceal).map((word) => word.slice(0, ARGUMENT_CHARS_MAX));
    }
    const shortened = Object.entries(environment).map(([name, value]) => [
      name,
      value.slice(0, VALUE_CHARS_MAX),
    ]);
    return {
      program: await link('exe'),
      folder: await link('cwd'),
      argv,
      environment: Object.fromEntries(shortened),
    };
  },
};
