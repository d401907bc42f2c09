/** Something that somebody must be told: one line of what  ninelives layers  foretells. Times from the cut, ms. */
export interface Expected {
  layer: string;
  about: 'loss' | 'silence' | 'blind';
  of: string | null;
  through: string[];
  soonestMs: number;
  worstMs: number | null;
  maybe?: true;
}

/** A page that reached somebody, as far as it can be seen from here. */
export interface Arrival {
  wallMs: number;
  /** Who tells; null: a person said that a page came, and not from whom. */
  layer: string | null;
  about: 'loss' | 'silence' | 'other';
  of: string | null;
  /** The notifier; `you` for what a person confirms. */
  through: string;
  title: string;
  /** Told of a loss, or of its end. */
  end: boolean;
}

/** What became of one expectation. */
export interface Met extends Expected {
  /** From the cut, ms; null: it has not come, or can't be seen from here. */
  arrivedMs: number | null;
  verdict: 'in time' | 'late' | 'missing' | 'not due' | 'not to be seen from here';
}

/** What `drill --json` prints of an outer drill, and what is kept. */
export interface OuterReport {
  drillId: string;
  drill: string;
  service: string;
  /** RFC 3339, when it was cut. */
  at: string;
  /** Done to something of ours, or rehearsed with a person. */
  mode: 'real' | 'rehearsal';
  /** What was done, in words. */
  deed: string;
  /** From the cut to its mending, ms. */
  lastedMs: number;
  expected: Met[];
  /** Pages of a loss that nobody foretold. */
  surprises: { layer: string | null; title: string; afterMs: number }[];
  passed: boolean;
  /** Each a clause; empty when passed. */
  why: string[];
  interrupted: boolean;
}

export type OuterNews =
  | { type: 'begun'; drill: string; service: string; mode: OuterReport['mode']; expected: Expected[] }
  | { type: 'cut'; wallMs: number; text: string }
  | { type: 'arrived'; afterMs: number; arrival: Arrival }
  | { type: 'over'; text: string }
  | { type: 'mended'; wallMs: number; text: string };
