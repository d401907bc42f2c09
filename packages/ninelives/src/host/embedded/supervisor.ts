import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessId, UnitPhase, UnitSnapshot } from '../../core/types.js';
import { bootId, monotonicMs, sleep, wallMs } from '../clock.js';
import { isAlive, sampleOf } from '../procfs/processes.js';
import type { EmbeddedOptions, EmbeddedSupervisor, StartOutcome } from './contract.js';
import { endTree } from './end-tree.js';
import { launch, rotateLog } from './launch.js';
import type { Looker } from './look.js';
import { createLooker } from './look.js';
import type { Exit } from './semantics.js';
import { admitStart, exitText, restartsAfter, resultOf } from './semantics.js';
import type { SavedState } from './state-file.js';
import { freshState, INCARNATIONS_KEPT, loadState, rebase, STARTS_KEPT, saveState } from './state-file.js';

export type { EmbeddedOptions, EmbeddedSupervisor, StartOutcome };

const ADOPTED_POLL_MS = 100;
const LOG_POLL_MS = 2_000;
const LOOK_LIMIT_MS = 3_000;
const RETRY_MS = 1_000;
const EXIT_LIMIT_MS = 1_000;

/** The running main process: our child, or one that an earlier daemon started. */
interface Main {
  id: ProcessId;
  adopted: boolean;
  ended: Promise<Exit>;
  release(): void;
}

/**
 * Reads the state that an earlier daemon left and adopts its service if that still runs (even frozen: the
 * guard judges that). Starts nothing: `start()` does. One process at a time per state folder (`host/lock.ts`).
 * @throws when the name or the state file is unusable, or the folder can't be made.
 */
export async function createEmbeddedSupervisor(options: EmbeddedOptions): Promise<EmbeddedSupervisor> {
  if (!/^[\w.-]+$/.test(options.name)) {
    throw new Error(`Service name ${JSON.stringify(options.name)}: use letters, digits, ".", "_" and "-".`);
  }
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  const unit = new EmbeddedUnit(options, createLooker());
  await unit.recover();
  return unit;
}

