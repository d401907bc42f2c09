import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incident } from '../../../test/record/rows.js';
import { createRecent } from '../../dashboard/recent.js';
import { createHoldState } from '../../gateway/hold/state.js';
import { HOLD_LIMITS } from '../../gateway/limits.js';
import type { TrafficEvidence } from '../../gateway/status/evidence.js';
import { evidenceOf } from '../../gateway/status/evidence.js';
import { memoryRecord } from '../../record/memory.js';
import { HELD_NOTE } from '../../report/traffic.js';
import { createClients } from './clients.js';

/** What a gateway tells at that second: so many wait, the longest for so many seconds; and how requests have ended so far. */
function told(
  atS: number,
  [queued, longestS]: [number, number],
  ends: Partial<TrafficEvidence['ends']>,
): TrafficEvidence {
  const nothing = evidenceOf(
    createHoldState(HOLD_LIMITS),
    Number.NEGATIVE_INFINITY,
    atS * 1_000,
    HOLD_LIMITS,
  );
  const longestWaitMs = queued > 0 ? longestS * 1_000 : null;
  return { ...nothing, queued, longestWaitMs, ends: { ...nothing.ends, ...ends } };
}

const incidentFrom = (id: string, firstFailureS: number) =>
  incident('svc', id, { firstFailureWallMs: firstFailureS * 1_000 });

function stage() {
  const record = memoryRecord();
  const clients = createClients(record, 'svc', createRecent());
  const looked = (atS: number, ...rest: [[number, number], Partial<TrafficEvidence['ends']>]) =>
    clients.looked(told(atS, ...rest), atS * 1_000);
  const noted = (id: string) => (record.note('svc', HELD_NOTE) as { [id: string]: unknown } | null)?.[id];
  return { clients, looked, noted };
}

test('whoever was held when an incident ended is counted until the answer, and nobody after that', () => {
  const { clients, looked, noted } = stage();
  looked(9, [0, 0], { answered: 7 });
  looked(10, [1, 0.5], { answered: 8 });
  clients.incident(incidentFrom('i1', 9.5), 10_500);
  looked(11, [3, 1.5], { answered: 8 });
  looked(14, [3, 4], { answered: 8 });
  clients.incident(null, 14_500);
  looked(15, [3, 5], { answered: 8 });
  const held = { answered: 1, replayed: 0, refused: 0, clientGone: 0, waiting: 3, longestWaitMs: 5_000 };
  assert.deepEqual(noted('i1'), held);
  assert.deepEqual(clients.held(), { i1: held }, 'still going on');
  looked(16, [2, 1], { answered: 8, replayed: 3 });
  assert.deepEqual(noted('i1'), { ...held, replayed: 3 });
  assert.deepEqual(clients.held(), {}, 'who waits now came later');
  looked(17, [0, 0], { answered: 90, replayed: 3 });
  assert.deepEqual(noted('i1'), { ...held, replayed: 3 });
});

test('an incident of any length is counted whole, whatever becomes of its gateway', () => {
  const { clients, looked, noted } = stage();
  looked(0, [0, 0], { answered: 100 });
  clients.incident(incidentFrom('long', 0), 0);
  for (let atS = 1; atS <= 900; atS++) looked(atS, [4, 80], { answered: 100, refused: Math.min(atS, 40) });
  looked(901, [0, 0], { refused: 2 }); // a new gateway
  clients.incident(null, 901_500);
  looked(902, [0, 0], { refused: 2 });
  const held = { answered: 0, replayed: 0, refused: 42, clientGone: 0, waiting: 4, longestWaitMs: 80_000 };
  assert.deepEqual(noted('long'), held);
});

test('one who never gets an answer does not keep an incident open, and the next incident is counted apart', () => {
  const { clients, looked, noted } = stage();
  looked(0, [0, 0], {});
  clients.incident(incidentFrom('i1', 0), 500);
  looked(1, [1, 1], {});
  clients.incident(null, 1_500);
  clients.incident(incidentFrom('i2', 2), 2_500);
  looked(3, [2, 3], { refused: 1 });
  assert.deepEqual(Object.keys(clients.held()), ['i1', 'i2']);
  for (let atS = 4; atS < 300; atS++) looked(atS, [2, atS], { refused: 1 });
  assert.deepEqual(Object.keys(clients.held()), ['i2']);
  clients.incident(null, 300_000);
  looked(301, [0, 0], { refused: 1, answered: 2 });
  const of = (id: string) => noted(id) as { answered: number; refused: number };
  assert.deepEqual([of('i1').answered, of('i2').answered, of('i2').refused], [0, 2, 1]);
});
