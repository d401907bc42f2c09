/** One line of the compiled production code, made wrong. */
export interface Edit {
  /** Under `dist/src`. */
  file: string;
  /** Must be there exactly once. */
  from: string;
  to: string;
}

/** A guard with one rule missing. Each must be caught by the simulation. */
export interface Mutant {
  name: string;
  /** A weekend that showed it before: the hunt begins there, which saves time and proves nothing. */
  seed?: number;
  edits: readonly Edit[];
}
