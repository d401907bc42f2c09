import { sleep } from '../host/clock.js';
import { type LockOwner, lockOwner } from '../host/lock.js';
import { isAlive, readStat } from '../host/procfs/processes.js';
import { signalIfSame } from '../host/signal.js';

const GONE_WITHIN_MS = 2_000;

/**
 * For one pass: who holds the state folder, or null when it is free. A pass from cron that is frozen, or older than
 * any pass may be, would keep every later one away, and nobody else would end it: it is ended here, by identity.
 */
export async function makeWay(
  stateDir: string,
  nowWallMs: number,
  passLimitMs: number,
): Promise<LockOwner | null> {
  const owner = lockOwner(stateDir);
  if (owner === null || !isHungPass(owner, nowWallMs, passLimitMs)) return owner;
  signalIfSame(owner, 'SIGKILL');
  for (let waitedMs = 0; waitedMs < GONE_WITHIN_MS && isAlive(owner); waitedMs += 20) await sleep(20);
  return lockOwner(stateDir);
}

function isHungPass(owner: LockOwner, nowWallMs: number, passLimitMs: number): boolean {
  const words = owner.command.split(' ');
  if (!words.includes('--once') || !(words.includes('guard') || words.includes('watch'))) return false;
  return readStat(owner.pid)?.state === 'T' || nowWallMs - owner.sinceWallMs > 2 * passLimitMs;
}
