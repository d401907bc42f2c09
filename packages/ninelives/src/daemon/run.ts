import type { Config, ServiceConfig } from '../config/service.js';
import type { Decision, GuardState, RecordEvent } from '../core/decision.js';
import { pruneEvidence } from '../evidence/store.js';
import { systemClock } from '../host/system-clock.js';
import { createOutbox } from '../notify/outbox.js';
import { createEvidenceKeeper, giveUpEvidence } from './evidence.js';
import { openGateway } from './gateway/open.js';
import { GUARD_NOTE, guardNote } from './guard-note.js';
import { runHearts } from './hearts.js';
import type { House } from './house.js';
import type { Guard } from './loop.js';
import { DEFAULT_TIMING, type GuardTiming } from './ports.js';
import { createServiceGuard } from './service.js';
import { superviseService } from './supervise.js';

export interface DaemonOptions {
  config: Config;
  /** Absolute path of the file it came from; null: from flags. For other commands, which find it in the record. */
  configFile: string | null;
  stateDir: string;
  /** 'up' starts what does not run and stops it at the end; 'guard' looks after what runs and leaves it running. */
  mode: 'up' | 'guard';
  env: { [name: string]: string | undefined };
  /** The node binary that runs the built-in embedder and the gateway. */
  node: string;
  /** Our own command, which runs the gateway; null: no gateway is run here. */
  bin: string | null;
  house: House;
  timing?: Partial<GuardTiming>;
  /** Beat and listen as the config says; a pass of cron does so itself, at its ends. */
  hearts?: boolean;
  onEvent(service: ServiceConfig, event: RecordEvent): void;
  /** After each commit, with the state that it left. */
  onState(service: ServiceConfig, state: GuardState): void;
  /** Something that people should hear of and that is no event of a service: a page that was given up. */
  onTrouble(text: string): void;
  /** Each completed look at a service, and what is known after it: what a watchdog is fed with. */
  onRound(service: ServiceConfig, state: GuardState): void;
  /** Aborted: the daemon lets go in good order. */
  signal: AbortSignal;
}

/** Pages still pending get this long to leave when the daemon ends; the rest leaves with the next one. */
const LAST_PAGES_MS = 3_000;
const OUTBOX_EVERY_MS = 5_000;
const RETAIN_EVERY_MS = 60 * 60_000;

interface Running {
  guard: Guard & { close(): void };
  end(stop: boolean): Promise<void>;
}

/**
 * The resident daemon: supervisors, one guard a service, and the outbox, over one record. Resolves when the signal
 * was aborted and everything is put down; rejects with a bug of ours, after which the record is still sound.
 * @throws SetupError before anything is touched.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { config, mode } = options;
  const { record, reserve, notifiers } = options.house;
  const ended = new AbortController();
  const over = AbortSignal.any([options.signal, ended.signal]);
  let bug: { error: unknown } | null = null;
  const outbox = createOutbox({
    record,
    notifiers,
    paging: config.paging,
    onTrouble: options.onTrouble,
    clock: systemClock,
    random: Math.random,
    onGaveUp: ({ page, notifier }, error) => {
      options.onTrouble(`page "${page.title}" was not delivered through ${notifier}, given up: ${error}`);
    },
  });
  const running: Running[] = [];
  let rounds = 0;
  let hearts = Promise.resolve();
  try {
    for (const service of config.services) {
      running.push(
        await startService(service, options, {
          onPages: () => void outbox.drain(),
          onRound(state) {
            rounds += 1;
            options.onRound(service, state);
          },
          onBug(error) {
            bug ??= { error };
            ended.abort();
          },
        }),
      );
    }
    const tidy = () => {
      const olderThanWallMs = systemClock.wallMs() - config.retentionMs;
      record.retain(olderThanWallMs);
      pruneEvidence(options.stateDir, olderThanWallMs);
      reserve.take();
    };
    tidy();
    if (options.hearts) {
      hearts = runHearts({
        config: config.heartbeats,
        layer: guardLayer(config),
        house: options.house,
        rounds: () => rounds,
        onPages: () => void outbox.drain(),
        onTrouble: options.onTrouble,
        signal: over,
      });
    }
    await every(
      [
        { ms: RETAIN_EVERY_MS, run: tidy },
        { ms: OUTBOX_EVERY_MS, run: () => void outbox.drain() },
      ],
      over,
    );
  } finally {
    for (const { guard } of running) guard.close();
    ended.abort();
    await hearts;
    // After a bug the service is left alone: whoever starts us again adopts it.
    await Promise.all(running.map(({ end }) => end(mode === 'up' && bug === null)));
    await Promise.race([outbox.drain(), new Promise((done) => setTimeout(done, LAST_PAGES_MS).unref())]);
    await outbox.stop();
  }
  if (bug) throw (bug as { error: unknown }).error;
}

/** What this layer is called among the others. */
export function guardLayer({ outer }: Config): string {
  return outer.layers.find(({ kind }) => kind === 'guard')?.name ?? 'guard';
}

