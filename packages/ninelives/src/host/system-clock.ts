import { monotonicMs, wallMs } from './clock.js';

/** The real time behind the loop's clock port. */
export const systemClock = {
  monotonicMs,
  wallMs,
  after(delayMs: number, run: () => void): () => void {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
