import type { Matrix, Row } from './matrix.js';

/** One thing that somebody will be told when a class of failure comes true. Times from the failure, ms. */
export interface Foretold {
  /** Who tells: a layer, or a heartbeat service outside. */
  layer: string;
  /** The loss of the service (or its tunnel), the silence of another layer, or that this one could not see. */
  about: 'loss' | 'silence' | 'blind';
  /** Whose silence; null for a loss. */
  of: string | null;
  /** Through which notifiers; empty: not ours to know. */
  through: string[];
  /** A failure that is over sooner is not told. */
  soonestMs: number;
  /** No later than this; null: only when it is over. */
  worstMs: number | null;
  /** It may come: what a layer saw of its own tunnel while its pages could not leave. */
  maybe?: true;
}

/** What follows from one row of the matrix: the prediction that drills and test/site compare with what arrives. Pure. */
export function foretell(row: Row): Foretold[] {
  const outside = row.outside.map(
    (layer): Foretold => ({
      ...{ layer, about: 'silence', of: row.failure.name, through: [] },
      soonestMs: 0,
      worstMs: row.outsideMs,
    }),
  );
  return [...row.cells.flatMap(foretellOf), ...outside];
}

/** The row of that failure; null where the config names no such thing. */
export function rowOf({ rows }: Matrix, kind: string, name: string | null): Row | null {
  return (
    rows.find(({ failure }) => failure.kind === kind && (name === null || failure.name === name)) ?? null
  );
}

function foretellOf({ layer, state, lossMs, silenceMs, tells: through }: Row['cells'][number]): Foretold[] {
  const afterwards = { of: null, through: [], soonestMs: 0, worstMs: null };
  if (state === 'blind') return [{ layer, about: 'blind', ...afterwards }];
  // A tunnel that ended with its line may have been worth a page, which could not leave.
  if (state === 'mute') return [{ layer, about: 'loss', ...afterwards, maybe: true }];
  const within = ({ soonest, worst }: { soonest: number; worst: number }) => ({
    soonestMs: soonest,
    worstMs: worst,
  });
  return [
    ...(lossMs ? [{ layer, about: 'loss' as const, of: null, through, ...within(lossMs) }] : []),
    ...Object.entries(silenceMs).map(([of, ms]) => ({
      ...{ layer, about: 'silence' as const, of, through },
      ...within(ms),
    })),
  ];
}