class EmbeddedUnit implements EmbeddedSupervisor {
  readonly logFile: string;
  readonly #stateFile: string;
  readonly #options: EmbeddedOptions;
  readonly #looker: Looker;
  readonly #closing = new AbortController();
  #state: SavedState;
  #main: Main | null = null;
  /** The wish, apart from the fact: an end that was wished for is never followed by a restart. */
  #wanted = false;
  #restartTimer: NodeJS.Timeout | undefined;
  readonly #logTimer: NodeJS.Timeout;
  /** Everything that acts does so one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: EmbeddedOptions, looker: Looker) {
    this.#options = options;
    this.#looker = looker;
    this.#stateFile = join(options.stateDir, `supervisor-${options.name}.json`);
    this.logFile = join(options.stateDir, `${options.name}.log`);
    const now = { bootId: bootId(), atMs: monotonicMs(), wallMs: wallMs() };
    this.#state = rebase(loadState(this.#stateFile) ?? freshState(options.name, now.bootId), now);
    this.#logTimer = setInterval(() => void rotateLog(this.logFile, options.logLimitBytes), LOG_POLL_MS);
  }

  /** Adopts what an earlier daemon left running. */
  async recover(): Promise<void> {
    const { main, incarnations, phase } = this.#state;
    const newest = incarnations.at(-1);
    const id = main ?? (phase === 'activating' && newest ? await this.#looker.leader(newest) : null);
    if (id !== null && isAlive(id)) {
      this.#wanted = true;
      this.#watch({ id, adopted: true, ended: this.#pollEnd(id), release: () => {} });
      this.#become('active', { main: id });
    } else if (id !== null) {
      this.#become('inactive', { main: null, lastExit: 'unknown (it ended while nobody watched)' });
    } else if (phase !== 'failed') {
      this.#become('inactive', { main: null });
    }
  }

  start(options: { resetFailed?: boolean } = {}): Promise<StartOutcome> {
    this.#wanted = true;
    clearTimeout(this.#restartTimer);
    return this.#enqueue(async () => {
      if (this.#main) return { outcome: 'running', main: this.#main.id, adopted: this.#main.adopted };
      if (options.resetFailed) this.#state.window = null;
      await this.#end('leftovers');
      const view = await this.#looker.look(this.#state.incarnations, null);
      const owner = this.#looker.portOwner(this.#options.port, view);
      if (owner.who === 'foreign') {
        this.#become('inactive');
        return { outcome: 'port-taken', text: owner.text };
      }
      return this.#launch(0);
    });
  }

  stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#restartTimer);
    return this.#enqueue(async () => {
      const main = this.#main;
      await this.#end('all');
      // Its exit status arrives through the event loop, a moment after /proc says that it is gone.
      const limit = new AbortController();
      if (main) await Promise.race([main.ended, sleep(EXIT_LIMIT_MS, limit.signal)]);
      limit.abort();
      // Not even SIGKILL ended it: then it is not down, and `deactivating` says so until it is.
      if (!this.#main) this.#become(this.#state.phase === 'failed' ? 'failed' : 'inactive');
    });
  }

  async close({ keepRunning }: { keepRunning: boolean }): Promise<void> {
    if (!keepRunning) await this.stop();
    this.#wanted = false;
    this.#closing.abort();
    clearTimeout(this.#restartTimer);
    clearInterval(this.#logTimer);
    await this.#queue;
    this.#main?.release();
  }

  async inspect(): Promise<UnitSnapshot | { unknown: string }> {
    const limit = new AbortController();
    const late = sleep(LOOK_LIMIT_MS, limit.signal).then(() => ({
      unknown: `reading /proc took longer than ${LOOK_LIMIT_MS} ms`,
    }));
    try {
      return await Promise.race([this.#snapshot(), late]);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return { unknown: `could not look at the processes: ${(error as Error).message}` };
    } finally {
      limit.abort();
    }
  }

  async #snapshot(): Promise<UnitSnapshot> {
    const { restart, port, name } = this.#options;
    // All of one moment: the state may change while we look.
    const { phase, incarnations, restarts, lastExit, starts } = this.#state;
    const readAtMs = monotonicMs();
    const view = await this.#looker.look(incarnations, this.#main?.id ?? null);
    const { main } = view;
    const sinceMs = monotonicMs() - restart.startLimitIntervalMs;
    const { units } = this.#looker;
    return {
      supervisor: 'embedded',
      unit: name,
      // Gone, and we are about to be told.
      phase: phase === 'active' && main === null ? 'deactivating' : phase,
      incarnation: main && { ...main, bootId: this.#state.bootId, invocation: incarnations.at(-1) ?? '' },
      restarts,
      lastExit,
      revivesAfterKill: restartsAfter(restart.policy, 'signal'),
      startLimit: { burst: restart.startLimitBurst, intervalMs: restart.startLimitIntervalMs },
      recentStartsAtMs: starts.map((start) => start.atMs).filter((atMs) => atMs >= sinceMs),
      processes: view.tree.map((stat) => sampleOf(stat, units, stat.pid === main?.pid)),
      readAtMs,
      leftovers: view.leftovers.map((stat) => sampleOf(stat, units, false)),
      portOwner: this.#looker.portOwner(port, view),
    };
  }

  /** One start, manual or automatic: counted, written down, spawned, written down again. */
  async #launch(restarts: number): Promise<StartOutcome> {
    clearTimeout(this.#restartTimer);
    const nowMs = monotonicMs();
    const { restart } = this.#options;
    const { admitted, window } = admitStart(this.#state.window, nowMs, restart);
    this.#state.window = window;
    if (!admitted) {
      this.#become('failed');
      const text = `${restart.startLimitBurst} starts within ${restart.startLimitIntervalMs} ms: given up (${this.#state.lastExit})`;
      return { outcome: 'start-limit', text };
    }
    const incarnation = randomBytes(16).toString('hex');
    this.#become('activating', {
      main: null,
      restarts,
      incarnations: [...this.#state.incarnations, incarnation].slice(-INCARNATIONS_KEPT),
      starts: [...this.#state.starts, { atMs: nowMs, wallMs: wallMs() }].slice(-STARTS_KEPT),
    });
    const { argv, cwd, env } = this.#options;
    const launched = await launch({ argv, cwd, env, logFile: this.logFile }, incarnation);
    if ('failed' in launched) {
      this.#inBackground(() => this.#settle(incarnation, launched.failed));
      return { outcome: 'not-startable', text: launched.failed.why };
    }
    this.#watch({ ...launched, adopted: false });
    this.#become('active', { main: launched.id });
    return { outcome: 'started', main: launched.id };
  }

  #watch(main: Main): void {
    const incarnation = this.#state.incarnations.at(-1) ?? '';
    this.#main = main;
    void main.ended.then((exit) => {
      if (this.#closing.signal.aborted) return;
      this.#main = null;
      this.#become('deactivating', { main: null, lastExit: exitText(exit) });
      this.#inBackground(() => this.#settle(incarnation, exit));
    });
  }

  async #pollEnd(id: ProcessId): Promise<Exit> {
    while (!this.#closing.signal.aborted) {
      try {
        if (!isAlive(id)) break;
      } catch (error) {
        // Could not look (out of descriptors): that is no reason to think that it ended.
        if (!isSystemError(error)) throw error;
      }
      await sleep(ADOPTED_POLL_MS, this.#closing.signal);
    }
    return { type: 'unknown' };
  }

  /** After the end of main: ends its survivors, then restarts or stays down, as the policy says. */
  async #settle(incarnation: string, exit: Exit): Promise<void> {
    if (incarnation !== this.#state.incarnations.at(-1) || this.#main) return;
    this.#state.lastExit = exitText(exit);
    const { forced } = await this.#end('leftovers');
    if (this.#closing.signal.aborted) return;
    const clean = resultOf(exit);
    // As in systemd: a stop that had to be forced turns a success into a failure.
    const result = forced && clean === 'success' ? 'timeout' : clean;
    const { restart } = this.#options;
    if (this.#wanted && restartsAfter(restart.policy, result)) {
      this.#become('auto-restart');
      this.#restartTimer = setTimeout(() => this.#inBackground(() => this.#restart()), restart.restartMs);
      return;
    }
    this.#become(result === 'success' || !this.#wanted ? 'inactive' : 'failed');
  }

  async #restart(): Promise<void> {
    if (this.#main || !this.#wanted) return;
    await this.#launch(this.#state.restarts + 1);
  }

  /** Ends survivors of earlier incarnations; with 'all', the running one too. */
  async #end(what: 'leftovers' | 'all'): Promise<{ forced: boolean }> {
    const find = async () => {
      const view = await this.#looker.look(this.#state.incarnations, this.#main?.id ?? null);
      const living = what === 'all' ? [...view.tree, ...view.leftovers] : view.leftovers;
      return living.filter((stat) => isAlive(stat));
    };
    if ((await find()).length > 0) this.#become('deactivating');
    return endTree(find, this.#options.restart.stopTimeoutMs, this.#closing.signal);
  }

  #become(phase: UnitPhase, change: Partial<SavedState> = {}): void {
    this.#state = { ...this.#state, ...change, phase };
    try {
      saveState(this.#stateFile, this.#state);
    } catch {
      // Disk full or read-only: serving matters more than this note. Should the daemon die too, the next one
      // finds the port taken and says by whom, so there are still never two copies.
    }
    this.#options.onChange();
  }

  /** A task that nobody waits for. Where the machine fails it (out of descriptors, of memory) it comes again. */
  #inBackground(task: () => Promise<void>): void {
    this.#enqueue(task).catch((error) => {
      if (!isSystemError(error)) throw error;
      if (this.#closing.signal.aborted) return;
      this.#restartTimer = setTimeout(() => this.#inBackground(task), RETRY_MS);
    });
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(task);
    this.#queue = done.catch(() => {});
    return done;
  }
}

/** An operating error (errno), as opposed to a bug. */
function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
