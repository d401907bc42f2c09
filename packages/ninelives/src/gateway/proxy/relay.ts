import { assert } from '../../core/assert.js';
import { IdMap } from '../hold/collections.js';
import { wantsLook } from '../hold/passing.js';
import { createHoldState, type HoldState } from '../hold/state.js';
import { step } from '../hold/step.js';
import type { HoldLimits } from '../limits.js';
import type { GatewayPorts } from '../ports.js';
import type { Command, HoldEvent, Killer, Refusal } from '../types.js';
import type { AnswerHead } from '../wire/answer.js';
import type { AnswerListener } from '../wire/connection.js';
import type { HttpDate } from '../wire/date.js';
import { Kept, Slabs } from '../wire/kept.js';
import type { Upstream } from '../wire/upstream.js';
import { askCanary, type Sample, sampleOf } from './canary.js';
import { headersForClient, lengthOf } from './headers.js';
import { fingerprintOf, isWhole, type Job, letGo, passesOn, retryAfterMs } from './job.js';
import { refusalOf } from './refusal.js';
import { refuseWith } from './speak.js';
import { Untaken } from './untaken.js';

export interface RelayOptions {
  limits: HoldLimits;
  /** Answers that are kept until they are whole, together, bytes; beyond it they are passed on as they come. */
  answersMax: number;
  /** See Untaken. */
  takeMs: number;
  canaryLimitMs: number;
  upstream: Upstream;
  /** `host:port` of the backend. */
  address: string;
  date: HttpDate;
  ports: GatewayPorts;
}

const TICK_MS = 50;
const LOOK_MS = 250;

type WithoutTime<E> = E extends HoldEvent ? Omit<E, 'atMs'> : never;

/** Carries out what the hold decides, and tells it what happens. Decides nothing about a request itself. */
export class Relay {
  readonly state: HoldState;
  private readonly jobs = new IdMap<Job>();
  private readonly events: WithoutTime<HoldEvent>[] = [];
  private taking = false;
  private answerBytes = 0;
  private readonly untaken: Untaken;
  private readonly slabs = new Slabs();
  private ticking: (() => void) | null = null;
  private callOffCanary = () => {};
  private stopped = false;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private looking = false;
  /** When a byte of an answer was last passed on as it came. */
  streamedAtMs = Number.NEGATIVE_INFINITY;
  /** Of the work that came last, for the canary while nobody waits. */
  private sample: Sample | null = null;

  constructor(private readonly options: RelayOptions) {
    this.state = createHoldState(options.limits);
    this.untaken = new Untaken(options);
  }

  /** A request whose body is here. From now on it ends in exactly one way (I9). */
  accept(job: Job): void {
    this.jobs.set(job.id, job);
    job.call.onOver = () => {
      if (!job.ended) this.emit({ type: 'client-gone', id: job.id });
      this.cancel(job); // also where the hold has let it go: a stream that the client stopped reading
      this.forget(job);
    };
    const { id, client, bytes } = job;
    const { name: route, replay, work } = job.route;
    const request = { id, client, route, bytes, replay, work, fingerprint: () => fingerprintOf(job) };
    this.emit({ type: 'arrived', request });
  }

  told(by: Killer, death: 'next' | 'last'): void {
    this.emit({ type: 'told', by, death });
  }

  /** For good: what still comes in afterwards (a canary's end, a look) starts no new round. */
  stop(): void {
    this.stopped = true;
    this.ticking?.();
    this.ticking = null;
    this.callOffCanary();
  }

  /** One after the other, also when a command brings the next event at once. */
  private emit(event: WithoutTime<HoldEvent>): void {
    this.events.push(event);
    if (this.taking) return;
    this.taking = true;
    const { ports, limits } = this.options;
    const before = this.state.backend.readiness;
    try {
      for (let next = this.events.shift(); next; next = this.events.shift()) {
        const event = Object.assign(next, { atMs: ports.clock.monotonicMs() }) as HoldEvent;
        for (const command of step(this.state, event, limits)) this.obey(command);
      }
    } finally {
      this.taking = false;
    }
    const { readiness, why } = this.state.backend;
    if (readiness !== before) ports.log(`backend ${readiness}`, { why });
    this.keepTicking();
  }

  private obey(command: Command): void {
    switch (command.type) {
      case 'canary':
        return this.canary();
      case 'convicted': {
        const { fingerprint, bytes, route } = command;
        return this.options.ports.log('input quarantined', { sha256: fingerprint, bytes, route });
      }
      case 'send':
        return this.send(this.job(command.id));
      case 'cancel':
        return this.cancel(this.jobs.get(command.id));
      case 'answer':
        return this.answer(this.job(command.id));
      case 'refuse':
        return this.refuse(this.job(command.id), command.why, command.retryAfterMs);
    }
  }

  private job(id: number): Job {
    const job = this.jobs.get(id);
    assert(job !== undefined, 'I9', `request ${id} is not here`);
    return job;
  }

  private send(job: Job): void {
    this.dropAnswer(job);
    const { method } = job.call.head;
    const outgoing = { method, head: job.head, body: job.body };
    // What may not be done twice gets a connection of its own: on an old one its end could not be told from a death.
    job.exchange = this.options.upstream.send(outgoing, this.listenerOf(job), {
      fresh: job.route.replay !== 'whole',
    });
  }

