/**
 * The vocabulary of what is seen: processes, the unit, the probe, and every observation that comes in. What is kept
 * and what goes out is in decision.ts. Plain JSON everywhere.
 * Two clocks: `atMs` is CLOCK_MONOTONIC in ms (deadlines; the same for every process of one boot),
 * `wallMs` is Unix time in ms (for people, and to carry a budget over a reboot).
 */

/** One process of one boot. A bare pid is never an identity: pids are reused. */
export interface ProcessId {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot at which the process started (proc(5)). */
  startTicks: number;
}

/** One life of the service's main process. */
export interface Incarnation extends ProcessId {
  /** /proc/sys/kernel/random/boot_id */
  bootId: string;
  /** systemd's InvocationID, or the embedded supervisor's NINELIVES_INCARNATION. */
  invocation: string;
}

/** What one process of the service's tree was doing when we looked. */
export interface ProcessSample extends ProcessId {
  name: string;
  /** Field 3 of /proc/PID/stat: R, S, D, T, t, Z … */
  state: string;
  /** User + system CPU time so far, ms. */
  cpuMs: number;
  rssBytes: number;
  /** read_bytes + write_bytes + rchar + wchar of /proc/PID/io, 0 where it can't be read. */
  ioBytes: number;
  main: boolean;
}

/** systemd's own words (ActiveState and SubState folded into one); the embedded supervisor uses the same. */
export type UnitPhase = 'activating' | 'active' | 'deactivating' | 'auto-restart' | 'inactive' | 'failed';

/** One look at the unit through its supervisor. */
export interface UnitSnapshot {
  supervisor: 'embedded' | 'systemd' | 'systemd-user';
  unit: string;
  phase: UnitPhase;
  /** The main process; null between a death and the next start, and when down. */
  incarnation: Incarnation | null;
  /** NRestarts: automatic restarts since the last manual start. */
  restarts: number;
  /** How the last main process ended, in words ("SIGKILL", "exit status 1", "unknown (adopted)"). */
  lastExit: string | null;
  /** Would the supervisor start the service again after a SIGKILL? null: could not tell. */
  revivesAfterKill: boolean | null;
  startLimit: { burst: number; intervalMs: number };
  /** Starts observed within `startLimit.intervalMs`, on the monotonic clock, oldest first. */
  recentStartsAtMs: number[];
  /** The tree of the running incarnation, main process first. */
  processes: ProcessSample[];
  /** When they were read, on the monotonic clock: a look that is taken in late shows an earlier moment. Absent: just now. */
  readAtMs?: number;
  /** Live processes of earlier incarnations: orphans that may hold the port, memory or the GPU. */
  leftovers: ProcessSample[];
  /** Who listens on the service's port: the running incarnation, an orphan of an earlier one, somebody else … */
  portOwner: { who: 'unit' | 'leftover' | 'foreign' | 'none' | 'unknown'; text: string };
  /** The queues of that port, looked at only while something is wrong; null or absent: not looked, or could not. */
  queues?: PortQueues | null;
  /** The GPUs that it works on; null or absent: none, or nothing here tells. */
  gpu?: GpuSample | null;
  /** Room that its memory has left to grow into; null or absent: could not look. */
  memory?: MemoryRoom | null;
  /** What of its work can't be seen from here ("it works on a GPU …"); null or absent when all can. */
  unseen?: string | null;
  /** The properties that decide a revival; null or absent for our own supervisor, which needs no proof. */
  fingerprint?: Fingerprint | null;
}

/** What nvidia-smi told of the GPUs that our processes are on; or what kept it from telling. */
export type GpuSample = { atMs: number } & (
  | {
      /** Of the busiest of them, in percent: of whoever works there, so it only lengthens patience; null: not told. */
      busyPercent: number | null;
      /** Of our processes together; null where it does not say whose memory is whose (containers, MIG). */
      usedBytes: number | null;
      /** Free on the fullest of them. */
      freeBytes: number | null;
    }
  | { trouble: string; hangs: boolean }
);

/** What was seen of an incarnation's work beside CPU and I/O, and what could not be. Monotonic ms. */
export interface WorkSight {
  /** When it was last seen at work on a GPU; absent when something has come of it since. */
  gpuAtMs?: number;
  /** When it could last not be seen whether it works. */
  unseenAtMs?: number;
  /** When its doers were first seen at rest for a whole window after their last work, whose end that window may hold. */
  restAtMs?: number;
  /** When the unit was seen again after a window too long to show idleness. */
  seenAgainAtMs?: number;
  /** When the probe that was silent last was asked. */
  askedAtMs?: number;
  /** When others' work was last seen to complete while a question was on its way and none had failed yet. */
  completedAtMs?: number;
  /** When a client's work was last said to take no longer than its like. */
  expectedAtMs?: number;
  /** Beside how many probes in a row none of the cheap endpoints has answered, and since when; null: one did. */
  cheapSilent?: { probes: number; sinceMs: number } | null;
}

/** How much more it may use before something is killed for want of memory. */
export interface MemoryRoom {
  freeBytes: number;
  /** Whose limit comes first: `the machine`, `its cgroup`. */
  of: string;
}

