import type { Config } from '../../config/service.js';
import { defencesOf } from '../../layers/defence.js';
import { findings } from '../../layers/findings.js';
import { type Cell, type Matrix, matrixOf, type Row } from '../../layers/matrix.js';
import type { GuardRecord } from '../../record/record.js';
import { EXIT, type ExitCode } from '../errors.js';
import { heardIn } from '../layers-heard.js';
import { span, type Terminal } from '../terminal.js';

/** `layers`: which layer catches which failure, and where two layers are one. Exit 1 where a failure is told by nobody. */
export function runLayers(
  config: Config,
  options: { json: boolean; record: GuardRecord | null; wallMs: number },
  terminal: Terminal,
): ExitCode {
  const { json, record, wallMs } = options;
  const heard = record ? heardIn(record, config) : {};
  let worst: ExitCode = EXIT.fine;
  for (const defence of defencesOf(config)) {
    const matrix = matrixOf(defence);
    const holes = findings(matrix);
    if (holes.length > 0) worst = EXIT.unhealthy;
    const layers = defence.layers.map(({ name, kind, everyMs, graceMs, heardBy }) => {
      const lastHeardWallMs = heard[name] ?? null;
      return { name, kind, everyMs, graceMs, heardBy, lastHeardWallMs };
    });
    if (json) terminal.out(JSON.stringify({ ...matrix, layers, findings: holes }));
    else {
      print(matrix, holes, terminal);
      const words = layers.map(({ name, lastHeardWallMs: last }) =>
        last === null ? `${name} not heard of here` : `${name} ${span(wallMs - last)} ago`,
      );
      if (record) terminal.out(terminal.style('dim', `  last sign of life: ${words.join(', ')}`));
    }
  }
  return worst;
}

function print(matrix: Matrix, holes: ReturnType<typeof findings>, terminal: Terminal): void {
  const heads = ['when this fails', ...(matrix.rows[0]?.cells.map(({ layer }) => layer) ?? []), ''];
  const lines = [heads, ...matrix.rows.map((row) => lineOf(row))];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  terminal.out(terminal.style('bold', matrix.service));
  for (const [index, line] of lines.entries()) {
    const text = line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
    const row = matrix.rows[index - 1];
    if (row === undefined) terminal.out(`  ${terminal.style('dim', text)}`);
    else terminal.out(`  ${row.caught ? text : terminal.style('red', text)}`);
  }
  for (const { kind, name, members } of matrix.shared) {
    terminal.out(terminal.style('dim', `  shared: ${kind} ${name}: ${members.join(', ')}`));
  }
  for (const { sentence, fix } of holes) {
    terminal.out(`  ${terminal.style('red', sentence)}`);
    terminal.out(`    ${terminal.style('cyan', 'fix')}  ${fix}`);
  }
  if (holes.length === 0)
    terminal.out(terminal.style('green', '  each single failure is noticed, and you are told'));
}

function lineOf(row: Row): string[] {
  const mark = row.caught ? '' : 'NOBODY TELLS';
  const outside = row.outside.length > 0 ? `${row.outside.join(', ')} notices` : '';
  return [row.failure.words, ...row.cells.map(cellWords), mark || outside];
}

function cellWords({ state, notices, acts, tells, worstMs }: Cell): string {
  if (state === 'down') return 'down';
  if (state === 'blind') return 'blind, tells later';
  if (state === 'mute') return 'its pages wait';
  const seen = [
    ...(notices.loss ? ['sees it'] : []),
    ...notices.silenceOf.map((name) => `misses ${name}`),
  ].join(', ');
  if (seen === '') return tells.length === 0 ? 'its pages wait' : '–';
  if (worstMs === null) return `${seen}, can't tell`;
  return `${seen}, tells ${tells.join('+')} in ${span(worstMs)}${acts === null ? '' : ', mends it'}`;
}