async function startService(
  service: ServiceConfig,
  options: DaemonOptions,
  hooks: { onPages: () => void; onRound: (state: GuardState) => void; onBug: (error: unknown) => void },
): Promise<Running> {
  const { house } = options;
  let guard: (Guard & { close(): void }) | null = null;
  const gateway = await openGateway(service, options);
  const supervised = await superviseService(service, {
    stateDir: options.stateDir,
    env: options.env,
    node: options.node,
    start: options.mode === 'up',
    onChange: () => guard?.nudge(),
    known: house.record.load(service.name)?.state.unit ?? null,
  }).catch(async (error: unknown) => {
    await gateway.end(true);
    throw error;
  });
  // What a drill or a status in another process needs to know of this service.
  house.record.setNote(service.name, 'config', service);
  house.record.setNote(service.name, GUARD_NOTE, guardNote(options.configFile));
  const created = createServiceGuard({
    config: service,
    whole: options.config,
    record: house.record,
    supervisor: supervised.supervisor,
    start: supervised.start,
    power: supervised.power,
    path: options.env.PATH ?? '',
    ...(supervised.belongs ? { belongs: supervised.belongs } : {}),
    timing: { ...DEFAULT_TIMING, ...options.timing },
    notifiers: house.told,
    makeRoom: (error) => giveUpEvidence(options.stateDir, error) || house.reserve.makeRoom(error),
    keepEvidence: createEvidenceKeeper({
      service,
      config: options.config,
      stateDir: options.stateDir,
      logFile: supervised.supervisor.logFile,
      env: options.env,
    }),
    beforeKill: gateway.messenger.beforeKill,
    ...(gateway.traffic ? { traffic: gateway.traffic } : {}),
    onDecision(decision: Decision) {
      gateway.messenger.seen(decision);
      for (const event of decision.events) options.onEvent(service, event);
      options.onState(service, decision.state);
      if (decision.pages.length > 0) hooks.onPages();
    },
    onRound: () => hooks.onRound(created.state()),
    tellWithoutRecord(page) {
      for (const notifier of house.notifiers) {
        void notifier.deliver(page, AbortSignal.timeout(LAST_PAGES_MS));
      }
    },
    onBug: hooks.onBug,
  });
  guard = created;
  await gateway.ready();
  created.begin();
  return {
    guard: created,
    async end(stop) {
      // First the gateway: it answers those who are here while there is somebody to ask.
      await gateway.end(stop);
      await supervised.end(stop);
    },
  };
}

/** Runs each job at its interval until the signal is aborted. */
function every(jobs: { ms: number; run: () => void }[], signal: AbortSignal): Promise<void> {
  const timers = jobs.map(({ ms, run }) => setInterval(run, ms));
  return new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  }).finally(() => {
    for (const timer of timers) clearInterval(timer);
  });
}
