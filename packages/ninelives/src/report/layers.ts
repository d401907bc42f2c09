import type { VerdictKind } from '../core/decision.js';
import type { GuardRecord } from '../record/record.js';
import type { LayerRow, LayersNote } from './model.js';

/** Left in the record by the guard that runs with this config: see cli/dashboard/layers-note.ts. */
export const LAYERS_NOTE = 'layers';

/** Where a guard notes by name who last took its heartbeat, wall ms: see daemon/hearts.ts. */
export const BEATS = { service: 'heartbeat', key: 'sent' } as const;
/** Kept by ears.ts beside the services. */
const HEART = 'heartbeat-';
/** Nobody beats as seldom as this: what is older belongs to a config of the past. */
const BEATS_KEPT_MS = 3 * 24 * 60 * 60_000;

/** As an ear keeps it, as far as it is looked at here. */
interface Heart {
  verdict: { kind: VerdictKind; sentence: string };
  lastWallMs: number | null;
}

/** The layers of a service as its guard was told of them, each with its last sign of life on record. */
export function layersOf(record: GuardRecord, service: string, nowWallMs: number): LayersNote {
  const note = record.note(service, LAYERS_NOTE) as LayersNote | null | undefined;
  const { layers, matrix } = note ?? { layers: [...ON_THE_BOX, ...NOT_SET_UP], matrix: [] };
  const hearts = heartsOf(record);
  const took = beatsOf(record, nowWallMs);
  const known = new Set(layers.map(({ name }) => name));
  const others = [...new Set([...hearts.keys(), ...took.keys()])].filter((name) => !known.has(name));
  return {
    layers: [...layers, ...others.map(beside)].map((row) =>
      alive(row, hearts.get(row.name), took.get(row.name)),
    ),
    matrix,
  };
}

function heartsOf(record: GuardRecord): Map<string, Heart> {
  const names = record.services().filter((name) => name.startsWith(HEART));
  const found = names.flatMap((name): [string, Heart][] => {
    const state = record.load(name)?.state as { heartbeat?: Heart } | undefined;
    return state?.heartbeat ? [[name.slice(HEART.length), state.heartbeat]] : [];
  });
  return new Map(found);
}

function beatsOf(record: GuardRecord, nowWallMs: number): Map<string, number> {
  const sent = (record.note(BEATS.service, BEATS.key) ?? {}) as { [name: string]: number };
  return new Map(Object.entries(sent).filter(([, wallMs]) => nowWallMs - wallMs < BEATS_KEPT_MS));
}

function alive(row: LayerRow, heart: Heart | undefined, tookWallMs: number | undefined): LayerRow {
  const told = { ...row, tookWallMs: tookWallMs ?? null };
  if (!heart) return told;
  const { verdict, lastWallMs } = heart;
  const well = verdict.kind === 'serving';
  const status = well ? 'watching' : verdict.kind === 'unseen' ? 'unknown' : 'late';
  return {
    ...told,
    status,
    lastWallMs,
    text: well ? row.text.replace(/; not heard of here$/, '') : verdict.sentence,
  };
}

/** Who beats to us, or takes our beats, and is no layer of the config: a dead man's switch of somebody else. */
function beside(name: string): LayerRow {
  const silence = 'the silence of this guard';
  return {
    name,
    catches: silence,
    status: 'unknown',
    lastWallMs: null,
    tookWallMs: null,
    text: 'heartbeats only',
  };
}

const ON_THE_BOX: LayerRow[] = [
  {
    name: 'guard',
    catches: 'crashes, hangs and wrong answers; dies with the box',
    status: 'watching',
    lastWallMs: null,
    tookWallMs: null,
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
    tookWallMs: null,
    text: 'nobody watches from a second machine: ninelives watch',
  },
  {
    name: 'off-site',
    catches: 'the site without power or uplink',
    status: 'not set up',
    lastWallMs: null,
    tookWallMs: null,
    text: 'nobody watches from elsewhere',
  },
];
