import type { GuardRecord } from '../record/record.js';
import type { LayerRow, LayersNote } from './model.js';

/** Left in the record by the guard that runs with this config: see cli/dashboard/layers-note.ts. */
export const LAYERS_NOTE = 'layers';

/** The layers of a service as its guard was told of them; before it was, only that there is this record. */
export function layersOf(record: GuardRecord, service: string): LayersNote {
  const note = record.note(service, LAYERS_NOTE) as LayersNote | null | undefined;
  return note ?? { layers: [...ON_THE_BOX, ...NOT_SET_UP], matrix: [] };
}

const ON_THE_BOX: LayerRow[] = [
  {
    name: 'guard',
    catches: 'crashes, hangs and wrong answers; dies with the box',
    status: 'watching',
    lastWallMs: null,
    text: 'on the box; this record is its own',
  },
];

/** What nobody watches from, where the config names no layer but the guard. */
export const NOT_SET_UP: LayerRow[] = [
  {
    name: 'LAN',
    catches: 'a dead host, a broken tunnel; shares power and uplink with the box',
    status: 'not set up',
    lastWallMs: null,
    text: 'nobody watches from a second machine: ninelives watch',
  },
  {
    name: 'off-site',
    catches: 'the site without power or uplink',
    status: 'not set up',
    lastWallMs: null,
    text: 'nobody watches from elsewhere',
  },
];
