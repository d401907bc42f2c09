import { assert } from '../core/assert.js';
import type { ProcessId } from '../core/types.js';
import { hasEnded, readRealUid, readStat } from './procfs/processes.js';

/** kill(2) with its expected failures as values. The one place from which the host signals anything. */
export function sendSignal(pid: number, signal: NodeJS.Signals): 'sent' | 'gone' | 'not-permitted' {
  // 0 and negative numbers mean whole groups, 1 is init.
  assert(Number.isSafeInteger(pid) && pid > 1, 'I11', `refusing to signal pid ${pid}`);
  assert(pid !== process.pid, 'I11', 'refusing to signal ourselves');
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'not-permitted';
    throw error;
  }
}

/** Who has this pid now; null when nobody, or only a zombie, has. @throws when we could not look. */
export function identify(pid: number): { startTicks: number; uid: number } | null {
  const stat = readStat(pid);
  const uid = readRealUid(pid);
  if (stat === null || uid === null || hasEnded(stat)) return null;
  return { startTicks: stat.startTicks, uid };
}

/** Signals a process if it is still that very process, and ours; re-checked right before the signal. */
export function signalIfSame(id: ProcessId, signal: NodeJS.Signals): boolean {
  const now = identify(id.pid);
  if (now === null || now.startTicks !== id.startTicks || now.uid !== process.getuid?.()) return false;
  return sendSignal(id.pid, signal) === 'sent';
}
