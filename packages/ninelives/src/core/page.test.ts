import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Incident } from './decision.js';
import { openedIncident } from './opened-incident.js';
import { noticePage, pageFor } from './page.js';

const WALL = Date.UTC(2026, 10, 23, 0, 29, 40);

const HUNG: Incident = openedIncident(
  {
    id: 'emb-incident-1',
    service: 'emb',
    kind: 'hung',
    sentence: 'hung: 3 probes in a row: no answer within 2.0 s; meanwhile /health said 200 in 1 ms',
    firstFailureAtMs: 42_000,
    firstFailureWallMs: WALL - 8_000,
  },
  { atMs: 50_000, wallMs: WALL },
);

describe('a page', () => {
  it('says what, since when, what was tried, what now, and what to type', () => {
    assert.deepEqual(pageFor('opened', HUNG, { wallMs: WALL }), {
      id: 'emb/emb-incident-1/opened',
      service: 'emb',
      incidentId: 'emb-incident-1',
      kind: 'opened',
      drill: false,
      title: 'emb does not answer',
      body: [
        'What:  hung: 3 probes in a row: no answer within 2.0 s; meanwhile /health said 200 in 1 ms',
        'Since: 2026-11-23T00:29:32Z, 8 s ago',
        'Tried: no kill',
        'Now:   nothing yet: the guard acts by its rules; the next message says how it ended',
        'Type:  ninelives status',
      ].join('\n'),
      wallMs: WALL,
      section: 'hung',
    });
  });

  it('hands over with the advice it was given, once a reason', () => {
    const killed = { ...HUNG, kills: 3, killedAtMs: 950_000, restartedAtMs: 956_400 };
    const moment = {
      wallMs: WALL + 3_725_000,
      nth: 2,
      advice: 'Only an admin can go on: sudo systemctl start emb',
    };
    const page = pageFor('escalated', killed, moment);
    assert.equal(page.id, 'emb/emb-incident-1/escalated/2');
    assert.equal(page.title, 'emb needs you: it does not answer');
    assert.match(page.body, /^Since: 2026-11-23T00:29:32Z, 1 h 2 min ago$/m);
    assert.match(page.body, /^Tried: 3 SIGKILLs, the last at 2026-11-23T00:44:40Z; new process after 6 s$/m);
    assert.match(page.body, /^Now: {3}Only an admin can go on: sudo systemctl start emb$/m);
    const taken = pageFor('escalated', { ...killed, acknowledgedBy: 'jc' }, moment);
    assert.equal(taken.title, 'emb still does not answer (jc is on it)');
  });

  it('says how long it lasted, by the clock that can not be set', () => {
    const resolved: Incident = {
      ...HUNG,
      status: 'resolved',
      kills: 1,
      killedAtMs: 50_100,
      restartedAtMs: 50_400,
      servingAtMs: 65_000,
      resolvedAtMs: 67_000,
      resolvedWallMs: WALL + 3_600_000, // somebody set the wall clock meanwhile
    };
    const page = pageFor('resolved', resolved, { wallMs: WALL + 3_600_000 });
    assert.equal(page.title, 'emb serves again after 23 s');
    assert.match(page.body, /^From: {2}2026-11-23T00:29:32Z to 2026-11-23T01:29:40Z$/m);
    assert.match(page.body, /^Tried: one SIGKILL at 2026-11-23T00:29:40Z; new process after 0 s$/m);
  });

  it('names a drill in title and body', () => {
    const page = pageFor('opened', { ...HUNG, drill: { drillId: 'd7', fault: 'wedge' } }, { wallMs: WALL });
    assert.equal(page.drill, true);
    assert.equal(page.title, '[drill wedge] emb does not answer');
    assert.match(page.body, /^Drill: this is the planned fault wedge \(d7\)\.$/m);
  });

  it('has a command that fits, and can be written for any kind and time', () => {
    assert.match(
      pageFor('opened', { ...HUNG, kind: 'failed' }, { wallMs: WALL }).body,
      /Type: {2}ninelives doctor$/,
    );
    assert.match(
      pageFor('opened', { ...HUNG, kind: 'wrong' }, { wallMs: WALL }).body,
      /Type: {2}ninelives probe$/,
    );
    const odd = pageFor('escalated', { ...HUNG, kind: 'unknown' }, { wallMs: Number.NaN });
    assert.equal(odd.title, 'emb needs you: it is not serving (unknown)');
    assert.doesNotThrow(() => pageFor('resolved', { ...HUNG, resolvedWallMs: 1e300 }, { wallMs: 1e300 }));
  });
});

describe('a notice', () => {
  it('belongs to no incident', () => {
    const page = noticePage(
      'emb',
      'emb-kill-3/no-record',
      'the record cannot be written',
      'Free some space.',
      WALL,
    );
    assert.equal(page.id, 'emb/notice/emb-kill-3/no-record');
    assert.equal(page.incidentId, null);
    assert.equal(page.title, 'emb: the record cannot be written');
    assert.match(page.body, /^Free some space\.\nAt: {3}2026-11-23T00:29:40Z\nType: ninelives status$/);
  });
});
