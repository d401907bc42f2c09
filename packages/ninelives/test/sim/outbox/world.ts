import type { Decision, Incident, Page } from '../../../src/core/decision.js';
import type { Delivery, Notifier } from '../../../src/notify/notifier.js';
import type { GuardRecord } from '../../../src/record/record.js';
import { Violation } from '../box/stage.js';
import { VirtualTime } from '../seed/clock.js';
import { Chance } from '../seed/prng.js';
import type { OutboxProduction } from './production.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EPOCH_MS = 1_767_225_600_000;
const NAMES = ['phone', 'mail', 'chat'];
/** What is due when faults stop has left within this: the longest backoff, and one attempt at its limit. */
const LEFT_WITHIN_MS = 10 * MINUTE;

/** What was reached, by name: a run of many seeds must reach all of it. */
export const OUTBOX_MARKS = ['died-before-accepted', 'repeated', 'full', 'down', 'refused'] as const;
export type OutboxMark = (typeof OUTBOX_MARKS)[number];

/** Thrown through an outbox whose daemon is dead: it must do nothing more. */
const DEAD = new Error('this daemon is dead');

/** One way to people: down at times, slow at times, and knows what it accepted. */
class Way {
  down = false;
  readonly accepted: string[] = [];
  readonly refused = new Set<string>();
  constructor(readonly name: string) {}
}

/**
 * Pages on their way to people, over a weekend: incidents write them, the production outbox delivers them, its daemon dies at
 * any moment, the disk fills, each way is down for hours. I10 is checked by what each way itself accepted.
 */
export class OutboxWorld {
  readonly time = new VirtualTime();
  readonly marks = new Set<OutboxMark>();
  readonly ways: Way[];
  readonly #record: GuardRecord;
  readonly #chance: Chance;
  readonly #gaveUp = new Set<string>();
  /** Accepted, and the daemon died before that was on record: these alone may be told again. */
  readonly #mayRepeat = new Set<string>();
  #wallShiftMs = 0;
  #full = false;
  #faulty = true;
  #daemon = 0;
  #drain: () => void = () => {};
  #incidents = 0;

  constructor(
    seed: number,
    private readonly hours: number,
    private readonly production: OutboxProduction,
  ) {
    this.#chance = new Chance(seed).fork('outbox');
    this.ways = NAMES.slice(0, this.#chance.int(1, NAMES.length)).map((name) => new Way(name));
    this.#record = production.memoryRecord();
  }

  async run(): Promise<void> {
    const { time } = this;
    this.#start();
    this.#incident();
    this.#troubles();
    await this.#until(this.hours * HOUR);
    this.#faulty = false;
    this.#full = false;
    for (const way of this.ways) way.down = false;
    this.#start();
    await this.#until(time.nowMs + LEFT_WITHIN_MS);
    this.#check();
  }

  async #until(untilMs: number): Promise<void> {
    await settled();
    while (this.time.step(untilMs)) await settled();
  }

