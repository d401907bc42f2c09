import type { BatchResult } from '../engine/engine-process.js';
import { type BatchLimits, selectBatch } from './select.js';

/** One request's vectors, row-major [texts x dimensions], in the order of its inputs. */
export interface Embedded {
  readonly vectors: Float32Array;
  readonly dimensions: number;
}

/** What the batcher tells whoever counts. */
export interface BatchObserver {
  batchDone(batch: { texts: number; tokens: number; paddedTokens: number; inferenceMs: number }): void;
}

export interface BatcherOptions extends BatchLimits {
  /** Texts admitted and not yet answered; beyond it `submit` refuses. */
  readonly maxQueued: number;
  /** How long a batch that is not full may wait for company while the engine is idle; 0 is the next turn of the loop. */
  readonly maxWaitMs: number;
  readonly observer: BatchObserver;
  run(ids: Int32Array, lengths: Int32Array): Promise<BatchResult>;
}

/** Collects texts of concurrent requests into batches while the engine works on the one before. */
export interface Batcher {
  /** Whether that many texts would be admitted now. */
  hasRoom(texts: number): boolean;
  /**
   * Queues the texts of one request. `undefined` means that the queue is full, and nothing was queued.
   * Aborting drops what was not yet given to the engine; the promise then rejects with the signal's reason.
   */
  submit(texts: readonly Int32Array[], signal: AbortSignal): Promise<Embedded> | undefined;
  /** Texts waiting here, and texts in the engine's hands. */
  depth(): { queued: number; running: number };
}

interface Job {
  readonly rows: Float32Array[];
  left: number;
  settled: boolean;
  resolve(value: Embedded): void;
  reject(error: unknown): void;
}

interface Item {
  readonly job: Job;
  readonly index: number;
  readonly ids: Int32Array;
  /** Its place in line, see `submit`. */
  readonly turn: number;
}

/** Two, so that the engine never waits for a message while a full batch is ready for it. */
const MAX_BATCHES_IN_FLIGHT = 2;

export function createBatcher(options: BatcherOptions): Batcher {
  let queue: Item[] = [];
  let runningTexts = 0;
  let currentTurn = 0;
  let inFlight = 0;
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  const takeBatch = (): Item[] => {
    const picked = selectBatch(
      queue.map((item) => item.ids.length),
      options,
    );
    const batch = picked.map((at) => queue[at]).filter((item) => item !== undefined);
    const taken = new Set(picked);
    currentTurn = queue[0]?.turn ?? currentTurn;
    queue = queue.filter((_, at) => !taken.has(at));
    return batch;
  };

  const pump = (): void => {
    timer = undefined;
    while (queue.length > 0 && inFlight < MAX_BATCHES_IN_FLIGHT) {
      // A second batch is only sent ahead when it is full: otherwise it would leave half empty.
      if (inFlight > 0 && !fillsABatch(queue, options)) return;
      void dispatch(takeBatch());
    }
  };

  const dispatch = async (batch: Item[]): Promise<void> => {
    inFlight += 1;
    runningTexts += batch.length;
    const lengths = Int32Array.from(batch, (item) => item.ids.length);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const ids = new Int32Array(tokens);
    let at = 0;
    for (const item of batch) {
      ids.set(item.ids, at);
      at += item.ids.length;
    }
    try {
      const { vectors, inferenceMs } = await options.run(ids, lengths);
      const paddedTokens = batch.length * Math.max(...lengths);
      options.observer.batchDone({ texts: batch.length, tokens, paddedTokens, inferenceMs });
      settle(batch, vectors);
    } catch (error) {
      for (const { job } of batch) fail(job, error);
    } finally {
      inFlight -= 1;
      runningTexts -= batch.length;
      pump();
    }
  };

  const wake = (): void => {
    if (timer !== undefined || inFlight >= MAX_BATCHES_IN_FLIGHT) return;
    if (options.maxWaitMs > 0 && !fillsABatch(queue, options)) timer = setTimeout(pump, options.maxWaitMs);
    else timer = setImmediate(pump);
  };

  const hasRoom = (texts: number): boolean => queue.length + runningTexts + texts <= options.maxQueued;

  return {
    hasRoom,
    submit: (texts, signal) => {
      if (!hasRoom(texts.length)) return undefined;
      return new Promise((resolve, reject) => {
        const job: Job = { rows: [], left: texts.length, settled: false, resolve, reject };
        // Requests take turns: the n-th text of a new one stands beside the n-th from now of every other,
        // so that a probe of one text never waits for somebody's thousand.
        texts.forEach((ids, index) => {
          queue.push({ job, index, ids, turn: currentTurn + index });
        });
        queue.sort((a, b) => a.turn - b.turn);
        const onAbort = (): void => {
          queue = queue.filter((item) => item.job !== job);
          fail(job, signal.reason);
        };
        if (signal.aborted) onAbort();
        else signal.addEventListener('abort', onAbort, { once: true });
        wake();
      });
    },
    depth: () => ({ queued: queue.length, running: runningTexts }),
  };
}

function fillsABatch(queue: readonly Item[], limits: BatchLimits): boolean {
  if (queue.length >= limits.maxTexts) return true;
  let tokens = 0;
  for (const item of queue) tokens += item.ids.length;
  return tokens >= limits.maxTokens;
}

function settle(batch: readonly Item[], vectors: Float32Array): void {
  const dimensions = vectors.length / batch.length;
  batch.forEach(({ job, index }, row) => {
    job.rows[index] = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    job.left -= 1;
    if (job.left > 0 || job.settled) return;
    job.settled = true;
    const joined = new Float32Array(job.rows.length * dimensions);
    job.rows.forEach((values, at) => {
      joined.set(values, at * dimensions);
    });
    job.resolve({ vectors: joined, dimensions });
  });
}

function fail(job: Job, error: unknown): void {
  if (job.settled) return;
  job.settled = true;
  job.reject(error);
}
