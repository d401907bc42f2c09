import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { listStats, readCmdline } from '../../src/host/procfs/processes.js';
import { BIN } from '../e2e/box.js';
import { eventually, ownProcess, temporaryFolder } from '../fixtures/host-world.js';

const LIMIT_MS = 180_000;

/** The demo with its output in a pipe, and its folder inside one of ours. */
function startDemo(t: TestContext): {
  demo: ChildProcess;
  folder: string;
  running: () => string;
  text: () => string;
} {
  const folder = temporaryFolder(t);
  const env = { ...process.env, TMPDIR: folder };
  const demo = spawn(process.execPath, [BIN, 'demo'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  ownProcess(t, demo.pid);
  let text = '';
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (chunk) => (text += chunk));
  /** What it has printed so far; a demo that ended has nothing more to say. */
  const running = () => {
    if (demo.exitCode !== null) throw new Error(`the demo ended: ${text}`);
    return text;
  };
  return { demo, folder, running, text: () => text };
}

/** Everything whose command line names the demo's folder: its `up`; the service itself ends with that. */
function working(folder: string): number[] {
  return listStats()
    .filter((stat) => stat.state !== 'Z')
    .map((stat) => stat.pid)
    .filter((pid) => readCmdline(pid).some((word) => word.includes(folder)));
}

/** The demo's own folder; an inference runtime may leave other things beside it. */
function kept(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('ninelives-demo-'));
}

test('the demo shows a wedge in plain lines, and Ctrl-C puts everything back', async (t) => {
  const { demo, folder, running, text } = startDemo(t);
  await eventually('the freeze', () => /^\[.*first probe without an answer/m.test(running()), LIMIT_MS);
  assert.match(text(), /All is well/);
  assert.match(text(), /^injected at \d\d:\d\d:\d\dZ {2}SIGSTOP to \d+$/m);
  await eventually('a question that waits', () =>
    /\/health 200 in \d+ ms \| inference: waiting/.test(text()),
  );
  demo.kill('SIGINT');
  const [code] = await once(demo, 'exit');
  assert.equal(code, 1);
  assert.match(text(), /Stopped early; everything is put back\./);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape that must not be there
  assert.doesNotMatch(text(), /\u001b/, 'no escape sequences in a pipe');
  assert.deepEqual(kept(folder), []);
  assert.deepEqual(working(folder), []);
});

test('a demo that is killed leaves nothing behind', async (t) => {
  const { demo, folder, running } = startDemo(t);
  await eventually('a service that serves', () => /All is well/.test(running()), LIMIT_MS);
  assert.equal(kept(folder).length, 1);
  demo.kill('SIGKILL');
  await once(demo, 'exit');
  await eventually('its folder is gone', () => kept(folder).length === 0, LIMIT_MS);
  await eventually('its processes are gone', () => working(folder).length === 0);
});
