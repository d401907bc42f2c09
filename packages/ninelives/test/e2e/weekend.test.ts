import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { ROOT } from '../house/source.js';

const SCRIPT = join(ROOT, 'bench', 'weekend', 'run.mjs');
/** As many faults as there are kinds: the shortest weekend that has each of them. */
const ARGS = ['--minutes', '0', '--seed', '7', '--clients', '3', '--pause', '3', '--json'];

interface Row {
  what: string;
  report: number;
  against: string;
  agrees: boolean;
}
interface Weekend {
  rows: Row[];
  counted: { answered: number; failed: number; reasons: string[] };
  done: { fault: string }[];
}

it('after a compressed weekend the report agrees with record, log, faults, and what clients counted', async () => {
  const { code, stdout, stderr } = await weekend();
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const { rows, counted, done } = JSON.parse(stdout) as Weekend;
  assert.deepEqual(done.map(({ fault }) => fault).sort(), ['crash', 'freeze', 'wedge']);
  assert.deepEqual(
    rows.filter(({ agrees }) => !agrees),
    [],
  );
  const reported = (what: string) => rows.find((row) => row.what === what)?.report;
  assert.equal(reported('requests answered'), counted.answered);
  assert.equal(reported('hangs that were killed'), 2);
  assert.ok(counted.answered > 20, `${counted.answered} answered`);
  assert.deepEqual(counted.reasons, [], 'no client noticed');
});

function weekend(): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const options = { timeout: 400_000, maxBuffer: 1 << 26 };
    execFile(process.execPath, [SCRIPT, ...ARGS], options, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}
