import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeOutcome, ProbeReason } from '../core/types.js';
import type { Look } from './look.js';
import { tunnelOutcome } from './tunnel.js';

const outcome = (reason: ProbeReason, status: number | null = null): ProbeOutcome => ({
  reason,
  detail: reason,
  tookMs: 1,
  status,
  cheap: [],
});

function look(seen: ProbeOutcome, local: ProbeReason, rest: Partial<Look> = {}): Look {
  return {
    public: seen,
    controls: [{ name: 'a', owner: 'a', ok: true, detail: '' }],
    lan: { address: '127.0.0.1:8080', reach: 'accepts', work: outcome(local) },
    name: 'resolves',
    certificate: null,
    ...rest,
  };
}

test('the tunnel fails only for its own fault', () => {
  const cut = { controls: [{ name: 'a', owner: 'a', ok: false, detail: '' }] };
  const table: [string, Look, ProbeReason][] = [
    ['all is well', look(outcome('ok'), 'ok'), 'ok'],
    ['the edge has lost it', look(outcome('refused'), 'ok'), 'timeout'],
    ['the edge says 502', look(outcome('error', 502), 'ok'), 'timeout'],
    ['the edge says 404', look(outcome('misconfigured', 404), 'ok'), 'timeout'],
    ['the tunnel hangs', look(outcome('timeout'), 'ok'), 'timeout'],
    ['the model hangs', look(outcome('timeout'), 'timeout'), 'blind'],
    ['the model is down', look(outcome('error', 502), 'refused'), 'blind'],
    ['the uplink is cut', look(outcome('timeout'), 'ok', cut), 'blind'],
    ['the name is gone', look(outcome('blind'), 'ok', { name: 'unknown' }), 'blind'],
    ['full', look(outcome('busy', 429), 'ok'), 'blind'],
  ];
  for (const [what, seen, reason] of table) assert.equal(tunnelOutcome(seen).reason, reason, what);
});
