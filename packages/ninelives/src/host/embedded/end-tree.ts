import type { ProcessId } from '../../core/types.js';
import { monotonicMs, sleep } from '../clock.js';
import { signalIfSame } from '../signal.js';

/** Most trees are gone at once; the stubborn ones need no hurry. */
const POLL_MS = 20;
const SLOW_POLL_MS = 100;

/**
 * Ends processes as systemd.kill(5) says: SIGTERM, and SIGCONT right after it so that a stopped process can
 * act on it; SIGKILL to what is left after `stopTimeoutMs`. Looks again at every turn, since a dying tree may
 * still fork. Gives up on what SIGKILL does not end (D state) after another `stopTimeoutMs`.
 * @returns forced: the time ran out and SIGKILL was needed.
 */
export async function endTree(
  find: () => Promise<ProcessId[]>,
  stopTimeoutMs: number,
  signal: AbortSignal,
): Promise<{ forced: boolean; remaining: ProcessId[] }> {
  const asked = new Set<string>();
  const startedMs = monotonicMs();
  let forced = false;
  while (true) {
    const living = await find();
    const tookMs = monotonicMs() - startedMs;
    if (living.length === 0 || signal.aborted || tookMs > 2 * stopTimeoutMs + SLOW_POLL_MS) {
      return { forced, remaining: living };
    }
    forced ||= tookMs >= stopTimeoutMs;
    for (const id of living) {
      if (forced) signalIfSame(id, 'SIGKILL');
      else if (!asked.has(key(id))) askToEnd(id);
      asked.add(key(id));
    }
    await sleep(tookMs < 1_000 ? POLL_MS : SLOW_POLL_MS, signal);
  }
}

function askToEnd(id: ProcessId): void {
  if (signalIfSame(id, 'SIGTERM')) signalIfSame(id, 'SIGCONT');
}

function key(id: ProcessId): string {
  return `${id.pid}/${id.startTicks}`;
}
