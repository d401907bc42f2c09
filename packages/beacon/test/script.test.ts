import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import validator from '@action-validator/core';
import { parse } from 'yaml';
import { openFar, run, SECRETS, text } from './stage.js';

interface Step {
  run?: string;
  env?: { [name: string]: string };
}
interface Workflow {
  on: { schedule: { cron: string }[] };
  jobs: { look: { steps: Step[] } };
}

let far: Awaited<ReturnType<typeof openFar>>;
before(async () => {
  far = await openFar();
});
after(() => far.close());

describe('the exported GitHub workflow', () => {
  const FILE = '.github/workflows/ninelives-beacon.yml';
  let dir: string;
  before(async () => {
    dir = await far.export('github-actions');
  });

  it('is valid against the JSON schema of workflows, and never starts at :00', () => {
    const source = text(dir, FILE);
    const errors = (yaml: string) => (validator.validateWorkflow(yaml) as { errors: unknown[] }).errors;
    assert.deepEqual(errors(source), []);
    assert.notDeepEqual(errors(source.replace('runs-on:', 'run-on:')), [], 'a broken one would pass too');
    const { cron } = (parse(source) as Workflow).on.schedule[0] ?? { cron: '' };
    assert.match(cron, /^\d+,\d+ \* \* \* \*$/);
    for (const minute of cron.split(' ')[0]?.split(',') ?? []) assert.notEqual(Number(minute) % 60, 0);
  });

  it('runs its script with its secrets, pages, and says in its summary how late it was', async () => {
    const { steps } = (parse(text(dir, FILE)) as Workflow).jobs.look;
    const step = steps.find((each) => each.run?.startsWith('node '));
    const secret = (value: string) =>
      value.replace(
        /\$\{\{ secrets\.(\w+) \}\}/g,
        (_, name: string) => far.secrets[name as keyof typeof far.secrets],
      );
    const env = Object.fromEntries(
      Object.entries(step?.env ?? {}).map(([name, value]) => [name, secret(value)]),
    );
    const summary = join(far.folder, 'summary.md');
    const once = () =>
      run(
        '/bin/sh',
        ['-ec', step?.run ?? 'false'],
        { PATH: process.env.PATH, ...env, GITHUB_STEP_SUMMARY: summary },
        dir,
      );
    const first = await once();
    assert.equal(first.code, 0, first.stderr);
    await far.edge.off();
    assert.equal((await once()).code, 0);
    assert.deepEqual(
      far.pages().map(({ title }) => title),
      ['svc can not be reached'],
    );
    await far.edge.on();
    assert.equal((await once()).code, 0);
    assert.equal(far.pages().at(-1)?.kind, 'resolved');
    assert.match(readFileSync(summary, 'utf8'), /Of 3 runs: median gap 0\.\d min, p95 0\.\d min, longest/);
  });
});

describe('the exported script', () => {
  let dir: string;
  before(async () => {
    dir = await far.export('script');
  });
  const env = () => ({ PATH: process.env.PATH, ...far.secrets });

  it('holds no secret, and says which ones are missing', async () => {
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8');
      for (const secret of SECRETS) assert.ok(!file.includes(secret), entry.name);
    }
    const { code, stderr } = await run(process.execPath, ['beacon.mjs'], { PATH: process.env.PATH }, dir);
    assert.equal(code, 3);
    assert.match(stderr, /secrets are not set: BEACON_SVC_AUTHORIZATION, BEACON_PHONE_URL/);
  });

  it('killed anywhere in a pass loses no page, and tells none twice but in the one window', async () => {
    const seen = far.pages().length;
    for (let round = 0; round < 6; round += 1) {
      await (round % 2 === 0 ? far.edge.off() : far.edge.on());
      const child = spawn(process.execPath, ['beacon.mjs'], { cwd: dir, env: env(), stdio: 'ignore' });
      await new Promise((done) => setTimeout(done, 150 + Math.random() * 500));
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const whole = await run(process.execPath, ['beacon.mjs'], env(), dir);
      assert.equal(whole.code, 0, whole.stderr);
    }
    const ids = far
      .pages()
      .slice(seen)
      .map(({ id }) => id);
    const kinds = [...new Set(ids)].map((id) => id.split('/')[2]);
    assert.deepEqual(kinds, ['opened', 'resolved', 'opened', 'resolved', 'opened', 'resolved']);
    assert.ok(ids.length - new Set(ids).size <= 6);
  });

  it('is a Lambda handler too, with its state wherever GET and PUT reach', async () => {
    const script = `const { handler } = await import(${JSON.stringify(pathToFileURL(join(dir, 'beacon.mjs')).href)});
      console.log(JSON.stringify(await handler()));`;
    const { place } = await import('ninelives/dist/test/watch/stage.js');
    let kept = '';
    const shelf = await place((body, response) => {
      if (body !== '') kept = body;
      if (kept === '') response.writeHead(404).end();
      else response.end(kept);
    });
    try {
      const args = ['--input-type=module', '-e', script];
      const { code, stdout, stderr } = await run(
        process.execPath,
        args,
        { ...env(), BEACON_STATE: shelf.url },
        far.folder,
      );
      assert.equal(code, 0, stderr);
      assert.match(JSON.parse(stdout).services[0].verdict, /^serving/);
      assert.ok(JSON.parse(kept).services.svc);
      assert.ok(!existsSync(join(far.folder, 'beacon-state.json')));
    } finally {
      await shelf.off();
    }
  });
});
