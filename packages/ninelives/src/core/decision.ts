import type { Life, PastLife, Revival } from './life.js';
import type {
  At,
  DrillMark,
  Fingerprint,
  Incarnation,
  KillOutcome,
  ProbeReason,
  ProcessId,
  UnitSnapshot,
} from './types.js';

/** What the guard keeps of a service, and what one step decides: the second half of the vocabulary. Plain JSON. */

/** Why the guard may kill on this unit. */
export interface Proof {
  by: 'drill' | 'crash' | 'word';
  /** Who gave their word. */
  operator?: string;
  fingerprint: Fingerprint;
  wallMs: number;
}

/** What the guard may do to this service. On somebody else's supervisor power comes from proof. */
export type Power = 'armed' | 'watch-only';

/** What the guard on the box says; the table is verdicts.ts. */
export type GuardKind =
  | 'unseen'
  | 'serving'
  | 'loading'
  | 'stuck-loading'
  | 'suspect' // some failures, below the threshold
  | 'busy' // does not answer us, but completes work, is at work, or says 429
  | 'full' // 429 for longer than any queue may be full
  | 'stalled' // its event loop is blocked; may recover
  | 'opaque' // waits, and nothing tells busy from hung
  | 'hung'
  | 'frozen' // main process in state T
  | 'wrong'
  | 'erroring'
  | 'misconfigured'
  | 'drift'
  | 'masked' // somebody else answers on the port
  | 'dead' // the main process ended, its supervisor restarts it
  | 'stopped' // down by a clean exit or an operator
  | 'failed' // the supervisor gave up
  | 'unkillable'
  | 'unknown';

/** What an outer layer says instead (watch/verdict.ts is its table); the guard on the box says none of these. */
export type OuterKind =
  | 'box-dead'
  | 'tunnel-broken'
  | 'model-broken'
  | 'dns-broken'
  | 'tls-broken'
  | 'unreachable'
  | 'blind' // it can't see, itself
  | 'silent' // a layer that should be heard is not
  | 'reports-failure'; // a layer says so of itself

export type VerdictKind = GuardKind | OuterKind;

/** What is seen now, and the sentence that page, incident and log use. */
export interface Verdict {
  kind: VerdictKind;
  sentence: string;
}

export type IncidentStatus = 'open' | 'escalated' | 'resolved';

/** One continuous loss of service. Times are wall ms for people; durations come from the monotonic clock. */
export interface Incident {
  id: string;
  service: string;
  status: IncidentStatus;
  kind: VerdictKind;
  sentence: string;
  drill: { drillId: string; fault: string } | null;
  openedAtMs: number;
  openedWallMs: number;
  /** First failed probe, or the death that was seen. */
  firstFailureAtMs: number;
  firstFailureWallMs: number;
  /** The last kill, the first look at a new incarnation after it, and its first right answer. */
  killedAtMs: number | null;
  restartedAtMs: number | null;
  servingAtMs: number | null;
  resolvedAtMs: number | null;
  resolvedWallMs: number | null;
  kills: number;
  escalations: string[];
  acknowledgedBy: string | null;
}

/** Committed before the signal is sent. Closed when none of `targets` is left. */
export interface KillIntent {
  id: string;
  service: string;
  incidentId: string;
  /** The incarnation whose processes are meant. For 'leftovers' it is the one that died. */
  incarnation: Incarnation;
  what: 'incarnation' | 'leftovers';
  /** Main process first. Nothing outside this list is ever signalled. */
  targets: ProcessId[];
  reason: string;
  /** A process of it is stopped or lost: nothing more need be known of the others before they are destroyed. */
  harmed?: true;
  atMs: number;
  wallMs: number;
}

/** A durable row of the story. `data` is small and JSON. */
export interface RecordEvent {
  atMs: number;
  wallMs: number;
  type: EventType;
  incidentId: string | null;
  incarnation: Incarnation | null;
  text: string;
  data?: Record<string, unknown>;
}

export type EventType =
  | 'guard-started'
  | 'incarnation' // a new main process was seen
  | 'ended' // the main process was seen to be gone
  | 'serving' // first right answer of an incarnation
  | 'probe-failed'
  | 'probe-recovered' // a right answer after failures below the threshold
  | 'incident-opened'
  | 'incident-resolved'
  | 'escalated'
  | 'kill'
  | 'kill-outcome'
  | 'kill-withheld' // a kill is due, but a rule forbids it; said once a reason
  | 'paused'
  | 'resumed'
  | 'acknowledged'
  | 'drill'
  | 'leak' // its memory will be used up
  | 'armed'
  | 'disarmed'
  | 'verdict'; // the sentence changed kind

/** escalated: a person is needed; reminder: still open, and nobody is on it; notice: of no incident. */
export type PageKind = 'opened' | 'escalated' | 'reminder' | 'acknowledged' | 'resolved' | 'notice';

/** A message about an incident, stored in the outbox in the same transaction as its cause. */
export interface Page {
  /** Stable: `<service>/<incident>/<kind>[/<n>]`; the dedup key on the wire. */
  id: string;
  service: string;
  incidentId: string | null;
  kind: PageKind;
  drill: boolean;
  title: string;
  body: string;
  wallMs: number;
  /** The heading in docs/runbook.md that says what to do; absent in rows of an older version. */
  section?: string;
  /** Instead of the incident in the dedup key, for layers that see the same loss. The same from opening to resolving. */
  thread?: string;
}

/** One point of the 72-hour strip. */
export interface Sample {
  wallMs: number;
  reason: ProbeReason;
  tookMs: number;
}

/** Everything one step decides; the loop commits it in one transaction, then performs `intent`. */
export interface Decision {
  state: GuardState;
  events: RecordEvent[];
  /** Incidents opened or changed by this step (at most one is open at any time). */
  incidents: Incident[];
  intent: KillIntent | null;
  closedIntent: { id: string; outcome: KillOutcome; remaining: ProcessId[] } | null;
  pages: Page[];
  sample: Sample | null;
}

/** Everything the guard keeps about one service. Plain JSON; committed with every step. */
export interface GuardState {
  version: 1;
  service: string;
  bootId: string;
  /** The wish, apart from the fact. */
  desired: 'guarded' | 'paused';
  power: Power;
  /** Of a unit that is not our own: what the power rests on. */
  proof: Proof | null;
  verdict: Verdict;
  unit: UnitSnapshot | null;
  unitAtMs: number;
  /** About the incarnation now running; all of it starts anew with the next one. */
  life: Life | null;
  past: PastLife | null;
  /** Since when there has been no main process, or null. */
  downSinceMs: number | null;
  incident: Incident | null;
  drill: DrillMark | null;
  /** Kills within the longest window we look back, oldest first. */
  kills: At[];
  /** Kills since the service was last stable: drives the slowing down. */
  series: number;
  /** The last restarts since it was last stable, oldest first; absent in a state of an older version. */
  revivals?: Revival[];
  /** How long the last starts took to their first right answer, ms, oldest first; absent as above. */
  loadsMs?: number[];
  /** The last intent, until its outcome is known. */
  intent: KillIntent | null;
  /** Took of the last right answers, ms, oldest first (bounded): what the deadline is learnt from. */
  latenciesMs: number[];
  /** The longest that a right answer ever took, ms. */
  longestMs: number;
  /** When the next probe is due; null while there is no process to ask. */
  probeDueAtMs: number | null;
  probeDeadlineMs: number;
  /** A look that an outcome waits for: nothing is settled before the step of that outcome, which follows at once. */
  atHand?: boolean;
  /** Why a due kill was withheld, so that each reason is said once an incident. */
  withheld: string | null;
  nextId: number;
}
