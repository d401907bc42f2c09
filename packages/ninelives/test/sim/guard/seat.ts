import type { Decision, GuardState, KillIntent, VerdictKind } from '../../../src/core/decision.js';
import type { Incarnation, ProbeOutcome, ProbeReason } from '../../../src/core/types.js';
import type { Guard } from '../../../src/daemon/loop.js';
import type { Clock, GuardPorts, KillReport } from '../../../src/daemon/ports.js';
import type { TrafficEvidence } from '../../../src/gateway/status/evidence.js';
import { DAEMON_KILLED } from '../box/disk.js';
import { type Life, LOOKS } from '../box/life.js';
import { type Machine, NOTIFIERS } from '../box/machine.js';
import type { Production } from '../mutants/production.js';
import { cheapEndpoints } from './cheap.js';
import type { Daemon } from './daemon.js';
import { killPort } from './kill.js';
import { restUntilMs } from './rest.js';

/** What a daemon does for one service: the production loop, core and committer over the world's ports. */
export class Seat {
  guard: Guard | null = null;
  /** What was last known, also between two passes. */
  state: GuardState | null = null;
  /** Of a pass: has it done for this service what it can? */
  answered = false;
  /** A page went out that asks for a person. */
  onPage: () => void = () => {};
  /** A stranger's answer that no look could have told from ours is evidence like any other. */
  #strangerSeen = false;
  /** Looks and questions under way. */
  #inFlight = 0;
  #seenVersion = 0;
  #begunAtMs = 0;
  #trafficBefore: { completions: number; deaths: number } | null = null;
  readonly #chance;
  readonly #cheap;

  constructor(
    private readonly machine: Machine,
    private readonly production: Production,
    private readonly daemon: Daemon,
  ) {
    this.#chance = machine.stage.chance('daemon');
    this.#cheap = cheapEndpoints(machine.stage);
  }

  begin(): void {
    const { stage, disk, server } = this.machine;
    this.#inFlight = 0;
    this.#begunAtMs = stage.monotonicMs();
    this.#trafficBefore = null;
    this.answered = false;
    server.gpu.forget();
    const { policy, timing, needsProof } = stage.scenario;
    const ports = this.#ports();
    const commit = this.production.createCommitter({
      record: disk.record,
      service: stage.service,
      notifiers: NOTIFIERS,
      policy,
      makeRoom: () => disk.makeRoom(),
      tellWithoutRecord: ports.tellWithoutRecord,
    });
    this.guard = this.production.createGuard({
      service: stage.service,
      bootId: stage.bootId(),
      policy,
      power: needsProof ? 'watch-only' : 'armed',
      timing,
      record: disk.record,
      commit: (decision, consumed) => {
        const committed = commit(decision, consumed);
        if (committed === 'refused') stage.mark('memory-kill-refused');
        return committed;
      },
      ports,
    });
    this.#alive((guard) => guard.begin());
  }

  /** Whatever it had in memory or in flight is gone. */
  end(): void {
    if (!this.guard) return;
    this.guard = null;
    this.machine.truth.daemonDied();
  }

  /** Runs a piece of this daemon, unless it died meanwhile; it may die at any line of it. */
  #alive(run: (guard: Guard) => void, no = this.daemon.no): void {
    if (!this.guard || no !== this.daemon.no) return;
    const { time } = this.machine.stage;
    if (time.nowMs < this.daemon.standsUntilMs) {
      return void time.after(this.daemon.standsUntilMs - time.nowMs, () => this.#alive(run, no));
    }
    try {
      run(this.guard);
    } catch (error) {
      if (error !== DAEMON_KILLED) throw error;
      this.daemon.die();
    }
  }

  #later(delayMs: number, run: () => void): () => void {
    const { no } = this.daemon;
    const timer = this.machine.stage.time.after(delayMs, () => this.#alive(run, no));
    return () => {
      timer.run = null;
    };
  }

