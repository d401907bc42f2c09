import { type Foretold, foretell, rowOf } from '../../src/layers/foretell.js';
import type { Matrix, Row } from '../../src/layers/matrix.js';
import type { Arrived } from './pages.js';

/** What  ninelives layers  foretells when this fails, while another thing may have failed beside it. */
export function predict(matrix: Matrix, failure: string, beside: string | undefined): Foretold[] {
  const row = wanted(matrix, failure);
  if (beside === undefined) return foretell(row);
  // Two at once: whoever can't tell during the first tells of the second when that is over.
  return foretell(wanted(matrix, beside)).map((each) => {
    const tells = row.cells.find(({ layer }) => layer === each.layer)?.tells ?? [];
    const through = each.through.filter((name) => tells.includes(name));
    return through.length > 0 ? { ...each, through } : { ...each, worstMs: null };
  });
}

function wanted(matrix: Matrix, failure: string): Row {
  const [kind = '', name = ''] = failure.split(' ');
  const row = rowOf(matrix, kind, name);
  if (!row) throw new Error(`ninelives layers has no row for ${failure}`);
  return row;
}

/** Is this page what was foretold? */
export function isForetold({ layer, about, of, through }: Foretold, page: Arrived): boolean {
  if (page.layer !== layer || page.about !== about) return false;
  return (of === null || page.of === of) && (through.length === 0 || through.includes(page.by));
}
