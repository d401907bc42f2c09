import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatDuration } from '../config/duration.js';
import type { VerdictKind } from './decision.js';
import { DEFAULT_POLICY, type Policy } from './policy.js';
import { VERDICTS, type VerdictRow } from './verdicts.js';

const DESIGN = new URL('../../../../../DESIGN.md', import.meta.url);

/** What issue and README call them: each must exist by that name. */
const PROMISED: VerdictKind[] = [
  ...(['serving', 'busy', 'opaque', 'stalled', 'hung', 'frozen', 'wrong', 'erroring'] as const),
  ...(['misconfigured', 'loading', 'stuck-loading', 'dead', 'unkillable', 'masked', 'unknown'] as const),
];

const FOLLOWS: Record<VerdictRow['follows'], string> = {
  nothing: '–',
  patience: 'hung, when that is used up',
  kill: 'SIGKILL',
  page: 'a page',
  supervisor: 'its supervisor restarts it; what it left behind is killed after 2 s',
};

/** `busyLimitMs` is `busy_limit` in ninelives.yaml. */
function settingOf(limit: keyof Policy): string {
  const name = limit.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return `\`${name}\` ${formatDuration(DEFAULT_POLICY[limit])}`;
}

function rowOf([kind, { seen, limit, patience, follows }]: [string, VerdictRow]): string {
  const words = [...(limit ? [settingOf(limit)] : []), ...(patience ? [patience] : [])].join(', ');
  const then = kind === 'loading' ? 'stuck-loading' : FOLLOWS[follows];
  return `| ${kind} | ${seen} | ${words || '–'} | ${then} |`;
}

test('the table on the page is the table in the code', () => {
  const page = readFileSync(DESIGN, 'utf8').split('## Verdicts\n')[1]?.split('\n## ')[0] ?? '';
  const lines = page.split('\n').filter((line) => line.startsWith('| '));
  const expected = Object.entries(VERDICTS).map(rowOf);
  assert.deepEqual(lines.slice(2), expected, `DESIGN.md, "Verdicts", must have:\n${expected.join('\n')}`);
});

test('every verdict that is promised exists by that name', () => {
  for (const kind of PROMISED) assert.ok(Object.hasOwn(VERDICTS, kind), kind);
});
