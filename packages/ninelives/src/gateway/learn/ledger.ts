import type { HoldLimits } from '../limits.js';

/** What is held against one input. */
export interface Entry {
  fingerprint: string;
  route: string;
  bytes: number;
  /** Deaths it was on its way at: by chance, and in a trial, with nothing else on its way on purpose. */
  shared: number;
  alone: number;
  /** When it was last on its way at a death, or convicted. */
  atMs: number;
  convicted: boolean;
}

/**
 * Who was there when the backend died. Being there once makes a suspect, who is then tried alone; only deaths in such
 * a trial convict. A whole answer acquits, time forgets. Bounded: the oldest entry goes first.
 */
export interface Ledger {
  entries: Map<string, Entry>;
  /** The last death that was held against somebody, so that a word that comes late can take it back. */
  last: { atMs: number; blamed: { fingerprint: string; alone: boolean }[] } | null;
}

export function emptyLedger(): Ledger {
  return { entries: new Map(), last: null };
}

/** The entry of an input, unless its time is over. */
export function entryOf(ledger: Ledger, fingerprint: string, atMs: number, limits: HoldLimits): Entry | null {
  const entry = ledger.entries.get(fingerprint);
  if (!entry) return null;
  if (atMs - entry.atMs < limits.convictionMs) return entry;
  ledger.entries.delete(fingerprint);
  return null;
}

/** Those that were on their way when the backend died. @returns whoever is convicted by it. */
export function blame(
  ledger: Ledger,
  present: { fingerprint: string; route: string; bytes: number }[],
  trial: boolean,
  atMs: number,
  limits: HoldLimits,
): Entry | null {
  const alone = trial && present.length === 1;
  const blamed = new Map(present.map((one) => [one.fingerprint, one]));
  ledger.last = { atMs, blamed: [...blamed.keys()].map((fingerprint) => ({ fingerprint, alone })) };
  let convict: Entry | null = null;
  for (const { fingerprint, route, bytes } of blamed.values()) {
    const entry = entryOf(ledger, fingerprint, atMs, limits) ?? {
      ...{ fingerprint, route, bytes, shared: 0, alone: 0, atMs, convicted: false },
    };
    entry.atMs = atMs;
    if (alone) entry.alone += 1;
    else entry.shared += 1;
    if (entry.alone >= limits.deathsAlone && !entry.convicted) {
      entry.convicted = true;
      convict = entry;
    }
    ledger.entries.delete(fingerprint); // so that the newest is last
    ledger.entries.set(fingerprint, entry);
  }
  for (const oldest of ledger.entries.keys()) {
    if (ledger.entries.size <= limits.ledgerMax) break;
    ledger.entries.delete(oldest);
  }
  return convict;
}

/** Somebody else says it was them: the last death is held against nobody. */
export function pardon(ledger: Ledger, atMs: number, limits: HoldLimits): void {
  const { last } = ledger;
  if (!last || atMs - last.atMs > limits.toldMs) return;
  ledger.last = null;
  for (const { fingerprint, alone } of last.blamed) {
    const entry = ledger.entries.get(fingerprint);
    if (!entry) continue;
    if (alone) entry.alone -= 1;
    else entry.shared -= 1;
    entry.convicted = entry.alone >= limits.deathsAlone;
    if (entry.alone + entry.shared === 0) ledger.entries.delete(fingerprint);
  }
}

export function acquit(ledger: Ledger, fingerprint: string): void {
  ledger.entries.delete(fingerprint);
}
