import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Standby, Undo } from '../../drill/ports.js';
import { bootId } from '../../host/clock.js';
import { armSentinel } from '../../host/sentinel.js';
import type { Ended } from './start-again.js';

/**
 * Arms whatever undoes a fault when the drill dies: for stopped processes the host's sentinel, for a service
 * that is down a small process that has it started.
 * @throws when it can't be armed: then nothing may be injected.
 */
export async function armStandby(undo: Undo, ended: Ended): Promise<Standby> {
  if ('continue' in undo) {
    return armSentinel({ bootId: bootId(), undo: { signal: 'SIGCONT', processes: undo.continue } });
  }
  const { recordFile, service, unit } = ended;
  const entry = new URL('./start-standby-main.js', import.meta.url);
  return armProcess(entry, [recordFile, service, unit ?? '']);
}

/**
 * Arms a small process of its own: it says that it is ready, and acts when the pipe that only we hold open ends
 * without a byte on it. Even SIGKILL ends a pipe.
 * @throws when it does not get ready
 */
export async function armProcess(entry: URL, args: readonly string[]): Promise<Standby> {
  const child = spawn(process.execPath, [fileURLToPath(entry), ...args], {
    // A session of its own: the Ctrl-C that ends us must not end our undo.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {}); // ended before us; we have done our part
  const ended = once(child, 'close');
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error('The standby that puts things back could not be armed; nothing was done.');
  return {
    async release(undone) {
      child.stdin.end(undone ? '.' : '');
      await ended;
    },
  };
}
