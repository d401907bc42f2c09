import { code, median, table } from '../lib/page.mjs';
import { FRONTS } from './fronts.mjs';
import { ROWS } from './rows.mjs';

const OURS = 'ninelives';

/** One finished cell of the fault part, for the terminal. */
export function oneLine({ row, front, right, error, ...told }) {
  if (error) return `${row} ${front}: NOT MEASURED: ${error.split('\n')[0]}`;
  const { failed, calls, copies, longestS, deaths } = told;
  const words = `${failed} of ${calls} failed, ${copies} copies, longest ${longestS.toFixed(1)} s, ${deaths} deaths`;
  return `${row} ${front}: ${right ? 'right' : 'NOT right'}: ${words}`;
}

/** The whole page. */
export function markdown(about, faults, overhead) {
  const measured = faults.filter(({ error }) => !error);
  const fronts = FRONTS.filter(({ name }) => measured.some(({ front }) => front === name));
  const rows = ROWS.filter(({ name }) => measured.some(({ row }) => row === name));
  const of = (row, front) => measured.find((cell) => cell.row === row.name && cell.front === front.name);
  const grid = (words) => [
    ...table(
      ['fault', ...fronts.map(({ name }) => code(name))],
      rows.map((row) => [
        code(row.name),
        ...fronts.map((front) => {
          const cell = of(row, front);
          return cell ? words(cell) : '-';
        }),
      ]),
    ),
    '',
  ];
  return [
    '# The gateway beside its peers',
    '',
    '<!-- written by bench/gateway, not by hand -->',
    '',
    ...facts(about),
    '',
    '## Right?',
    '',
    ...grid(({ right }) => (right ? 'yes' : '**no**')),
    ...sum(fronts, rows, of),
    '## Failed calls',
    '',
    ...grid(({ failed, calls }) => `${failed > 0 ? `**${failed}**` : 0} of ${calls}`),
    '## Copies of one call that the backend read, at most',
    '',
    'In the row `gone`: of the four that had hung up, together.',
    '',
    ...grid(({ copies }) => String(copies)),
    '## Longest wait, s',
    '',
    ...grid(({ longestS }) => longestS.toFixed(1)),
    ...poisonLines(fronts, measured),
    ...noticedLines(fronts, measured),
    ...overheadLines(overhead),
    ...words(fronts, rows),
  ].join('\n');
}

function facts(about) {
  return table(
    ['', ''],
    [
      ['date', `${about.date} UTC, ${about.minutes.toFixed(0)} minutes`],
      ['this tool', about.measured],
      ['machine', about.machine],
      ['versions', about.versions],
      ['command', code(about.command)],
      ['load of the machine', about.load],
      ...(about.missing.length > 0 ? [['left out', about.missing.join('; ')]] : []),
    ],
  );
}

function sum(fronts, rows, of) {
  const counts = fronts.map((front) => {
    const right = rows.filter((row) => of(row, front)?.right).length;
    return `${code(front.name)} ${right}`;
  });
  return [`Right in so many of ${rows.length} rows: ${counts.join(', ')}.`, ''];
}

function poisonLines(fronts, measured) {
  const cells = fronts
    .map(({ name }) => measured.find(({ row, front }) => row === 'poison' && front === name))
    .filter(Boolean);
  if (cells.length === 0) return [];
  const rows = cells.map(({ front, deaths, hurt, victim }) => [code(front), deaths, hurt, victim]);
  return [
    '## One poison request',
    '',
    ...table(['', 'deaths of the server in 25 s', 'innocent calls hurt', 'the poison request got'], rows),
    '',
    'Hurt: failed, or waited for more than 10 s. `direct` has one death, since nobody asks again.',
    '',
  ];
}

function noticedLines(fronts, measured) {
  const cells = fronts
    .map(({ name }) => measured.find(({ row, front }) => row === 'sigstop' && front === name))
    .filter(Boolean);
  if (cells.length === 0) return [];
  const rows = cells.map(({ front, noticedS }) => [
    code(front),
    noticedS === null ? 'not' : noticedS.toFixed(1),
  ]);
  return ['## Seconds until a SIGSTOP is noticed, by its own log', '', ...table(['', 's'], rows), ''];
}

function overheadLines(cells) {
  if (cells.length === 0) return [];
  const names = FRONTS.map(({ name }) => name).filter((name) => cells.some(({ front }) => front === name));
  const connections = [...new Set(cells.map((cell) => cell.connections))];
  const at = (front, count) => quiet(cells.filter((c) => c.front === front && c.connections === count));
  const line = (name) =>
    connections.map((count) => {
      const of = (key) => median(at(name, count).map((cell) => cell[key]));
      if (name === 'direct')
        return [of('perSecond').toFixed(0), `${us(of('p50Us'))}/${us(of('p99Us'))}`, '-'];
      const added = (key) => us(of(key) - median(at('direct', count).map((cell) => cell[key])));
      return [of('perSecond').toFixed(0), `+${added('p50Us')}/+${added('p99Us')}`, of('cpuUs').toFixed(0)];
    });
  const head = connections.flatMap((count) => [`${count}: calls/s`, 'p50/p99 ms', 'CPU µs']);
  const ratio = (other, key, count) => {
    const [ours, theirs] = [OURS, other].map((name) => median(at(name, count).map((cell) => cell[key])));
    return (ours / theirs).toFixed(2);
  };
  const others = names.filter((name) => name !== OURS && name !== 'direct');
  return [
    '## Overhead, with hold, replay and checks on',
    '',
    '1 KB in, 20 KB out, by connections. Latency is what is added to direct (of direct: what it is); CPU is the',
    "proxy's own, for one call. A proxy has one core, the load generator and an instant backend the other.",
    '',
    ...table(
      ['', ...head],
      names.map((name) => [code(name), ...line(name).flat()]),
    ),
    '',
    'Ours over theirs, in this run (below 1 we are cheaper, or quicker):',
    '',
    ...table(
      ['', ...connections.flatMap((count) => [`CPU, ${count}`, `p99, ${count}`])],
      others.map((name) => [
        code(name),
        ...connections.flatMap((count) => [ratio(name, 'cpuUs', count), ratio(name, 'p99Us', count)]),
      ]),
    ),
    '',
    'Each figure is the median of the quieter half of its runs, by the processor time that processes of others took',
    `meanwhile (${median(cells.map(({ foreign }) => foreign)).toFixed(2)} cores over all runs, in the middle).`,
    '',
  ];
}

function quiet(cells) {
  const sorted = [...cells].sort((a, b) => a.foreign - b.foreign);
  return sorted.slice(0, Math.max(1, Math.ceil(sorted.length / 2)));
}

function us(value) {
  return (value / 1_000).toFixed(2);
}

function words(fronts, rows) {
  return [
    '## Columns',
    '',
    ...fronts.map(({ name, about }) => `- ${code(name)}: ${about}`),
    '',
    'Their configurations are in [bench/gateway/configs](../../bench/gateway/configs).',
    '',
    '## Rows',
    '',
    ...rows.map(({ name, about }) => `- ${code(name)}: ${about}`),
    '',
    'Where nothing else is said, right is: no call failed, and no more than one copy more for the one death.',
    '',
    '## How it is measured',
    '',
    'Every cell has a backend, a proxy and clients of its own. The backend is one real process of one thread; whoever dies',
    'is started again after a second. Clients are those of an evaluation: they give up after 60 s and do not ask again. Copies are counted by',
    'the backend. The proxies of a row meet the same fault side by side; where the fault burns a core, one after the other.',
    '',
  ];
}
