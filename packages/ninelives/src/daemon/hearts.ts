import type { HeartbeatConfig } from '../config/service.js';
import { armDeadman, type SendPorts, type Sent, sendBeat } from '../heartbeat/sender.js';
import { newUuid } from '../host/chance.js';
import { sleep } from '../host/clock.js';
import { systemClock } from '../host/system-clock.js';
import { RecordUnavailableError } from '../record/record.js';
import { BEATS } from '../report/layers.js';
import { type EarOptions, openEars } from './ears.js';

export interface HeartsOptions extends Omit<EarOptions, 'config'> {
  config: HeartbeatConfig;
  /** Rounds of look, step and commit so far: a heart that beats although nothing is done would be a lie. */
  rounds: () => number;
}

const PORTS: SendPorts = { fetch: globalThis.fetch, sleep };

/** Beats for this layer, and listens to others, until the signal is aborted. Never in the way of what it beats for. */
export async function runHearts(options: HeartsOptions): Promise<void> {
  const { config } = options;
  const sending = config.send.map((target) => beatOn(target, options));
  const listening = config.from.length === 0 ? [] : [openEars(options)];
  await Promise.all([...sending, ...listening]);
}

type Target = HeartbeatConfig['send'][number];

async function beatOn(target: Target, options: HeartsOptions): Promise<void> {
  const { layer, rounds, signal, onTrouble } = options;
  let seen = 0;
  let failing = false;
  while (!signal.aborted) {
    const now = rounds();
    if (now > seen) {
      const sent = await beat(target, layer, signal);
      if (signal.aborted) return;
      if (sent.ok) {
        seen = now;
        noteBeat(target.name, options);
      }
      if (!sent.ok && !failing) onTrouble(`heartbeat to ${target.name}: ${sent.error}`);
      failing = !sent.ok;
      if ('tooOld' in sent) return; // said once; each further one would be a page of its own
    }
    // Before the first round there is nothing to say yet, and no reason to keep the other side waiting.
    await sleep(seen === 0 ? Math.min(1_000, target.everyMs) : target.everyMs, signal);
  }
}

/** For dashboard and report: who last took a beat of ours. A record that can't be written costs them that, nothing else. */
function noteBeat(name: string, { house: { record } }: HeartsOptions): void {
  try {
    const before = (record.note(BEATS.service, BEATS.key) ?? {}) as { [name: string]: number };
    record.setNote(BEATS.service, BEATS.key, { ...before, [name]: systemClock.wallMs() });
  } catch (error) {
    if (!(error instanceof RecordUnavailableError)) throw error;
  }
}

function beat(target: Target, layer: string, signal: AbortSignal): Promise<Sent & { tooOld?: true }> {
  if (target.type === 'ntfy') return armDeadman({ ...target, layer }, signal, PORTS);
  // Whoever comes back hears of us within an interval, not after a long wait between tries.
  return sendBeat(target.url, 'success', { signal, waitMaxMs: target.everyMs }, PORTS);
}

/** The beats of one pass get this long in all: cron begins the next one soon. */
const PASS_BEATS_MS = 20_000;

/** One pass of a cron job, for those that listen: a start, and how it ended. A pass that dies leaves a start without an end. */
export function beginPass(config: HeartbeatConfig, layer: string) {
  const starting = AbortSignal.timeout(PASS_BEATS_MS);
  const rid = newUuid();
  const pings = config.send.filter((target) => target.type === 'ping');
  const started = pings.map(({ url }) => sendBeat(url, 'start', { rid, signal: starting }, PORTS));
  return {
    /** Sends the end; an alarm is put off only by a pass that came to one. */
    async end(completed: boolean): Promise<void> {
      await Promise.all(started);
      const signal = AbortSignal.timeout(PASS_BEATS_MS);
      const ended = completed ? 'success' : 'fail';
      await Promise.all([
        ...pings.map(({ url }) => sendBeat(url, ended, { rid, signal }, PORTS)),
        ...config.send
          .filter((target) => target.type === 'ntfy' && completed)
          .map((target) => beat(target, layer, signal)),
      ]);
    },
  };
}
