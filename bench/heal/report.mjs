import { code, median, table } from '../lib/page.mjs';
import { HEALERS } from './healers.mjs';
import { HANG_ROWS, ROWS } from './rows.mjs';

const OURS = 'ninelives';

/** One finished cell, for the terminal. */
export function oneLine(result, count) {
  const { id, error, servedS, killedS, wrong, healerEnd } = result;
  if (error) return `${count} ${id}: NOT MEASURED: ${error.split('\n')[0]}`;
  const served =
    servedS === null
      ? `never (${result.limitS} s), ${result.unitEnd}`
      : `serving after ${servedS.toFixed(1)} s`;
  const killed = killedS === null ? '' : `, killed after ${killedS.toFixed(1)} s`;
  const dead = isDead(healerEnd) ? ', the healer is dead' : '';
  return `${count} ${id}: ${served}${killed}${wrong > 0 ? `, ${wrong} wrong kills` : ''}${dead}`;
}

/** The whole page. */
export function markdown(about, results) {
  const measured = results.filter((result) => !result.error);
  const healers = HEALERS.filter(({ name }) => measured.some((result) => result.healer === name));
  const rows = ROWS.filter(({ name }) => measured.some((result) => result.row === name));
  const of = (row, healer) =>
    measured.filter((result) => result.row === row.name && result.healer === healer.name);
  const head = ['fault', ...healers.map(({ name }) => code(name))];
  const page = [
    '# From fault to serving',
    '',
    '<!-- written by bench/heal, not by hand -->',
    '',
    ...facts(about, results),
    '',
    '## Seconds from the fault to right answers (median)',
    '',
    ...table(
      head,
      rows.map((row) => [code(row.name), ...healers.map((healer) => cell(of(row, healer)))]),
    ),
    '',
    `**never**: not within the limit (${limits(measured)}). *n of m*: the median of the n runs that healed.`,
    '**Wn/m**: n wrong kills in m runs, of a process that had no fault, up to 8 s after it served again.',
    '**†n/m**: the healer itself was dead at the end, n times in m runs (`kill -9 0` ends its own process group).',
    'The times include the load of 3 s (45 s in the `slowload` rows). A `-` was not run.',
    '',
    ...ratios(healers, rows, of),
    ...ranges(healers, measured),
    '## Columns',
    '',
    ...healers.map(({ name, about: what }) => `- ${code(name)}: ${what}`),
    '',
    '## Rows',
    '',
    ...rows.map(({ name, about: what }) => `- ${code(name)}: ${what}`),
    '',
    '## What a healer costs while all is well',
    '',
    ...costs(healers, measured),
    '',
    '## How it is measured',
    '',
    ...METHOD,
    '',
  ];
  return page.join('\n');
}

const METHOD = [
  'One systemd is booted as PID 1 of a container over this machine, without network. Every cell has its own unit',
  '(`User=jc`, `Restart=on-failure`, all else default unless the row says so), port, folder and healer, which runs as the',
  'same ordinary user. The fault falls at least 10 s after the healer began, at a random moment of its period. "Serving" is',
  'HTTP 200 with two vectors of 384 finite numbers, of length 1, equal to those before the fault; it is asked every 0.1 s,',
  'but never of the process that got the fault, since those questions would be load of our own. How processes ended is',
  'read from the journal of PID 1. Cells run side by side, in random order; cells that burn a core do so at nice 19.',
  'Re-run it with the command above; `--seed` repeats the moments.',
];

function facts(about, results) {
  const failed = results.filter((result) => result.error).length;
  const runs = [...new Set(HEALERS.map(({ name }) => maxRuns(results, name)).filter(Boolean))].sort();
  return table(
    ['', ''],
    [
      ['date', `${about.date} UTC, ${about.minutes.toFixed(0)} minutes`],
      ['this tool', about.measured],
      ['machine', about.machine],
      ['versions', about.versions],
      ['command', code(about.command)],
      [
        'runs a cell',
        `${runs.join(' or ')}; ${results.length} cells, ${about.parallel} side by side, seed ${about.seed}`,
      ],
      ['load of the machine', about.load],
      ...(failed > 0 ? [['not measured', `${failed} cells failed and are left out`]] : []),
    ],
  );
}

