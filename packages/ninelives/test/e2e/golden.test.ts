import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Box, openBox, QUICK } from './box.js';

interface Golden {
  model: string | null;
  vectors: { [text: string]: number[] };
}

/** Golden answers, recorded at a moment that the user approves, on the real model. */
describe('probe --record-golden', () => {
  let box: Box;
  let file: string;
  before(async () => {
    box = await openBox(`    embedder: {}\n${QUICK}`);
    file = join(box.stateDir, 'golden.json');
    box.start();
    await box.untilServing();
  });
  after(() => box.close());

  const url = () => `http://127.0.0.1:${box.port}`;

  it('keeps the vectors of every text that the probe asks', async () => {
    const { code, stderr } = await box.run('probe', '--url', url(), '--record-golden', file);
    assert.equal(code, 0, stderr);
    const { model, vectors } = JSON.parse(readFileSync(file, 'utf8')) as Golden;
    assert.match(model ?? '', /MiniLM/);
    assert.ok(Object.keys(vectors).length >= 4);
    for (const vector of Object.values(vectors)) assert.equal(vector.length, 384);
  });

  it('never overwrites what was approved', async () => {
    const before = readFileSync(file, 'utf8');
    assert.equal((await box.run('probe', '--url', url(), '--record-golden', file)).code, 2);
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  it('passes against the same model, and calls another one drift, which is no reason to kill', async () => {
    const config = join(box.stateDir, 'golden.yaml');
    const yaml = `version: 1\nservices:\n  - name: svc\n    port: ${box.port}\n    embedder: {}\n    probe: { golden: golden.json }\n`;
    writeFileSync(config, yaml);
    const same = await box.run('probe', '--config', config, '--json');
    assert.equal(same.code, 0, same.stdout);
    const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as Golden;
    const other = Object.entries(vectors).map(([text, vector]) => [text, [...vector].reverse()]);
    writeFileSync(file, JSON.stringify(Object.fromEntries(other)));
    const drifted = await box.run('probe', '--config', config, '--json');
    assert.equal(drifted.code, 1);
    assert.deepEqual(JSON.parse(drifted.stdout).reason, 'drift');
    assert.deepEqual(JSON.parse(drifted.stdout).result, 'unknown');
  });
});
