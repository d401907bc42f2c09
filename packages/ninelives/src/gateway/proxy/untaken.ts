import type { Job } from './job.js';

/**
 * Whole answers that their clients have not taken yet. Who asks and does not read must not fill the memory: beyond `max`
 * bytes, whoever has had the longest time to take theirs is cut off.
 */
export class Untaken {
  /** Oldest first. */
  private readonly jobs = new Map<Job, number>();
  private bytes = 0;

  constructor(private readonly max: number) {}

  add(job: Job, bytes: number): void {
    this.jobs.set(job, bytes);
    this.bytes += bytes;
    for (const [slowest] of this.jobs) {
      if (this.bytes <= this.max) return;
      this.taken(slowest);
      slowest.response.destroy();
    }
  }

  /** The response is over, one way or another. */
  taken(job: Job): void {
    this.bytes -= this.jobs.get(job) ?? 0;
    this.jobs.delete(job);
  }
}