function maxRuns(results, healer) {
  const counts = new Map();
  for (const { row, healer: name } of results)
    if (name === healer) counts.set(row, (counts.get(row) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function cell(runs) {
  if (runs.length === 0) return '-';
  const healed = served(runs);
  const time = healed.length === 0 ? '**never**' : show(median(healed));
  const part =
    healed.length > 0 && healed.length < runs.length ? ` (${healed.length} of ${runs.length})` : '';
  const wrong = runs.reduce((sum, run) => sum + run.wrong, 0);
  const dead = runs.filter((run) => isDead(run.healerEnd)).length;
  const notes = [
    wrong > 0 ? `W${wrong}/${runs.length}` : '',
    dead > 0 ? `†${dead}/${runs.length}` : '',
  ].filter(Boolean);
  return `${time}${part}${notes.length > 0 ? ` ${notes.join(' ')}` : ''}`;
}

/** Peers against this tool, where both healed and neither killed wrongly: below 1 the peer is faster. */
function ratios(healers, rows, of) {
  const ours = healers.find(({ name }) => name === OURS);
  const peers = healers.filter(({ name }) => name !== OURS);
  const sick = rows.filter((row) => row.sick);
  if (!ours || peers.length === 0 || sick.length === 0) return [];
  const line = (row) => {
    const base = median(served(of(row, ours)));
    return peers.map((peer) => {
      const runs = of(row, peer);
      if (runs.length === 0) return '-';
      const healed = served(runs);
      if (healed.length === 0) return base === null ? 'neither' : 'only we';
      return base === null ? 'only they' : `${(median(healed) / base).toFixed(1)}×`;
    });
  };
  return [
    '## Against this tool in the same run',
    '',
    `Median of the column over the median of ${code(OURS)}: 2.0× is twice as long. Wrong kills are not in this figure.`,
    '',
    ...table(
      ['fault', ...peers.map(({ name }) => code(name))],
      sick.map((row) => [code(row.name), ...line(row)]),
    ),
    '',
  ];
}

function ranges(healers, measured) {
  if (!measured.some(({ row }) => HANG_ROWS.includes(row))) return [];
  const rows = healers.map(({ name }) => {
    const runs = measured.filter((result) => result.healer === name && HANG_ROWS.includes(result.row));
    const healed = served(runs).sort((a, b) => a - b);
    const kills = runs.map((run) => run.killedS).filter((value) => value !== null);
    const span = healed.length > 0 ? `${show(healed[0])} to ${show(healed.at(-1))}` : 'none';
    const killed = kills.length > 0 ? show(median(kills)) : 'none';
    return [code(name), `${healed.length} of ${runs.length}`, show(median(healed)), span, killed];
  });
  const head = [`over ${HANG_ROWS.join(', ')}`, 'healed', 'median s', 'range s', 'median s to the kill'];
  return ['## Ranges over the rows that hang', '', ...table(head, rows), ''];
}

function costs(healers, measured) {
  const rows = healers.flatMap(({ name }) => {
    const runs = measured.filter((result) => result.healer === name && result.healerRssMb !== undefined);
    if (runs.length === 0) return [];
    const rss = median(runs.map((run) => run.healerRssMb));
    const cpu = median(runs.map((run) => run.healerCpu)) * 100;
    return [[code(name), rss.toFixed(1), cpu.toFixed(2)]];
  });
  const note =
    'RSS of its processes, and CPU over the 5 to 17 s before the fault (its own start not included).';
  return [note, '', ...table(['', 'RSS MB', '% of a core'], rows)];
}

function limits(measured) {
  const seconds = [...new Set(measured.map((result) => result.limitS))].sort((a, b) => a - b);
  const rowsOf = (limit) => [
    ...new Set(measured.filter((result) => result.limitS === limit).map(({ row }) => row)),
  ];
  if (seconds.length === 1) return `${seconds[0]} s`;
  return seconds.map((limit) => `${limit} s: ${rowsOf(limit).join(', ')}`).join('; ');
}

const served = (runs) => runs.map((run) => run.servedS).filter((value) => value !== null);
const isDead = (end) => end !== null && end !== undefined && !end.includes('ActiveState=active');
const show = (value) => (value === null ? '' : value < 10 ? value.toFixed(1) : value.toFixed(0));
