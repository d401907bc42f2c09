import { sameIncarnation } from '../core/identity.js';
import type { Incarnation, ProbeOutcome } from '../core/types.js';
import { createGoldenStore, type GoldenSnapshot, type KeptGoldenStore } from '../probe/golden.js';
import type { ProbeSpec } from '../probe/probe.js';
import { runProbe } from '../probe/run.js';
import { type GuardRecord, RecordUnavailableError } from '../record/record.js';

const NOTE = 'golden';

/**
 * Binds the probe to one service: a golden store for each incarnation (kept in the record, so that a restart of
 * the guard does not forget what was right), and one deadline for the whole attempt.
 */
export function createProber(options: {
  service: string;
  spec: ProbeSpec;
  approved: { [text: string]: number[] };
  record: GuardRecord;
  nowMs: () => number;
  signal: AbortSignal;
}): (request: {
  deadlineMs: number;
  attempt: number;
  incarnation: Incarnation | null;
}) => Promise<ProbeOutcome> {
  const { service, spec, approved, record } = options;
  let owner: Incarnation | null = null;
  let store: KeptGoldenStore = createGoldenStore(approved);
  let kept = '';

  function storeFor(incarnation: Incarnation | null): KeptGoldenStore {
    if (incarnation === null || sameIncarnation(owner, incarnation)) return store;
    const note = record.note(service, NOTE) as { incarnation: Incarnation; golden: GoldenSnapshot } | null;
    const known = note && sameIncarnation(note.incarnation, incarnation) ? note.golden : undefined;
    owner = incarnation;
    store = createGoldenStore(approved, known);
    kept = '';
    return store;
  }

  function keep(): void {
    const golden = store.toJSON();
    const text = JSON.stringify(golden);
    if (owner === null || text === kept) return;
    try {
      record.setNote(service, NOTE, { incarnation: owner, golden });
      kept = text;
    } catch (error) {
      // A full disk costs the memory of what was right, not the probe.
      if (!(error instanceof RecordUnavailableError)) throw error;
    }
  }

  return async ({ deadlineMs, attempt, incarnation }) => {
    const golden = storeFor(incarnation);
    const outcome = await runProbe(spec, {
      fetch: globalThis.fetch,
      nowMs: options.nowMs,
      deadlineMs,
      signal: options.signal,
      attempt,
      golden,
    });
    if (outcome.reason === 'ok') keep();
    return outcome;
  };
}

/** Vectors that a person approved, by text, as the config has read them from the golden file. */
export function approvedOf(spec: ProbeSpec): { [text: string]: number[] } {
  return (spec.options.golden as { [text: string]: number[] } | undefined) ?? {};
}
