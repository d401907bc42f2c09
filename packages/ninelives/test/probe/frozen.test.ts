import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { runProbe } from '../../src/probe/run.js';
import { environment, specFor } from './bad-server.js';

const SERVER = `
  const server = require('node:http').createServer((request, response) => response.end('{}'));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

test('a stopped process: its port still accepts, nothing answers, and the probe says timeout', async () => {
  // Ours, not reaped before 'exit', and only signalled through its own handle.
  const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(child.stdout, 'data');
    const spec = specFor(`http://127.0.0.1:${Number(String(line))}`, { kind: 'http' });
    assert.equal((await runProbe(spec, environment())).reason, 'ok');
    child.kill('SIGSTOP');
    const outcome = await runProbe(spec, environment({ deadlineMs: 400 }));
    assert.deepEqual([outcome.reason, outcome.cheap.map(({ status }) => status)], ['timeout', [null, null]]);
    child.kill('SIGCONT');
    assert.equal((await runProbe(spec, environment())).reason, 'ok');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
