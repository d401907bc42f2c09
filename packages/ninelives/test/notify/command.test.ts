import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNotifier } from '../../src/notify/table.js';
import { type FarEnd, notifierContract, PAGE, SECRET } from '../contract/notifier.js';

const never = new AbortController().signal;

function command(argv: string[], timeoutMs = 20_000) {
  const config = { type: 'command' as const, name: 'script', argv, timeoutMs };
  return createNotifier(config, { wallMs: () => 0, runbook: null, env: { PATH: process.env.PATH } });
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').filter(Boolean);
}

async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !what(); turn += 1) await sleep(20);
  assert.ok(what());
}

notifierContract('the command', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ninelives-command-'));
  const [mode, out] = [join(dir, 'mode'), join(dir, 'out')];
  writeFileSync(out, '');
  writeFileSync(mode, 'accepts');
  const script = `case "$(cat ${mode})" in
    accepts) cat >> ${out} && echo >> ${out};;
    fails) echo ${SECRET} >&2; exit 3;;
    *) exec sleep 30;;
  esac`;
  const there = command(['sh', '-c', script, SECRET]);
  const gone = command([join(dir, SECRET, 'missing')]);
  let end: FarEnd = 'accepts';
  return {
    notifier: {
      name: 'script',
      deliver: (page, signal) => (end === 'is not there' ? gone : there).deliver(page, signal),
    },
    far(next) {
      end = next;
      writeFileSync(mode, next);
    },
    refuses: false,
    shape: PAGE,
    taken: () => lines(out).map((line) => JSON.parse(line)),
    close: async () => rmSync(dir, { recursive: true }),
  };
});

describe('the command', () => {
  const inFolder = (body: (dir: string) => Promise<void>) => async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ninelives-command-'));
    try {
      await body(dir);
    } finally {
      rmSync(dir, { recursive: true });
    }
  };

  it(
    'gets the page in its environment, and no shell in between',
    inFolder(async (dir) => {
      const out = join(dir, 'out');
      const program = `require('fs').writeFileSync(process.argv[1], JSON.stringify([process.argv[2], process.env]))`;
      const notifier = command([process.execPath, '-e', program, out, '$HOME; `id` *']);
      const page = { ...PAGE, title: 'a\0b', incidentId: null };
      assert.deepEqual(await notifier.deliver(page, never), { outcome: 'accepted' });
      const [argument, env] = JSON.parse(readFileSync(out, 'utf8'));
      assert.equal(argument, '$HOME; `id` *');
      assert.equal(env.NINELIVES_PAGE_ID, PAGE.id);
      assert.equal(env.NINELIVES_SERVICE, 'a');
      assert.equal(env.NINELIVES_KIND, 'opened');
      assert.equal(env.NINELIVES_DRILL, '0');
      assert.equal(env.NINELIVES_TITLE, 'ab');
      assert.equal(env.NINELIVES_BODY, PAGE.body);
      assert.equal(env.NINELIVES_INCIDENT, '');
      assert.equal(env.HOME, undefined, 'only the environment that it was given');
    }),
  );

  it('may ignore its stdin', async () => {
    const long = { ...PAGE, body: 'x'.repeat(1_000_000) };
    // Larger than a pipe, so that the write fails, and than the environment of a process may be.
    const delivery = await command(['true']).deliver(long, never);
    assert.deepEqual(delivery, { outcome: 'accepted' });
  });

  it(
    'is killed when it is called off, even if it ignores SIGTERM',
    inFolder(async (dir) => {
      const pidFile = join(dir, 'pid');
      const script = `trap '' TERM; echo $$ > ${pidFile}; while :; do sleep 0.05; done`;
      const limit = new AbortController();
      const delivery = command(['sh', '-c', script]).deliver(PAGE, limit.signal);
      await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'));
      limit.abort();
      assert.equal((await delivery).outcome, 'retry');
      const pid = Number(readFileSync(pidFile, 'utf8'));
      await until(() => {
        try {
          return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
        } catch {
          return true;
        }
      });
    }),
  );

  it('has a limit of its own', async () => {
    const delivery = await command(['sleep', '30'], 100).deliver(PAGE, never);
    assert.deepEqual(delivery, { outcome: 'retry', error: 'script: did not end within 100 ms' });
  });

  it('says how it ended', async () => {
    const said = async (argv: string[]) => {
      const delivery = await command(argv).deliver(PAGE, never);
      return 'error' in delivery ? delivery.error : delivery.outcome;
    };
    assert.equal(await said(['sh', '-c', 'exit 7']), 'script: exit status 7');
    assert.equal(await said(['sh', '-c', 'kill -9 $$']), 'script: ended by SIGKILL');
    assert.match(await said(['true', `${SECRET}\0`]), /^script: could not be run: arguments/);
    assert.equal(await said(['/nowhere/at/all']), 'script: could not be run (ENOENT)');
  });
});
