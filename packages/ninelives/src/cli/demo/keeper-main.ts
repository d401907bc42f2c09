/**
 * Tidies up after a demo that was killed (see house.ts): waits on its standard input; one byte means that the
 * demo has done it itself. Without it: ends the demo's `up`, which ends the service, and removes its folder.
 */
import { rmSync } from 'node:fs';
import type { ProcessId } from '../../core/types.js';
import { monotonicMs, sleep } from '../../host/clock.js';
import { isAlive } from '../../host/procfs/processes.js';
import { signalIfSame } from '../../host/signal.js';

const [folder = '', child = ''] = process.argv.slice(2);
/** A frozen service gets its whole stop timeout from `up`; beyond that its owner must look. */
const LIMIT_MS = 30_000;

async function act(): Promise<void> {
  const up = JSON.parse(child) as ProcessId;
  signalIfSame(up, 'SIGTERM');
  const untilMs = monotonicMs() + LIMIT_MS;
  while (isAlive(up) && monotonicMs() < untilMs) await sleep(100);
  if (!isAlive(up)) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

process.stdin.once('data', () => process.exit(0));
process.stdin.on('error', () => void act());
process.stdin.on('end', () => void act());
process.stdout.on('error', () => {});
process.stdout.write('ready\n');
