import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decision, incident } from '../../test/record/rows.js';
import { memoryRecord } from '../record/memory.js';
import { dashboardView } from './model.js';

test('whoever is needed is told where it is written what to do', () => {
  const record = memoryRecord();
  const rows = decision('svc', 1);
  rows.state.incident = incident('svc', 'i1', { status: 'escalated', kind: 'unkillable' });
  record.commit('svc', rows, { notifiers: [], wallMs: 10 });
  const [service] = dashboardView(record, { nowWallMs: 20, gateway: () => null, actions: true }).services;
  assert.equal(service?.headline, 'Needs you');
  assert.deepEqual(service?.remarks, ['What to do: docs/runbook.md#unkillable.']);
});
