import { VirtualTime } from '../seed/clock.js';
import type { Mark } from '../seed/marks.js';
import { Chance } from '../seed/prng.js';
import type { Scenario } from '../seed/swarm.js';

/** A rule of DESIGN.md that the world saw broken, by its own book-keeping. */
export class Violation extends Error {
  override readonly name = 'Violation';
  constructor(
    readonly invariant: string,
    message: string,
  ) {
    super(`${invariant}: ${message}`);
  }
}

const LINES_KEPT = 300;
const LINES_TOLD = 40;
/** Times and lengths, which differ from one probe to the next. */
const NUMBERS = /[\d.]+/g;
/** 2026-01-01T00:00:00Z: where every story begins. */
const EPOCH_MS = 1_767_225_600_000;

/** What is one for the whole box, whatever runs on it. */
class Common {
  readonly time = new VirtualTime();
  readonly marks = new Set<Mark>();
  readonly lines: string[] = [];
  /** FNV-1a over every logged line: the same seed must give the same hash. */
  hash = 0x811c9dc5;
  boot = 1;
  bootedAtMs = 0;
  /** How far the wall clock was stepped, all steps together. */
  wallShiftMs = 0;
  /** How long it was suspended, all in all: no clock of one boot counts that, and real time does. */
  suspendedMs = 0;
  /** Environment faults (disk, blindness, deaths of the daemon, odd outcomes) happen only while true. */
  faulty = true;
  /** The guard is a pass from cron. */
  cron = false;
}

/** What every part of one service's world shares: time, chance, the two clocks of the machine, and the log. */
export class Stage {
  readonly time: VirtualTime;
  readonly #chance: Chance;

  constructor(
    readonly scenario: Scenario,
    readonly service = 'model',
    readonly common = new Common(),
  ) {
    this.time = common.time;
    if (service === 'model') common.cron = scenario.cron;
    const all = new Chance(scenario.seed);
    this.#chance = service === 'model' ? all : all.fork(service);
  }

  get faulty(): boolean {
    return this.common.faulty;
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  chance(name: string): Chance {
    return this.#chance.fork(name);
  }

  /** CLOCK_MONOTONIC of this boot. A machine needs some seconds until anything of ours runs. */
  monotonicMs(): number {
    return this.time.nowMs - this.common.bootedAtMs;
  }

  wallMs(): number {
    return EPOCH_MS + this.time.nowMs + this.common.wallShiftMs;
  }

  bootId(): string {
    return `boot-${this.common.boot}`;
  }

  mark(mark: Mark): void {
    this.common.marks.add(mark);
  }

  log(text: string): void {
    const { common, service } = this;
    const { lines } = common;
    const who = service === 'model' ? '' : `[${service}] `;
    const line = `${(this.time.nowMs / 1000).toFixed(3).padStart(11)} ${who}${text}`;
    lines.push(line);
    if (lines.length > 2 * LINES_KEPT) lines.splice(0, LINES_KEPT);
    let { hash } = common;
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    common.hash = hash;
  }

  /** The end of the story; of the same thing over and over, the first and the last time. */
  lastLines(): string[] {
    const { lines } = this.common;
    const kinds = lines.map((line) => line.replace(NUMBERS, '#'));
    const told: string[] = [];
    let run = 0;
    for (const [at, line] of lines.entries()) {
      run = kinds[at] === kinds[at - 1] ? run + 1 : 0;
      if (run > 1) told.pop();
      told.push(run > 1 ? `${line} (${run + 1} in a row)` : line);
    }
    return told.slice(-LINES_TOLD);
  }

  require(condition: boolean, invariant: string, message: string): void {
    if (!condition) throw new Violation(invariant, message);
  }
}
