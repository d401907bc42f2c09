import { commitWords, machineWords } from '../lib/machine.mjs';
import { code, table } from '../lib/page.mjs';

/** The page in docs/bench. */
export function pageOf({ root, command, courses, load, ranMs }) {
  return [
    '# The reviewer’s run, with the openai client beside it',
    '',
    '<!-- written by bench/rehearsal, not by hand -->',
    '',
    'The built-in model under `ninelives up`, every setting default; `ninelives rehearse` through its gateway (no retries, 60 s a call),',
    'and beside it the official openai client with its default settings.',
    '',
    ...table(
      ['', ''],
      [
        ['date', `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${minutes(ranMs)} minutes`],
        ['this tool', commitWords(root)],
        ['machine', machineWords()],
        ['versions', `Node ${process.versions.node}`],
        ['command', code(command)],
        ['load of the machine', `${load[0].toFixed(1)} before, ${load[1].toFixed(1)} at the end`],
      ],
    ),
    ...courses.flatMap(courseOf),
    '',
  ].join('\n');
}

function courseOf({ told, beside }) {
  const { data, client, quiet, faulted, strikes, passed, why } = told;
  const passes = (course) => `${course.scores.length} passes`;
  return [
    '',
    `## ${data.name}: ${data.pairs} pairs, batches of ${client.batch}, ${client.concurrency} at a time`,
    '',
    passed && beside.failed === 0
      ? `0 of ${faulted.calls} calls failed through ${strikes.length} faults, nor did any of ${beside.calls} of the openai client.`
      : `**Not passed**: ${[...why, ...beside.reasons].join('; ')}.`,
    '',
    ...table(
      ['', `quiet, ${passes(quiet)}`, `${strikes.length} faults, ${passes(faulted)}`, 'openai client, both'],
      [
        ['Spearman × 100', score(quiet), score(faulted), ''],
        ['calls', quiet.calls, faulted.calls, beside.calls],
        ['failed', quiet.failed, faulted.failed, beside.failed],
        ['asked again by the client', 0, 0, beside.retries],
        ['median', seconds(quiet.p50Ms), seconds(faulted.p50Ms), ''],
        ['99 of 100', seconds(quiet.p99Ms), seconds(faulted.p99Ms), ''],
        ['longest', seconds(quiet.longestMs), seconds(faulted.longestMs), seconds(beside.longestMs)],
      ],
    ),
    '',
    `Real work lost, fault by fault: ${strikes.map(({ fault, outageMs }) => `${fault} ${seconds(outageMs)}`).join(', ')}.`,
  ];
}

function score({ score, scores }) {
  if (score === null) return 'none';
  return new Set(scores).size === 1
    ? score.toFixed(4)
    : `${Math.min(...scores).toFixed(4)} to ${Math.max(...scores).toFixed(4)}`;
}

function seconds(ms) {
  return ms === null ? 'none' : `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}

function minutes(ms) {
  return Math.max(1, Math.round(ms / 60_000));
}
