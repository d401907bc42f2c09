import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Page } from '../core/decision.js';
import type { ProbeReason } from '../core/types.js';
import type { Certificate, Look } from './look.js';
import { DEFAULT_WATCH_POLICY } from './policy.js';
import { initialWatchState, type WatchState } from './state.js';
import { type WatchDecision, watchOperate, watchStep } from './step.js';

const POLICY = DEFAULT_WATCH_POLICY;
const MINUTE = 60_000;
const START = Date.parse('2026-11-25T02:10:00Z');

/** `+` it serves, `-` it does not, `?` nothing can be seen, `~` it says that it is full. */
type Seen = '+' | '-' | '?' | '~';

function look(seen: Seen, certificate: Certificate | null = null): Look {
  const reason: ProbeReason = { '+': 'ok', '-': 'timeout', '?': 'timeout', '~': 'busy' }[seen] as ProbeReason;
  return {
    public: { reason, detail: reason, tookMs: 5, status: null, cheap: [] },
    controls: [{ name: 'c', owner: 'c', ok: seen !== '?', detail: '' }],
    lan: null,
    name: null,
    certificate,
  };
}

/** Looks one after the other, each when the last one said; what was told, and when. */
function watch(looks: string, from: WatchState = initialWatchState('svc', 'lan')) {
  let state = from;
  let now = from.lastLookWallMs === null ? START : from.lastLookWallMs + 3 * MINUTE;
  const pages: Page[] = [];
  const decisions: WatchDecision[] = [];
  for (const seen of looks) {
    const decision = watchStep(state, look(seen as Seen), { atMs: now - START, wallMs: now }, POLICY);
    pages.push(...decision.pages);
    decisions.push(decision);
    state = decision.state;
    now += decision.nextMs;
  }
  return { state, pages, decisions, lastedMs: now - START, kinds: pages.map(({ kind }) => kind) };
}

describe('an outer layer', () => {
  it('tells once after three failures in a row, confirmed quickly, and once when it is over', () => {
    const { pages, decisions } = watch('++---------++');
    assert.deepEqual(
      pages.map(({ id, title }) => `${id} ${title}`),
      [
        'svc/lan-20261125-021600/opened svc can not be reached',
        'svc/lan-20261125-021600/resolved svc can be reached again after 22 min 30 s',
      ],
    );
    const waits = decisions.map(({ nextMs }) => nextMs / MINUTE);
    assert.deepEqual(waits, [3, 3, 0.5, 0.5, 3, 3, 3, 3, 3, 3, 3, 0.5, 3]);
  });

  it('is told nothing by blips, by being full, or by failures that are not in a row', () => {
    assert.deepEqual(watch('+-+--+--~--+--?--+').pages, []);
  });

  it('never says down while it is blind, and says afterwards that it was', () => {
    const { pages, state } = watch('+--?????????');
    assert.deepEqual([pages, state.verdict.kind, state.incident], [[], 'blind', null]);
    const after = watch('+--?????????+');
    assert.deepEqual(after.kinds, ['notice']);
    assert.match(after.pages[0]?.title ?? '', /^svc: lan could not see for 22 min$/);
    assert.match(after.pages[0]?.body ?? '', /From: {2}2026-11-25T02:14:00Z to 2026-11-25T02:36:00Z/);
    assert.deepEqual(watch('+??+').pages, [], 'a blip of the line is no news');
  });

  it('keeps an open incident through its own blindness, and needs two answers to close it', () => {
    assert.deepEqual(watch('---???+-+-').kinds, ['opened', 'notice']);
    assert.deepEqual(watch('---???++').kinds, ['opened', 'notice', 'resolved']);
  });

  it('reminds at its interval until somebody is on it', () => {
    const night = `---${'-'.repeat(170)}`; // 8 h 30 min
    assert.deepEqual(watch(night).kinds, ['opened', 'escalated', 'escalated']);
    const { state } = watch('---');
    const seen = watchOperate(state, 'acknowledge', 'jc', { atMs: 0, wallMs: START });
    assert.deepEqual(watch(night, seen.state).kinds, []);
    assert.deepEqual(watch(`${night}++`, seen.state).kinds, ['resolved']);
  });

  it('is quiet while paused, and looks on', () => {
    const paused = watchOperate(initialWatchState('svc', 'lan'), 'pause', 'jc', { atMs: 0, wallMs: START });
    const { pages, state } = watch('----', paused.state);
    assert.deepEqual([pages, state.failures], [[], 4]);
    const resumed = watchOperate(state, 'resume', 'jc', { atMs: 0, wallMs: START });
    assert.deepEqual(watch('-', resumed.state).kinds, ['opened']);
  });

  it('does not count looks that are hours apart as a row', () => {
    const { state } = watch('--');
    const late = { atMs: 0, wallMs: START + 5 * 60 * MINUTE };
    assert.deepEqual(watchStep(state, look('-'), late, POLICY).pages, []);
  });

  it('warns of the end of a certificate early, once more when it is urgent, and of the next one anew', () => {
    const day = 86_400_000;
    let state = initialWatchState('svc', 'lan');
    const told: string[] = [];
    for (let days = 0; days < 30; days += 1) {
      const now = START + days * day;
      const end = START + (days < 25 ? 25 : 60) * day;
      const seen = look('+', { validToWallMs: end, problem: null });
      const decision = watchStep(state, seen, { atMs: 0, wallMs: now }, POLICY);
      state = decision.state;
      told.push(...decision.pages.map(({ title }) => `${days}: ${title}`));
    }
    assert.deepEqual(told, [
      '11: svc: its certificate ends in 336 h',
      '23: svc: its certificate ends in 48 h',
    ]);
  });

  it('opens on nothing but a whole row of failures, and never tells twice under one id', () => {
    const night = fc.array(fc.constantFrom<Seen>('+', '-', '?', '~'), { maxLength: 80 });
    fc.assert(
      fc.property(night, (looks) => {
        const { pages, decisions } = watch(looks.join(''));
        assert.equal(new Set(pages.map(({ id }) => id)).size, pages.length);
        let open = false;
        for (const [index, { pages: told, state }] of decisions.entries()) {
          for (const { kind } of told) {
            if (kind === 'opened') {
              assert.deepEqual(looks.slice(index - 2, index + 1), ['-', '-', '-']);
              assert.equal(open, false);
            }
            if (kind === 'resolved')
              assert.deepEqual([looks.slice(index - 1, index + 1), open], [['+', '+'], true]);
            if (kind === 'opened' || kind === 'resolved') open = kind === 'opened';
          }
          assert.equal(state.incident !== null, open);
        }
      }),
    );
  });
});
