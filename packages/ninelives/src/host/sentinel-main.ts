/**
 * The sentinel's own process (see sentinel.ts): says that it is ready, waits for the end of its standard input,
 * wakes each listed process that is still that very process, and ends.
 */
import { bootId } from './clock.js';
import type { SentinelDuty } from './sentinel.js';
import { signalIfSame } from './signal.js';

const duty = JSON.parse(process.argv[2] ?? '') as SentinelDuty;
process.stdin.on('error', () => undo());
process.stdin.on('end', () => undo());
process.stdin.resume();
process.stdout.on('error', () => {});
process.stdout.write('armed\n');

function undo(): void {
  if (duty.bootId === bootId()) {
    for (const id of duty.undo.processes) signalIfSame(id, duty.undo.signal);
  }
  process.exit(0);
}
