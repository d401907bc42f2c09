import type { Matrix, Row } from './matrix.js';

/** One hole: a failure that nobody would tell you of, and what to do about it. */
export interface Finding {
  sentence: string;
  fix: string;
}

/** Every class that nobody outside it catches. Empty: each single failure is noticed, and you are told. */
export function findings(matrix: Matrix): Finding[] {
  return matrix.rows.filter(({ caught }) => !caught).map((row) => findingOf(row, matrix));
}

function findingOf({ failure, loss, cells }: Row, matrix: Matrix): Finding {
  const gone = cells.filter(({ state }) => state !== 'up').map(({ layer }) => layer);
  if (!loss && gone.length > 0) {
    const why = failure.kind === 'layer' ? '' : ` with ${failure.words}`;
    return {
      sentence: `nobody notices when ${gone.join(' and ')} stops${why}`,
      fix: `give layer ${gone[0]} a  heard_by:  (a layer with another fate, or a heartbeat service)`,
    };
  }
  if (!loss) {
    const mute = cells.filter(({ tells }) => tells.length === 0).map(({ layer }) => layer);
    return {
      sentence: `${oneLayer(mute)}: ${failure.words} carries every page of ${mute.join(' and ')}`,
      fix: `give ${mute.at(-1)} a second notifier with another provider`,
    };
  }
  if (gone.length === 0) {
    const who = matrix.rows[0]?.cells.map(({ layer }) => layer) ?? [];
    return {
      sentence: `${oneLayer(who)}: none notices the loss of ${failure.words}, or can tell of it`,
      fix: 'add a layer that sees the public way: ninelives watch on another machine, or ninelives export',
    };
  }
  return {
    sentence: `${oneLayer(gone)}: ${failure.words} takes ${gone.join(' and ')}, and nobody else notices`,
    fix: `put one of them elsewhere, or add a layer outside ${failure.words}: ninelives export`,
  };
}

/** The words that people remember: two layers that fail together are one. */
function oneLayer(names: string[]): string {
  if (names.length < 2) return `${names[0] ?? 'nothing'} is the only layer here`;
  const all = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `these ${names.length === 2 ? 'two' : names.length} are one layer (${all})`;
}
