import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../../src/config/load.js';
import type { KillIntent } from '../../../src/core/decision.js';
import { collectEvidence } from '../../../src/evidence/collect.js';
import { isAbsent } from '../../../src/evidence/evidence.js';
import { eventually, freePort, temporaryFolder } from '../../fixtures/host-world.js';
import { prepareUnits, startUnit, takeName } from './units.js';

// Runs inside the box, as jc: from a running unit to a checked config, and what can be seen of a unit before a kill.
await prepareUnits();

const BIN = fileURLToPath(new URL('../../../../bin/ninelives.js', import.meta.url));
const STAND_IN = fileURLToPath(new URL('../../discover/stand-in-main.js', import.meta.url));

async function standingUnit(t: TestContext, user: boolean) {
  const [port, name] = [await freePort(), takeName()];
  const service = ['Restart=on-failure', `ExecStart=${process.execPath} ${STAND_IN} vllm ${port}`];
  const { unit, supervisor } = await startUnit(t, { name, port, user, service });
  const seen = await eventually('it listens', async () => {
    const look = await supervisor.inspect();
    return 'unknown' in look || look.portOwner.who !== 'unit' ? null : look;
  });
  return { port, unit, seen };
}

function ninelives(folder: string, command: string, ...args: string[]): Promise<string> {
  const argv = [BIN, command, '--state', join(folder, 'state'), ...args];
  return new Promise((done) => {
    execFile(process.execPath, argv, { cwd: folder }, (_error, stdout, stderr) => done(stdout + stderr));
  });
}

describe('init on a real systemd', () => {
  for (const user of [false, true]) {
    it(`from a running ${user ? 'user' : 'system'} unit to a checked config is one command`, async (t) => {
      const { port, unit } = await standingUnit(t, user);
      const folder = temporaryFolder(t);
      const said = await ninelives(folder, 'init', '--unit', unit);
      const service = loadConfig(join(folder, 'ninelives.yaml'), {}).services[0];
      assert.deepEqual(service?.source, { type: 'unit', unit, user }, said);
      assert.equal(service.port, port);
      assert.equal(service.probe.model, 'Qwen/Qwen3-Embedding-0.6B');
      assert.deepEqual(service.progress, {
        ...service.progress,
        counter: 'vllm:request_success_total',
      });
      assert.match(said, new RegExp(`unit ${unit.replaceAll('.', '\\.')}: right answer in`));
      assert.match(said, /next: ninelives guard/);
      assert.match(said, /port .*a process of this unit/, 'doctor has looked at it');
    });
  }
});

describe('guard on a real systemd', () => {
  it('needs no config: flags name the unit, its probe and its power', async (t) => {
    const { port, unit } = await standingUnit(t, true);
    const folder = temporaryFolder(t);
    const named = ['--unit', unit, '--user', '--url', `http://127.0.0.1:${port}`, '--kind', 'embeddings'];
    const said = await ninelives(folder, 'guard', ...named, '--arm-without-drill', '--once');
    const { services } = JSON.parse(await ninelives(folder, 'status', '--json')) as {
      services: { service: string; verdict: { kind: string }; power: string; unit: { supervisor: string } }[];
    };
    const [seen, ...others] = services;
    assert.deepEqual(
      [others.length, seen?.service, seen?.verdict.kind, seen?.power, seen?.unit.supervisor],
      [0, unit.replace(/\.service$/, ''), 'serving', 'armed', 'systemd-user'],
      said,
    );
  });
});

describe('evidence of a unit', () => {
  it('has its tree, and its own words from the journal', async (t) => {
    const { port, unit, seen } = await standingUnit(t, false);
    const incarnation = seen.incarnation ?? assert.fail('it does not run');
    const intent: KillIntent = {
      ...{
        id: 'k',
        service: 'svc',
        incidentId: 'i',
        what: 'incarnation',
        reason: 'test',
        atMs: 0,
        wallMs: 0,
      },
      incarnation,
      targets: seen.processes,
    };
    const signal = new AbortController().signal;
    const options = { limitMs: 3_000, signal, port, logFile: null, path: '/usr/bin:/bin', secrets: [] };
    // Its first line comes after it listens, and through the journal.
    const bundle = await eventually('its own words', async () => {
      const each = await collectEvidence(intent, seen, options);
      return JSON.stringify(each.collected.log).includes(`vllm serves on ${port}`) ? each : null;
    });
    assert.equal(bundle.unit?.unit, unit);
    assert.ok(!isAbsent(bundle.collected.processes));
  });
});