  #wallMs(): number {
    return EPOCH_MS + this.time.nowMs + this.#wallShiftMs;
  }

  /** Incidents come and go, and each writes its pages with its own commit. */
  #incident(): void {
    this.time.after(this.#chance.wait(HOUR), () => {
      if (!this.#faulty) return;
      const service = this.#chance.pick(['model', 'second']);
      this.#incidents += 1;
      const id = `${service}-incident-${this.#incidents}`;
      this.#commit(service, id, 'opened');
      const endsMs = this.#chance.scale(2_000, 2 * HOUR);
      if (this.#chance.yes(0.3)) this.time.after(endsMs / 2, () => this.#commit(service, id, 'escalated'));
      this.time.after(endsMs, () => this.#commit(service, id, 'resolved'));
      this.#incident();
    });
  }

  #commit(service: string, incidentId: string, kind: 'opened' | 'escalated' | 'resolved'): void {
    if (this.#full) return; // it would wait in memory: the guard's own simulation has that
    const wallMs = this.#wallMs();
    const page: Page = {
      id: `${service}/${incidentId}/${kind}`,
      service,
      incidentId,
      kind,
      drill: false,
      title: kind,
      body: kind,
      wallMs,
    };
    const status = kind === 'opened' ? 'open' : kind;
    const incident = { id: incidentId, service, status, kind: 'hung', openedWallMs: wallMs } as Incident;
    const nothing = { events: [], intent: null, closedIntent: null, sample: null };
    const decision = { state: { service }, incidents: [incident], pages: [page], ...nothing };
    const notifiers = this.ways.map(({ name }) => name);
    this.#record.commit(service, decision as unknown as Decision, { notifiers });
    this.#drain();
  }

  #troubles(): void {
    const happens = (everyMs: number, what: () => void) => {
      const next = () =>
        this.time.after(this.#chance.wait(everyMs), () => {
          if (!this.#faulty) return;
          what();
          next();
        });
      next();
    };
    happens(2 * HOUR, () => this.#die());
    happens(2 * HOUR, () => {
      this.marks.add('full');
      this.#full = true;
      this.time.after(this.#chance.scale(1_000, 40 * MINUTE), () => {
        this.#full = false;
      });
    });
    happens(12 * HOUR, () => {
      this.#wallShiftMs += this.#chance.between(-HOUR, HOUR);
    });
    for (const way of this.ways) {
      happens(5 * HOUR, () => {
        this.marks.add('down');
        way.down = true;
        this.time.after(this.#chance.scale(MINUTE, 6 * HOUR), () => {
          way.down = false;
        });
      });
    }
  }

  #die(): void {
    this.#daemon += 1; // whatever the dead one still does finds itself dead
    this.#drain = () => {};
    this.time.after(this.#chance.scale(100, 20 * MINUTE), () => this.#start());
  }

  #start(): void {
    this.#daemon += 1;
    const no = this.#daemon;
    const alive = () => this.#daemon === no;
    const outbox = this.production.createOutbox({
      record: this.#recordOf(alive),
      notifiers: this.ways.map((way) => this.#notifier(way, alive)),
      clock: {
        wallMs: () => this.#wallMs(),
        after: (delayMs, run) => {
          const timer = this.time.after(delayMs, () => alive() && run());
          return () => {
            timer.run = null;
          };
        },
      },
      random: () => this.#chance.between(0, 1),
      onGaveUp: ({ page, notifier }) => this.#gaveUp.add(`${notifier} ${page.id}`),
    });
    this.#drain = () =>
      void outbox.drain().catch((error: unknown) => {
        if (error !== DEAD) throw error;
      });
    const often = () => {
      if (!alive()) return;
      this.#drain();
      this.time.after(this.#record.outboxPending().length > 0 ? MINUTE : 20 * MINUTE, often);
    };
    often();
  }

  /** The record as one daemon has it: it can't be written on a full disk, and not at all by the dead. */
  #recordOf(alive: () => boolean): GuardRecord {
    const record = this.#record;
    const guarded = <A extends unknown[], R>(write: (...args: A) => R) => {
      return (...args: A): R => {
        if (!alive()) throw DEAD;
        if (this.#full) throw new this.production.RecordUnavailableError('no space left on device');
        return write(...args);
      };
    };
    return {
      ...record,
      outboxAccepted: guarded((id, wallMs) => {
        const row = record.outboxPending().find((one) => one.id === id);
        record.outboxAccepted(id, wallMs);
        if (row) this.#mayRepeat.delete(`${row.notifier} ${row.page.id}`);
      }),
      outboxTried: guarded(record.outboxTried),
      outboxFailed: guarded(record.outboxFailed),
      outboxTend: guarded(record.outboxTend),
      setNote: guarded(record.setNote),
    };
  }

  #notifier(way: Way, alive: () => boolean): Notifier {
    return {
      name: way.name,
      deliver: (page) =>
        new Promise<Delivery>((done) => {
          const tookMs = this.#chance.scale(20, 10_000);
          this.time.after(tookMs, () => {
            const delivery = this.#arrives(way, page, alive());
            // Death right after the far end took it: nobody here will ever know.
            if (delivery.outcome === 'accepted' && this.#faulty && alive() && this.#chance.yes(0.1)) {
              this.marks.add('died-before-accepted');
              this.#die();
            }
            if (alive()) done(delivery);
          });
        }),
    };
  }

  /** What was sent arrives, whether who sent it lives or not. */
  #arrives(way: Way, page: Page, sender: boolean): Delivery {
    if (way.down) return { outcome: 'retry', error: 'HTTP 503' };
    const key = `${way.name} ${page.id}`;
    if (this.#faulty && this.#chance.yes(0.01)) {
      this.marks.add('refused');
      way.refused.add(key);
      return { outcome: 'refused', error: 'HTTP 400' };
    }
    if (way.accepted.includes(page.id)) {
      this.marks.add('repeated');
      // What a dead one had sent arrives all the same, perhaps after the next one's.
      this.#require(this.#mayRepeat.has(key) || !sender, `${key} was told twice, and nobody had died`);
    } else this.#inOrder(way, page);
    way.accepted.push(page.id);
    this.#mayRepeat.add(key); // until it is on record
    if (!sender) this.marks.add('died-before-accepted');
    return { outcome: 'accepted' };
  }

  #inOrder(way: Way, page: Page): void {
    const rows = this.#record
      .outboxSince(0, Number.MAX_SAFE_INTEGER)
      .filter((row) => row.notifier === way.name);
    const id = rows.find((row) => row.page.id === page.id)?.id ?? 0;
    const earlier = rows.filter(
      (row) => row.id < id && row.acceptedWallMs === null && row.gaveUpWallMs === null,
    );
    // What a way has accepted may not be on record yet.
    const waits = earlier.find((row) => row.withheld === null && !way.accepted.includes(row.page.id));
    const known = waits && !way.refused.has(`${way.name} ${waits.page.id}`);
    this.#require(!known, `${page.id} overtook ${waits?.page.id} on ${way.name}`);
  }

  #check(): void {
    for (const { notifier, page, withheld, gaveUpWallMs } of this.#record.outboxSince(
      0,
      Number.MAX_SAFE_INTEGER,
    )) {
      const way = this.ways.find(({ name }) => name === notifier) as Way;
      const key = `${notifier} ${page.id}`;
      const told = way.accepted.includes(page.id) || withheld !== null;
      const refused = way.refused.has(key);
      this.#require(told || refused, `${key} was never accepted`);
      this.#require(
        gaveUpWallMs === null || (refused && this.#gaveUp.size > 0),
        `${key} was given up for nothing`,
      );
    }
    this.#require(this.#record.outboxPending().length === 0, 'pages are left though nothing is wrong');
  }

  #require(condition: boolean, message: string): void {
    if (!condition) throw new Violation('I10', message);
  }
}

/** Everything that waits for nothing but other code has run. */
const settled = () => new Promise((done) => setImmediate(done));
