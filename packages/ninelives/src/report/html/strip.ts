import type { StripCell } from '../model.js';
import { utc } from '../words.js';
import { html, type Markup } from './markup.js';

const HEIGHT = 48;
const MARK = 6;

/** Colour alone says nothing to some: failed cells are lower, and unwatched ones are a thin line. */
export function stripSvg(cells: StripCell[]): Markup {
  const failed = cells.filter((cell) => cell.failed > 0).length;
  const unwatched = cells.filter((cell) => !cell.watched).length;
  const says = `Real work over time: ${cells.length} cells, ${failed} with failures, ${unwatched} in which nobody looked.`;
  return html`<svg class="strip" viewBox="0 0 ${cells.length} ${HEIGHT}" preserveAspectRatio="none" role="img"
aria-label="${says}">${cells.map(cellRects)}</svg>
<div class="scale"><span>${utc(cells[0]?.fromWallMs ?? 0)}</span><span>${utc(cells.at(-1)?.toWallMs ?? 0)}</span></div>`;
}

function cellRects(cell: StripCell, at: number): Markup {
  const [kind, height] = lookOf(cell);
  const y = HEIGHT - height;
  const bar = html`<rect class="${kind}" x="${at}" y="${y}" width="0.85" height="${height}"/>`;
  if (!cell.incident) return bar;
  const mark = cell.incident === 'drill' ? 'mark of-drill' : 'mark';
  return html`${bar}<rect class="${mark}" x="${at}" y="0" width="0.85" height="${MARK}"/>`;
}

/** Class and height of a cell. */
export function lookOf({
  passed,
  failed,
  unknown,
  watched,
}: StripCell): ['pass' | 'some' | 'fail' | 'none', number] {
  if (!watched || passed + failed + unknown === 0) return ['none', 4];
  if (failed === 0) return passed > 0 ? ['pass', 38] : ['some', 20];
  return passed > failed ? ['some', 30] : ['fail', 22];
}
