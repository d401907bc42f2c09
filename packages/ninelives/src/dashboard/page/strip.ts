import { counted, duration, percent } from '../../report/words.js';
import type { HistoryView, IncidentsView } from '../view.js';
import { byId, h, svg } from './dom.js';
import { dayAndTime } from './words.js';

const HEIGHT = 64;
/** On a narrow screen, so many buckets are one bar. */
const GROUP_NARROW = 3;
const NARROW = '(max-width: 34rem)';

interface Bar {
  fromWallMs: number;
  toWallMs: number;
  passed: number;
  failed: number;
  unknown: number;
  watched: boolean;
}

/** What real work said over 72 hours, a bar a quarter of an hour; failures are lower too, so that colour is not needed. */
export function showStrip(history: HistoryView | null, incidents: IncidentsView): void {
  const element = byId('strip');
  if (!history) return;
  const bars = barsOf(history, matchMedia(NARROW).matches ? GROUP_NARROW : 1);
  const until = (wallMs: number | null) => wallMs ?? Number.POSITIVE_INFINITY;
  const says = wordsOf(bars, history);
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${bars.length} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': says },
    ...bars.flatMap((bar, at) => {
      const [kind, height] = lookOf(bar);
      const touching = incidents.filter(
        ({ fromWallMs, untilWallMs }) => fromWallMs < bar.toWallMs && until(untilWallMs) >= bar.fromWallMs,
      );
      const title = svg('title', {}, titleOf(bar, touching.length));
      const drawn = [svg('rect', { class: kind, x: at, y: HEIGHT - height, width: 0.82, height }, title)];
      const mark = touching.find(({ drill }) => drill === null) ? 'mark-real' : 'mark-drill';
      if (touching.length > 0) drawn.push(svg('rect', { class: mark, x: at, y: 0, width: 0.82, height: 6 }));
      return drawn;
    }),
  );
  const scale = h(
    'div',
    { class: 'scale', 'aria-hidden': 'true' },
    h('span', {}, dayAndTime(history.fromWallMs)),
    h('span', {}, 'now'),
  );
  element.replaceChildren(picture, scale);
  byId('strip-says').textContent = says;
}

function barsOf(history: HistoryView, group: number): Bar[] {
  const bars: Bar[] = [];
  for (let at = 0; at < history.passed.length; at += group) {
    const sum = (column: number[]) => column.slice(at, at + group).reduce((total, one) => total + one, 0);
    bars.push({
      fromWallMs: history.fromWallMs + at * history.bucketMs,
      toWallMs: history.fromWallMs + (at + group) * history.bucketMs,
      passed: sum(history.passed),
      failed: sum(history.failed),
      unknown: sum(history.unknown),
      watched: history.watched.slice(at, at + group).some(Boolean),
    });
  }
  return bars;
}

function lookOf({ passed, failed, unknown, watched }: Bar): ['pass' | 'some' | 'fail' | 'none', number] {
  if (!watched || passed + failed + unknown === 0) return ['none', 5];
  if (failed === 0) return passed > 0 ? ['pass', 54] : ['some', 26];
  return passed > failed ? ['some', 40] : ['fail', 28];
}

function titleOf({ fromWallMs, passed, failed, unknown, watched }: Bar, incidents: number): string {
  const when = dayAndTime(fromWallMs);
  if (!watched) return `${when}: nobody looked`;
  const more = unknown > 0 ? `, ${unknown} could not look` : '';
  return `${when}: ${passed} right, ${failed} failed${more}${incidents > 0 ? `, ${counted(incidents, 'incident')}` : ''}`;
}

function wordsOf(bars: Bar[], { sinceWallMs, fromWallMs, bucketMs, passed: buckets }: HistoryView): string {
  const sum = (of: (bar: Bar) => number) => bars.reduce((total, bar) => total + of(bar), 0);
  const [passed, failed] = [sum((bar) => bar.passed), sum((bar) => bar.failed)];
  if (passed + failed === 0 || sinceWallMs === null) return 'no real work was asked for yet';
  const seen = duration(fromWallMs + buckets.length * bucketMs - Math.max(sinceWallMs, fromWallMs));
  return `${percent(passed / (passed + failed))} of ${counted(passed + failed, 'probe')} right in ${seen}`;
}
