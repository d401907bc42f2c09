import { scoreWords, verdictWords } from '../../rehearse/page.js';
import type { RehearsalNews } from '../../rehearse/rehearse.js';
import { QUIET_PASSES } from '../../rehearse/rehearse.js';
import { type Figures, figuresOf, type Rehearsal, type Verdict } from '../../rehearse/report.js';
import { span, type Terminal } from '../terminal.js';

/** How far it is, and how it went so far. */
export interface Progress {
  calls: number;
  failed: number;
  passes: number;
  strikes: number;
  wanted: number;
  course: 'quiet' | 'faulted';
}

export function startProgress(wanted: number): Progress {
  return { calls: 0, failed: 0, passes: 0, strikes: 0, wanted, course: 'quiet' };
}

export function takeNews(progress: Progress, news: RehearsalNews): void {
  if (news.type !== 'strike' && news.course !== progress.course) {
    Object.assign(progress, { course: news.course, calls: 0, failed: 0, passes: 0 });
  }
  if (news.type === 'call') {
    progress.calls += 1;
    if (news.call.why !== null) progress.failed += 1;
  }
  if (news.type === 'pass') progress.passes += 1;
  if (news.type === 'strike') progress.strikes = news.done;
}

const BAR = 24;

/** `with faults  ███████░░░░░  5 of 12 faults · 320 calls, 0 failed` */
export function progressLine(progress: Progress, columns: number): string {
  const { course, passes, strikes, wanted, calls, failed } = progress;
  const [done, of, what] =
    course === 'quiet' ? [passes, QUIET_PASSES, 'passes'] : [strikes, wanted, 'faults'];
  const filled = Math.min(BAR, Math.round((done / of) * BAR));
  const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
  const name = course === 'quiet' ? 'quiet      ' : 'with faults';
  return `${name}  ${bar}  ${done} of ${of} ${what} · ${calls} calls, ${failed} failed`.slice(0, columns - 1);
}

/** The same where nothing can be redrawn: one line a pass while it is quiet, one a fault. */
export function newsLine(news: RehearsalNews, progress: Progress): string | null {
  const sofar = `${progress.failed} of ${progress.calls} calls failed so far`;
  if (news.type === 'strike') {
    const { fault, outageMs, passed, why } = news.strike;
    const healed = passed && outageMs !== null ? `real work lost for ${span(outageMs)}` : why.join(', ');
    return `fault ${news.done} of ${progress.wanted}  ${fault.padEnd(7)} ${healed}; ${sofar}`;
  }
  if (news.type === 'pass' && news.course === 'quiet') {
    return `quiet pass ${progress.passes} of ${QUIET_PASSES}  score ${news.score?.toFixed(2) ?? 'none'}; ${sofar}`;
  }
  return null;
}

export function headLine({ service, url, data, client }: Rehearsal, terminal: Terminal): string[] {
  const who = service === null ? url : `${service} · ${url}`;
  return [
    `${terminal.style('bold', 'rehearsal')} · ${who}`,
    `${data.name}, ${data.pairs} pairs; batches of ${client.batch}, ${client.concurrency} at a time, ` +
      `${client.timeoutMs / 1_000} s a call, no retries`,
  ];
}

/** The table, and the sentence to remember. */
export function closingLines(rehearsal: Rehearsal, verdict: Verdict, terminal: Terminal): string[] {
  const { quiet, faulted, strikes, reference } = rehearsal;
  const columns: Figures[] = [figuresOf(quiet), ...(faulted ? [figuresOf(faulted)] : [])];
  const names = ['quiet', ...(faulted ? [`${strikes.length} faults`] : [])];
  const row = (name: string, cells: readonly string[]) =>
    `${name.padEnd(16)}${cells.map((cell) => cell.padStart(12)).join('')}`;
  const each = (name: string, cell: (figures: Figures) => string) => row(name, columns.map(cell));
  const time = (ms: number | null) => (ms === null ? '-' : ms < 1_000 ? `${Math.round(ms)} ms` : span(ms));
  const lines = [
    '',
    terminal.style('dim', row('', names)),
    each('Spearman × 100', ({ score }) => scoreWords(score, verdict.digits)),
    ...(reference ? [row(reference.task, [reference.score.toFixed(2)])] : []),
    each('calls', ({ calls }) => String(calls)),
    each('failed', ({ failed }) => String(failed)),
    each('median', ({ p50Ms }) => time(p50Ms)),
    each('99 of 100', ({ p99Ms }) => time(p99Ms)),
    each('longest', ({ longestMs }) => time(longestMs)),
    '',
  ];
  for (const [why, count] of Object.entries(columns.at(-1)?.reasons ?? {})) lines.push(`  ${count} × ${why}`);
  const sentence = verdictWords(rehearsal, verdict);
  lines.push(terminal.style(verdict.passed ? 'green' : 'red', sentence));
  return lines;
}