  /** The loop's own timer: the next tick, put off for as long as there is nothing to see. */
  #tickLater(delayMs: number, tick: () => void): () => void {
    const { stage, disk } = this.machine;
    const { time } = stage;
    const { no } = this.daemon;
    const run = () =>
      this.#alive((guard) => {
        const seen = this.#inFlight === 0 && this.#seenVersion === disk.record.version();
        const restUntil = seen ? restUntilMs(this.machine, guard.state()) : stage.nowMs;
        if (restUntil > stage.nowMs && restUntil < Number.POSITIVE_INFINITY) {
          timer = time.tickAfter(restUntil - stage.nowMs, run);
          return;
        }
        this.#seenVersion = disk.record.version();
        tick();
      }, no);
    let timer = time.tickAfter(delayMs, run);
    return () => {
      timer.run = null;
    };
  }

  /** A look or a question that comes back after a while. */
  #comesBack(delayMs: number, run: () => void): void {
    this.#inFlight += 1;
    this.#later(delayMs, () => {
      this.#inFlight -= 1;
      run();
    });
  }

  #ports(): GuardPorts {
    const { stage, server, supervisor, truth } = this.machine;
    const clock: Clock = {
      monotonicMs: () => stage.monotonicMs(),
      wallMs: () => stage.wallMs(),
      after: (delayMs, run) => this.#tickLater(delayMs, run),
    };
    return {
      clock,
      inspect: (done) => {
        const seen = this.daemon.unitBlind
          ? { unknown: 'systemctl: timed out' }
          : supervisor.snapshot(this.#isTroubled());
        const slow = stage.faulty && this.#chance.yes(0.005);
        this.#comesBack(slow ? this.#chance.scale(100, 3_000) : this.#chance.between(2, 20), () => {
          if ('portOwner' in seen) this.#strangerSeen = OTHERS.has(seen.portOwner.who);
          done(seen);
        });
      },
      probe: (request, done) => this.#probe(request, done),
      ...(stage.scenario.server.counter === 'gateway' ? { traffic: (done) => this.#traffic(done) } : {}),
      completions:
        stage.scenario.server.counter === 'own'
          ? (done) => {
              const { life } = server;
              const readable = canCount(life);
              this.#comesBack(readable ? this.#chance.between(1, 20) : 1_000, () => {
                const now = server.life;
                if (!readable || !now || !canCount(now)) return done({ unknown: 'no answer' });
                done(now.completed(stage.nowMs));
              });
            }
          : null,
      kill: (intent, done) => this.#kill(intent, done),
      start: () => supervisor.revive(),
      committed: (decision) => {
        this.#decided(decision);
        this.#answer(decision.state);
      },
      rounded: () => {
        if (this.guard) this.#answer(this.guard.state());
      },
      tellWithoutRecord: (page) => truth.toldWithoutRecord(page),
    };
  }

  /** As in daemon/service.ts. */
  #isTroubled(): boolean {
    const state = this.guard?.state();
    return state?.incident != null || state?.life?.firstFailureAtMs != null;
  }

  /** A pass is over once each service has its answer. */
  #answer(state: GuardState): void {
    this.state = state;
    if (!this.daemon.cron || this.production.passAnswer(state, this.#begunAtMs) === null) return;
    this.answered = true;
    this.daemon.answered();
  }

  /** The twin of daemon/gateway/traffic.ts, without its promise. */
  #traffic(done: Parameters<NonNullable<GuardPorts['traffic']>>[0]): void {
    const { stage, server } = this.machine;
    const silent = stage.faulty && this.#chance.yes(0.01);
    this.#comesBack(silent ? 1_000 : this.#chance.between(1, 10), () => {
      if (silent) return done(null);
      const now = server.gate.evidence(server.life);
      const before = this.#trafficBefore;
      const completed = before?.deaths === now.deaths && now.completions > before.completions;
      this.#trafficBefore = now;
      done({ completed, sight: this.production.sightOf(now as unknown as TrafficEvidence) });
    });
  }

  #probe(
    request: { deadlineMs: number; incarnation: Incarnation | null },
    done: (outcome: ProbeOutcome) => void,
  ): void {
    const { stage, server, supervisor, truth } = this.machine;
    const { no } = this.daemon;
    this.#inFlight += 1;
    const startedMs = stage.nowMs;
    const { life, masked } = server;
    // What a stranger on the port says is no evidence about our service.
    const asked = server.masked && this.#strangerSeen ? null : request.incarnation?.invocation;
    const tell = (reason: ProbeReason, tookMs: number) => {
      this.#alive(() => {
        this.#inFlight -= 1;
        stage.require(tookMs <= request.deadlineMs + 1, 'probe', 'a probe outlived its deadline');
        const lateMs = stage.nowMs - startedMs - request.deadlineMs;
        const told = { startedMs, toldMs: stage.nowMs, reason, lateMs };
        // An outcome that comes while a stranger has the port is judged as the stranger's.
        truth.heard(server.masked ? null : (asked ?? null), told);
        life?.tell(asked === life.incarnation.invocation, told, masked);
        if (reason === 'ok' && life?.revived) supervisor.proved = true;
        if (reason !== 'ok')
          stage.log(`probe: ${reason} after ${tookMs.toFixed(0)} ms (life ${life?.no ?? 'none'})`);
        if (life && life.endedMs !== null && server.life) stage.mark('stale-outcome');
        if (this.daemon.probeBlind && life?.mode === 'wedged') stage.mark('blind-while-hung');
        if (this.daemon.unitBlind && life?.mode === 'wedged') stage.mark('unit-blind-while-hung');
        done({
          reason,
          detail: `${reason} after ${tookMs.toFixed(0)} ms`,
          tookMs,
          status: null,
          cheap: this.#cheap(server.life),
        });
      }, no);
    };
    if (this.daemon.probeBlind) return void stage.time.after(5, () => tell('blind', 5));
    server.ask(request.deadlineMs, tell);
  }

  #kill(intent: KillIntent, done: (report: KillReport) => void): void {
    const { stage } = this.machine;
    stage.log(`kill ${intent.id} (${intent.what}): ${intent.reason}`);
    killPort(this.machine, this.daemon.no, intent, (delayMs, run) => this.#later(delayMs, run), done);
  }

  #markVerdict(kind: VerdictKind): void {
    const { stage, server } = this.machine;
    if (kind === 'opaque') stage.mark('opaque');
    const sight = this.guard?.state().life?.traffic?.kind;
    if (kind === 'opaque' && sight === 'unlearnt') stage.mark('nothing-like-it-known');
    if (kind === 'hung' && sight === 'standing') stage.mark('clients-wait-too-long');
    if (kind === 'stalled') stage.mark('stalled');
    if (kind === 'masked' && !server.foreign) stage.mark('masked-by-an-orphan');
  }

  #decided(decision: Decision): void {
    const { stage, truth, server } = this.machine;
    for (const event of decision.events) {
      if (event.type === 'probe-failed') continue;
      stage.log(`  ${event.type}: ${event.text}`);
      if (event.type === 'kill-withheld' && event.data?.rule === 'headroom') stage.mark('withheld-headroom');
      if (event.type === 'kill-withheld' && event.data?.rule === 'budget') stage.mark('withheld-budget');
      if (event.type === 'escalated' && event.data?.reason === 'watch-only') stage.mark('watch-only-spared');
      if (event.type === 'escalated' && event.data?.reason === 'not-revived')
        stage.mark('not-revived-spared');
      if (event.type === 'escalated' && event.data?.reason === 'unkillable') stage.mark('unkillable');
      if (event.type === 'escalated') this.onPage();
      if (event.type === 'leak') stage.mark('leak-told');
      if (event.type === 'verdict') this.#markVerdict(decision.state.verdict.kind);
      if (event.type === 'armed') stage.mark('armed-by-proof');
      if (event.type === 'disarmed') stage.mark('disarmed');
      if (event.type === 'incident-opened' && event.data?.kind === 'masked') stage.mark('foreign-owner');
    }
    const { state } = decision;
    if (state.desired === 'paused' && server.life?.mode === 'wedged') stage.mark('paused-while-hung');
    if (decision.intent && state.series > stage.scenario.policy.killsMax) stage.mark('slow-regime');
    truth.decided(decision);
  }
}

/** The server's own counter is one of its cheap answers. */
function canCount(life: Life | null): life is Life {
  return life !== null && LOOKS[life.mode].cheap;
}

/** Not the running life. */
const OTHERS: ReadonlySet<string> = new Set(['foreign', 'leftover']);
