import type { Expected, OuterNews, OuterReport } from '../../drill/outer/report.js';
import { clockTime, span, type Terminal } from '../terminal.js';

/** One line a piece of news, in the shape of the other drills. */
export function outerLine(news: OuterNews, terminal: Terminal): string {
  switch (news.type) {
    case 'begun': {
      const who = news.expected.map(expectedWords).join('; ');
      const name = terminal.style('bold', `drill ${news.drill}`);
      return `${name} · ${news.service} · ${news.mode === 'real' ? 'for real' : 'a rehearsal'}\nforetold: ${who || 'nobody tells'}`;
    }
    case 'cut':
      return `${terminal.style('red', `cut at ${clockTime(news.wallMs)}`)}  ${terminal.style('dim', news.text)}`;
    case 'arrived': {
      const { layer, through, title } = news.arrival;
      const whom = layer === null ? '' : ` ${layer} through ${through}:`;
      return `${terminal.style('dim', `[${(news.afterMs / 1_000).toFixed(1)}s]`)}${whom} ${title}`;
    }
    case 'over':
      return news.text;
    case 'mended':
      return `put back at ${clockTime(news.wallMs)}  ${terminal.style('dim', news.text)}`;
  }
}

export function outerClosing(report: OuterReport, expects: string, terminal: Terminal): string[] {
  const lines = report.expected.map((each) => {
    const when = each.arrivedMs === null ? '' : ` after ${span(each.arrivedMs)}`;
    return `  ${each.verdict}${when}: ${expectedWords(each)}`;
  });
  if (report.passed) return [...lines, `${terminal.style('green', 'passed')}: ${expects}`];
  return [...lines, `${terminal.style('red', 'not passed')}: ${report.why.join('; ')}`];
}

function expectedWords({ layer, about, of, worstMs, through }: Expected): string {
  const what = { loss: 'the loss', silence: `that ${of} is silent`, blind: 'that it could not see' }[about];
  const ways = through.length > 0 ? ` through ${through.join(', ')}` : '';
  return `${layer} tells ${what}${ways} ${worstMs === null ? 'afterwards' : `within ${span(worstMs)}`}`;
}
