import type { Decision, KillIntent, Page } from '../../../src/core/decision.js';
import type { InboxRow } from '../../../src/record/record.js';
import type { Life, Told } from '../box/life.js';
import type { Proc } from '../box/processes.js';
import type { Server } from '../box/server.js';
import type { Stage } from '../box/stage.js';
import type { Supervisor } from '../box/supervisor.js';
import { judgeKill } from './evidence.js';
import { lifeMeant, Operations } from './operations.js';

interface Kill {
  intentId: string;
  atMs: number;
  bootId: string;
  suspendedMs: number;
  /** Which daemon did it, and whether the record knows. A kill that only a dead daemon knew of can't be counted. */
  daemon: number;
  stored: boolean;
}

/**
 * What really happened, and the rules checked against it. Knows the service's lives, signals and commits from the
 * world, and nothing of how the core came to its decisions.
 */
export class Truth {
  kills: Kill[] = [];
  /** The last one, also when it was another daemon that had decided it. */
  lastKillMs = Number.NEGATIVE_INFINITY;
  /** Any kill at all, for the statement. */
  killed = 0;
  incidentsSeen = new Set<string>();
  paused = false;
  openIntents = new Map<string, KillIntent>();
  #lastCommandId = 0;
  #storedIncidents = new Set<string>();
  #storedOpen = new Set<string>();
  #openIncidentSince = new Map<string, number>();
  #escalatedIncidents = new Set<string>();
  readonly #operations: Operations;
  #performed = new Set<string>();
  /** By the life that the guard believed to ask; null for a stranger. */
  #heard = new Map<string | null, Told[]>();
  /** Of whom was asked last. */
  #heardLast: Told[] = [];
  #freshBy = new Map<string, number>();
  #decidedPages = new Map<string, Page>();
  storedPages = new Set<string>();
  #toldWithoutRecord = new Map<string, number>();
  #memoryKill = { daemon: 0, atMs: Number.NEGATIVE_INFINITY };
  clockWasOdd = false;

  constructor(
    private readonly stage: Stage,
    private readonly server: Server,
    private readonly supervisor: Supervisor,
  ) {
    this.#operations = new Operations(stage, supervisor);
  }

  /** An outcome was told to the guard, whoever gave it. */
  heard(asked: string | null, told: Told): void {
    if (!COUNTS.has(told.reason)) return;
    const heard = this.#heard.get(asked) ?? [];
    heard.push(told);
    if (heard.length > HEARD_KEPT) heard.shift();
    this.#heard.set(asked, heard);
    this.#heardLast = heard;
  }

