import type { KillIntent } from '../core/decision.js';
import { sameProcess } from '../core/identity.js';
import type { KillOutcome, ProcessId } from '../core/types.js';
import { bootId, monotonicMs, sleep } from './clock.js';
import { selfAndAncestors } from './procfs/processes.js';
import { identify, sendSignal } from './signal.js';

/** What `performKill` needs of this machine. `createKillPorts` gives the real one. */
export interface KillPorts {
  bootId(): string;
  /** Who has this pid now; null when nobody, or only a zombie, has. Throws when it can't look (EMFILE). */
  identify(pid: number): { startTicks: number; uid: number } | null;
  uid: number;
  /** Ourselves and our ancestors. */
  untouchable: Set<number>;
  /** Is this process part of the unit? Asked right before its signal. Embedded: pid + ticks say so already. */
  belongs?: (target: ProcessId) => boolean;
  sendKill(pid: number): 'sent' | 'gone' | 'not-permitted';
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** How long the listed processes get to be gone after SIGKILL. */
  limitMs: number;
  pollMs: number;
}

export interface KillReport {
  outcome: KillOutcome;
  /** Which of the targets still live, whether or not they were signalled. */
  remaining: ProcessId[];
  detail: string;
}

type Standing = 'same' | 'gone' | 'not-same' | 'not-permitted';

/**
 * SIGKILL to the processes of one incarnation: main first (a worker first could make main exit 0, and stay
 * down), then at once the list, each re-checked right before its signal. Then waits until none is left.
 * Nothing outside `intent.targets` is ever signalled. What is left between check and signal is the few
 * microseconds that Node, having no pidfd_send_signal(2), can't close; a pid is not reused that fast.
 */
export async function performKill(intent: KillIntent, ports: KillPorts): Promise<KillReport> {
  if (intent.incarnation.bootId !== ports.bootId()) {
    return { outcome: 'already-gone', remaining: [], detail: 'the machine was rebooted since' };
  }
  const signalled: ProcessId[] = [];
  const refused: string[] = [];
  let reused = 0;
  const mainFirst = [...intent.targets].sort((a, b) => Number(isMain(b, intent)) - Number(isMain(a, intent)));
  for (const target of mainFirst) {
    const standing = killOne(target, ports);
    if (standing === 'same') signalled.push(target);
    if (standing === 'not-same') reused += 1;
    if (standing !== 'not-permitted') continue;
    refused.push(`pid ${target.pid}`);
    // Without its main process the rest must not be touched: that would be a worker first.
    if (intent.what === 'incarnation' && isMain(target, intent)) break;
  }
  const startedMs = ports.nowMs();
  while (signalled.some((id) => isThere(id, ports)) && ports.nowMs() - startedMs < ports.limitMs) {
    await ports.sleep(ports.pollMs);
  }
  const remaining = intent.targets.filter((id) => isThere(id, ports));
  const text = `SIGKILL sent to ${signalled.length} of ${intent.targets.length}`;
  if (signalled.some((id) => isThere(id, ports))) {
    const left = remaining.map((id) => `pid ${id.pid}`).join(', ');
    return {
      outcome: 'still-there',
      remaining,
      detail: `${text}; still there after ${ports.limitMs} ms: ${left}`,
    };
  }
  if (refused.length > 0) {
    const detail = `${text}; not ours to signal, or not to be seen: ${refused.join(', ')}`;
    return { outcome: 'not-permitted', remaining, detail };
  }
  const tookMs = Math.round(ports.nowMs() - startedMs);
  if (signalled.length > 0)
    return { outcome: 'killed', remaining, detail: `${text}; gone after ${tookMs} ms` };
  if (reused > 0) return { outcome: 'not-same', remaining, detail: 'its pid belongs to another process now' };
  return {
    outcome: 'already-gone',
    remaining,
    detail: 'it was gone before this signal: ended by itself, or killed by a guard that died since',
  };
}

function isMain(target: ProcessId, intent: KillIntent): boolean {
  return sameProcess(target, intent.incarnation);
}

function isThere(id: ProcessId, ports: KillPorts): boolean {
  const now = look(id.pid, ports);
  return now === 'unseen' || now?.startTicks === id.startTicks;
}

function look(pid: number, ports: KillPorts): ReturnType<KillPorts['identify']> | 'unseen' {
  try {
    return ports.identify(pid);
  } catch {
    // Out of descriptors or memory: who we can't see is neither signalled nor taken for gone.
    return 'unseen';
  }
}

/** Re-checks one target and signals it, with nothing in between. */
function killOne(target: ProcessId, ports: KillPorts): Standing {
  if (!Number.isSafeInteger(target.pid) || target.pid <= 1) return 'not-permitted';
  if (ports.untouchable.has(target.pid)) return 'not-permitted';
  const now = look(target.pid, ports);
  if (now === 'unseen') return 'not-permitted';
  if (now === null) return 'gone';
  if (now.startTicks !== target.startTicks) return 'not-same';
  if (now.uid !== ports.uid) return 'not-permitted';
  if (ports.belongs && !ports.belongs(target)) return 'not-permitted';
  const sent = ports.sendKill(target.pid);
  return sent === 'sent' ? 'same' : sent;
}

/** The real ports: /proc to look, kill(2) to act. */
export function createKillPorts(
  options: { limitMs?: number; pollMs?: number; belongs?: (target: ProcessId) => boolean } = {},
): KillPorts {
  const uid = process.getuid?.() ?? -1;
  return {
    bootId,
    identify,
    uid,
    untouchable: selfAndAncestors(process.pid),
    ...(options.belongs ? { belongs: options.belongs } : {}),
    sendKill: (pid) => sendSignal(pid, 'SIGKILL'),
    nowMs: monotonicMs,
    sleep,
    limitMs: options.limitMs ?? 5_000,
    pollMs: options.pollMs ?? 20,
  };
}
