import { initialState } from '../core/state.js';
import { step } from '../core/step.js';
import type { Decision, GuardState, KillIntent, Observation, Policy, Power } from '../core/types.js';
import type { GuardRecord, InboxRow } from '../record/record.js';
import type { Committed } from './commit.js';
import type { GuardPorts, GuardTiming } from './ports.js';

export interface GuardOptions {
  service: string;
  bootId: string;
  policy: Policy;
  power: Power;
  timing: GuardTiming;
  record: GuardRecord;
  commit: (decision: Decision, consumed: number[]) => Committed;
  ports: GuardPorts;
}

export interface Guard {
  /** Reads the record, finishes what an earlier daemon began, and starts looking. */
  begin(): void;
  /** Looks no more. Anything in flight is dropped; the record has all that matters. */
  stop(): void;
  /** Look at once: the supervisor says that something changed. */
  nudge(): void;
  state(): GuardState;
}

/** Without the type's At: the loop stamps observations itself, at the moment they are taken in. */
type Unstamped = Observation extends infer O
  ? O extends Observation
    ? Omit<O, 'atMs' | 'wallMs'>
    : never
  : never;

/**
 * One service's straight line, single-writer: an observation is taken in, the core steps, the record commits,
 * the intent is performed, and its outcome comes back as an observation. Nothing here decides anything.
 */
export function createGuard(options: GuardOptions): Guard {
  const { service, policy, record, ports, timing, commit } = options;
  const { clock } = ports;
  let state = initialState(service, options.power, policy);
  let stopped = false;
  let callOff: () => void = () => {};
  let attempt = 0;
  let probing = false;
  let inspecting = false;
  let lastFlushAtMs = 0;
  let lastVersion = -1;
  let counter: { value: number; atMs: number } | null = null;

  function take(observation: Unstamped, consumed: number[] = []): void {
    if (stopped) return;
    const at = { atMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    const decision = step(state, { ...observation, ...at } as Observation, policy);
    if (hasNews(decision) || consumed.length > 0 || at.atMs - lastFlushAtMs >= timing.flushMs) {
      if (commit(decision, consumed) === 'refused') return;
      lastFlushAtMs = at.atMs;
      state = decision.state;
      ports.committed(decision);
    } else state = decision.state;
    if (decision.intent) perform(decision.intent);
  }

  function perform(intent: KillIntent): void {
    ports.kill(intent, (report) => {
      take({ type: 'killed', intentId: intent.id, ...report });
      look();
    });
  }

  /** One look at the unit; `then` runs after it was taken in, or could not be. */
  function look(then: () => void = () => {}): void {
    ports.inspect((unit) => {
      take('unknown' in unit ? { type: 'unit-unknown', why: unit.unknown } : { type: 'unit', unit });
      then();
    });
  }

  function probe(): void {
    probing = true;
    attempt += 1;
    const startedAtMs = clock.monotonicMs();
    const incarnation = state.life?.incarnation ?? null;
    ports.probe({ deadlineMs: state.probeDeadlineMs, attempt, incarnation }, (outcome) => {
      // Look once more first, so that a kill which this outcome leads to aims at the tree as it is now.
      look(() => {
        probing = false;
        take({ type: 'probe', incarnation, startedAtMs, outcome });
      });
    });
  }

  function readCounter(): void {
    const incarnation = state.life?.incarnation;
    if (!ports.completions || !incarnation) return;
    const now = clock.monotonicMs();
    if (counter && now - counter.atMs < timing.completionsMs) return;
    const before = counter?.value ?? null;
    counter = { value: before ?? 0, atMs: now };
    ports.completions((count) => {
      if (typeof count !== 'number') return;
      counter = { value: count, atMs: now };
      // A counter that went down belongs to a new process: a new beginning, not a completion.
      const moved = before !== null && count > before;
      if (moved && state.life?.firstFailureAtMs != null) {
        take({ type: 'completion', incarnation, source: 'counter' });
      }
    });
  }

  function readInbox(): void {
    const version = record.version();
    if (version === lastVersion) return;
    lastVersion = version;
    for (const row of record.inbox(service)) {
      const observation = observationOf(row, clock.monotonicMs());
      if (row.command.type === 'start') ports.start?.();
      take(observation, [row.id]);
    }
  }

  function tick(): void {
    if (stopped) return;
    readInbox();
    if (!inspecting) {
      inspecting = true;
      look(() => {
        inspecting = false;
      });
    }
    readCounter();
    const due = state.probeDueAtMs;
    if (!probing && due !== null && clock.monotonicMs() >= due) probe();
    callOff = clock.after(nextTickMs(), tick);
  }

  function nextTickMs(): number {
    const calm = state.incident === null && state.life?.servedAtMs != null;
    const pause = calm ? timing.inspectMs : timing.inspectQuickMs;
    const due = state.probeDueAtMs;
    return due === null || probing ? pause : Math.max(1, Math.min(pause, due - clock.monotonicMs()));
  }

  return {
    begin() {
      const stored = record.load(service);
      if (stored) state = { ...stored.state, power: options.power };
      take({ type: 'daemon-started', bootId: options.bootId });
      // An intent that was committed and perhaps not performed: go on with what is left of its own list.
      for (const intent of stored?.openIntents ?? []) perform(intent);
      look(tick);
    },
    stop() {
      stopped = true;
      callOff();
    },
    nudge() {
      if (!stopped) look();
    },
    state: () => state,
  };
}

function hasNews(decision: Decision): boolean {
  return (
    decision.events.length > 0 ||
    decision.incidents.length > 0 ||
    decision.pages.length > 0 ||
    decision.intent !== null ||
    decision.closedIntent !== null ||
    decision.sample !== null
  );
}

function observationOf(row: InboxRow, atMs: number): Unstamped {
  const { command, by } = row;
  switch (command.type) {
    case 'pause':
    case 'resume':
    case 'acknowledge':
      return { type: 'operator', command: command.type, by };
    case 'start':
      return { type: 'operator', command: 'resume', by };
    case 'drill-begun': {
      const { drillId, fault, permitKill, forMs } = command;
      return { type: 'drill-begun', drill: { drillId, fault, permitKill, untilMs: atMs + forMs } };
    }
    case 'drill-ended':
      return { type: 'drill-ended', drillId: command.drillId };
  }
}