  /** The guard was handed these inbox rows. */
  commanded(rows: InboxRow[]): void {
    for (const { id, command } of rows) {
      if (id <= this.#lastCommandId) continue;
      this.#lastCommandId = id;
      if (command.type === 'pause') this.paused = true;
      if (command.type === 'resume' || command.type === 'start') this.paused = false;
    }
  }

  clockIsOdd(): void {
    this.clockWasOdd = true;
  }

  /** A decision reached the disk (perhaps with rows that had waited in memory). */
  stored(decision: Decision, daemon: number): void {
    const { stage } = this;
    const known = decision.state.life;
    const { life } = this.server;
    const same = life !== null && known?.incarnation.invocation === life.incarnation.invocation;
    if (same && typeof known?.answeredAtMs === 'number') life.answerOnRecord = true;
    for (const { id, status } of decision.incidents) {
      this.#storedIncidents.add(id);
      if (status === 'resolved') this.#storedOpen.delete(id);
      else this.#storedOpen.add(id);
      stage.require(this.#storedOpen.size <= 1, 'I7', `${this.#storedOpen.size} open incidents on record`);
    }
    // A later daemon that can write has nothing to be careful about: what a dead one did from memory is lost.
    if (daemon !== this.#memoryKill.daemon) this.#memoryKill = { daemon, atMs: Number.NEGATIVE_INFINITY };
    const { intent, closedIntent } = decision;
    if (intent) {
      stage.require(
        this.#storedIncidents.has(intent.incidentId),
        'I5',
        'an intent stored without its incident',
      );
      this.openIntents.set(intent.id, intent);
      if (intent.atMs === stage.monotonicMs()) this.#freshBy.set(intent.id, daemon);
      for (const kill of this.kills) if (kill.intentId === intent.id) kill.stored = true;
      this.#operations.stored(intent);
    }
    if (closedIntent) this.openIntents.delete(closedIntent.id);
    for (const kill of this.kills) if (kill.daemon === daemon) kill.stored = true; // the state has it
    for (const page of decision.pages) {
      stage.require(!this.storedPages.has(page.id), 'I10', `page ${page.id} stored twice`);
      this.storedPages.add(page.id);
    }
    for (const id of this.#decidedPages.keys()) {
      stage.require(this.storedPages.has(id), 'I10', `page ${id} was decided and not stored`);
    }
    this.#decidedPages.clear();
  }

  /** The loop took a decision as fact, on disk or in memory. */
  decided(decision: Decision): void {
    const { stage } = this;
    for (const page of decision.pages) {
      if (!this.storedPages.has(page.id)) this.#decidedPages.set(page.id, page);
      if (page.kind === 'escalated') {
        stage.mark('escalated');
        this.#escalatedIncidents.add(page.incidentId ?? '');
      }
    }
    for (const incident of decision.incidents) {
      this.incidentsSeen.add(incident.id);
      if (incident.status === 'resolved') this.#resolved(incident.id);
      else if (!this.#openIncidentSince.has(incident.id))
        this.#openIncidentSince.set(incident.id, stage.nowMs);
    }
    this.#overdue(decision);
  }

  #resolved(id: string): void {
    const { stage } = this;
    // An answer that was at hand when the incident opened, and was judged after one slow look, counts.
    const opened = (this.#openIncidentSince.get(id) ?? 0) - SLOW_LOOK_MS;
    // One that is resolved in memory alone (a full disk) is open again for the next daemon.
    if (!this.#storedOpen.has(id)) this.#openIncidentSince.delete(id);
    const told = this.#heardLast;
    // A failure that the guard took in long after its deadline, because it stood still, is unknown to it (I6).
    const lastFailure = told.findLastIndex(({ reason, lateMs }) => reason !== 'ok' && lateMs < LATE_MS);
    const passes = told
      .slice(lastFailure + 1)
      .filter(({ reason, toldMs }) => reason === 'ok' && toldMs >= opened);
    // The last answer of a stranger that left before the guard looked again can't be told from ours.
    const strangers = this.#heard.get(null)?.at(-1)?.toldMs ?? Number.NEGATIVE_INFINITY;
    const mistaken = Math.abs(this.server.foreignLeftMs - strangers) < SLOW_LOOK_MS ? 1 : 0;
    const needed = stage.scenario.policy.successThreshold - mistaken;
    stage.require(
      passes.length >= needed,
      'I8',
      `resolved after ${passes.length} right answers, not ${needed}`,
    );
    if (this.#escalatedIncidents.has(id)) stage.mark('resolved-after-escalation');
  }

  #overdue(decision: Decision): void {
    const { incident, desired } = decision.state;
    if (!incident || desired === 'paused' || this.clockWasOdd) return;
    const since = this.#openIncidentSince.get(incident.id) ?? this.stage.nowMs;
    const overdue = this.stage.nowMs - since >= this.stage.scenario.policy.escalateAfterMs;
    this.stage.require(
      !overdue || incident.status === 'escalated',
      'I8',
      `${incident.id} is overdue, unescalated`,
    );
  }

  toldWithoutRecord(page: Page): void {
    this.#toldWithoutRecord.set(page.id, this.stage.nowMs);
  }

  /** A kill is about to be performed: everything about the operation as a whole. */
  beforeKill(intent: KillIntent, daemon: number, recordLost: boolean): void {
    const { stage } = this;
    const once = `${daemon}/${intent.id}`;
    stage.require(!this.#performed.has(once), 'I4', `intent ${intent.id} performed twice`);
    this.#performed.add(once);
    const inRecord = this.openIntents.has(intent.id);
    const fresh = !inRecord || this.#freshBy.get(intent.id) === daemon;
    if (!inRecord) this.#memoryKillAllowed(intent, daemon, recordLost);
    this.#operations.begin(intent, inRecord);
    if (intent.what === 'incarnation') this.lastKillMs = stage.nowMs;
    if (!fresh) return stage.mark('intent-finished-by-next-daemon');
    stage.require(!this.paused, 'I5', 'a kill while paused');
    const { unit } = stage.scenario;
    this.#powerNeeded();
    if (intent.what === 'leftovers') return;
    stage.require(unit.revives === true, 'I3', 'a kill that nobody would revive');
    const life = this.server.life;
    if (life && sameLife(life, intent)) judgeKill(stage, this.server, this.supervisor, life);
    const { suspendedMs } = stage.common;
    const when = { atMs: stage.nowMs, bootId: stage.bootId(), suspendedMs };
    this.kills.push({ intentId: intent.id, ...when, daemon, stored: inRecord });
    const { windowMs, killsMax } = stage.scenario.policy;
    // Over a reboot an age is told by the wall clock, which has counted what was slept.
    const sleptMs = (kill: (typeof this.kills)[0]) =>
      kill.bootId === when.bootId ? 0 : suspendedMs - kill.suspendedMs;
    const recent = this.kills.filter(
      (kill) => stage.nowMs - kill.atMs + sleptMs(kill) < windowMs && (kill.stored || kill.daemon === daemon),
    );
    stage.require(
      recent.length <= killsMax,
      'I3',
      `${recent.length} kills within the window, ${killsMax} allowed`,
    );
  }

  /** On somebody else's supervisor: proof of this very edition of the unit (or it was edited a moment ago). */
  #powerNeeded(): void {
    const { stage, supervisor } = this;
    const justNow = stage.nowMs - supervisor.editedMs < 11_000;
    const may = !stage.scenario.needsProof || supervisor.proved || justNow;
    stage.require(may, 'power', 'a kill by a guard that may only watch');
  }

  #memoryKillAllowed(intent: KillIntent, daemon: number, recordLost: boolean): void {
    const { stage } = this;
    stage.require(recordLost, 'I5', `intent ${intent.id} is not on record before its signal`);
    const told = [...this.#toldWithoutRecord].some(
      ([id, atMs]) => id.includes(intent.id) && atMs === stage.nowMs,
    );
    stage.require(told, 'I5', 'a kill from memory that nobody was told of');
    const again = stage.nowMs - this.#memoryKill.atMs < stage.scenario.policy.windowMs;
    stage.require(!again, 'I5', 'a second kill from memory within the window');
    this.#memoryKill = { daemon, atMs: stage.nowMs };
    stage.mark('memory-kill');
  }

  /** One signal is about to reach one process. */
  beforeSignal(intent: KillIntent, proc: Proc): void {
    const { stage, server } = this;
    stage.require(proc.pid > 1, 'I11', `a signal to pid ${proc.pid}`);
    stage.require(proc.life > 0, 'I11', `a signal to a stranger, pid ${proc.pid}`);
    stage.require(proc.service === stage.service, 'I11', `a signal to ${proc.service}, pid ${proc.pid}`);
    const listed = intent.targets.some(
      ({ pid, startTicks }) => pid === proc.pid && startTicks === proc.startTicks,
    );
    stage.require(listed, 'I11', `pid ${proc.pid} is not in the intent`);
    const running = server.life?.no ?? 0;
    if (intent.what === 'leftovers') {
      stage.require(proc.life !== running, 'I11', `leftovers include pid ${proc.pid} of the running life`);
      stage.mark('leftovers-cleared');
      return;
    }
    const meant = lifeMeant(intent);
    stage.require(
      proc.life === meant,
      'I11',
      `pid ${proc.pid} is of life ${proc.life}, the intent means ${meant}`,
    );
    if (!proc.main) return;
    this.killed += 1;
  }

  /** Killed lives that only a daemon now dead had counted are nobody's to count any more. */
  daemonDied(): void {
    this.#decidedPages.clear();
    this.server.life?.forgetAnswer();
    this.kills = this.kills.filter(({ stored }) => stored);
    this.#operations.daemonDied();
    for (const id of this.#openIncidentSince.keys()) {
      if (!this.#storedIncidents.has(id)) this.#openIncidentSince.delete(id); // its id will be given again
    }
  }

  kindOf(intent: KillIntent): string {
    return intent.reason.split(':')[0] ?? '';
  }
}

const HEARD_KEPT = 32;
const SLOW_LOOK_MS = 3_100;
/** The guard's own limit is 10 s after the deadline (daemon/eyes.ts); a slow look may come on top. */
const LATE_MS = 10_000 - SLOW_LOOK_MS;
const COUNTS: ReadonlySet<string> = new Set([
  'ok',
  'timeout',
  'refused',
  'reset',
  'unavailable',
  'error',
  'wrong',
]);

function sameLife(life: Life, intent: KillIntent): boolean {
  return life.incarnation.invocation === intent.incarnation.invocation;
}
