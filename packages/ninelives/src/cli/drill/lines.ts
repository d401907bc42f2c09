import type { CheapTally, DrillNews, DrillReport, DrillTimes, TimelineRow } from '../../drill/report.js';
import { clockTime, type Style, span, type Terminal } from '../terminal.js';

/** How a drill reads while it happens: one line a piece of news, in the shape of the original account. */
export function newsLine(news: DrillNews, terminal: Terminal): string {
  switch (news.type) {
    case 'aimed': {
      const name = terminal.style('bold', `drill ${news.fault}`);
      return `${name} · ${news.service} · pid ${news.pid}, ${news.text}`;
    }
    case 'waiting':
      return terminal.style('dim', `waiting ${span(news.forMs)}: ${news.text}`);
    case 'steady': {
      const { right, asked, medianMs, traffic } = news.steady;
      const took = medianMs === null ? '' : `, median ${Math.round(medianMs)} ms`;
      return `steady state: ${right} of ${asked} right answers${took}, ${traffic.text}`;
    }
    case 'row':
      return rowLine(news.row, terminal);
  }
}

const STYLES: { [type in TimelineRow['type']]?: Style } = {
  killed: 'red',
  kill: 'red',
  'incident-opened': 'yellow',
  'kill-withheld': 'yellow',
  escalated: 'yellow',
  serving: 'green',
  'incident-resolved': 'green',
};

const ANCHOR_WORDS: { [type in TimelineRow['type']]?: string } = {
  injected: 'injected at',
  killed: 'killed at',
  kill: 'killed at',
  restored: 'put back at',
};

/** `killed at 00:29:40Z  SIGKILL to …`, or `[0.2s] active newPID=…` below it. */
export function rowLine({ type, wallMs, sinceMs, text }: TimelineRow, terminal: Terminal): string {
  const style = STYLES[type];
  const styled = (words: string) => (style ? terminal.style(style, words) : words);
  const anchor = ANCHOR_WORDS[type];
  if (sinceMs === null && anchor) {
    return `${styled(`${anchor} ${clockTime(wallMs)}`)}  ${terminal.style('dim', text)}`;
  }
  const since = `[${((sinceMs ?? 0) / 1000).toFixed(1)}s]`;
  return `${terminal.style('dim', since)} ${styled(text)}`;
}

/** The last lines: the times, what the cheap endpoints said, and whether it is proved. */
export function closingLines(report: DrillReport, expects: string, terminal: Terminal): string[] {
  const times = timesLine(report.times);
  const lines = times === '' ? [] : [times];
  if (report.cheap.length > 0) {
    lines.push(`cheap endpoints meanwhile: ${report.cheap.map(cheapWords).join(', ')}`);
  }
  if (report.passed) lines.push(`${terminal.style('green', 'passed')}: ${expects}`);
  else lines.push(`${terminal.style('red', 'not passed')}: ${report.why.join('; ')}`);
  return lines;
}

/** `detect 8.1 s · kill 8.1 s · restart 0.2 s · serve 0.5 s · real work lost for 8.6 s` */
export function timesLine({ detectMs, killMs, restartMs, serveMs, outageMs }: DrillTimes): string {
  const parts = [
    ['detect', detectMs],
    ['kill', killMs],
    ['restart', restartMs],
    ['serve', serveMs],
    ['real work lost for', outageMs],
  ] as const;
  const known = parts.filter((part): part is [(typeof part)[0], number] => part[1] !== null);
  return known.map(([what, ms]) => `${what} ${span(ms)}`).join(' · ');
}

/** `/health 200 × 41 (slowest 3 ms)` */
export function cheapWords({ path, statuses, silent, slowestMs }: CheapTally): string {
  const said = Object.entries(statuses).map(([status, times]) => `${status} × ${times}`);
  if (silent > 0) said.push(`silent × ${silent}`);
  return `${path} ${said.join(', ')}${slowestMs === null ? '' : ` (slowest ${Math.max(1, slowestMs)} ms)`}`;
}
