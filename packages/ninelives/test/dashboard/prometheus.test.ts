import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Box, freePort, openBox, QUICK } from '../e2e/box.js';
import { programAt } from './programs.js';

/** promtool's own verdict; it reads metrics from its standard input. */
function promtool(args: string[], input = ''): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(programAt('promtool') ?? '', args, {
    input,
    encoding: 'utf8',
  });
  return { code: status, said: `${stdout}${stderr}` };
}

const CLEAN = { code: 0, said: '' };

/** What fires when, over a story of samples; promtool plays it (prometheus.io, "unit testing rules"). */
const RULE_TESTS = `
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'ninelives_incident_open{service="a", drill="true"}'
        values: '0 1 1 0x30'
      - series: 'ninelives_serving{service="a"}'
        values: '1 0 0x30'
      - series: 'ninelives_guard_start_timestamp_seconds'
        values: '0x40'
      - series: 'ninelives_last_look_timestamp_seconds{service="a"}'
        values: '0 60 120 120x40'
      - series: 'ninelives_kill_budget_remaining{service="a"}'
        values: '3 2 0x40'
    alert_rule_test:
      - { eval_time: 0m, alertname: NinelivesIncident, exp_alerts: [] }
      - eval_time: 1m
        alertname: NinelivesIncident
        exp_alerts:
          - exp_labels: { severity: info, service: a, drill: "true" }
            exp_annotations:
              summary: a does not serve
              description: 'The guard is at it (drill: true). Type: ninelives status'
      - { eval_time: 5m, alertname: NinelivesIncident, exp_alerts: [] }
      - { eval_time: 4m, alertname: NinelivesGuardGone, exp_alerts: [] }
      - eval_time: 8m
        alertname: NinelivesGuardGone
        exp_alerts:
          - exp_labels: { severity: page, service: a }
            exp_annotations:
              summary: nobody watches a
              description: 'The guard does not look, or is not scraped. Type: ninelives status'
      - { eval_time: 10m, alertname: NinelivesNotServing, exp_alerts: [] }
      - eval_time: 25m
        alertname: NinelivesNotServing
        exp_alerts:
          - exp_labels: { severity: page, service: a }
            exp_annotations:
              summary: a has not served for a quarter of an hour
              description: 'By real work, whatever its health endpoint says. Type: ninelives probe'
`;

describe('a real Prometheus', () => {
  let box: Box;
  let dashboard: string;
  let prometheus: ChildProcess | null = null;

  before(async () => {
    box = await openBox(`    embedder: {}\n    gateway: { port: ${await freePort()} }\n${QUICK}`);
    const port = await freePort();
    dashboard = `http://127.0.0.1:${port}`;
    box.start('up', '--dashboard-port', String(port));
    await box.untilServing();
  });
  after(async () => {
    if (prometheus) {
      const ended = once(prometheus, 'exit');
      prometheus.kill('SIGKILL');
      await ended;
    }
    await box.close();
  });

  const textOf = async (url: string) => (await fetch(url)).text();

  it('promtool finds nothing in the metrics of guard, gateway and embedder', async () => {
    const gateway = `${dashboard}/metrics/gateway`;
    await box.until('the gateway’s metrics', async () => (await fetch(gateway)).ok);
    for (const url of [`${dashboard}/metrics`, gateway, `http://127.0.0.1:${box.port}/metrics`]) {
      assert.deepEqual(promtool(['check', 'metrics'], await textOf(url)), CLEAN, url);
    }
    const text = await textOf(`${dashboard}/metrics`);
    assert.match(text, /^ninelives_probe_success\{service="svc"\} 1$/m);
    assert.match(text, /^ninelives_serving\{service="svc"\} 1$/m);
    assert.match(text, /^ninelives_kill_budget_remaining\{service="svc"\} 3$/m);
  });

  it('promtool accepts the exported rules, and they fire when they should', async () => {
    const { stdout, code } = await box.run('export', 'prometheus');
    assert.equal(code, 0);
    const file = (name: string) => join(box.stateDir, name);
    writeFileSync(file('rules.yml'), stdout);
    writeFileSync(file('rules.test.yml'), RULE_TESTS);
    for (const args of [
      ['check', 'rules', file('rules.yml')],
      ['test', 'rules', file('rules.test.yml')],
    ]) {
      const { code: judged, said } = promtool(args);
      assert.equal(judged, 0, said);
    }
  });

  it('scrapes all three by the exported scrape_configs, and a rule fires in a wedge drill', async () => {
    const config = join(box.stateDir, 'ninelives.yaml');
    const scrape = await box.run('export', 'prometheus', '--scrape', '--config', config);
    assert.equal(scrape.code, 0, scrape.stderr);
    const jobs = scrape.stdout.replaceAll('127.0.0.1:8090', new URL(dashboard).host);
    const settings = join(box.stateDir, 'prometheus.yml');
    const intervals = 'global: { scrape_interval: 500ms, evaluation_interval: 500ms }\n';
    writeFileSync(settings, `${intervals}rule_files: [rules.yml]\n${jobs}`);
    const port = await freePort();
    const flags = [`--config.file=${settings}`, `--web.listen-address=127.0.0.1:${port}`];
    flags.push(`--storage.tsdb.path=${join(box.stateDir, 'tsdb')}`, '--log.level=error');
    prometheus = spawn(programAt('prometheus') ?? '', flags, { stdio: 'ignore' });
    const query = async (expression: string) => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
      const answer = await fetch(url).catch(() => null);
      if (!answer?.ok) return [];
      const { data } = (await answer.json()) as {
        data: { result: { metric: { [label: string]: string } }[] };
      };
      return data.result.map(({ metric }) => metric);
    };
    await box.until('three targets are up', async () => (await query('up == 1')).length === 3);
    const drill = box.run('drill', 'wedge', '--state', box.stateDir);
    await box.until('the alert', async () => {
      const firing = await query('ALERTS{alertname="NinelivesIncident", alertstate="firing"}');
      return firing.some(({ service, drill: planned }) => service === 'svc' && planned === 'true');
    });
    assert.equal((await drill).code, 0);
    await box.until(
      'the kill is counted',
      async () => (await query('ninelives_kills_total == 1')).length === 1,
    );
    await box.until(
      'and that it is over',
      async () => (await query('ALERTS{alertname="NinelivesIncident"}')).length === 0,
    );
  });
});
