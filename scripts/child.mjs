// Child processes of the set-up and the suite. A signal to us goes to the child, and we leave after it.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { SetupError } from './say.mjs';

const OUTPUT_KEPT = 200_000;

/**
 * Run to the end. With `onLine` or `capture` the output is read by us, else it goes straight to the terminal.
 * Resolves to { code, output }; never rejects for an exit status.
 */
export function run(command, args, { cwd, env, capture = false, onLine } = {}) {
  const piped = capture || onLine !== undefined;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', piped ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    });
    let stoppedBy = null;
    const forward = (signal) => {
      stoppedBy = signal;
      child.kill(signal);
    };
    process.on('SIGINT', forward).on('SIGTERM', forward);
    let output = '';
    const keep = (text) => {
      output = (output + text).slice(-OUTPUT_KEPT);
    };
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.stdout?.setEncoding('utf8').on('data', onLine ? byLine(onLine) : keep);
    child.on('error', (error) => reject(new SetupError(`${command} could not be started`, error.message)));
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (stoppedBy) process.exit(128 + constants.signals[stoppedBy]);
      resolve({ code: code ?? 128 + constants.signals[signal], output });
    });
  });
}

function byLine(onLine) {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) onLine(line);
  };
}

/**
 * Become that program: load it into this very process, with its own argv. What exec(2) is for a shell script:
 * signals and the exit status are the program's own, and no parent is left that could die and orphan it.
 */
export async function become(script, args) {
  ignoreEchoedSignals();
  process.argv = [process.execPath, script, ...args];
  process.title = [basename(script, '.js'), ...args].join(' '); // what ps and the lock of the state folder show
  await import(`file://${script}`);
}

/**
 * On Ctrl-C the terminal signals the whole foreground group, npm among it, and npm forwards it once more to its
 * child. One key press must not look like two, since a second one usually means "now, without cleaning up".
 */
function ignoreEchoedSignals() {
  const ECHO_MS = 300;
  const lastAt = new Map();
  const emit = process.emit;
  process.emit = function (name, ...rest) {
    if (name === 'SIGINT' || name === 'SIGTERM') {
      const before = lastAt.get(name) ?? Number.NEGATIVE_INFINITY;
      lastAt.set(name, performance.now());
      if (performance.now() - before < ECHO_MS) return true;
    }
    return Reflect.apply(emit, this, [name, ...rest]);
  };
}
