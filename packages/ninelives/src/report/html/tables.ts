import type { DrillSummary, Gap, KillRow, LayerRow, LayersNote } from '../model.js';
import { duration, utc } from '../words.js';
import { html, type Markup } from './markup.js';

function table(heads: string[], rows: Markup[]): Markup {
  const names = heads.map((head) => html`<th scope="col">${head}</th>`);
  return html`<table><thead><tr>${names}</tr></thead><tbody>${rows}</tbody></table>`;
}

export function killTable(kills: KillRow[]): Markup {
  return table(
    ['When', 'Why', 'What became of it'],
    kills.map(
      ({ wallMs, why, outcome, drill }) =>
        html`<tr><td>${utc(wallMs)}${drill ? html` <span class="drill">drill</span>` : null}</td><td>${why}</td><td>${outcome}</td></tr>`,
    ),
  );
}

export function drillTable(drills: DrillSummary[]): Markup {
  const time = (ms: number | null) => (ms === null ? '–' : duration(ms));
  return table(
    ['Fault', 'When', 'Result', 'Detected', 'Serving again', 'Lost'],
    drills.map(({ fault, wallMs, passed, inWindow, why, detectMs, serveMs, outageMs }) => {
      const result = passed ? 'passed' : `FAILED: ${why.join('; ') || 'see ninelives drill'}`;
      const when = `${utc(wallMs)}${inWindow ? '' : ' (before)'}`;
      const kind = passed ? 'good' : 'bad';
      return html`<tr><td>${fault}</td><td>${when}</td><td class="${kind}">${result}</td><td class="number">${time(detectMs)}</td>
<td class="number">${time(serveMs)}</td><td class="number">${time(outageMs)}</td></tr>`;
    }),
  );
}

export function gapTable(gaps: Gap[]): Markup {
  return table(
    ['Nobody looked from', 'to', 'for'],
    gaps.map(
      ({ fromWallMs, toWallMs }) =>
        html`<tr><td>${utc(fromWallMs)}</td><td>${utc(toWallMs)}</td><td>${duration(toWallMs - fromWallMs)}</td></tr>`,
    ),
  );
}

export function layerTable(layers: LayerRow[]): Markup {
  return table(
    ['Layer', 'Catches', 'State'],
    layers.map(({ name, catches, status, text, lastWallMs, tookWallMs }) => {
      const kind = status === 'watching' ? 'good' : status === 'late' ? 'bad' : 'warn';
      const heard = lastWallMs === null ? '' : `, last heard of ${utc(lastWallMs)}`;
      const last = tookWallMs === null ? heard : `${heard}, took our heartbeat ${utc(tookWallMs)}`;
      return html`<tr><td>${name}</td><td>${catches}</td><td><span class="${kind}">${status}</span>: ${text}${last}</td></tr>`;
    }),
  );
}

/** Which failure is noticed by whom; nothing where no config has said so. */
export function matrixTable({ layers, matrix }: LayersNote): Markup | null {
  if (matrix.length === 0) return null;
  const names = layers.slice(0, matrix[0]?.cells.length ?? 0).map(({ name }) => name);
  return table(
    ['When this fails', ...names, 'Told?'],
    matrix.map(({ failure, cells, caught }) => {
      const words = cells.map(({ text, sees }) => html`<td class="${sees ? 'good' : 'soft'}">${text}</td>`);
      const end = caught ? html`<td class="good">yes</td>` : html`<td class="bad">nobody tells</td>`;
      return html`<tr><td>${failure}</td>${words}${end}</tr>`;
    }),
  );
}
