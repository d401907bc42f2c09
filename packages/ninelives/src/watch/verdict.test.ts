import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VerdictKind } from '../core/decision.js';
import type { ProbeOutcome, ProbeReason } from '../core/types.js';
import type { ControlLook, LanLook, Look, Reach } from './look.js';
import { judgeLook } from './verdict.js';

const outcome = (
  reason: ProbeReason,
  detail = reason as string,
  status: number | null = null,
): ProbeOutcome => ({
  reason,
  detail,
  tookMs: 1,
  status,
  cheap: [],
});
const control = (owner: string, ok: boolean): ControlLook => ({ name: owner, owner, ok, detail: '' });
const SEEING = [control('a', false), control('b', true)];
const BLIND = [control('a', false), control('b', false)];
const lan = (reach: Reach, work: ProbeReason | null): LanLook => ({
  address: '192.0.2.10:8088',
  reach,
  work: work && outcome(work),
});
const look = (seen: ProbeOutcome, rest: Partial<Look> = {}): Look => ({
  public: seen,
  controls: SEEING,
  lan: null,
  name: 'resolves',
  certificate: null,
  ...rest,
});
const expired = { validToWallMs: 0, problem: 'clients refuse its certificate: CERT_HAS_EXPIRED' };

test('from what is seen to whose fault it is', () => {
  const gone = outcome('timeout', 'no answer within 30.0 s');
  const table: [string, Look, VerdictKind][] = [
    ['it works', look(outcome('ok'), { controls: [] }), 'serving'],
    ['full', look(outcome('busy')), 'busy'],
    ['nothing answers', look(gone, { controls: BLIND }), 'blind'],
    ['nothing but the box beside us', look(gone, { controls: BLIND, lan: lan('accepts', 'ok') }), 'blind'],
    ['no control target at all', look(gone, { controls: [] }), 'blind'],
    ['out of descriptors', look(outcome('blind', 'could not look (EMFILE)')), 'blind'],
    ['no such name', look(outcome('blind', 'unknown (ENOTFOUND)'), { name: 'unknown' }), 'dns-broken'],
    ['no name server', look(outcome('blind'), { name: 'no-answer' }), 'dns-broken'],
    [
      'expired',
      look(outcome('misconfigured'), { certificate: expired, lan: lan('accepts', 'ok') }),
      'tls-broken',
    ],
    ['tunnel', look(outcome('refused'), { lan: lan('accepts', 'ok') }), 'tunnel-broken'],
    [
      'the edge alone',
      look(outcome('error', 'HTTP 530', 530), { lan: lan('accepts', 'ok') }),
      'tunnel-broken',
    ],
    [
      'the edge without its tunnel: 404',
      look(outcome('misconfigured'), { lan: lan('accepts', 'ok') }),
      'tunnel-broken',
    ],
    ['box', look(gone, { lan: lan('silent', 'timeout') }), 'box-dead'],
    ['box, known by its sshd', look(gone, { lan: lan('silent', null) }), 'box-dead'],
    ['model hangs', look(gone, { lan: lan('accepts', 'timeout') }), 'model-broken'],
    ['model down', look(outcome('error', '', 502), { lan: lan('refused', 'refused') }), 'model-broken'],
    ['wrong answers', look(outcome('wrong')), 'model-broken'],
    ['its own 500, from far', look(outcome('error', 'HTTP 500', 500)), 'model-broken'],
    [
      'the key is refused by both',
      look(outcome('misconfigured'), { lan: lan('accepts', 'misconfigured') }),
      'misconfigured',
    ],
    ['from far', look(gone), 'unreachable'],
    ['from far, the edge alone', look(outcome('error', 'HTTP 502', 502)), 'unreachable'],
    ['box up, no more known', look(gone, { lan: lan('refused', null) }), 'unreachable'],
    ['beside it, and could not look', look(gone, { lan: lan('unknown', null) }), 'unreachable'],
  ];
  for (const [what, seen, kind] of table) assert.equal(judgeLook(seen).kind, kind, what);
});

const REASONS: ProbeReason[] = [
  'ok',
  'timeout',
  'refused',
  'reset',
  'unavailable',
  'error',
  'wrong',
  'busy',
  'misconfigured',
  'drift',
  'blind',
];

test('never "down" while no control target answers, whatever else is seen', () => {
  const anyLook = fc.record({
    seen: fc.constantFrom(...REASONS),
    status: fc.option(fc.integer({ min: 200, max: 599 })),
    controls: fc.array(fc.boolean(), { maxLength: 4 }),
    reach: fc.constantFrom<Reach | null>('accepts', 'refused', 'silent', 'unknown', null),
    work: fc.option(fc.constantFrom(...REASONS)),
    name: fc.constantFrom<Look['name']>('resolves', 'unknown', 'no-answer', null),
    certificate: fc.constantFrom(null, expired),
  });
  fc.assert(
    fc.property(anyLook, ({ seen, status, controls, reach, work, name, certificate }) => {
      const verdict = judgeLook(
        look(outcome(seen, seen, status), {
          controls: controls.map((ok, index) => control(String(index), ok)),
          lan: reach && lan(reach, work),
          name,
          certificate,
        }),
      );
      if (!controls.includes(true)) assert.notEqual(verdict.result, 'fail', verdict.sentence);
      assert.equal(verdict.result === 'pass', seen === 'ok');
      assert.ok(verdict.sentence.startsWith(`${verdict.kind}: `), verdict.sentence);
    }),
  );
});
