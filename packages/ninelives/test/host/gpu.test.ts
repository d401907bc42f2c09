import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { GpuSample } from '../../src/core/types.js';
import { monotonicMs } from '../../src/host/clock.js';
import { createGpuLook } from '../../src/host/gpu/nvidia-smi.js';
import { parseGpuProcesses, parseGpus } from '../../src/host/gpu/parse.js';
import { readStat } from '../../src/host/procfs/processes.js';
import { STUBBORN, tool } from '../evidence/victims.js';
import { eventually, temporaryFolder } from '../fixtures/host-world.js';

const MIB = 1024 * 1024;
const OURS = [{ pid: 4711, startTicks: 1 }];
const PATH = '/usr/bin:/bin';

/** What the real one prints, for the two questions (driver 550, --format=csv,noheader,nounits). */
const TELLS = `case "$1" in
  --query-gpu=*) echo 'GPU-aaaa1111-2222, 97, 15360, 24576'; echo 'GPU-bbbb1111-2222, 3, 10, 24576' ;;
  *) echo '4711, GPU-aaaa1111-2222, 15000'; echo '99, GPU-bbbb1111-2222, 10' ;;
esac`;

function look(t: TestContext, script: string, limitMs = 5_000) {
  const folder = temporaryFolder(t);
  tool(folder, 'nvidia-smi', `echo $$ >> ${folder}/starts\n${script}`);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const gpu = createGpuLook({
    path: `${folder}:${PATH}`,
    nowMs: monotonicMs,
    signal: stop.signal,
    limitMs,
    calmMs: 50,
  });
  const starts = () => {
    const file = join(folder, 'starts');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
  };
  return { gpu: (pids = OURS) => gpu(pids, true), starts };
}

/** The first that was told. One of an earlier look of this test may be ending still: then it is asked again. */
const seen = (gpu: () => GpuSample | null) =>
  eventually('what nvidia-smi told', () => {
    const told = gpu();
    return told && 'trouble' in told && /an earlier/.test(told.trouble) ? null : told;
  });

describe('the GPUs, through an nvidia-smi that really runs', () => {
  it('shows how busy ours is, and whose memory is ours', async (t) => {
    const { atMs: _, ...told } = await seen(look(t, TELLS).gpu);
    assert.deepEqual(told, { busyPercent: 97, usedBytes: 15_000 * MIB, freeBytes: 9_216 * MIB });
  });

  it('takes the busiest of all where it does not list our processes', async (t) => {
    const { gpu } = look(t, TELLS);
    const { atMs: _, ...told } = await seen(() => gpu([{ pid: 5, startTicks: 1 }]));
    assert.deepEqual(told, { busyPercent: 97, usedBytes: null, freeBytes: 9_216 * MIB });
  });

  it('does not claim what it was not told', async (t) => {
    const { atMs: _, ...told } = await seen(look(t, "echo 'GPU-aaaa1111, [N/A], [N/A], 24576'").gpu);
    assert.deepEqual(told, { busyPercent: null, usedBytes: null, freeBytes: null });
  });

  it('says that one hangs, and never has two at a time', async (t) => {
    const { gpu, starts } = look(t, STUBBORN, 200);
    let most = 0;
    await eventually('a third one', () => {
      gpu();
      const alive = starts().filter((pid) => (readStat(pid)?.state ?? 'Z') !== 'Z');
      most = Math.max(most, alive.length);
      return starts().length >= 3;
    });
    assert.equal(most, 1);
    const told = gpu();
    assert.ok(told && 'trouble' in told && told.hangs, JSON.stringify(told));
    assert.match(told.trouble, /did not answer in time|has not ended yet/);
  });

  it('says what it printed where that is no list', async (t) => {
    const table: [string, RegExp][] = [
      [
        "echo 'Unable to determine the device handle for GPU0: Unknown Error'; exit 255",
        /Unable to determine/,
      ],
      ["head -c 5000 /dev/zero | tr '\\0' '\\033'", /lists no GPU/],
      ['head -c 2000000 /dev/urandom', /lists no GPU/],
      ['exit 0', /said nothing/],
    ];
    for (const [script, expected] of table) {
      const told = await seen(look(t, script).gpu);
      assert.ok('trouble' in told && !told.hangs, JSON.stringify(told));
      assert.match(told.trouble, expected);
      assert.doesNotMatch(told.trouble, /\p{Cc}/u);
      assert.ok(told.trouble.length < 300);
    }
  });

  it('is silent where there is none', (t) => {
    const nothing = createGpuLook({
      path: temporaryFolder(t),
      nowMs: () => 0,
      signal: new AbortController().signal,
    });
    assert.equal(nothing(OURS, true), null);
  });
});

it('no text of nvidia-smi is read as a number that is none', () => {
  const part = fc.constantFrom(
    'GPU-aaaa1111',
    ',',
    ' ',
    '\n',
    '[N/A]',
    '97',
    '-1',
    '1e9',
    'ERR!',
    '99999999999',
    'MIG-',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      const numbers = parseGpus(text).flatMap(({ busyPercent, usedBytes, totalBytes }) => [
        ...(busyPercent === null ? [] : [busyPercent <= 100]),
        ...[usedBytes, totalBytes].map(
          (bytes) => bytes === null || (Number.isSafeInteger(bytes) && bytes >= 0),
        ),
      ]);
      return numbers.every(Boolean) && parseGpuProcesses(text).every(({ pid }) => Number.isSafeInteger(pid));
    }),
  );
});
