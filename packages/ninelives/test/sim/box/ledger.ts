import assert from 'node:assert/strict';
import type { GuardState, KillIntent, Page } from '../../../src/core/decision.js';
import type { GuardRecord, InboxRow } from '../../../src/record/record.js';

/** What the loop, the committer and the world ask of a record. */
export type SimRecord = Pick<GuardRecord, 'load' | 'commit' | 'inbox' | 'post' | 'version' | 'outboxPending'>;

/** What is kept of one service. */
interface Kept {
  state: GuardState;
  incidents: Set<string>;
  intents: Set<string>;
  open: Map<string, KillIntent>;
}

/**
 * The record by reference: nothing is copied before it is read. That is right for as long as `step` never writes to
 * what it has returned, so some worlds keep the twin of the file beside it (`compared`).
 */
export function ledger(): SimRecord {
  const services = new Map<string, Kept>();
  const pages = new Map<string, Page>();
  let inbox: InboxRow[] = [];
  let lastId = 0;
  let version = 1;
  return {
    load(service) {
      const kept = services.get(service);
      return kept ? copy({ state: kept.state, openIntents: [...kept.open.values()] }) : null;
    },
    commit(service, decision, { consumed = [] }) {
      const { state, intent, closedIntent } = decision;
      const kept = services.get(service) ?? {
        state,
        incidents: new Set(),
        intents: new Set(),
        open: new Map<string, KillIntent>(),
      };
      services.set(service, kept);
      for (const { id } of decision.incidents) kept.incidents.add(id);
      if (intent) {
        assert.ok(kept.incidents.has(intent.incidentId), `I5: intent ${intent.id} without its incident`);
        assert.ok(!kept.intents.has(intent.id), `I4: intent ${intent.id} twice`);
        kept.intents.add(intent.id);
        kept.open.set(intent.id, intent);
      }
      if (closedIntent) kept.open.delete(closedIntent.id);
      for (const page of decision.pages) if (!pages.has(page.id)) pages.set(page.id, page);
      if (consumed.length > 0) inbox = inbox.filter(({ id }) => !consumed.includes(id));
      kept.state = state;
    },
    inbox: (service) => copy(inbox.filter((row) => row.service === service)),
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
