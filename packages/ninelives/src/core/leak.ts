import type { Growth, Life } from './life.js';
import { noticePage } from './page.js';
import type { Policy } from './policy.js';
import { type Draft, note } from './state.js';
import type { UnitSnapshot } from './types.js';

const MIB = 1024 * 1024;
/** When there are this many, every second one is dropped and the rest stand twice as far apart. */
const POINTS_MAX = 32;
const POINTS_NEEDED = 12;
/** The newer half must grow this much as fast as the older one: what levels off is a cache that fills. */
const LEVELLING_OFF = 0.5;
/** Less than this share of what it uses, or than 16 MiB, is noise. */
const GROWN_SHARE = 0.02;
const GROWN_MIB = 16;

/** Memory that will be used up. */
export interface Leak {
  what: 'memory' | 'gpu';
  /** MiB an hour. */
  mibPerHour: number;
  /** From now until the limit, ms. */
  leftMs: number;
  /** Whose limit that is. */
  of: string;
}

/** Takes a sample when one is due, and tells a person, once a life, of memory that is going to be used up. */
export function watchLeaks(draft: Draft): void {
  const { state, policy, at } = draft;
  const { life, unit } = state;
  if (
    !life ||
    !unit ||
    life.servedAtMs === null ||
    policy.leakEveryMs <= 0 ||
    draft.state.unitAtMs !== at.atMs
  ) {
    return;
  }
  life.growth = sampled(life.growth, unit, policy, at.atMs);
  for (const leak of leaksOf(life.growth, unit, policy)) {
    if (life.growth.told.includes(leak.what)) continue;
    life.growth = { ...life.growth, told: [...life.growth.told, leak.what] };
    const text = leakText(leak, at.wallMs);
    note(draft, 'leak', text, { ...leak });
    const id = `leak/${leak.what}/${life.incarnation.pid}-${life.incarnation.startTicks}`;
    const body = `${text}. It still answers right; restart it at a quiet moment, or give it more room.`;
    draft.pages.push(noticePage(state.service, id, titleOf(leak), body, at.wallMs, 'leak'));
  }
}

/** What the sentence of a serving service adds about its memory; '' when it does not leak. */
export function leakClause(life: Life, unit: UnitSnapshot, policy: Policy, wallMs: number): string {
  if (!life.growth) return '';
  return leaksOf(life.growth, unit, policy)
    .map((leak) => `; ${leakText(leak, wallMs)}`)
    .join('');
}

function sampled(before: Growth | undefined, unit: UnitSnapshot, policy: Policy, atMs: number): Growth {
  const growth = before ?? { everyMs: policy.leakEveryMs, points: [], told: [] };
  const last = growth.points.at(-1);
  if (last && atMs - last[0] * 1_000 < growth.everyMs) return growth;
  const rssBytes = unit.processes.reduce((sum, process) => sum + process.rssBytes, 0);
  const gpuBytes = unit.gpu && !('trouble' in unit.gpu) ? unit.gpu.usedBytes : null;
  const mib = (bytes: number) => Math.round((bytes / MIB) * 10) / 10;
  const points: Growth['points'] = [
    ...growth.points,
    [Math.round(atMs / 10) / 100, mib(rssBytes), gpuBytes === null ? null : mib(gpuBytes)],
  ];
  if (points.length < POINTS_MAX) return { ...growth, points };
  return { ...growth, everyMs: 2 * growth.everyMs, points: points.filter((_, nth) => nth % 2 === 1) };
}

function leaksOf({ points }: Growth, unit: UnitSnapshot, policy: Policy): Leak[] {
  const leaks: Leak[] = [];
  const memory = unit.memory && {
    room: unit.memory.freeBytes / MIB,
    of: unit.memory.of,
  };
  const rss = points.map(([atS, mib]) => [atS, mib] as const);
  const inMemory = memory && projected(rss, memory.room, policy);
  if (inMemory) leaks.push({ what: 'memory', of: memory.of, ...inMemory });
  const free = unit.gpu && !('trouble' in unit.gpu) ? unit.gpu.freeBytes : null;
  const onGpu = points.flatMap(([atS, , mib]) => (mib === null ? [] : [[atS, mib] as const]));
  const inGpu = free === null ? null : projected(onGpu, free / MIB, policy);
  if (inGpu) leaks.push({ what: 'gpu', of: 'its GPU', ...inGpu });
  return leaks;
}

/** A straight and lasting rise, and when it reaches the limit; null when it is none, or too far away. Pure. */
export function projected(
  points: readonly (readonly [atS: number, mib: number])[],
  roomMib: number,
  policy: Pick<Policy, 'leakHorizonMs' | 'leakForesight'>,
): Pick<Leak, 'mibPerHour' | 'leftMs'> | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < POINTS_NEEDED) return null;
  const middle = points.length >> 1;
  if (last[1] - first[1] < Math.max(GROWN_MIB, GROWN_SHARE * last[1])) return null;
  const slope = slopeOf(points);
  if (slopeOf(points.slice(middle)) < LEVELLING_OFF * slopeOf(points.slice(0, middle))) return null;
  if (slope <= 0 || slopeOf(points.slice(middle)) <= 0) return null;
  const leftMs = (Math.max(0, roomMib) / slope) * 1_000;
  const seenMs = (last[0] - first[0]) * 1_000;
  if (leftMs > policy.leakHorizonMs || leftMs > policy.leakForesight * seenMs) return null;
  return { mibPerHour: slope * 3_600, leftMs };
}

/** MiB a second, by least squares; 0 for points of one moment. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const count = points.length;
  const meanAt = points.reduce((sum, [atS]) => sum + atS, 0) / count;
  const meanMib = points.reduce((sum, [, mib]) => sum + mib, 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const [atS, mib] of points) {
    covariance += (atS - meanAt) * (mib - meanMib);
    variance += (atS - meanAt) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}

function titleOf({ what }: Leak): string {
  return what === 'gpu' ? 'its GPU memory will be used up' : 'its memory will be used up';
}

/** `its memory grows by 240 MiB an hour: that of the machine is used up at 2026-11-25T19:40Z, in 3.9 h`. */
function leakText({ what, mibPerHour, leftMs, of }: Leak, wallMs: number): string {
  const grows = `its ${what === 'gpu' ? 'GPU memory' : 'memory'} grows by ${Math.round(mibPerHour)} MiB an hour`;
  return `${grows}: that of ${of} is used up at ${minuteOf(wallMs + leftMs)}, in ${spanOf(leftMs)}`;
}

function spanOf(ms: number): string {
  return ms < 90 * 60_000
    ? `${Math.max(1, Math.round(ms / 60_000))} min`
    : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** To the minute, UTC; total: what no calendar has is told as the number it is. */
function minuteOf(wallMs: number): string {
  if (!(Math.abs(wallMs) <= 8.64e15)) return `${wallMs} ms`;
  return new Date(wallMs).toISOString().replace(/:\d\d\.\d+Z$/, 'Z');
}
