import type { DoctorRow } from '../doctor/row.js';
import type { Defence } from './defence.js';
import { findings } from './findings.js';
import { matrixOf } from './matrix.js';

/** What `doctor` says of the defence in depth: a warning, since the guard itself works without any other layer. */
export function layersRow(defence: Defence): DoctorRow {
  const holes = findings(matrixOf(defence));
  const names = defence.layers.map(({ name }) => name).join(', ');
  if (holes.length === 0) {
    const means = 'each single failure is noticed by a layer outside it, which can tell you';
    return { id: 'layers', level: 'ok', read: names, means, fix: null };
  }
  const [first] = holes;
  const more = holes.length > 1 ? ` (and ${holes.length - 1} more)` : '';
  return {
    id: 'layers',
    level: 'warn',
    read: names,
    means: `${first?.sentence}${more}`,
    fix: `${first?.fix}\nsee them all:  ninelives layers`,
  };
}
