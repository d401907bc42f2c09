import type { Config } from '../../config/service.js';
import { defencesOf } from '../../layers/defence.js';
import { type Cell, matrixOf } from '../../layers/matrix.js';
import type { GuardRecord } from '../../record/record.js';
import { LAYERS_NOTE, NOT_SET_UP } from '../../report/layers.js';
import type { LayerRow, LayersNote } from '../../report/model.js';
import { span } from '../terminal.js';

const CATCHES = {
  guard: 'crashes, hangs and wrong answers; dies with the box',
  watch: 'what a client meets: the model, the box, the tunnel',
  beacon: 'what a client meets, from elsewhere',
} as { [kind: string]: string };

/** Leaves the config's layers in the record, where dashboard and report find them. */
export function noteLayers(config: Config, record: GuardRecord): void {
  for (const defence of defencesOf(config)) {
    const layers = defence.layers.map(
      ({ name, kind, everyMs }): LayerRow => ({
        name,
        catches: CATCHES[kind] ?? 'what a client meets, from elsewhere',
        // What runs here is known here; of the others nothing has been heard.
        status: kind === 'guard' ? 'watching' : 'unknown',
        lastWallMs: null,
        tookWallMs: null,
        text:
          kind === 'guard'
            ? `on the box, every ${span(everyMs)}`
            : `set up, every ${span(everyMs)}; not heard of here`,
      }),
    );
    const matrix = matrixOf(defence).rows.map(({ failure, cells, caught }) => ({
      failure: failure.words,
      cells: cells.map((cell) => ({ text: wordsOf(cell), sees: cell.worstMs !== null })),
      caught,
    }));
    const note: LayersNote = { layers: layers.length > 1 ? layers : [...layers, ...NOT_SET_UP], matrix };
    record.setNote(defence.service.name, LAYERS_NOTE, note);
  }
}

function wordsOf({ state, notices, tells, worstMs, acts }: Cell): string {
  if (state === 'down') return 'down with it';
  if (state === 'blind') return 'blind, tells later';
  if (state === 'mute') return 'its pages wait';
  if (!notices.loss && notices.silenceOf.length === 0) return 'does not see it';
  if (worstMs === null) return acts === null ? "sees it, can't tell" : "mends it, can't tell";
  return `${acts === null ? 'tells' : 'mends it, tells'} ${tells.join(', ')} within ${span(worstMs)}`;
}
