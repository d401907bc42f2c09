import type { GuardState } from '../core/decision.js';
import type { InboxRow } from '../record/record.js';
import { createEyes } from './eyes.js';
import { createLine, type Line, type Unstamped } from './line.js';
import type { GuardOptions } from './ports.js';

export interface Guard {
  /** Reads the record, finishes what an earlier daemon began, and starts looking. */
  begin(): void;
  /** Looks no more. Anything in flight is dropped; the record has all that matters. */
  stop(): void;
  /** Look at once: the supervisor says that something changed. */
  nudge(): void;
  state(): GuardState;
}

/** One service's guard: the eyes see, the line decides and acts, and this is when. */
export function createGuard(options: GuardOptions): Guard {
  const { service, record, ports, timing } = options;
  const { clock } = ports;
  const line: Line = createLine(options, () => eyes.look());
  const eyes = createEyes(options, () => line);
  let stopped = false;
  let callOff: () => void = () => {};
  let seenVersion = -1;
  /** Rows that were taken in; they stay in the inbox for as long as nothing can be written. */
  let taken: ReadonlySet<number> = new Set();

  /** An operator's word is for a unit as it is: without a look at one that succeeded it would be for nothing. */
  const isEarly = ({ command }: InboxRow) => command.type === 'arm' && line.state().unit === null;

  function readInbox(): void {
    const version = record.version();
    if (version === seenVersion) return;
    const inbox = record.inbox(service);
    const rows = inbox.filter((row) => !taken.has(row.id) && !isEarly(row));
    seenVersion = inbox.some(isEarly) ? -1 : version;
    taken = new Set(inbox.filter((row) => !isEarly(row)).map(({ id }) => id));
    const lastWish = rows.findLast(isWish);
    for (const row of rows) {
      // Of several wishes that wait, the last one counts: nothing is done in between that it would forbid.
      const superseded = isWish(row) && row !== lastWish;
      if (superseded) continue;
      const consumed = rows.filter((other) => other.id <= row.id).map((other) => other.id);
      line.take(observationOf(row, clock.monotonicMs()), consumed);
      if (row.command.type === 'start') ports.start?.();
    }
  }

  function tick(): void {
    if (stopped) return;
    readInbox();
    eyes.glance();
    eyes.readWork();
    const due = line.state().probeDueAtMs;
    if (!eyes.probing() && due !== null && clock.monotonicMs() >= due) eyes.probe();
    callOff = clock.after(untilNextTickMs(), tick);
  }

  function untilNextTickMs(): number {
    const { incident, life, probeDueAtMs } = line.state();
    const calm = incident === null && life?.servedAtMs != null && life.firstFailureAtMs === null;
    const pause = calm ? timing.inspectMs : timing.inspectQuickMs;
    if (probeDueAtMs === null || eyes.probing()) return pause;
    return Math.max(1, Math.min(pause, probeDueAtMs - clock.monotonicMs()));
  }

  return {
    begin() {
      const stored = record.load(service);
      if (stored) line.resume(stored.state);
      line.take({ type: 'daemon-started', bootId: options.bootId });
      // An intent that was committed and perhaps not performed: go on with what is left of its own list.
      for (const intent of stored?.openIntents ?? []) line.perform(intent);
      eyes.look(tick);
    },
    stop() {
      stopped = true;
      line.stop();
      callOff();
    },
    nudge() {
      if (!stopped) eyes.look();
    },
    state: line.state,
  };
}

/** Does the operator say whether the service shall be guarded? */
function isWish({ command }: InboxRow): boolean {
  return command.type === 'pause' || command.type === 'resume';
}

/** A command from another process, as the line takes it. An operator who starts the service wants it guarded. */
function observationOf({ command, by }: InboxRow, atMs: number): Unstamped {
  switch (command.type) {
    case 'pause':
    case 'resume':
    case 'acknowledge':
    case 'arm':
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
