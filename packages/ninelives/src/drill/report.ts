import type { EventType, IncidentStatus, VerdictKind } from '../core/decision.js';
import type { ProcessId } from '../core/types.js';

/** Other clients' work in the seconds before the drill. */
export interface Traffic {
  seen: 'none' | 'some' | 'not-measurable';
  /** A clause for people: "no other traffic", "about 12 inputs in 2.0 s that are not ours". */
  text: string;
}

/** How the service was before anything was done to it. */
export interface SteadyState {
  asked: number;
  right: number;
  /** Of our own probes' right answers; null without any. */
  medianMs: number | null;
  traffic: Traffic;
  /** Why no drill should be done now, each a clause; empty when it is steady. */
  objections: string[];
}

/** What one cheap endpoint said between the fault and the death of the process that said it. */
export interface CheapTally {
  path: string;
  asked: number;
  /** How many answers had which HTTP status, e.g. {"200": 41}. */
  statuses: { [status: string]: number };
  /** Questions that got nothing within their limit of a second. */
  silent: number;
  /** Of those that answered; null when none did. */
  slowestMs: number | null;
}

/** Something that the drill itself did, at a moment from which later rows are counted. */
export interface Deed {
  atMs: number;
  wallMs: number;
  /** 'killed' for a SIGKILL by the drill: the process is gone at that moment. */
  type: 'injected' | 'killed' | 'restored';
  /** Who was signalled; empty for a start through the supervisor. */
  processes: ProcessId[];
  text: string;
}

/** One line of the story. */
export interface TimelineRow {
  type: Deed['type'] | EventType;
  /** CLOCK_MONOTONIC, ms. */
  atMs: number;
  wallMs: number;
  /** Since the anchor above (fault, kill, start); null on an anchor itself. */
  sinceMs: number | null;
  text: string;
}

/** Durations in ms, on the monotonic clock; null for what did not happen. */
export interface DrillTimes {
  /** Fault to the opening of the incident, or to the sight of the death. */
  detectMs: number | null;
  /** Fault to the guard's SIGKILL; null where the fault itself is one. */
  killMs: number | null;
  /** Kill, death or start to the sight of the new main process. */
  restartMs: number | null;
  /** Kill, death or start to its first right answer. */
  serveMs: number | null;
  /** Fault to the first right answer after it. */
  outageMs: number | null;
}

/** What `drill --json` prints, and what is kept as evidence. */
export interface DrillReport {
  drillId: string;
  service: string;
  fault: string;
  /** RFC 3339, when the fault was injected. */
  at: string;
  passed: boolean;
  /** What was not as expected, each a clause; empty when passed. */
  why: string[];
  /** Stopped by Ctrl-C or SIGTERM before its end. */
  interrupted: boolean;
  steadyState: SteadyState;
  injection: { signal: string; processes: ProcessId[]; text: string };
  times: DrillTimes;
  timeline: TimelineRow[];
  cheap: CheapTally[];
  incident: { id: string; kind: VerdictKind; status: IncidentStatus; kills: number } | null;
  /** The main process before the fault, and the one that serves now. */
  oldPid: number;
  newPid: number | null;
  /** Nothing that the drill stopped is still stopped, and a question of its own was answered right at the end. */
  restored: boolean;
}

/** Why no drill was done. Nothing was touched. */
export interface DrillRefusal {
  refused: 'no-guard' | 'not-steady' | 'not-possible';
  /** Whole clauses: what and why. */
  why: string[];
  /** What to type next; null where the why says it. */
  hint: string | null;
}

/** What happens, as it happens. */
export type DrillNews =
  | { type: 'aimed'; service: string; fault: string; pid: number; text: string }
  | { type: 'waiting'; forMs: number; text: string }
  | { type: 'steady'; steady: SteadyState }
  | { type: 'row'; row: TimelineRow };
