import type { Call } from '../wire/call.js';
import type { Exchange } from '../wire/upstream.js';
import type { Job } from './job.js';

/** How long and how much a client may leave an answer lying. */
export interface TakingLimits {
  /** Whole answers that their clients have not taken yet, together, bytes. */
  answersMax: number;
  /** A client that takes nothing of its answer for so long is cut off. */
  takeMs: number;
}

/**
 * Answers that their clients have not taken yet. Who asks and does not read must not fill the memory: beyond the limit,
 * whoever has had the longest time to take theirs is cut off. Nor may a stream that nobody reads hold its place in the
 * backend for ever.
 */
export class Untaken {
  /** Oldest first. */
  private readonly jobs = new Map<Job, number>();
  private bytes = 0;

  constructor(private readonly limits: TakingLimits) {}

  /** A whole answer, on its way out. */
  add(job: Job, bytes: number): void {
    this.jobs.set(job, bytes);
    this.bytes += bytes;
    if (job.call.untaken > 0) job.call.limitTaking(this.limits.takeMs);
    for (const [slowest] of this.jobs) {
      if (this.bytes <= this.limits.answersMax) return;
      this.taken(slowest);
      slowest.call.destroy();
    }
  }

  /** A streamed answer goes faster than it is taken: the backend waits for the client, but not for ever. */
  wait(call: Call, exchange: Exchange | null): void {
    exchange?.pause();
    call.limitTaking(this.limits.takeMs);
    call.onTaken(() => {
      call.limitTaking(0);
      exchange?.resume();
    });
  }

  /** The response is over, one way or another. */
  taken(job: Job): void {
    this.bytes -= this.jobs.get(job) ?? 0;
    this.jobs.delete(job);
  }
}
