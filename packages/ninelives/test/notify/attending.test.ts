import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FileRecord, openRecord } from '../../src/record/sqlite.js';
import { decision, incident, page } from '../record/rows.js';
import { seeded } from '../record/story.js';
import { farServer } from './far-server.js';
import { mortal, until } from './mortal.js';

const CHILD = join(import.meta.dirname, 'attending-child.js');
const WAYS = ['phone', 'boss', 'mail'];
const KILLS = 8;
const SPEED = 50;

interface Stage {
  record: FileRecord;
  /** `NOTIFIER PAGE`, in the order of their coming, repeats included. */
  taken: string[];
  tell(kind: 'opened' | 'resolved'): void;
  got(text: string): boolean;
  live(): void;
  die(): Promise<void>;
}

/** A record with one loss, an attending outbox as a process, and a receiver; what it answers is up to the test. */
async function onStage(
  answer: (way: string, id: string, response: ServerResponse, taken: string[]) => void,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'ninelives-attending-'));
  const path = join(dir, 'record.db');
  const record = openRecord(path);
  const started = Date.now();
  const taken: string[] = [];
  const far = await farServer(({ path: way, headers }, response) =>
    answer(way.slice(1), String(headers['webhook-id']), response, taken),
  );
  const { live, die } = mortal([CHILD, path, far.url, String(started)]);
  const tell = (kind: 'opened' | 'resolved') => {
    const now = (Date.now() - started) * SPEED;
    const times = { openedWallMs: now, firstFailureWallMs: now };
    const over = kind === 'resolved' ? { status: 'resolved' as const, resolvedWallMs: now } : times;
    const lost = { ...incident('a', 'i1', times), ...over };
    const told = { ...page('a', `a/i1/${kind}`, now), incidentId: 'i1', kind };
    record.commit('a', decision('a', 1, { incidents: [lost], pages: [told] }), { notifiers: ['phone'] });
  };
  const got = (text: string) => taken.some((one) => one.startsWith(text));
  try {
    await play({ record, taken, tell, got, live, die });
  } finally {
    await die();
    record.close();
    await far.close();
    rmSync(dir, { recursive: true });
  }
}

/** What the receiver was told, way by way, against the rows: nothing lost, nothing invented, the end last. */
function judge({ record, taken, got }: Stage): string[] {
  const rows = record.outboxSince(0, 1_000);
  const keys = rows.map((row) => `${row.notifier} ${row.page.id}`);
  assert.equal(new Set(keys).size, keys.length, 'one row of each');
  const accepted = rows.filter((row) => row.acceptedWallMs !== null);
  assert.deepEqual(
    [...new Set(taken)].sort(),
    accepted.map((row) => `${row.notifier} ${row.page.id}`).sort(),
    'what is accepted was taken, and what was taken is accepted',
  );
  for (const way of WAYS.filter((name) => got(name))) {
    const firsts = [...new Set(taken.filter((one) => one.startsWith(way)))];
    assert.equal(firsts.at(-1), `${way} a/i1/resolved`, firsts.join());
  }
  return keys;
}

describe('an outbox that attends, killed', () => {
  it('neither loses nor doubles what it adds by itself: second in line, fallback, reminders, the end', async (context: TestContext) => {
    const random = seeded(11);
    let asked = 0;
    let lostAnswers = 0;
    await onStage(
      (way, id, response, taken) => {
        asked += 1;
        // Down until its fallback was needed.
        if (way === 'phone' && !taken.some((one) => one.startsWith('mail ')))
          return response.writeHead(503).end();
        if (random() < 0.2) return response.writeHead(500).end();
        taken.push(`${way} ${id}`);
        if (random() >= 0.2) return response.writeHead(204).end();
        lostAnswers += 1; // taken, and the acknowledgement lost
        return response.destroy();
      },
      async (stage) => {
        const { record, tell, got, live, die, taken } = stage;
        tell('opened');
        for (let kill = 0; kill < KILLS; kill += 1) {
          live();
          const heard = asked;
          await until(() => asked > heard, `the sender is silent after ${kill} kills`);
          await sleep(random() * 60);
          await die();
        }
        live();
        const all = () =>
          got('boss a/i1/unanswered/boss') && got('phone a/i1/reminder/') && got('mail a/i1/');
        await until(all, 'the second in line, a reminder, the fallback');
        tell('resolved');
        const ends = WAYS.map((way) => `${way} a/i1/resolved`);
        const isOver = () => ends.every(got) && record.outboxPending().length === 0;
        await until(isOver, 'the end, to whoever was told');
        await die();
        const keys = judge(stage);
        const repeats = taken.length - new Set(taken).size;
        // A kill may cut one attempt short on each way.
        assert.ok(
          repeats <= lostAnswers + KILLS * WAYS.length,
          `${repeats} repeats, ${lostAnswers} answers lost`,
        );
        context.diagnostic(`${asked} attempts, ${keys.length} pages, ${repeats} repeats, ${KILLS} kills`);
      },
    );
  });

  it('tells the end to the second in line who was told of the loss right before it died', async () => {
    let silent = true;
    await onStage(
      (way, id, response, taken) => {
        taken.push(`${way} ${id}`);
        // The boss's server has it; its answer never comes.
        if (way !== 'boss' || !silent) response.writeHead(204).end();
      },
      async (stage) => {
        const { record, tell, got, live, die } = stage;
        tell('opened');
        live();
        await until(() => got('boss a/i1/unanswered/boss'), 'the second in line is told');
        await die();
        tell('resolved');
        silent = false;
        live();
        await until(() => record.outboxPending().length === 0 && got('phone a/i1/resolved'), 'it is quiet');
        await die();
        assert.ok(got('boss a/i1/resolved'), 'who was told of the loss is told of its end');
        judge(stage);
      },
    );
  });
});
