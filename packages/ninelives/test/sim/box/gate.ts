import type { TrafficEvidence } from '../../../src/gateway/status/evidence.js';
import { type Life, LOOKS } from './life.js';
import type { Stage } from './stage.js';

/** What the gateway tells of its traffic; the rest of its evidence is for people. */
export type Told = Pick<TrafficEvidence, 'work' | 'quietMs' | 'streamedAgoMs' | 'completions'> & {
  deaths: number;
};

/**
 * The gateway in front of one service, as its evidence shows it: a client that sends the next request when the last was
 * answered, and now and then one that asks for a batch. What it has learnt of durations it keeps over the server's lives.
 */
export class Gate {
  #longestMs = 0;

  constructor(private readonly stage: Stage) {}

  evidence(life: Life | null): Told {
    const { nowMs } = this.stage;
    const nothing = { work: [], quietMs: null, streamedAgoMs: null };
    if (!life) return { ...nothing, completions: 0, deaths: 0 };
    const completions = life.served(nowMs);
    const told = { completions, deaths: life.no };
    // Who was answered before shows how long it takes; one that was not yet is not known to the gateway.
    if (LOOKS[life.mode].completes && life.servedInMode(nowMs) > 0)
      this.#longestMs = Math.max(this.#longestMs, life.everyMs);
    const waitedMs = nowMs - Math.max(life.modeSinceMs, life.lastCompletionMs(nowMs));
    if (life.mode === 'client-batch') {
      const batchMs = nowMs - life.modeSinceMs;
      const work = [{ waitedMs: batchMs, longestMs: life.likeMs }];
      return { ...told, ...nothing, work, quietMs: batchMs };
    }
    if (life.mode === 'loading' || life.everyMs === 0) return { ...told, ...nothing };
    const longestMs = this.#longestMs === 0 ? null : this.#longestMs;
    return { ...told, ...nothing, work: [{ waitedMs, longestMs }], quietMs: waitedMs };
  }
}
