import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardState, VerdictKind } from '../../../src/core/decision.js';
import type { ProcessId, ProcessSample } from '../../../src/core/types.js';
import { isAlive, readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import type { StoredEvent } from '../../../src/record/record.js';
import { openRecord } from '../../../src/record/sqlite.js';
import { type Box, FIXTURE_SERVER, freePort, openBox } from '../../e2e/box.js';
import { CELLS, type Cell, type Ending, type Fault } from '../matrix-table.js';
import { admin } from './admin.js';
import { prepareUnits, startUnit, takeName } from './units.js';

// Runs inside the box, as jc: every fault in every kind of unit, with a guard of its own each.
await prepareUnits();

const QUICK = `    probe:
      kind: http
      path: /work
      every: 500ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 200ms
      startup_grace: 2s
      idle_patience: 3s
      jam_patience: 4s
`;
/** What must not happen any more after the end gets this long to happen. */
const HOLD_MS = 2_500;
/** A file system that can be frozen, mounted in the box only (harness/remains.ts thaws it, come what may). */
const FROZEN = '/mnt/frozen';

interface Stage {
  box: Box;
  unit: string;
  user: boolean;
  /** The unit's processes just before the fault, as the kernel has them. */
  main: ProcessSample;
  worker: ProcessSample;
}

const ask = (box: Box, path: string) =>
  fetch(`http://127.0.0.1:${box.port}${path}`, { signal: AbortSignal.timeout(60_000) }).then((r) => r.text());

/** How each fault is done. Every signal goes to a process of this test's own unit, re-checked right before. */
const INFLICT: { [fault in Fault]: (stage: Stage) => Promise<unknown> } = {
  crash: async ({ main }) => assert.ok(signalIfSame(main, 'SIGKILL')),
  freeze: async ({ main }) => assert.ok(signalIfSame(main, 'SIGSTOP')),
  wedge: async ({ worker }) => assert.ok(signalIfSame(worker, 'SIGSTOP')),
  SIGTERM: async ({ main }) => assert.ok(signalIfSame(main, 'SIGTERM')),
  jam: ({ box }) => ask(box, '/break/jam'),
  errors: ({ box }) => ask(box, '/break/errors'),
  'exit 0': ({ box }) => ask(box, '/break/exit'),
  stopped: ({ unit }) => admin(['systemctl', 'stop', unit]),
  'crash again and again': crashUntilGivenUp,
  'wedge, guard killed': wedgeAndKillGuard,
  'D state': writeToFrozen,
};

async function crashUntilGivenUp({ box, main }: Stage): Promise<void> {
  for (let killed: ProcessId | null = main; killed; ) {
    const last: ProcessId = killed;
    assert.ok(signalIfSame(last, 'SIGKILL'));
    killed = await box
      .until('the next main process, or the end', () => {
        const unit = box.status()?.unit;
        if (unit?.phase === 'failed') return { end: true };
        const now = unit?.incarnation;
        return now && now.pid !== last.pid && isAlive(now) && { next: now };
      })
      .then((seen) => ('next' in seen ? seen.next : null));
  }
}

async function wedgeAndKillGuard({ box, worker }: Stage): Promise<void> {
  const record = openRecord(join(box.stateDir, 'record.db'));
  try {
    assert.ok(signalIfSame(worker, 'SIGSTOP'));
    const untilMs = performance.now() + 30_000;
    while (record.load('svc')?.state.intent == null) {
      assert.ok(performance.now() < untilMs, 'no decision');
      await sleep(5);
    }
    await box.killGuard();
    assert.equal(record.load('svc')?.openIntents.length, 1, 'decided and committed, not yet done');
  } finally {
    record.close();
  }
  box.start('guard');
}

async function writeToFrozen({ box, main }: Stage): Promise<void> {
  await admin(['fsfreeze', '--freeze', FROZEN]);
  await ask(box, `/break/write?${FROZEN}/x`);
  await box.until('state D', () => readStat(main.pid)?.state === 'D');
}

/** The signal that was sent then takes effect: no second one is needed. */
async function thawed(stage: Stage): Promise<void> {
  const { box } = stage;
  await admin(['fsfreeze', '--unfreeze', FROZEN]);
  await box.until(
    'healed',
    () => box.status()?.verdict.kind === 'serving' && box.status()?.incident === null,
  );
  assert.deepEqual(assertTargets(storyOf(box), stage), { kills: 1, leftovers: 0 });
}

async function frozenFileSystem(t: TestContext): Promise<string | null> {
  const image = '/var/tmp/frozen.img';
  const nodes =
    'mknod /dev/loop-control c 10 237; for n in 0 1 2 3 4 5 6 7; do mknod /dev/loop$n b 7 $n; done';
  const mount = `truncate -s 16M ${image} && mkfs.ext4 -q ${image} && mkdir -p ${FROZEN} && mount -o loop ${image} ${FROZEN}`;
  try {
    await admin(['/bin/sh', '-c', `{ ${nodes}; } 2>/dev/null; ${mount} && chmod 777 ${FROZEN}`]);
  } catch (error) {
    return `no file system can be mounted here to be frozen: ${error}`;
  }
  t.after(() => admin(['/bin/sh', '-c', `fsfreeze --unfreeze ${FROZEN}; umount --lazy ${FROZEN}`]));
  return null;
}

/** Node under another name: what a process is called is the name it was started by. */
function namedNode(box: Box, name: string): string {
  const path = join(box.stateDir, name);
  symlinkSync(process.execPath, path);
  return path;
}

async function stageFor(t: TestContext, cell: Cell): Promise<Stage> {
  const unit = takeName();
  const user = cell.user ?? false;
  const box = await openBox(`    unit: ${unit}\n${user ? '    user: true\n' : ''}${QUICK}`);
  t.after(() => box.close());
  const { service, lines = [], flags = [] } = cell;
  const program = cell.program ? namedNode(box, cell.program) : process.execPath;
  await startUnit(t, { name: unit, user, port: box.port, unit: lines, service, flags, program });
  box.start('guard', '--arm-without-drill');
  const state = await box.until('armed, serving, and its crew known', () => {
    const now = box.status();
    return now?.power === 'armed' && now.verdict.kind === 'serving' && now.life?.crew.length === 1 && now;
  });
  const [main, worker, ...others] = state.unit?.processes ?? [];
  assert.ok(main?.main && worker && others.length === 0);
  return { box, unit, user, main, worker };
}

function storyOf(box: Box): StoredEvent[] {
  const record = openRecord(join(box.stateDir, 'record.db'));
  try {
    return record.events({ service: 'svc' });
  } finally {
    record.close();
  }
}

/** Has it come to what the table says, in so far as that can be waited for? */
function hasEnded(state: GuardState | null, story: StoredEvent[], ends: Ending): boolean {
  const { verdict, kills, leftovers, said } = ends;
  if (state?.verdict.kind !== verdict || state.intent !== null) return false;
  const resolved = story.some(({ type }) => type === 'incident-resolved') && state.incident === null;
  if (verdict === 'serving' && !resolved) return false;
  if (story.filter(({ type }) => type === 'kill').length < kills + leftovers) return false;
  return said === null || story.some((event) => says(event, said));
}

function says({ type, text }: StoredEvent, said: RegExp): boolean {
  return (type === 'escalated' || type === 'kill-withheld') && said.test(text);
}

/** Whatever was signalled was of this unit: the main process and the worker that were there before the fault. */
function assertTargets(story: StoredEvent[], { main, worker }: Stage): { kills: number; leftovers: number } {
  const kills = story.filter(({ type }) => type === 'kill');
  const mine = [main, worker].map(({ pid, startTicks }) => `${pid}/${startTicks}`);
  const aims = kills.map(({ data }) => data?.targets as ProcessId[]);
  for (const { pid, startTicks } of aims.flat()) {
    assert.ok(mine.includes(`${pid}/${startTicks}`), `pid ${pid} was none of its processes: ${mine}`);
  }
  const ofMain = aims.filter((targets) => targets.some(({ pid }) => pid === main.pid)).length;
  return { kills: ofMain, leftovers: kills.length - ofMain };
}

/** A look may fall between the end of the process and what comes of it: then it was opened as dead. */
function fits(kind: VerdictKind | undefined, ends: Ending): boolean {
  return kind === ends.kind || (kind === 'dead' && ['stopped', 'masked'].includes(ends.kind));
}

async function play(t: TestContext, cell: Cell): Promise<void> {
  if (cell.fault === 'D state') {
    const lacks = await frozenFileSystem(t);
    if (lacks !== null) return t.skip(lacks);
  }
  const stage = await stageFor(t, cell);
  const { box } = stage;
  const { ends } = cell;
  await INFLICT[cell.fault](stage);
  await box.until(`the end: ${ends.verdict}`, () => hasEnded(box.status(), storyOf(box), ends));
  await sleep(HOLD_MS);
  const state = box.status();
  const story = storyOf(box);
  const told = story.map(({ type, text }) => `${type}: ${text}`).join('\n');
  const [incident, ...others] = await box.incidents();
  const { kills, leftovers } = assertTargets(story, stage);
  const wasSaid = story.filter(({ type }) => type === 'escalated').map(({ text }) => text);
  assert.deepEqual(
    {
      verdict: state?.verdict.kind,
      kind: fits(incident?.kind, ends) ? ends.kind : incident?.kind,
      kills,
      leftovers,
      restarts: state?.unit?.restarts,
      said: ends.said === null ? (wasSaid[0] ?? null) : ends.said,
    },
    ends,
    told,
  );
  assert.equal(others.length, 0, told);
  if (cell.fault === 'D state') await thawed(stage);
  if (ends.verdict === 'serving') assert.equal(await ask(box, '/work'), 'done');
}

/** Innocents: one that looks exactly like a wedged service and belongs to nobody's unit, and one that does nothing. */
async function bystanders(): Promise<{ unharmed(): Promise<void>; end(): void }> {
  const port = await freePort();
  const twin = spawn(process.execPath, [FIXTURE_SERVER, '--port', String(port)], { stdio: 'pipe' });
  const idler = spawn('sleep', ['infinity'], { stdio: 'ignore' });
  await once(twin.stdout, 'data');
  const health = async () => (await fetch(`http://127.0.0.1:${port}/health`)).json();
  let said = await health().catch(() => null);
  while (said === null) {
    await sleep(50);
    said = await health().catch(() => null);
  }
  const pids = [twin.pid, idler.pid, ...(said as { workers: number[] }).workers];
  const ids = pids.map((pid) => readStat(pid ?? 0)).filter((stat) => stat !== null);
  const worker = ids.at(-1) as ProcessId;
  assert.equal(ids.length, 3);
  assert.ok(signalIfSame(worker, 'SIGSTOP'));
  return {
    async unharmed() {
      for (const id of ids) assert.ok(isAlive(id), `${id.comm} ${id.pid} was ended`);
      assert.equal(readStat(worker.pid)?.state, 'T', 'and nobody has woken it');
      assert.deepEqual(await health(), said);
    },
    end() {
      for (const id of ids) signalIfSame(id, 'SIGKILL');
    },
  };
}

const innocents = await bystanders();
after(() => innocents.end());

describe('fault by unit', { concurrency: 7 }, () => {
  for (const cell of CELLS) it(`${cell.fault} · ${cell.unit} → ${cell.ends.verdict}`, (t) => play(t, cell));
});

describe('meanwhile', () => {
  it('no signal has reached a process that was not meant', () => innocents.unharmed());
});
