import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../house/source.js';

const read = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8');

/** Which cell of docs/bench/heal.md each figure of docs/comparison.md is: its row, fault and column there. */
const CELLS: [row: string, says: (seconds: string) => string, fault: string, column: string][] = [
  ['ninelives', (s) => `real work: ${s} s`, 'wedge', 'ninelives'],
  ['ninelives', (s) => `(${s} s with a counter)`, 'wedge', '+counter'],
  ['ninelives', (s) => `| ${s} s |`, 'nan', 'ninelives'],
  ['systemd, `WatchdogSec=`', (s) => `what stops the timer: ${s} s`, 'sigstop', 'D'],
  ['the same, fed by real answers', (s) => `| ${s} s |`, 'wedge', 'Dw'],
  ['a kubelet-like probe', (s) => `| ${s} s |`, 'wedge', 'Ew'],
  ['monit', (s) => `| ${s} s |`, 'wedge', 'Cw'],
];

test('every figure of the comparison is a cell of the benchmark', () => {
  const table = rowsOf(read('bench/heal.md'));
  const lines = read('comparison.md').split('\n');
  for (const [row, says, fault, column] of CELLS) {
    const line = lines.find((one) => one.startsWith(`| ${row}`)) ?? '';
    const seconds = table.get(fault)?.get(column);
    assert.ok(seconds && /^[\d.]+/.test(seconds), `${fault}, ${column} is in docs/bench/heal.md`);
    const words = says(/^[\d.]+/.exec(seconds)?.[0] ?? '');
    assert.ok(line.includes(words), `docs/comparison.md, row ${row}: docs/bench/heal.md has "${words}"`);
  }
  const figures =
    lines
      .filter((line) => line.startsWith('|'))
      .join('\n')
      .match(/[\d.]+ s\b/g) ?? [];
  assert.equal(figures.length, CELLS.length, 'a figure that no benchmark gave');
});

/** The first table with faults as rows: its cells by fault and column. */
function rowsOf(text: string): Map<string, Map<string, string>> {
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll(/[`*]/g, '').trim());
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('| fault |'));
  const columns = cells(lines[head] ?? '');
  const end = lines.findIndex((line, at) => at > head && line === '');
  return new Map(
    lines.slice(head + 2, end).map((line) => {
      const row = cells(line);
      return [row[0] ?? '', new Map(columns.map((column, at) => [column, row[at] ?? '']))];
    }),
  );
}
