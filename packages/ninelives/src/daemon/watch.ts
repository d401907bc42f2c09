import type { Config } from '../config/service.js';
import { sleep } from '../host/clock.js';
import { systemClock } from '../host/system-clock.js';
import type { Outbox } from '../notify/outbox.js';
import type { WatchDecision } from '../watch/step.js';
import { runHearts } from './hearts.js';
import type { House } from './house.js';
import { createWatcher, type Watcher, watchTargets } from './watching.js';

export interface WatchOptions {
  config: Config;
  house: House;
  outbox: Outbox;
  layer: string;
  /** One pass for cron: every service looked at until it is decided, pages sent, the end. */
  once: boolean;
  onDecision(service: string, decision: WatchDecision): void;
  /** Each look that was committed: what a watchdog is fed with. */
  onRound(): void;
  onTrouble(text: string): void;
  signal: AbortSignal;
}

const OUTBOX_EVERY_MS = 5_000;
const RETAIN_EVERY_MS = 60 * 60_000;

/** Watches until the signal is aborted, or once. Returns whether every service was serving at its last look. */
export async function runWatch(options: WatchOptions): Promise<boolean> {
  const { config, house, outbox, signal } = options;
  const { policy } = config.outer;
  const watchers = watchTargets(config).map((target) => createWatcher(target, policy, options.layer, house));
  let rounded = 0;
  const onRound = () => {
    rounded += 1;
    options.onRound();
  };
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const duties = [
    Promise.all(watchers.map((watcher) => rounds(watcher, { ...options, onRound }, over))).finally(() =>
      ended.abort(),
    ),
    ...(options.once ? [] : [runHearts({ ...hearts(options, () => rounded), signal: over })]),
    every(OUTBOX_EVERY_MS, over, () => void outbox.drain()),
    every(RETAIN_EVERY_MS, over, () => {
      house.record.retain(systemClock.wallMs() - config.retentionMs);
      house.reserve.take();
    }),
  ];
  await Promise.all(duties);
  return watchers.every((watcher) => watcher.state().verdict.kind === 'serving');
}

function hearts({ config, house, outbox, layer, onTrouble }: WatchOptions, rounds: () => number) {
  const onPages = () => void outbox.drain();
  return { config: config.heartbeats, house, layer, rounds, onPages, onTrouble };
}

async function rounds(watcher: Watcher, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { policy } = options.config.outer;
  while (!signal.aborted) {
    const decision = await watcher.look(signal);
    if (signal.aborted) return;
    options.onRound();
    options.onDecision(decision.state.service, decision);
    void options.outbox.drain();
    // A pass leaves when there is nothing left to confirm: the next one goes on from the record.
    if (options.once && decision.nextMs >= policy.everyMs) return;
    await sleep(decision.nextMs, signal);
  }
}

/** At once, and then at its interval, until the signal is aborted. */
async function every(ms: number, signal: AbortSignal, run: () => void): Promise<void> {
  while (!signal.aborted) {
    run();
    await sleep(ms, signal);
  }
}
