import type { ProbeOutcome } from '../core/types.js';

/** What real work means for one service. Which fields apply is the kind's business (one file a kind). */
export interface ProbeSpec {
  kind: string;
  /** Where the API answers, e.g. `http://127.0.0.1:8088`; kinds append their path unless one is given. */
  url: string;
  model: string | null;
  headers: { [name: string]: string };
  /** Paths asked beside the real work, as evidence of which endpoints lie. Default /health, /v1/models. */
  cheapPaths: string[];
  /**
   * Kind-specific settings, already validated by the config: the `…Options` interface that the kind's file
   * exports. Anything left out takes that kind's default.
   */
  options: { [key: string]: unknown };
}

/** What the prober needs from outside; all web-standard, so that the same code runs off-site. */
export interface ProbeEnvironment {
  fetch: typeof globalThis.fetch;
  nowMs(): number;
  /** Whole-attempt limit: connect, answer, body. */
  deadlineMs: number;
  signal: AbortSignal;
  /** Counts up with each attempt, so that confirmations use another text. */
  attempt: number;
  golden: GoldenStore;
}

/** A vector known to be right for one text. */
export interface Golden {
  vector: number[];
  source: 'approved' | 'provisional';
  /** This incarnation has given it before: a later difference is damage, not another model. */
  matched: boolean;
}

/** Vectors known to be right: from a file the user approved, or this incarnation's own first answers. */
export interface GoldenStore {
  get(text: string): Golden | null;
  /** Called with every right answer; kept as provisional only for a text that has no golden yet. */
  offer(text: string, vector: number[]): void;
}

/** One attempt at real work; never throws, never outlives its deadline, reads a bounded body. */
export type RunProbe = (spec: ProbeSpec, environment: ProbeEnvironment) => Promise<ProbeOutcome>;
