import assert from 'node:assert/strict';
import type { HoldState } from '../../../src/gateway/hold/state.js';
import type { Command, HoldEvent } from '../../../src/gateway/types.js';
import type { Chance } from '../seed/prng.js';
import type { Agenda } from './agenda.js';
import { Company } from './company.js';
import type { Hold } from './production.js';
import type { Scene } from './scene.js';
import { type Copy, SimServer } from './server.js';

const TICK_MS = 50;
/** Looking at every request is for every so many events. */
const LOOK_EVERY = 97;
const SLOW_MS = 20_000;

/** What the world knows of one request, from what it saw itself. */
export interface Seen {
  id: number;
  kind: 'plain' | 'slow' | 'poison';
  text: string;
  replay: 'whole' | 'unsent';
  arrivedAtMs: number;
  /** Deaths that the hold had counted when it came. */
  deathsBefore: number;
  copies: number;
  unavailable: number;
  /** A byte of an answer has gone out. */
  streamed: boolean;
  /** A copy is on its way, or its end is being taken in. */
  flying: boolean;
  copy: Copy | null;
  end: string | null;
}

type WithoutTime<E> = E extends HoldEvent ? Omit<E, 'atMs'> : never;

/** The production hold, its commands carried out in the simulated world, and an account of its own kept of them. */
export class SimProxy {
  readonly state: HoldState;
  readonly server: SimServer;
  readonly ended: Seen[] = [];
  readonly poisonDeaths = new Map<string, number>();
  requests = 0;
  /** Of those that came, how many have not ended; and how many have a copy on its way. */
  private here = 0;
  private inFlight = 0;
  suspected = 0;
  /** Deaths and breaks of which nobody said anything. */
  untold = 0;
  private readonly company: Company;
  private readonly all = new Map<number, Seen>();
  private readonly events: WithoutTime<HoldEvent>[] = [];
  private taking = false;
  private taken = 0;

  constructor(
    private readonly scene: Scene,
    private readonly agenda: Agenda,
    private readonly chance: Chance,
    private readonly hold: Hold,
  ) {
    this.state = hold.createHoldState(scene.limits);
    this.company = new Company(scene.limits.deathsAlone);
    this.server = new SimServer(scene.server, agenda, chance.fork('server'), (of) => {
      const text = of && this.all.get(of.id)?.text;
      if (text) this.poisonDeaths.set(text, (this.poisonDeaths.get(text) ?? 0) + 1);
    });
  }

  begin(): void {
    this.tick();
  }

  present(): Seen[] {
    return [...this.state.requests.values()].map(({ id }) => this.seen(id));
  }

  arrive(kind: Seen['kind'], client: string, text: string): void {
    const { scene, chance } = this;
    const id = ++this.requests;
    const replay = kind === 'plain' && chance.yes(scene.clients.unsentShare) ? 'unsent' : 'whole';
    const seen: Seen = {
      ...{
        id,
        kind,
        text,
        replay,
        copies: 0,
        unavailable: 0,
        streamed: false,
        flying: false,
        copy: null,
        end: null,
      },
      arrivedAtMs: this.agenda.nowMs(),
      deathsBefore: this.state.counts.deaths,
    };
    this.all.set(id, seen);
    this.here += 1;
    const bytes = kind === 'slow' ? 8_000 : chance.int(100, 2_000);
    const request = {
      id,
      client,
      route: 'POST /v1/embeddings',
      bytes,
      work: true,
      replay,
      fingerprint: () => text,
    } as const;
    this.emit({ type: 'arrived', request });
    assert.ok(this.here <= scene.limits.requestsMax, `${this.here} requests are here`);
    this.agenda.at(this.agenda.nowMs() + scene.clients.patienceMs, () => this.leave(seen));
  }

  leave(seen: Seen): void {
    if (seen.end !== null) return;
    this.finish(seen, 'client-gone');
    this.emit({ type: 'client-gone', id: seen.id });
  }

  /** One after the other, also when a command brings the next event at once. */
  emit(event: WithoutTime<HoldEvent>): void {
    this.events.push(event);
    if (this.taking) return;
    this.taking = true;
    for (let next = this.events.shift(); next; next = this.events.shift()) {
      const atMs = this.agenda.nowMs();
      const { deaths } = this.state.counts;
      const commands = this.hold.step(this.state, { ...next, atMs } as HoldEvent, this.scene.limits);
      if (this.state.counts.deaths > deaths)
        this.company.death('how' in next && next.how === 'refused' ? next.id : null);
      if (++this.taken % LOOK_EVERY === 0) this.hold.assertEveryRequest(this.state, this.scene.limits);
      for (const command of commands) this.obey(command);
    }
    this.taking = false;
  }

