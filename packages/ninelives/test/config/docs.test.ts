import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LOSS } from '../../src/core/verdicts.js';
import { ROOT } from '../house/source.js';
import { configFolder } from './config-folder.js';

const { parse, write } = configFolder();
const doc = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8');
const UUID = '5b3ee6a2-7d2c-4f0e-9f38-b0f4f9a3f1aa';
const SERVICES = 'version: 1\nservices:\n  - { name: embedder, embedder: }\n';

/** What the files of the examples hold; the others hold a word. */
const HOLDS: { [file: string]: string } = {
  'slack.url': 'https://hooks.slack.com/services/T/B/x',
  'guard.uuid': UUID,
  'lan.url': `http://192.0.2.20:8091/ping/${UUID}`,
};
const ENV = { PUSHOVER_TOKEN: 'a', DISCORD_WEBHOOK: 'https://discord.com/api/webhooks/1/x' };

for (const name of ['notifiers.md', 'heartbeats.md']) {
  test(`every example in docs/${name} is a config that loads`, () => {
    const examples = [...doc(name).matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
    assert.ok(examples.length > 2);
    for (const text of examples) {
      for (const [, file = ''] of text.matchAll(/_file: \.\/([\w.]+)/g)) write(file, HOLDS[file] ?? 'word');
      const config = parse(`${SERVICES}${text}`, ENV);
      const { notifiers, heartbeats, outer } = config;
      const said = [notifiers, heartbeats.send, heartbeats.from, outer.layers];
      assert.ok(said.flat().length > 0, text);
    }
  });
}

/** What pages link beside the verdicts that are a loss: written where each of them is made. */
const SECTIONS = [
  ...['leak', 'no-record', 'watching-only', 'notice', 'a-test', 'flapping', 'undelivered'],
  ...['silent', 'reports-failure', 'certificate', 'blind'],
  ...['box-dead', 'tunnel-broken', 'model-broken', 'dns-broken', 'tls-broken', 'unreachable'],
];

test('the runbook has a section for every kind of page, and no other', () => {
  const headings = [...doc('runbook.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  assert.deepEqual(headings.sort(), [...LOSS, ...SECTIONS].sort());
});