/** What waits at the service's port (proc_net_tcp.rst). */
export interface PortQueues {
  /** Connections made and not accepted yet: nobody takes them. */
  waiting: number;
  /** Connections that the client has given up (CLOSE-WAIT) and the service has not noticed. */
  closeWait: number;
}

/** Property to value, as the supervisor states them. Never pid, InvocationID or environment. */
export type Fingerprint = { [property: string]: string };

/** How one cheap endpoint (`/health`, `/v1/models`) answered at the moment a probe was waiting. */
export interface CheapAnswer {
  path: string;
  /** HTTP status, or null when nothing came back within the limit. */
  status: number | null;
  tookMs: number;
}

/**
 * Why a probe ended as it did. The result follows from the reason (see `RESULT_OF`), never the reverse:
 * one table, so that "could not look" can't slip into "is down".
 */
export type ProbeReason =
  | 'ok'
  | 'timeout' // nothing, or not all of the answer, within the deadline
  | 'refused' // nobody accepts on the port
  | 'reset' // the connection ended before a whole answer
  | 'unavailable' // 503: loading, or busy beyond its queue
  | 'error' // any other 5xx
  | 'wrong' // answered, but not right: NaN, null, zero, constant, wrong length, far from golden
  | 'busy' // 429: it told us that it is alive and full
  | 'misconfigured' // our own request is refused: 400 401 403 404 405 422, redirect, TLS, content type
  | 'drift' // differs from golden since the first answer of this incarnation: another model
  | 'blind'; // we could not look: out of descriptors, aborted, DNS, our own fault

export type ProbeResult = 'pass' | 'fail' | 'unknown';

export const RESULT_OF: Record<ProbeReason, ProbeResult> = {
  ok: 'pass',
  timeout: 'fail',
  refused: 'fail',
  reset: 'fail',
  unavailable: 'fail',
  error: 'fail',
  wrong: 'fail',
  busy: 'unknown',
  misconfigured: 'unknown',
  drift: 'unknown',
  blind: 'unknown',
};

/** One attempt at real work, judged. */
export interface ProbeOutcome {
  reason: ProbeReason;
  /** A clause for people: "no answer within 2.0 s", "vector 1 has 3 NaN", "HTTP 500: CUDA error". */
  detail: string;
  tookMs: number;
  status: number | null;
  cheap: CheapAnswer[];
}

/** Monotonic and wall time of the observation. */
export interface At {
  atMs: number;
  wallMs: number;
}

export type KillOutcome =
  | 'killed' // main and everything listed is gone
  | 'already-gone' // the incarnation had ended before we signalled
  | 'not-same' // pid exists, but is not that process any more
  | 'not-permitted' // EPERM, another uid, or outside the unit
  | 'still-there'; // signalled, and still listed after the limit (D state, uninterruptible driver call)

/**
 * Why no kill may follow from this observation, though what was seen counts: the record can't be written and its one
 * kill from memory is spent (I5), or the outcome of a probe is at hand and will be judged next (I1).
 */
export interface Forbidden {
  noKill?: 'no-record' | 'at-hand';
}

export type Observation = At &
  Forbidden &
  (
    | { type: 'daemon-started'; bootId: string }
    | { type: 'unit'; unit: UnitSnapshot }
    | { type: 'unit-unknown'; why: string }
    | { type: 'probe'; incarnation: Incarnation | null; startedAtMs: number; outcome: ProbeOutcome }
    | { type: 'completion'; incarnation: Incarnation; source: 'counter' | 'gateway' }
    /** The counter was read and has not moved since it was read before. */
    | { type: 'counter-still'; incarnation: Incarnation }
    /** What the gateway's traffic shows at this moment. */
    | { type: 'traffic'; incarnation: Incarnation; traffic: TrafficSight }
    | { type: 'killed'; intentId: string; outcome: KillOutcome; remaining: ProcessId[]; detail: string }
    | { type: 'operator'; command: OperatorCommand; by: string }
    | { type: 'drill-begun'; drill: DrillMark }
    | { type: 'drill-ended'; drillId: string }
  );

/** Work of clients on its way through the gateway. */
export interface TrafficSight {
  /**
   * standing  nothing completes, and everything waits longer than anything like it ever took
   * expected  what is being worked on takes no longer than its like, by route and size
   * unlearnt  nothing like it was ever seen to end, so its wait says nothing
   * none      nothing is on its way
   */
  kind: 'standing' | 'expected' | 'unlearnt' | 'none';
  /** A clause for people. */
  text: string;
}

export type OperatorCommand = 'pause' | 'resume' | 'acknowledge' | 'arm';

/** A drill in progress: its incidents are labelled, and it may carry a permit for one kill. */
export interface DrillMark {
  drillId: string;
  fault: string;
  /** Allow the one kill that this drill is about, on a watch-only guard too, and outside the budget for real faults. */
  permitKill: boolean;
  /** That kill has been decided: another is the guard's own affair. */
  spent?: true;
  /** After this (monotonic) the mark is ignored: a drill that died must not colour later incidents. */
  untilMs: number;
}
