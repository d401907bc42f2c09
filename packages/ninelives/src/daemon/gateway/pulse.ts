import type { ProcessId, ProcessSample } from '../../core/types.js';

/**
 * Is the gateway alive? A question of its own, apart from the service's and much simpler: it has no work of its own to
 * be busy with, so its private socket answers at once or something is wrong. Times are monotonic ms.
 */
export interface Pulse {
  /** Of this process; all starts anew with the next one. */
  of: ProcessId | null;
  answered: boolean;
  silentSinceMs: number | null;
  asked: number;
  /** Its CPU time when the silence began. */
  cpuMs: number;
  /** Kills within the window, oldest first. */
  killsAtMs: number[];
}

export const PULSE_LIMITS = {
  /** Questions in a row without an answer before anything is concluded. */
  silences: 3,
  /** Stopped (T), and silent for so long. */
  stoppedMs: 2_000,
  /** Silent, and uses no CPU. */
  idleMs: 5_000,
  /** Silent, though it uses CPU: its loop is stuck. */
  busyMs: 30_000,
  /** It has not answered since its start. */
  startMs: 30_000,
  /** Kills within the window; then it waits for the window to pass. */
  killsMax: 3,
  windowMs: 10 * 60_000,
};

/** Less CPU than this within a silence is housekeeping. */
const CPU_MS = 100;

export function freshPulse(): Pulse {
  return { of: null, answered: false, silentSinceMs: null, asked: 0, cpuMs: 0, killsAtMs: [] };
}

/** It answered. */
export function pulseHeard(pulse: Pulse): void {
  Object.assign(pulse, { answered: true, silentSinceMs: null, asked: 0 });
}

/** It did not, and this is its process. @returns why it must be killed, in words; null: let it be. */
export function pulseMissed(pulse: Pulse, atMs: number, main: ProcessSample | null): string | null {
  if (pulse.of?.pid !== main?.pid || pulse.of?.startTicks !== main?.startTicks) {
    const of = main && { pid: main.pid, startTicks: main.startTicks };
    const known = pulse.of !== null;
    // The first process is the one that answered until now.
    Object.assign(pulse, { of, answered: pulse.answered && !known, silentSinceMs: null, asked: 0 });
  }
  if (main === null) {
    pulse.answered = false;
    return null; // its supervisor is at it
  }
  if (pulse.silentSinceMs === null) Object.assign(pulse, { silentSinceMs: atMs, cpuMs: main.cpuMs });
  pulse.asked += 1;
  const why = conviction(pulse, main, atMs);
  pulse.killsAtMs = pulse.killsAtMs.filter((killMs) => atMs - killMs < PULSE_LIMITS.windowMs);
  if (why === null || pulse.killsAtMs.length >= PULSE_LIMITS.killsMax) return null;
  pulse.killsAtMs.push(atMs);
  Object.assign(pulse, { silentSinceMs: null, asked: 0 }); // once; should it live on, all of this again
  return why;
}

function conviction(pulse: Pulse, main: ProcessSample, atMs: number): string | null {
  const { silences, stoppedMs, idleMs, busyMs, startMs } = PULSE_LIMITS;
  const silentMs = atMs - (pulse.silentSinceMs ?? atMs);
  if (pulse.asked < silences) return null;
  const seconds = `${(silentMs / 1_000).toFixed(1)} s`;
  if (main.state === 'T') return silentMs >= stoppedMs ? `stopped (T), no answer for ${seconds}` : null;
  if (!pulse.answered) return silentMs >= startMs ? `no answer within ${seconds} of its start` : null;
  const busy = main.cpuMs - pulse.cpuMs > CPU_MS;
  if (silentMs < (busy ? busyMs : idleMs)) return null;
  return `no answer for ${seconds}, ${busy ? 'though it uses CPU' : 'and it uses no CPU'}`;
}
