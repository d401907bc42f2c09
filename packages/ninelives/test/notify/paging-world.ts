import assert from 'node:assert/strict';
import type { PagingPolicy } from '../../src/config/service.js';
import type { Incident, Page } from '../../src/core/decision.js';
import { openedIncident } from '../../src/core/opened-incident.js';
import { acknowledgedPage, pageFor } from '../../src/core/page.js';
import { attend, firstLine } from '../../src/notify/attend/attend.js';
import type { OutboxView } from '../../src/notify/attend/view.js';
import type { OutboxRow } from '../../src/record/record.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 10, 25, 12, 0);
export const NAMES = ['phone', 'boss', 'mail'];
export const POLICY: PagingPolicy = {
  routes: {
    phone: { afterMs: null, fallback: ['mail'] },
    boss: { afterMs: 15 * MINUTE, fallback: [] },
    mail: { afterMs: null, fallback: [] },
  },
  remindMs: HOUR,
  fallbackAfterMs: 2 * MINUTE,
  giveUpMs: 24 * HOUR,
  flapping: { incidents: 3, withinMs: HOUR, calmMs: 30 * MINUTE },
  maintenance: [],
};

/** A record and a clock of its own: the guard writes, `tend` attends, `deliver` is the lanes. */
export class World {
  now = START;
  incidents: Incident[] = [];
  rows: OutboxRow[] = [];
  paused = new Set<string>();
  /** Whether each way takes what it is given. */
  takes: { [notifier: string]: boolean } = { phone: true, boss: true, mail: true };
  /** What arrived, in order. */
  sent: string[] = [];
  /** Rows of which somebody has read, whether the record knows it or not. */
  read = new Set<number>();
  /** So many of the next acceptances are followed by our death, before the commit. */
  dying = 0;
  deaths = 0;
  held: ReadonlySet<number> = new Set();
  withheld: string[] = [];

  constructor(readonly policy: PagingPolicy = POLICY) {}

  get open(): Incident | undefined {
    return this.incidents.find(({ status }) => status !== 'resolved');
  }

  lose(): void {
    if (this.open) return;
    const incident = { ...LOST, id: `i${this.incidents.length + 1}`, openedWallMs: this.now };
    this.incidents.push({ ...incident, firstFailureWallMs: this.now - 8_000 });
    this.write('opened');
  }

  write(kind: 'opened' | 'escalated' | 'resolved'): void {
    const incident = this.incidents.at(-1);
    if (incident) this.put(pageFor(kind, incident, { wallMs: this.now }));
  }

  recover(): void {
    const { open } = this;
    if (!open) return;
    Object.assign(open, { status: 'resolved', resolvedWallMs: this.now });
    this.put(pageFor('resolved', open, { wallMs: this.now }));
  }

  acknowledge(): void {
    const { open } = this;
    if (!open || open.acknowledgedBy !== null) return;
    open.acknowledgedBy = 'jc';
    this.put(acknowledgedPage(open, 'jc', this.now));
  }

  put(page: Page, to = firstLine(NAMES, this.policy)): void {
    for (const notifier of to) {
      if (this.rows.some((row) => row.page.id === page.id && row.notifier === notifier)) continue;
      const at = { queuedWallMs: this.now, nextWallMs: this.now };
      this.rows.push({ ...ROW, ...at, id: this.rows.length + 1, page, notifier });
    }
  }

  view(): OutboxView {
    return { incidents: this.incidents, rows: this.rows, paused: this.paused, notifiers: NAMES };
  }

  /** Until nothing is left to change; that it ends is part of the promise. */
  tend(): void {
    for (let turn = 0; ; turn += 1) {
      assert.ok(turn < 4, 'it goes on adding');
      const { add, withhold, hold } = attend(this.view(), this.policy, this.now);
      this.held = hold;
      if (add.length + withhold.length === 0) return;
      for (const { page, notifier } of add) {
        assert.ok(!this.rows.some((row) => row.page.id === page.id && row.notifier === notifier), page.id);
        this.put(page, [notifier]);
      }
      for (const { id, why } of withhold) {
        const row = this.rows.find((known) => known.id === id);
        assert.ok(row?.attempts === 0 && row.gaveUpWallMs === null, 'what was tried is never taken back');
        assert.ok(!this.read.has(id), 'what somebody has read is never taken back');
        Object.assign(row, { withheld: why, gaveUpWallMs: this.now });
        this.withheld.push(`${row.notifier} ${row.page.id}`);
      }
    }
  }

  deliver(): void {
    for (const notifier of NAMES) {
      for (const row of this.rows) {
        if (row.notifier !== notifier || row.acceptedWallMs !== null || row.gaveUpWallMs !== null) continue;
        if (this.held.has(row.id)) continue;
        row.attempts += 1;
        if (!this.takes[notifier]) {
          row.lastError = 'HTTP 503';
          break;
        }
        this.sent.push(`${notifier} ${row.page.id.replace('svc/', '')}`);
        this.read.add(row.id);
        if (this.dying > 0) {
          this.dying -= 1;
          this.deaths += 1;
          return;
        }
        row.acceptedWallMs = this.now;
      }
    }
  }

  /** Time passes as it does in the daemon: a look now and then. */
  pass(ms: number): this {
    for (const end = this.now + ms; ; this.now = Math.min(end, this.now + MINUTE)) {
      this.tend();
      this.deliver();
      if (this.now >= end) return this;
    }
  }
}

const LOST: Incident = openedIncident(
  {
    id: '',
    service: 'svc',
    kind: 'hung',
    sentence: 'hung: no answer',
    firstFailureAtMs: 0,
    firstFailureWallMs: 0,
  },
  { atMs: 0, wallMs: 0 },
);
const ROW = { attempts: 0, acceptedWallMs: null, gaveUpWallMs: null, lastError: null, withheld: null };