  private listenerOf(job: Job): AnswerListener {
    const { id } = job;
    return {
      head: (head) => this.begin(job, head),
      body: (bytes) => this.take(job, bytes),
      end: () => this.finish(job),
      failed: (how) => {
        job.exchange = null;
        this.emit({ type: 'failed', id, how });
      },
    };
  }

  private begin(job: Job, head: AnswerHead): void {
    job.answer = { head, kept: new Kept(this.slabs), passing: false };
    if (head.status !== 503 && passesOn(job, head)) this.passOn(job);
  }

  private take(job: Job, bytes: Buffer): void {
    const { answer, call, exchange } = job;
    if (!answer) return;
    if (answer.passing) {
      this.streamedAtMs = this.options.ports.clock.monotonicMs();
      // A copy: the bytes are in a buffer that the next read fills anew.
      if (!call.write(bytes.toString('latin1'))) this.untaken.wait(call, exchange);
      return;
    }
    answer.kept.add(bytes);
    this.answerBytes += bytes.length;
    if (this.answerBytes > this.options.answersMax) this.passOn(job);
  }

  /** From here on the client sees it as it comes. */
  private passOn(job: Job): void {
    const { answer, call, requestId } = job;
    if (!answer) return;
    const { head, kept } = answer;
    const length = lengthOf(head);
    this.emit({ type: 'streaming', id: job.id });
    answer.passing = true;
    call.begin(
      head.status,
      head.reason,
      headersForClient(head, requestId, length, this.options.date),
      length,
    );
    call.write(kept.text('latin1'));
    this.answerBytes -= kept.bytes;
    kept.release();
  }

  private finish(job: Job): void {
    job.exchange = null;
    const { id, answer } = job;
    if (!answer) return;
    const { status } = answer.head;
    if (answer.passing) {
      this.close(job);
      this.emit({ type: 'answered', id, right: status < 300 });
      return job.call.end(); // last, since then it is let go of
    }
    if (status === 503)
      return this.emit({ type: 'unavailable', id, retryAfterMs: retryAfterMs(answer.head) });
    if (!isWhole(answer)) return this.emit({ type: 'failed', id, how: 'cut' });
    this.emit({ type: 'answered', id, right: status < 300 });
  }

  private cancel(job: Job | undefined): void {
    if (!job) return;
    job.exchange?.abort();
    job.exchange = null;
  }

  private answer(job: Job): void {
    const { answer, call, requestId } = job;
    assert(answer !== null, 'I9', `request ${job.id} is answered without an answer`);
    this.close(job);
    const { head, kept } = answer;
    const { bytes } = kept;
    const length = head.framing === 'none' ? lengthOf(head) : bytes;
    const headers = headersForClient(head, requestId, length, this.options.date);
    this.answerBytes -= bytes;
    job.answer = null; // what is kept is the call's now
    call.answer(head.status, head.reason, headers, kept);
    if (!call.over) this.untaken.add(job, bytes);
  }

  private refuse(job: Job, why: Refusal, retryMs: number): void {
    this.close(job);
    const { call, requestId } = job;
    if (call.headSent) return call.destroy(); // what was begun can't be unsaid: let it be seen as cut
    refuseWith(call, refusalOf(job, why, retryMs), requestId, this.options.date);
  }

  private close(job: Job): void {
    job.ended = true;
    this.sample = sampleOf(job, false);
  }

  private forget(job: Job): void {
    job.ended = true;
    this.jobs.delete(job.id);
    this.untaken.taken(job);
    this.dropAnswer(job);
    letGo(job);
  }

  private dropAnswer(job: Job): void {
    if (!job.answer) return;
    this.answerBytes -= job.answer.kept.bytes;
    job.answer.kept.release();
    job.answer = null;
  }

  private canary(): void {
    const { upstream, address, ports, canaryLimitMs: limitMs } = this.options;
    const options = { upstream, address, clock: ports.clock, limitMs };
    const first = this.state.line.waiting[0];
    const job = first && this.jobs.get(first.id);
    // Of the work that waits first; else of what came last.
    const sample = job ? sampleOf(job, true) : this.sample;
    this.callOffCanary = askCanary(sample, options, (alive) => {
      this.emit({ type: 'canary', alive });
    });
  }

  private keepTicking(): void {
    const { requests, backend } = this.state;
    const idle = requests.size === 0 && (backend.readiness === 'ready' || backend.readiness === 'unknown');
    if (idle || this.ticking || this.stopped) return;
    this.ticking = this.options.ports.clock.after(TICK_MS, () => {
      this.ticking = null;
      this.look();
      this.emit({ type: 'tick' });
    });
  }

  private look(): void {
    const { ports, limits } = this.options;
    const atMs = ports.clock.monotonicMs();
    if (!ports.look || this.looking || atMs - this.lookedAtMs < LOOK_MS) return;
    if (!wantsLook({ state: this.state, atMs, limits })) return;
    this.lookedAtMs = atMs;
    this.looking = true;
    const { life } = this.state.backend;
    ports.look().then(
      (seen) => {
        this.looking = false;
        this.emit({ type: 'looked', life, ...seen });
      },
      () => {
        this.looking = false; // could not look: nothing is known from it
      },
    );
  }
}
