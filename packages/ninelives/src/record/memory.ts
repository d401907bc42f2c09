import type { Decision, GuardState, Incident, KillIntent, Page, RecordEvent } from '../core/decision.js';
import { memoryNotes } from './memory-notes.js';
import { addMark, markOf } from './minutes.js';
import {
  type CommitOptions,
  type DrillRow,
  type GuardRecord,
  type InboxRow,
  type Minute,
  OUTBOX_WAIT_MAX_MS,
  type OutboxRow,
  SAMPLES_KEPT,
  type StoredEvent,
} from './record.js';

/** Rows as JSON text, as a file would have them: a caller that changes an object later changes nothing here. */
interface Tables {
  guards: Map<string, string>;
  incidents: Map<string, Incident>;
  events: { id: number; service: string; wallMs: number; incidentId: string | null; json: string }[];
  intents: Map<string, { intent: KillIntent; closed: boolean }>;
  outbox: OutboxRow[];
  inbox: InboxRow[];
  samples: { service: string; wallMs: number; json: string }[];
  minutes: Map<string, Minute[]>;
  drills: DrillRow[];
}

/** The twin of `openRecord`, for tests, the simulation and `--ephemeral`. Dies with the process. */
export function memoryRecord(): GuardRecord {
  const tables: Tables = {
    guards: new Map(),
    incidents: new Map(),
    events: [],
    intents: new Map(),
    outbox: [],
    inbox: [],
    samples: [],
    minutes: new Map(),
    drills: [],
  };
  let lastId = 0;
  let version = 1;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const { retain: retainTraffic, ...notes } = memoryNotes();
  return {
    load: (service) => load(tables, service),
    commit: (service, decision, options) => commit(tables, nextId, service, decision, options),
    ...stories(tables),
    ...outbox(tables, nextId),
    post(row) {
      const id = nextId();
      tables.inbox.push({ ...copy(row), id });
      version += 1;
      return id;
    },
    inbox: (service) => copy(tables.inbox.filter((row) => row.service === service)),
    version: () => version,
    ...notes,
    retain(olderThanWallMs) {
      retain(tables, olderThanWallMs);
      retainTraffic(olderThanWallMs);
    },
    close() {},
  };
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function keyOf(service: string, id: string): string {
  return JSON.stringify([service, id]);
}

function load(tables: Tables, service: string): ReturnType<GuardRecord['load']> {
  const state = tables.guards.get(service);
  if (state === undefined) return null;
  const open = [...tables.intents.values()].filter((row) => row.intent.service === service && !row.closed);
  return { state: JSON.parse(state) as GuardState, openIntents: copy(open.map((row) => row.intent)) };
}

function commit(
  tables: Tables,
  nextId: () => number,
  service: string,
  decision: Decision,
  options: CommitOptions,
): void {
  // Everything that may throw comes first: all or nothing.
  const { state, events, incidents, intent, closedIntent, pages, sample } = decision;
  const rows = events.map((event) => ({
    service,
    wallMs: event.wallMs,
    incidentId: event.incidentId,
    json: JSON.stringify(event),
  }));
  const stored = copy({ incidents, intent, pages, sample });
  const known = (id: string) =>
    tables.incidents.has(keyOf(service, id)) || incidents.some((incident) => incident.id === id);
  if (intent && !known(intent.incidentId)) throw new Error(`intent ${intent.id} without its incident (I5)`);
  if (intent && tables.intents.has(keyOf(service, intent.id))) throw new Error(`intent ${intent.id} twice`);
  tables.guards.set(service, JSON.stringify(state));

  for (const incident of stored.incidents) tables.incidents.set(keyOf(service, incident.id), incident);
  for (const row of rows) tables.events.push({ id: nextId(), ...row });
  if (stored.intent)
    tables.intents.set(keyOf(service, stored.intent.id), { intent: stored.intent, closed: false });
  const closing = closedIntent && tables.intents.get(keyOf(service, closedIntent.id));
  if (closing) closing.closed = true;
  for (const page of stored.pages) addPage(tables, nextId, page, options.notifiers);
  if (stored.sample) {
    tables.samples.push({ service, wallMs: stored.sample.wallMs, json: JSON.stringify(stored.sample) });
    if (tables.samples.length > 2 * SAMPLES_KEPT) tables.samples = tables.samples.slice(-SAMPLES_KEPT);
  }
  const mark = markOf(decision, options.wallMs);
  if (mark) {
    const rows = tables.minutes.get(service) ?? [];
    tables.minutes.set(service, rows);
    addMark(rows, mark);
  }
  const consumed = new Set(options.consumed);
  if (consumed.size > 0)
    tables.inbox = tables.inbox.filter((row) => row.service !== service || !consumed.has(row.id));
}

function addPage(
  tables: Tables,
  nextId: () => number,
  page: Page,
  notifiers: readonly string[],
  queuedWallMs = page.wallMs,
): void {
  for (const notifier of notifiers) {
    if (tables.outbox.some((row) => row.page.id === page.id && row.notifier === notifier)) continue;
    tables.outbox.push({
      id: nextId(),
      page,
      notifier,
      queuedWallMs,
      attempts: 0,
      nextWallMs: queuedWallMs,
      acceptedWallMs: null,
      gaveUpWallMs: null,
      lastError: null,
      withheld: null,
    });
  }
}

function stories(
  tables: Tables,
): Pick<GuardRecord, 'services' | 'incidents' | 'events' | 'samples' | 'minutes' | 'drills' | 'saveDrill'> {
  return {
    services: () => [...tables.guards.keys()].sort(),
    incidents({ service, limit = 1_000, sinceWallMs } = {}) {
      const fits = [...tables.incidents.values()].filter(
        (incident) =>
          (service === undefined || incident.service === service) &&
          (sinceWallMs === undefined ||
            incident.resolvedWallMs === null ||
            incident.resolvedWallMs >= sinceWallMs),
      );
      return copy(newest(fits, limit));
    },
    events({ service, sinceId = 0, sinceWallMs, untilWallMs, incidentId, limit = 1_000 } = {}) {
      const fits = tables.events.filter(
        (row) =>
          row.id > sinceId &&
          (service === undefined || row.service === service) &&
          (sinceWallMs === undefined || row.wallMs >= sinceWallMs) &&
          (untilWallMs === undefined || row.wallMs <= untilWallMs) &&
          (incidentId === undefined || row.incidentId === incidentId),
      );
      return newest(fits, limit).map((row): StoredEvent => {
        const event = JSON.parse(row.json) as RecordEvent;
        return { ...event, id: row.id, service: row.service };
      });
    },
    samples: (service, sinceWallMs) =>
      tables.samples
        .filter((row) => row.service === service && row.wallMs >= sinceWallMs)
        .map((row) => JSON.parse(row.json)),
    minutes: (service, sinceWallMs) =>
      copy((tables.minutes.get(service) ?? []).filter((row) => row.lastWallMs >= sinceWallMs)),
    saveDrill(row) {
      const stored = copy({ ...row, report: row.report ?? null });
      const at = tables.drills.findIndex((known) => known.id === row.id);
      if (at < 0) tables.drills.push(stored);
      else tables.drills[at] = stored;
    },
    drills: (service, limit = 1_000) =>
      copy(
        newest(
          tables.drills.filter((row) => row.service === service),
          limit,
        ),
      ),
  };
}

function newest<T>(rows: T[], limit: number): T[] {
  return limit > 0 ? rows.slice(-limit) : [];
}

function outbox(
  tables: Tables,
  nextId: () => number,
): Pick<
  GuardRecord,
  | 'outboxDue'
  | 'outboxTried'
  | 'outboxAccepted'
  | 'outboxFailed'
  | 'outboxPending'
  | 'outboxSince'
  | 'outboxTend'
> {
  const pending = () =>
    tables.outbox.filter((row) => row.acceptedWallMs === null && row.gaveUpWallMs === null);
  return {
    outboxDue(wallMs, limit, held = []) {
      const heads = new Map<string, OutboxRow>();
      for (const row of pending()) {
        if (!held.includes(row.id) && !heads.has(row.notifier)) heads.set(row.notifier, row);
      }
      const due = [...heads.values()].filter(
        ({ nextWallMs }) => nextWallMs <= wallMs || nextWallMs > wallMs + OUTBOX_WAIT_MAX_MS,
      );
      return copy(due.slice(0, limit));
    },
    outboxPending: () => copy(pending()),
    outboxSince(wallMs, limit) {
      const unfinished = new Set(pending());
      return copy(
        newest(
          tables.outbox.filter((row) => unfinished.has(row) || row.queuedWallMs >= wallMs),
          limit,
        ),
      );
    },
    outboxTend({ add, withhold }, wallMs) {
      for (const { page, notifier } of copy(add)) addPage(tables, nextId, page, [notifier], wallMs);
      for (const { id, why } of withhold) {
        const row = pending().find((known) => known.id === id);
        if (row?.attempts === 0) Object.assign(row, { withheld: why, gaveUpWallMs: wallMs });
      }
    },
    outboxTried(id) {
      const row = pending().find((known) => known.id === id);
      if (row) row.attempts += 1;
    },
    outboxAccepted(id, wallMs) {
      const row = pending().find((known) => known.id === id);
      if (row) Object.assign(row, { acceptedWallMs: wallMs, lastError: null });
    },
    outboxFailed(id, error, next) {
      const row = pending().find((known) => known.id === id);
      if (!row) return;
      const outcome =
        'gaveUpWallMs' in next ? { gaveUpWallMs: next.gaveUpWallMs } : { nextWallMs: next.wallMs };
      Object.assign(row, { lastError: error, ...outcome });
    },
  };
}

function retain(tables: Tables, horizon: number): void {
  const open = (service: string, id: string | null) =>
    id !== null && tables.incidents.get(keyOf(service, id))?.resolvedWallMs === null;
  tables.samples = tables.samples.filter((row) => row.wallMs >= horizon);
  for (const [service, rows] of tables.minutes) {
    tables.minutes.set(
      service,
      rows.filter((row) => row.lastWallMs >= horizon),
    );
  }
  tables.events = tables.events.filter((row) => row.wallMs >= horizon || open(row.service, row.incidentId));
  for (const [key, { resolvedWallMs, service, id }] of tables.incidents) {
    if (resolvedWallMs === null || resolvedWallMs >= horizon) continue;
    const intents = [...tables.intents].filter(
      ([, { intent }]) => intent.service === service && intent.incidentId === id,
    );
    if (intents.some(([, { closed }]) => !closed)) continue;
    for (const [intent] of intents) tables.intents.delete(intent);
    tables.incidents.delete(key);
  }
  tables.outbox = tables.outbox.filter(
    (row) => (row.acceptedWallMs ?? row.gaveUpWallMs ?? Number.POSITIVE_INFINITY) >= horizon,
  );
  const last = new Map(tables.drills.map((row) => [keyOf(row.service, row.fault), row.id]));
  tables.drills = tables.drills.filter(
    (row) => row.wallMs >= horizon || last.get(keyOf(row.service, row.fault)) === row.id,
  );
}
