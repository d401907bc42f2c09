import type { Golden, GoldenStore } from './probe.js';

/** What one incarnation has answered so far, as plain JSON, so that it survives the guard's own restart. */
export interface GoldenSnapshot {
  /** This incarnation's own first right answers, by text. */
  provisional: { [text: string]: number[] };
  /** Texts with an approved vector that this incarnation has matched; with one, it is the approved model. */
  matched: string[];
}

export interface KeptGoldenStore extends GoldenStore {
  toJSON(): GoldenSnapshot;
}

/**
 * The golden answers for ONE incarnation: a new incarnation gets a new store, because its model may have
 * been changed on purpose. Bounded by the number of texts that the probe rotates through.
 * @param approved vectors from a file that a person approved, by text
 * @param kept what an earlier guard process stored about this same incarnation
 */
export function createGoldenStore(
  approved: { [text: string]: number[] } = {},
  kept: GoldenSnapshot = { provisional: {}, matched: [] },
): KeptGoldenStore {
  const approvedByText = new Map(Object.entries(approved));
  const provisional = new Map(Object.entries(kept.provisional));
  const matched = new Set(kept.matched);

  function get(text: string): Golden | null {
    const vector = approvedByText.get(text);
    if (vector !== undefined) return { vector, source: 'approved', matched: matched.size > 0 };
    const own = provisional.get(text);
    return own === undefined ? null : { vector: own, source: 'provisional', matched: true };
  }

  function offer(text: string, vector: number[]): void {
    if (approvedByText.has(text)) matched.add(text);
    else if (!provisional.has(text)) provisional.set(text, [...vector]);
  }

  return {
    get,
    offer,
    toJSON: () => ({ provisional: Object.fromEntries(provisional), matched: [...matched] }),
  };
}
