import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordEvent } from '../core/decision.js';
import { eventEntry, troubleTeller } from './log.js';

const INCARNATION = { pid: 4242, startTicks: 99, bootId: 'b0071d', invocation: 'one' };

test('a line of the log has its time in ISO 8601, stable ids, and whatever was said as data', () => {
  const event: RecordEvent = {
    atMs: 5,
    wallMs: Date.UTC(2026, 10, 22, 3, 4, 5, 6),
    type: 'kill',
    incidentId: 'svc-incident-1',
    incarnation: INCARNATION,
    text: 'SIGKILL to pid 4242\nand a line that it does not end',
    data: { intentId: 'svc-kill-1' },
  };
  const line = JSON.stringify(eventEntry('svc', event));
  assert.ok(!line.includes('\n'), 'one line');
  assert.deepEqual(JSON.parse(line), {
    time: '2026-11-22T03:04:05.006Z',
    level: 'warn',
    event: 'kill',
    service: 'svc',
    incident: 'svc-incident-1',
    incarnation: '4242:99:b0071d',
    text: event.text,
    data: { intentId: 'svc-kill-1' },
  });
  const bare = eventEntry('svc', { ...event, incidentId: null, incarnation: null, type: 'paused' });
  assert.ok(!('incident' in bare) && !('incarnation' in bare), 'what is not known is absent');
});

test('trouble is a line for people, or one of the log', () => {
  const said: string[] = [];
  const terminal = { err: (line: string) => void said.push(line) };
  troubleTeller(terminal, false, () => 0)('no dashboard');
  troubleTeller(terminal, true, () => 0)('no dashboard');
  assert.equal(said[0], 'ninelives: no dashboard');
  assert.deepEqual(JSON.parse(said[1] ?? ''), {
    time: '1970-01-01T00:00:00.000Z',
    level: 'warn',
    event: 'trouble',
    text: 'no dashboard',
  });
});
