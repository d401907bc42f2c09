import { circumstances } from '../lib/circumstances.mjs';
import { table } from '../lib/page.mjs';

/** The page in docs/bench. */
export function pageOf({ root, values, ranMs, done, load, rows, service, counted }) {
  const command = `node bench/weekend/run.mjs --minutes ${values.minutes} --seed ${values.seed} --clients ${values.clients} --pause ${values.pause}`;
  const count = (fault) => done.filter((one) => one.fault === fault).length;
  const faults = `${done.length}: ${count('wedge')} wedge, ${count('freeze')} freeze, ${count('crash')} crash`;
  const seconds = (ms) => (ms === null ? 'none' : `${(ms / 1000).toFixed(1)} s`);
  const { availability, repair, traffic } = service;
  return `${[
    '# A weekend, compressed',
    '',
    '<!-- written by bench/weekend, not by hand -->',
    '',
    'The real model under a real `up`, clients through its gateway, faults at random moments that nobody announces. The figures of',
    '`report --json` against accounts that it is not made of.',
    '',
    ...circumstances({ root, ranMs, command, load, more: [['faults', faults]] }),
    '',
    '## Does the report agree?',
    '',
    ...table(
      ['', 'in the report', 'elsewhere', ''],
      rows.map(({ what, report, against, agrees }) => [what, report, against, agrees ? 'agrees' : '**no**']),
    ),
    '',
    '## What it says',
    '',
    ...table(
      ['', ''],
      [
        ['available by real work', `${(100 * availability.ratio).toFixed(2)} %`],
        ['real work lost', `${seconds(availability.lostMs)} in ${repair.incidents.count} incidents`],
        [
          'MTTD, MTTR, worst',
          [repair.incidents.mttdMs, repair.incidents.mttrMs, repair.incidents.worstMs]
            .map(seconds)
            .join(', '),
        ],
        ['clients failed', `${counted.failed} of ${counted.answered + counted.failed}`],
        [
          'clients waited',
          `median ${counted.medianMs} ms, 99 of 100 ${counted.p99Ms} ms, longest ${seconds(counted.longestMs)}`,
        ],
        ['asked again by the gateway', traffic.replayed],
      ],
    ),
  ].join('\n')}\n`;
}
