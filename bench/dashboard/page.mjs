import { circumstances } from '../lib/circumstances.mjs';
import { median, table } from '../lib/page.mjs';

const kB = (bytes) => `${Math.round(bytes / 1_000)} kB`;
const MB = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

export function pageOf({ root, values, size, paint, days, load, ranMs }) {
  const command = `node bench/dashboard/run.mjs --events ${values.events} --rounds ${values.rounds} --days ${values.days}`;
  const [empty, full] = paint;
  const last = days.at(-1);
  const shown = days.filter(({ day }) => [1, 7, 14, 30].includes(day) || day === last.day);
  const row = (what, of) => {
    const [a, b] = [median(empty[of]), median(full[of])];
    return [what, `${a.toFixed(0)} ms`, `${b.toFixed(0)} ms`, `${(b / a).toFixed(2)}×`];
  };
  return `${[
    '# What the dashboard weighs',
    '',
    '<!-- written by bench/dashboard, not by hand -->',
    '',
    ...circumstances({ root, ranMs, command, load }),
    '',
    '## Size',
    '',
    `${size.files} files, ${kB(size.bytes)} in all, ${kB(size.zipped)} compressed as they are sent; half of it is uPlot. Nothing else is fetched.`,
    '',
    '## Until it is painted',
    '',
    `Chromium on loopback, nothing cached, median of ${values.rounds} visits each, in turn.`,
    '',
    ...table(
      ['', 'empty record', `${Number(values.events).toLocaleString('en')} events`, ''],
      [
        row('first contentful paint', 'paintMs'),
        row('incidents stand there', 'storyMs'),
        row('the guard answers `/api/state`', 'stateMs'),
        row('the guard answers `/api/incidents`', 'incidentsMs'),
      ],
    ),
    '',
    '## A month in one process',
    '',
    'The production core, record, retention and views; a probe every ten seconds, a hang every hour, the page and the report drawn',
    'again and again. Time is virtual, memory and file are real.',
    '',
    ...table(
      ['day', 'events so far', 'kills', 'RSS', 'heap', 'record', 'guard state', 'points of the live chart'],
      shown.map(({ day, events, kills, rss, heapUsed, file, state, recent }) => [
        day,
        events.toLocaleString('en'),
        kills,
        MB(rss),
        MB(heapUsed),
        MB(file),
        kB(state),
        recent,
      ]),
    ),
    '',
    'Kept for `retention`; samples beyond 200,000 go earlier. What the process holds does not grow with the record.',
  ].join('\n')}\n`;
}
