import { type Figures, figuresOf, type Rehearsal, type Verdict } from './report.js';

const WIDTH = 960;
const HEIGHT = 240;
const PAD = 52;
/** More dots than this say nothing more. */
const DOTS_MAX = 4_000;

/** The rehearsal as one page that needs nothing else: no script, no font, no picture from anywhere. */
export function rehearsalPage(rehearsal: Rehearsal, verdict: Verdict): string {
  const { url, service, at, data, client, faulted } = rehearsal;
  const title = `Rehearsal of ${service ?? url}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e9ed); --soft: light-dark(#667, #99a); --good: light-dark(#1a7f37, #4ac26b); --bad: light-dark(#cf222e, #ff7b72); --mark: light-dark(#bf8700, #d4a72c) }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .25rem 1.5rem .25rem 0 }
th { color: var(--soft); font-weight: normal }
.verdict { font-size: 1.4rem; font-weight: 600 }
.good { color: var(--good) } .bad { color: var(--bad) } .soft { color: var(--soft) }
svg { width: 100%; height: auto } svg text { font-size: 12px; fill: var(--soft) }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p class="verdict ${verdict.passed ? 'good' : 'bad'}">${escaped(verdictWords(rehearsal, verdict))}</p>
<p class="soft">${escaped(at)} · ${escaped(url)} · ${escaped(data.name)}, ${data.pairs} pairs · batches of ${client.batch}, ${client.concurrency} at a time, ${client.timeoutMs / 1_000} s a call, no retries</p>
${figuresTable(rehearsal, verdict)}
${faulted ? `<h2>Every call, and every fault</h2>\n${picture(rehearsal)}\n${strikesTable(rehearsal)}` : ''}
</body>
</html>
`;
}

/** The one sentence: `0 of 1204 calls failed, the same score`. */
export function verdictWords({ quiet, faulted, strikes }: Rehearsal, { passed, why }: Verdict): string {
  const { calls, failed } = figuresOf(faulted ?? quiet);
  const counted = `${failed} of ${calls} calls failed`;
  if (!passed) return `${counted}; ${why.join('; ')}`;
  return faulted ? `${counted} through ${strikes.length} faults, and the score is the same` : counted;
}

function figuresTable({ quiet, faulted, strikes, reference }: Rehearsal, { digits }: Verdict): string {
  const columns: [string, Figures][] = [['quiet', figuresOf(quiet)]];
  if (faulted) columns.push([`with ${strikes.length} faults`, figuresOf(faulted)]);
  const row = (name: string, cell: (figures: Figures) => string) =>
    `<tr><th>${name}</th>${columns.map(([, figures]) => `<td>${cell(figures)}</td>`).join('')}</tr>`;
  const head = `<tr><th></th>${columns.map(([name]) => `<th>${escaped(name)}</th>`).join('')}</tr>`;
  const published = reference
    ? `<tr><th>${escaped(reference.task)}, published</th><td>${reference.score.toFixed(2)}</td></tr>`
    : '';
  return `<table>
${head}
${row('Spearman × 100', ({ score }) => scoreWords(score, digits))}
${published}
${row('passes over the data', ({ passes }) => String(passes))}
${row('calls', ({ calls }) => String(calls))}
${row('failed', ({ failed }) => `<span class="${failed > 0 ? 'bad' : 'good'}">${failed}</span>`)}
${row('median', ({ p50Ms }) => seconds(p50Ms))}
${row('99 of 100', ({ p99Ms }) => seconds(p99Ms))}
${row('longest', ({ longestMs }) => seconds(longestMs))}
</table>`;
}

/** As many digits as the model repeats, and two at least, as scores are published. */
export function scoreWords(score: number | null, digits: number): string {
  return score === null ? 'none' : score.toFixed(Math.max(2, digits));
}

function seconds(ms: number | null): string {
  return ms === null ? '' : `${(ms / 1_000).toFixed(ms < 9_950 ? 2 : 1)} s`;
}

/** Each call a dot at the moment it began, as high as it took; each fault a line. */
function picture({ quiet, faulted, strikes }: Rehearsal): string {
  const calls = [...quiet.calls, ...(faulted?.calls ?? [])];
  const fromMs = Math.min(...calls.map(({ atMs }) => atMs));
  const untilMs = Math.max(...calls.map(({ atMs, tookMs }) => atMs + tookMs), fromMs + 1);
  const longestMs = Math.max(1_000, ...calls.map(({ tookMs }) => tookMs));
  const x = (atMs: number) => (PAD + ((atMs - fromMs) / (untilMs - fromMs)) * (WIDTH - 2 * PAD)).toFixed(1);
  const y = (tookMs: number) => (HEIGHT - PAD - (tookMs / longestMs) * (HEIGHT - 2 * PAD)).toFixed(1);
  const every = Math.max(1, Math.ceil(calls.length / DOTS_MAX));
  const dots = calls
    .filter(({ why, tookMs }, at) => why !== null || tookMs > longestMs / 4 || at % every === 0)
    .map(({ atMs, tookMs, why }) => {
      const colour = why === null ? 'var(--good)' : 'var(--bad)';
      return `<circle cx="${x(atMs)}" cy="${y(tookMs)}" r="2" fill="${colour}"/>`;
    });
  const marks = strikes.map(({ atMs, fault }) => {
    const at = x(atMs);
    const line = `<line x1="${at}" x2="${at}" y1="${PAD / 2}" y2="${HEIGHT - PAD}" stroke="var(--mark)"/>`;
    return `${line}<text x="${at}" y="${PAD / 2 - 4}" text-anchor="middle">${escaped(fault)}</text>`;
  });
  const axis = [
    `<text x="${PAD - 6}" y="${y(0)}" text-anchor="end">0</text>`,
    `<text x="${PAD - 6}" y="${Number(y(longestMs)) + 4}" text-anchor="end">${seconds(longestMs)}</text>`,
    `<text x="${WIDTH - PAD}" y="${HEIGHT - PAD + 18}" text-anchor="end">${seconds(untilMs - fromMs)}</text>`,
  ];
  const label = 'Time that each call took, over the time of the rehearsal; vertical lines are faults';
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${[...marks, ...dots, ...axis].join('')}</svg>`;
}

function strikesTable({ strikes }: Rehearsal): string {
  const rows = strikes.map(({ fault, outageMs, passed, why }) => {
    const healed = passed
      ? '<span class="good">healed</span>'
      : `<span class="bad">${escaped(why.join(', '))}</span>`;
    return `<tr><td>${escaped(fault)}</td><td>${seconds(outageMs)}</td><td>${healed}</td></tr>`;
  });
  return `<table>\n<tr><th>fault</th><th>until it answered again</th><th></th></tr>\n${rows.join('\n')}\n</table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
