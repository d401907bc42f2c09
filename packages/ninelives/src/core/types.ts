/**
 * The vocabulary of the decision: what comes in (Observation), what is kept (GuardState), what goes out
 * (Decision). Plain JSON everywhere, so that a state can be committed, replayed and printed.
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
  /** Live processes of earlier incarnations: orphans that may hold the port, memory or the GPU. */
  leftovers: ProcessSample[];
  /** Who listens on the service's port. */
  portOwner: { who: 'unit' | 'foreign' | 'none' | 'unknown'; text: string };
  /** What of its work can't be seen from here ("it works on a GPU …"); null or absent when all can. */
  unseen?: string | null;
  /** The properties that decide a revival; null or absent for our own supervisor, which needs no proof. */
  fingerprint?: Fingerprint | null;
}

/** Property to value, as the supervisor states them. Never pid, InvocationID or environment. */
export type Fingerprint = { [property: string]: string };

/** Why the guard may kill on this unit. */
export interface Proof {
  by: 'drill' | 'crash' | 'word';
  /** Who gave their word. */
  operator?: string;
  fingerprint: Fingerprint;
  wallMs: number;
}

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
    | { type: 'killed'; intentId: string; outcome: KillOutcome; remaining: ProcessId[]; detail: string }
    | { type: 'operator'; command: OperatorCommand; by: string }
    | { type: 'drill-begun'; drill: DrillMark }
    | { type: 'drill-ended'; drillId: string }
  );

export type OperatorCommand = 'pause' | 'resume' | 'acknowledge' | 'arm';

/** A drill in progress: its incidents are labelled, and it may carry a permit for one kill. */
export interface DrillMark {
  drillId: string;
  fault: string;
  /** On a watch-only guard, allow the one kill that this drill is about. */
  permitKill: boolean;
  /** After this (monotonic) the mark is ignored: a drill that died must not colour later incidents. */
  untilMs: number;
}

/** What the guard may do to this service. On somebody else's supervisor power comes from proof. */
export type Power = 'armed' | 'watch-only';

export type VerdictKind =
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
  | 'restarting'
  | 'stopped' // down by a clean exit or an operator
  | 'failed' // the supervisor gave up
  | 'unkillable'
  | 'unknown';

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
  | 'armed'
  | 'disarmed'
  | 'verdict'; // the sentence changed kind

export type PageKind = 'opened' | 'escalated' | 'resolved' | 'notice';

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

/** How this service is judged and what may be done about it. Durations in ms. See `policy.ts` for defaults. */
export interface Policy {
  intervalMs: number;
  /** The wait after a failure, instead of a whole interval. */
  confirmMs: number;
  /** The learnt deadline stays within these. */
  deadlineMinMs: number;
  deadlineMaxMs: number;
  failureThreshold: number;
  successThreshold: number;
  /** Wrong, erroring and intermittent answers: this many failures among the last `judgedOf`. */
  judgedFailures: number;
  judgedOf: number;
  /** At work (CPU, I/O) without completing anything that can be seen: this long at the most. */
  busyLimitMs: number;
  /** Nothing at all moves, and everything can be seen. */
  idlePatienceMs: number;
  /** Event loop blocked and burning CPU; also 503 after start-up. */
  jamPatienceMs: number;
  /** Its work can't be seen from here: this, or `opaqueFactor` times the longest it ever needed, if that is more. */
  opaquePatienceMs: number;
  opaqueFactor: number;
  /** Silence with answers in between, and 503 after start-up: busy looks like this too, so ask for more. */
  intermittentFailures: number;
  intermittentOf: number;
  startupGraceMs: number;
  /** After the grace: no measurable movement for this long means stuck. */
  startupStallMs: number;
  killsMax: number;
  windowMs: number;
  /** After `killsMax` kills that did not help: wait this long, doubling up to the limit. */
  slowMs: number;
  slowMaxMs: number;
  /** Serving for this long ends a series of kills. */
  stableMs: number;
  /** An incident open for longer than this is a person's. */
  escalateAfterMs: number;
  /** Leftovers of a dead incarnation get this long to go by themselves. */
  leftoverGraceMs: number;
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
  /** The last intent, until its outcome is known. */
  intent: KillIntent | null;
  /** Took of the last right answers, ms, oldest first (bounded): what the deadline is learnt from. */
  latenciesMs: number[];
  /** The longest that a right answer ever took, ms. */
  longestMs: number;
  /** When the next probe is due; null while there is no process to ask. */
  probeDueAtMs: number | null;
  probeDeadlineMs: number;
  /** Why a due kill was withheld, so that each reason is said once an incident. */
  withheld: string | null;
  nextId: number;
}

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
  /** The doers' CPU and I/O at the beginning of the present window, and when they were last seen at work. */
  pulse: { atMs: number; cpuMs: number; ioBytes: number };
  activeAtMs: number | null;
  /** Since when it says 429 with no right answer and no completion in between, and how often. */
  fullSinceMs: number | null;
  fullAnswers: number;
  /** When a child of the crew was last seen to be stopped, dead or gone. */
  casualtyAtMs: number | null;
  /** Children present at the last right answer, and those of them that were there at the one before too. */
  present: ProcessId[];
  crew: ProcessId[];
  /** Start-up movement: the high-water mark of CPU, memory and I/O, and when it last rose. */
  movedAtMs: number;
  movement: number;
  /** Set when this incarnation was the target of a kill (I4). */
  killIntentId: string | null;
  /** Started by the supervisor's own policy after the one before ended (NRestarts rose), not by hand. */
  revived: boolean;
  /** SIGKILL was sent and it is still there: nothing more can be done from here. */
  unkillable: boolean;
}

/** The incarnation before this one: its leftovers may have to be cleared. */
export interface PastLife {
  incarnation: Incarnation;
  endedAtMs: number;
  /** NRestarts while it lived. */
  restarts: number;
  /** Set when it was the target of a kill, or its leftovers were (I4). */
  killIntentId: string | null;
}
