import type { RecordEvent } from '../../core/decision.js';
import type { CheapAnswer, ProcessId } from '../../core/types.js';
import type { Deed, DrillTimes, TimelineRow } from '../report.js';

const ANCHORS: ReadonlySet<TimelineRow['type']> = new Set(['injected', 'killed', 'kill', 'restored']);

/**
 * The story of a drill in the shape of the original account: anchors with the time of day, and below each what
 * followed, in seconds since it. Pure; `events` may come in any order and hold anything the guard recorded.
 */
export function timelineOf(deeds: readonly Deed[], events: readonly RecordEvent[]): TimelineRow[] {
  const rows: TimelineRow[] = deeds.map(({ type, atMs, wallMs, text }) => ({
    type,
    atMs,
    wallMs,
    sinceMs: null,
    text,
  }));
  const ordered = [...events].sort((a, b) => a.atMs - b.atMs);
  const firstFailure = ordered.find((event) => event.type === 'probe-failed');
  for (const event of ordered) {
    const { type, atMs, wallMs } = event;
    if (isKillOfMain(event)) {
      rows.push({ type, atMs, wallMs, sinceMs: null, text: upToColon(event.text) });
      continue;
    }
    // Said once: that it fails, and that what was killed is gone.
    const again = type === 'probe-failed' && event !== firstFailure;
    const known = type === 'ended' && rows.some((row) => row.type === 'killed' || row.type === 'kill');
    const text = again || known ? null : textOf(event);
    if (text !== null) rows.push({ type, atMs, wallMs, sinceMs: 0, text });
  }
  // Stable: what has the same time stays in the order in which it was recorded, anchors first.
  rows.sort((a, b) => a.atMs - b.atMs);
  let anchorMs = rows[0]?.atMs ?? 0;
  return rows.map((row) => {
    if (row.sinceMs === null) anchorMs = row.atMs;
    return row.sinceMs === null ? row : { ...row, sinceMs: Math.round(row.atMs - anchorMs) };
  });
}

/** What the drill is about, in numbers. `rows` as made by `timelineOf`. */
export function timesOf(rows: readonly TimelineRow[]): DrillTimes {
  const injected = rows.find((row) => ANCHORS.has(row.type));
  const none: DrillTimes = {
    detectMs: null,
    killMs: null,
    restartMs: null,
    serveMs: null,
    outageMs: null,
  };
  if (!injected) return none;
  const since = (row: TimelineRow | undefined) => (row ? Math.round(row.atMs - injected.atMs) : null);
  // The last one: a crash loop may have answered in between.
  const served = rows.findLast((row) => row.type === 'serving');
  const before = served ? rows.slice(0, rows.indexOf(served)) : rows;
  const restarted = before.findLast((row) => row.type === 'incarnation');
  return {
    detectMs: since(rows.find((row) => row.type === 'incident-opened' || row.type === 'ended')),
    killMs: since(rows.find((row) => row.type === 'kill' && row.sinceMs === null)),
    restartMs: restarted?.sinceMs ?? null,
    serveMs: served?.sinceMs ?? null,
    outageMs: since(served),
  };
}

/** The guard's kill of a main process; one of leftovers is no new beginning. */
export function isKillOfMain(event: RecordEvent): boolean {
  if (event.type !== 'kill' || event.incarnation === null) return false;
  const targets = event.data?.targets as ProcessId[] | undefined;
  return targets?.[0]?.pid === event.incarnation.pid;
}

/** How an event reads in the timeline; null stays out of it. */
function textOf(event: RecordEvent): string | null {
  switch (event.type) {
    case 'probe-failed':
      return firstFailureText(event);
    case 'incarnation':
      return `active newPID=${event.incarnation?.pid ?? '?'}`;
    case 'serving':
      return 'model loaded, serving';
    case 'incident-opened':
    case 'incident-resolved':
    case 'ended':
    case 'kill':
    case 'kill-outcome':
    case 'guard-started':
    case 'paused':
    case 'armed':
    case 'disarmed':
      return event.text;
    case 'escalated':
      return `needs a person: ${event.text}`;
    case 'kill-withheld':
      return `no kill: ${event.text}`;
    case 'verdict': // its sentence comes with the incident
    case 'probe-recovered':
    case 'resumed': // part of a start through the supervisor
    case 'acknowledged':
    case 'drill':
    case 'leak':
      return null;
  }
}

function firstFailureText({ text, data }: RecordEvent): string {
  const what = data?.reason === 'timeout' ? 'first probe without an answer' : 'first probe that failed';
  const cheap = (data?.cheap as CheapAnswer[] | undefined) ?? [];
  const said = cheap.map(({ path, status, tookMs }) =>
    status === null
      ? `${path} did not answer`
      : `${path} said ${status} in ${Math.max(1, Math.round(tookMs))} ms`,
  );
  return `${what}: ${text}${said.length > 0 ? `; meanwhile ${said.join(', ')}` : ''}`;
}

/** The event carries its reason after a colon; the row above has said it already. */
function upToColon(text: string): string {
  return text.split(': ', 1)[0] ?? text;
}
