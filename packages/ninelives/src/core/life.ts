import type { Incarnation, ProbeOutcome, ProbeReason, ProcessId, TrafficSight, WorkSight } from './types.js';

/** What is known of one incarnation. */
export interface Life {
  incarnation: Incarnation;
  sinceMs: number;
  /** First right answer, or null while loading. */
  servedAtMs: number | null;
  /** First answer with a body to judge, right or wrong: start-up is over. */
  answeredAtMs: number | null;
  /** Consecutive silent failures (timeout, refused, reset) with no completion in between. */
  failures: number;
  firstFailureAtMs: number | null;
  firstFailureWallMs: number | null;
  passes: number;
  /** The last `intermittentOf` results that count, oldest first. */
  recent: ProbeReason[];
  lastOutcome: ProbeOutcome | null;
  lastProbeAtMs: number;
  lastCompletionAtMs: number | null;
  /** When the counter was last read and had not moved. */
  stillAtMs: number | null;
  /** What the gateway's traffic last showed, and when; null: there is no gateway, or nothing on its way. */
  traffic: (TrafficSight & { atMs: number }) | null;
  /** The doers' CPU and I/O at the beginning of the present window, how often they were seen in it, and how often running. */
  pulse: { atMs: number; cpuMs: number; ioBytes: number; looks?: number; running?: number };
  activeAtMs: number | null;
  /** Absent as `growth` may be. */
  sight?: WorkSight;
  /** Since when it says 429 with no right answer and no completion in between, and how often. */
  fullSinceMs: number | null;
  fullAnswers: number;
  /** The same, of those since a process of it was stopped or lost. */
  fullHarm: { sinceMs: number; answers: number } | null;
  /** When a child of the crew was last seen to be stopped, dead or gone. */
  casualtyAtMs: number | null;
  /** Children present at the last right answer, and those of them that were there at the one before too. */
  present: ProcessId[];
  crew: ProcessId[];
  /** Start-up movement: the high-water marks of CPU and I/O, and of memory (core/startup.ts), and when one last rose. */
  movedAtMs: number;
  workMark: number;
  memoryMark: number;
  /** How much memory it used, and when, since its first right answer; absent in a state of an older version. */
  growth?: Growth;
  /** Set when this incarnation was the target of a kill (I4). */
  killIntentId: string | null;
  /** Started by the supervisor's own policy after the one before ended (NRestarts rose), not by hand. */
  revived: boolean;
  /** SIGKILL was sent and it is still there: nothing more can be done from here. */
  unkillable: boolean;
}

/** Memory over time: what a leak is seen from. Small, since it is written with every commit. */
export interface Growth {
  /** The distance of the samples, ms; doubled whenever there are too many. */
  everyMs: number;
  /** Oldest first: seconds on the monotonic clock, MiB of the whole tree, MiB on GPUs (null: not told). */
  points: [atS: number, rssMib: number, gpuMib: number | null][];
  told: ('memory' | 'gpu')[];
}

/** How one restart found the machine: what shows that restarting makes it worse. */
export interface Revival {
  wallMs: number;
  /** Room for its memory at its start; null: could not look. */
  freeBytes: number | null;
}

/** The incarnation before this one: its leftovers may have to be cleared. */
export interface PastLife {
  incarnation: Incarnation;
  endedAtMs: number;
  /** NRestarts while it lived. */
  restarts: number;
  /** Set when it was the target of a kill, or its leftovers were (I4). */
  killIntentId: string | null;
  /** Others have begun and ended since, between two looks: what is left may be theirs. */
  unseenSince?: true;
}
