import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import { parseShow } from '../../../src/host/systemd/show.js';
import { runTool } from '../../../src/host/systemd/systemctl.js';
import { BIN, openStage, withRecordOf } from '../../watch/stage.js';

// Runs inside the box, as jc: an outer layer lives on by itself, as a user unit beside a guard's.

const WATCH = 'ninelives-watch.service';
const UNIT_FILE = join(homedir(), '.config/systemd/user', WATCH);
const LIMIT_MS = 120_000;

async function unitNow(): Promise<{ active: string; pid: number; restarts: number }> {
  const shown = await runTool('systemctl', [
    '--user',
    'show',
    WATCH,
    '--property=ActiveState,MainPID,NRestarts',
  ]);
  if ('unknown' in shown) throw new Error(shown.unknown);
  const values = parseShow(shown.text);
  return {
    active: values.get('ActiveState') ?? '',
    pid: Number(values.get('MainPID')),
    restarts: Number(values.get('NRestarts')),
  };
}

async function until<T>(what: string, look: () => Promise<T | false> | T | false): Promise<T> {
  for (const from = performance.now(); performance.now() - from < LIMIT_MS; await sleep(100)) {
    const found = await Promise.resolve(look());
    if (found) return found;
  }
  throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
}

function ninelives(...args: string[]): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [BIN, ...args], (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? -1) : 0, said: stdout + stderr });
    });
  });
}

/** Ends it in that way; another process of the unit, once it is there. */
async function revived(signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
  const before = await unitNow();
  const stat = readStat(before.pid);
  assert.ok(stat && signalIfSame(stat, signal));
  await until(`another one after ${signal}`, async () => {
    const now = await unitNow();
    return now.active === 'active' && now.pid > 1 && now.pid !== before.pid;
  });
}

describe('the outer layer, installed', () => {
  it('looks and tells, is revived however it falls, goes on from its record, and leaves without a trace', async () => {
    const stage = await openStage({ lan: false });
    const { stateDir, config, edge } = stage;
    const titles = () => stage.pages().map((page) => String((page.data as { title: string }).title));
    const last = () => titles().at(-1) ?? '';
    try {
      const { code, said } = await ninelives(
        ...['install', '--watch', '--config', config, '--state', stateDir, '--watchdog', '12s'],
      );
      assert.equal(code, 0, said);
      assert.match(said, /revived by: the user manager/);
      assert.match(said, /next: ninelives status --state/);
      assert.equal((await unitNow()).active, 'active');
      const verdict = () => withRecordOf(stateDir, (r) => r.load('svc')?.state.verdict.kind, undefined);
      await until('a good look', () => verdict() === 'serving');

      await edge.off();
      await until('the loss', () => /^svc can not be reached/.test(last()));
      // Killed with its incident open: the next one goes on with it, and tells nothing twice.
      await revived('SIGKILL');
      await edge.on();
      await until('its end', () => /^svc can be reached again/.test(last()));
      // Frozen: only its watchdog can tell.
      await revived('SIGSTOP');
      assert.equal((await unitNow()).restarts, 2);
      await edge.off();
      await until('the next loss', () => titles().length === 3);
      assert.match(last(), /^svc can not be reached/);
    } finally {
      const gone = await ninelives('uninstall', '--state', stateDir);
      await stage.close();
      assert.equal(gone.code, 0, gone.said);
    }
    assert.ok(!existsSync(UNIT_FILE));
    assert.deepEqual(await unitNow(), { active: 'inactive', pid: 0, restarts: 0 });
  });
});