  private tick(): void {
    const { state, agenda, scene } = this;
    const before = state.backend.readiness;
    this.emit({ type: 'tick' });
    if (this.hold.wantsLook({ state, atMs: agenda.nowMs(), limits: scene.limits })) {
      this.emit({ type: 'looked', life: state.backend.life, ...this.server.look() });
    }
    if (before !== 'suspect' && state.backend.readiness === 'suspect') this.suspected += 1;
    // Nobody is here: nothing can be late.
    const waitMs = state.requests.size > 0 ? TICK_MS : 10 * TICK_MS;
    agenda.at(agenda.nowMs() + waitMs, () => this.tick());
  }

  private seen(id: number): Seen {
    return this.all.get(id) as Seen;
  }

  private obey(command: Command): void {
    switch (command.type) {
      case 'canary':
        return this.server.canary((alive) => this.emit({ type: 'canary', alive }));
      case 'convicted':
        return this.company.convicted(command.fingerprint);
      case 'send':
        return this.send(this.seen(command.id));
      case 'cancel': {
        const { copy } = this.seen(command.id);
        if (copy && !copy.cancelled) this.inFlight -= 1;
        if (copy) copy.cancelled = true;
        this.company.gone(command.id);
        return;
      }
      case 'answer':
        return this.finish(this.seen(command.id), 'answered');
      case 'refuse':
        return this.finish(this.seen(command.id), command.why);
    }
  }

  private finish(seen: Seen, how: string): void {
    const { id, kind, arrivedAtMs, flying, copy } = seen;
    assert.equal(seen.end, null, `I9: request ${id} ended as ${seen.end}, and again as ${how}`);
    seen.end = how;
    if (how === 'client-gone') this.company.left(id, seen.text);
    this.here -= 1;
    if (copy && !copy.cancelled) this.inFlight -= 1;
    this.ended.push(seen);
    if (copy) copy.cancelled = true;
    const heldMs = this.agenda.nowMs() - arrivedAtMs;
    const late = !flying && how === 'hold-time' && heldMs > this.scene.limits.holdMs + TICK_MS + 1;
    assert.ok(!late, `request ${id} was refused after ${heldMs} ms`);
    const innocent = how === 'quarantined' && kind !== 'poison' && this.untold === 0;
    assert.ok(!innocent, `request ${id}, an innocent, was convicted`);
  }

  private send(seen: Seen): void {
    const { id } = seen;
    assert.equal(seen.end, null, `a copy of request ${id}, which has ended`);
    assert.ok(!seen.copy || seen.copy.cancelled, `request ${id} has two copies on their way`);
    assert.ok(!seen.streamed, `request ${id} is sent again, and a part of its answer has gone out`);
    const taken = seen.copies - seen.unavailable;
    assert.ok(seen.replay === 'whole' || taken === 0, `request ${id} may not be sent twice`);
    const { readiness } = this.state.backend;
    assert.ok(readiness === 'ready' || readiness === 'unknown', `sent to a server that is ${readiness}`);
    this.inFlight += 1;
    assert.ok(this.inFlight <= this.scene.limits.inFlightMax, `${this.inFlight} copies are on their way`);
    seen.copies += 1;
    seen.flying = true;
    this.company.sent(id, seen.text);
    const allowed = 1 + seen.unavailable + (this.state.counts.deaths - seen.deathsBefore);
    assert.ok(seen.copies <= allowed, `request ${id}: ${seen.copies} copies, allowed ${allowed}`);
    seen.copy = this.copyOf(seen);
    this.server.send(seen.copy);
  }

  private copyOf(seen: Seen): Copy {
    const { id } = seen;
    /** The copy comes to its end. */
    const last = (then: () => void) => {
      if (copy.cancelled) return;
      copy.cancelled = true;
      this.inFlight -= 1;
      then();
      seen.flying = seen.copy !== copy;
      if (!seen.flying) this.company.gone(id);
    };
    const copy: Copy = {
      id,
      cancelled: false,
      work: this.workOf(seen),
      streaming: () => {
        if (copy.cancelled) return;
        seen.streamed = true;
        this.emit({ type: 'streaming', id });
      },
      answered: (right) =>
        last(() => {
          this.emit({ type: 'answered', id, right });
          if (copy.work.streams && seen.end === null) this.finish(seen, 'answered');
        }),
      unavailable: () =>
        last(() => {
          seen.unavailable += 1;
          this.emit({ type: 'unavailable', id, retryAfterMs: null });
        }),
      failed: (how) =>
        last(() => {
          if (how === 'refused') seen.copies -= 1;
          this.emit({ type: 'failed', id, how });
        }),
    };
    return copy;
  }

  private workOf(seen: Seen): Copy['work'] {
    const { server, clients } = this.scene;
    const ms = seen.kind === 'slow' ? SLOW_MS : server.serviceMs * this.chance.between(0.7, 1.4);
    const streams = seen.replay === 'unsent' && this.chance.yes(clients.streamShare);
    if (seen.kind !== 'poison') return { ms, kills: 'never', streams };
    return { ms, kills: seen.text.startsWith('late') ? 'late' : 'at-once', streams: false };
  }
}
