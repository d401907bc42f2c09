/** Every bound of the hold, by name. A request refused because of one says which; `refusals.ts` pairs them. */
export interface HoldLimits {
  /** Requests that wait or are on their way. */
  requestsMax: number;
  /** Their bodies together. */
  bytesMax: number;
  /** Longest hold: from arrival until the backend must have taken it, or an honest 503. */
  holdMs: number;
  /** Longest time for an answer from a backend that makes progress. */
  answerMs: number;
  /** Copies of one request, whatever happens. */
  copiesMax: number;
  /** 503s that one request waits out before the backend's own word is passed on. */
  unavailableMax: number;
  /** Copies on their way at once: where the adaptive limit begins, and its bounds. */
  inFlightFirst: number;
  inFlightMax: number;
  /** A backend is not suspected of hanging sooner than this. */
  patienceMinMs: number;
  /** Patience while nothing was ever learnt and its processes can't be seen. */
  patienceBlindMs: number;
  /** No CPU for this long, while everything waits longer than ever seen, is a hang. */
  stallMs: number;
  /** CPU alone buys at most this much patience: a spin is a hang too. */
  busyMs: number;
  /** Between two canaries while somebody waits: the first, and the longest. */
  canaryFirstMs: number;
  canaryMaxMs: number;
  /** Between two canaries while nobody waits. */
  canaryIdleMs: number;
  /** How long a suspect may wait for the backend to be empty. */
  aloneWaitMs: number;
  /** Deaths alone that convict. */
  deathsAlone: number;
  /** How long a conviction, or a suspicion, is kept. */
  convictionMs: number;
  /** Suspects and convicts remembered. */
  ledgerMax: number;
  /** A word about a death counts for deaths this near to it. */
  toldMs: number;
}

const MINUTE_MS = 60_000;

/**
 * `holdMs` stays below what cuts a held client off first: Cloudflare's 100 s of old (125 s since 2026), and the
 * patience of common clients is longer or has retries of its own.
 */
export const HOLD_LIMITS: HoldLimits = {
  requestsMax: 1_024,
  bytesMax: 256 * 1024 * 1024,
  holdMs: 85_000,
  answerMs: 10 * MINUTE_MS,
  copiesMax: 8,
  unavailableMax: 5,
  inFlightFirst: 8,
  inFlightMax: 64,
  patienceMinMs: 1_000,
  patienceBlindMs: 30_000,
  stallMs: 600,
  busyMs: 5 * MINUTE_MS,
  canaryFirstMs: 100,
  canaryMaxMs: 1_000,
  canaryIdleMs: 5_000,
  aloneWaitMs: 10_000,
  deathsAlone: 2,
  convictionMs: 60 * MINUTE_MS,
  ledgerMax: 1_000,
  toldMs: 10_000,
};
