import assert from 'node:assert/strict';
import type { GuardState, Incident, KillIntent, Page } from '../../../src/core/decision.js';
import type { GuardRecord, InboxRow } from '../../../src/record/record.js';

/** What the loop, the committer and the world ask of a record. */
export type SimRecord = Pick<GuardRecord, 'load' | 'commit' | 'inbox' | 'post' | 'version' | 'outboxPending'>;

/**
 * The record of one service, by reference: nothing is copied before it is read. That is right for as long as `step`
 * never writes to what it has returned, so some worlds keep the twin of the file beside it (`compared`).
 */
export function ledger(): SimRecord {
  let state: GuardState | null = null;
  const incidents = new Map<string, Incident>();
  const intents = new Set<string>();
  const open = new Map<string, KillIntent>();
  const pages = new Map<string, Page>();
  let inbox: InboxRow[] = [];
  let lastId = 0;
  let version = 1;
  return {
    load: () => state && { state: copy(state), openIntents: copy([...open.values()]) },
    commit(_service, decision, { consumed = [] }) {
      const { intent, closedIntent } = decision;
      for (const incident of decision.incidents) incidents.set(incident.id, incident);
      if (intent) {
        assert.ok(incidents.has(intent.incidentId), `I5: intent ${intent.id} without its incident`);
        assert.ok(!intents.has(intent.id), `I4: intent ${intent.id} twice`);
        intents.add(intent.id);
        open.set(intent.id, intent);
      }
      if (closedIntent) open.delete(closedIntent.id);
      for (const page of decision.pages) if (!pages.has(page.id)) pages.set(page.id, page);
      if (consumed.length > 0) inbox = inbox.filter(({ id }) => !consumed.includes(id));
      state = decision.state;
    },
    inbox: () => copy(inbox),
    post(row) {
      lastId += 1;
      version += 1;
      inbox.push({ ...copy(row), id: lastId });
      return lastId;
    },
    version: () => version,
    outboxPending: () => [...pages.values()].map((page, id) => ({ ...UNTRIED, id, page })),
  };
}

const UNTRIED = {
  notifier: 'phone',
  queuedWallMs: 0,
  attempts: 0,
  nextWallMs: 0,
  acceptedWallMs: null,
  gaveUpWallMs: null,
  lastError: null,
  withheld: null,
};

/** Two records that are told the same must answer the same. */
export function compared(one: SimRecord, other: SimRecord): SimRecord {
  return {
    load(service) {
      const loaded = one.load(service);
      assert.deepEqual(loaded, other.load(service), 'the ledger and the twin of the file differ');
      return loaded;
    },
    commit(...args) {
      one.commit(...args);
      other.commit(...args);
    },
    // Row ids are each record's own, so one inbox serves.
    inbox: other.inbox,
    post: other.post,
    version: other.version,
    outboxPending() {
      const rows = one.outboxPending();
      const ids = (of: typeof rows) => of.map(({ page }) => page.id).sort();
      assert.deepEqual(ids(rows), ids(other.outboxPending()), 'the two outboxes differ');
      return rows;
    },
  };
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
