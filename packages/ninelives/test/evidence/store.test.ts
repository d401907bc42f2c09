import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { configFromFlags } from '../../src/config/load.js';
import type { ServiceConfig } from '../../src/config/service.js';
import { createEvidenceKeeper, giveUpEvidence } from '../../src/daemon/evidence.js';
import { dropEvidence, pruneEvidence, readEvidence, writeEvidence } from '../../src/evidence/store.js';
import { RecordUnavailableError } from '../../src/record/record.js';
import { temporaryFolder } from '../fixtures/host-world.js';
import { collect, intentOn, part, victim } from './victims.js';

const READY = `console.log('ready')`;
const never = new AbortController().signal;

/** A config of one service, as `up -- sleep` makes it. */
function keeperOn(stateDir: string, change: Partial<ServiceConfig> = {}) {
  const config = configFromFlags({ command: ['sleep', '60'], name: 'svc' });
  const service = { ...(config.services[0] as ServiceConfig), ...change };
  return createEvidenceKeeper({ service, config, stateDir, logFile: null, env: { PATH: '' } });
}

describe('evidence on disk', () => {
  it('is kept for its owner only, read back as it was, and in the order of the kills', async (t) => {
    const stateDir = temporaryFolder(t);
    const target = await victim(t, READY);
    const bundle = await collect([target], { collectors: {} });
    await writeEvidence(stateDir, { ...bundle, intentId: 'svc-kill-9', wallMs: 2_000 });
    await writeEvidence(stateDir, { ...bundle, intentId: 'svc-kill-10', wallMs: 3_000 });
    const kept = readEvidence(stateDir, bundle.incidentId);
    assert.deepEqual(
      kept.map((each) => each.bundle.intentId),
      ['svc-kill-9', 'svc-kill-10'],
    );
    assert.deepEqual(kept[0]?.bundle.incarnation, bundle.incarnation);
    const path = kept[0]?.path ?? '';
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
    assert.deepEqual(readEvidence(stateDir, 'another'), []);
  });

  it('of a damaged file, of another version, or by a name that leads elsewhere is left out', async (t) => {
    const stateDir = temporaryFolder(t);
    const folder = join(stateDir, 'evidence', 'svc-incident-1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'a.json'), '{"version":1,');
    writeFileSync(join(folder, 'b.json'), '{"version":2}');
    writeFileSync(join(folder, 'c.json'), 'null');
    assert.deepEqual(readEvidence(stateDir, 'svc-incident-1'), []);
    assert.deepEqual(readEvidence(stateDir, '../../etc'), []);
  });

  it('is forgotten with the record, and never more than 200 incidents', async (t) => {
    const stateDir = temporaryFolder(t);
    const root = join(stateDir, 'evidence');
    for (let n = 0; n < 210; n += 1) {
      const folder = join(root, `svc-incident-${n}`);
      mkdirSync(folder, { recursive: true });
      utimesSync(folder, 1_000 + n, 1_000 + n);
    }
    pruneEvidence(stateDir, 0);
    assert.equal(readdirSync(root).length, 200);
    pruneEvidence(stateDir, 1_205_000);
    assert.deepEqual(
      readdirSync(root).sort(),
      [205, 206, 207, 208, 209].map((n) => `svc-incident-${n}`),
    );
    assert.equal(dropEvidence(stateDir), true);
    assert.equal(dropEvidence(stateDir), false);
  });

  it('goes first when the disk is full, and only then', async (t) => {
    const stateDir = temporaryFolder(t);
    mkdirSync(join(stateDir, 'evidence', 'svc-incident-1'), { recursive: true });
    const error = (reason: 'io' | 'full') => new RecordUnavailableError('no', { reason });
    assert.equal(giveUpEvidence(stateDir, new Error('no')), false);
    assert.equal(giveUpEvidence(stateDir, error('io')), false);
    assert.equal(giveUpEvidence(stateDir, error('full')), true);
    assert.equal(giveUpEvidence(stateDir, error('full')), false);
  });
});

describe('the keeper in front of a kill', () => {
  it('keeps it once a kill, and says so', async (t) => {
    const stateDir = temporaryFolder(t);
    const target = await victim(t, READY);
    const keep = keeperOn(stateDir);
    assert.match(await keep(intentOn([target.id]), null, never), /^evidence kept in \d\.\d s$/);
    const first = readEvidence(stateDir, 'svc-incident-1')[0];
    assert.equal(part<{ argv: object }>(first?.bundle ?? assert.fail(), 'command') !== undefined, true);
    assert.equal(await keep(intentOn([target.id]), null, never), 'evidence was kept before');
    assert.match(await keep(intentOn([target.id], { id: 'svc-kill-3' }), null, never), /^evidence kept/);
    assert.equal(readEvidence(stateDir, 'svc-incident-1').length, 2);
  });

  it('says why there is none where it can not be written, and never rejects', async (t) => {
    const stateDir = temporaryFolder(t);
    writeFileSync(join(stateDir, 'evidence'), 'a file, not a folder');
    const said = await keeperOn(stateDir)(intentOn([(await victim(t, READY)).id]), null, never);
    assert.match(said, /^no evidence: (ENOTDIR|EEXIST)/);
  });

  it('leaves out the values of secret headers in the config', async (t) => {
    const stateDir = temporaryFolder(t);
    const target = await victim(t, READY, { argv: ['--', 'told-5c0ffee123'] });
    const { probe } = configFromFlags({ command: ['sleep'] }).services[0] as ServiceConfig;
    const headers = { authorization: 'Bearer told-5c0ffee123', accept: 'application/json' };
    await keeperOn(stateDir, { probe: { ...probe, headers } })(intentOn([target.id]), null, never);
    const text = JSON.stringify(readEvidence(stateDir, 'svc-incident-1'));
    assert.ok(!text.includes('told-5c0ffee123') && text.includes('[redacted]'));
  });
});
