import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHoldState } from '../../src/gateway/hold/state.js';
import { step } from '../../src/gateway/hold/step.js';
import { HOLD_LIMITS } from '../../src/gateway/limits.js';
import type { Command, HoldEvent } from '../../src/gateway/types.js';

type Told = HoldEvent extends infer E ? (E extends HoldEvent ? Omit<E, 'atMs'> : never) : never;

/** A hold driven by hand. */
function hold(change: Partial<typeof HOLD_LIMITS> = {}) {
  const limits = { ...HOLD_LIMITS, ...change };
  const state = createHoldState(limits);
  let atMs = 1_000;
  const say = (event: Told): string[] => step(state, { ...event, atMs } as HoldEvent, limits).map(words);
  return {
    state,
    say,
    pass(ms: number) {
      const commands: string[] = [];
      for (const until = atMs + ms; atMs < until; ) {
        atMs += 50;
        commands.push(...say({ type: 'tick' }));
      }
      return commands;
    },
    arrive(id: number, options: { text?: string; client?: string; replay?: 'whole' | 'unsent' } = {}) {
      const { text = `text ${id}`, client = 'a', replay = 'whole' } = options;
      const request = {
        id,
        client,
        route: 'POST /v1/embeddings',
        bytes: 100,
        work: true,
        replay,
        fingerprint: () => text,
      };
      return say({ type: 'arrived', request });
    },
  };
}

function words(command: Command): string {
  if (command.type === 'canary' || command.type === 'convicted') return command.type;
  return `${command.type} ${command.id}${command.type === 'refuse' ? ` ${command.why}` : ''}`;
}

describe('the hold, by hand', () => {
  it('one copy more for a death, and none while the server is away', () => {
    const { arrive, say, pass, state } = hold();
    assert.deepEqual(arrive(1), ['send 1']);
    assert.deepEqual(say({ type: 'failed', id: 1, how: 'cut' }), []);
    assert.deepEqual(pass(50), ['canary']);
    for (let i = 0; i < 20; i++) {
      say({ type: 'canary', alive: false });
      assert.ok(pass(1_000).every((command) => command === 'canary'));
    }
    assert.deepEqual(say({ type: 'canary', alive: true }), ['send 1']);
    assert.deepEqual(say({ type: 'answered', id: 1, right: true }), ['answer 1']);
    assert.equal(state.counts.ends.replayed, 1);
    assert.equal(state.counts.copies, 2);
  });

  it('a slow answer is waited for: no second copy, however long', () => {
    const { arrive, say, pass } = hold();
    arrive(1);
    for (let i = 0, cpuMs = 0; i < 400; i++) {
      assert.deepEqual(pass(200), []);
      cpuMs += 190;
      say({ type: 'looked', life: 1, cpuMs, incarnation: '1' });
    }
    assert.deepEqual(say({ type: 'answered', id: 1, right: true }), ['answer 1']);
  });

  it('no CPU while everything waits is a hang, seen in about a second; an answer ends the suspicion', () => {
    const { arrive, say, pass, state } = hold();
    arrive(1);
    for (let i = 0; i < 5; i++) {
      pass(250);
      say({ type: 'looked', life: 1, cpuMs: 77, incarnation: '1' });
    }
    assert.equal(state.backend.readiness, 'suspect');
    assert.deepEqual(arrive(2), [], 'fed to a server that hangs');
    assert.deepEqual(say({ type: 'answered', id: 1, right: true }), ['send 2', 'answer 1'].reverse());
    assert.equal(state.backend.readiness, 'ready');
  });

  it('another process listens: what the former had is lost, though the wire is silent', () => {
    const { arrive, say } = hold();
    arrive(1);
    say({ type: 'looked', life: 1, cpuMs: 5, incarnation: 'old' });
    assert.deepEqual(say({ type: 'looked', life: 1, cpuMs: 5, incarnation: 'new' }), ['cancel 1']);
    assert.deepEqual(say({ type: 'canary', alive: true }), ['send 1']);
  });

  it('what may not be done twice is sent again only when the server never took it', () => {
    const { arrive, say } = hold();
    arrive(1, { replay: 'unsent' });
    say({ type: 'failed', id: 1, how: 'refused' });
    assert.deepEqual(say({ type: 'canary', alive: true }), ['send 1']);
    say({ type: 'unavailable', id: 1, retryAfterMs: null });
    assert.deepEqual(say({ type: 'canary', alive: true }), ['send 1']);
    assert.deepEqual(say({ type: 'failed', id: 1, how: 'cut' }), ['refuse 1 lost']);
  });

  it('nothing goes out twice: an answer that has begun is never replayed', () => {
    const { arrive, say } = hold();
    arrive(1);
    say({ type: 'streaming', id: 1 });
    assert.deepEqual(say({ type: 'failed', id: 1, how: 'cut' }), ['refuse 1 cut-mid-stream']);
  });

  it('poison: a suspect is tried alone, two deaths alone convict, and after an hour all is forgotten', () => {
    const { arrive, say, pass, state } = hold();
    arrive(1, { text: 'poison' });
    arrive(2);
    say({ type: 'failed', id: 1, how: 'cut' });
    say({ type: 'failed', id: 2, how: 'cut' });
    for (const death of ['first', 'second']) {
      assert.deepEqual(say({ type: 'canary', alive: true }), ['send 1'], `alone, ${death}`);
      const said = say({ type: 'failed', id: 1, how: 'cut' });
      assert.deepEqual(said, death === 'first' ? [] : ['convicted']);
    }
    assert.deepEqual(say({ type: 'canary', alive: true }), ['refuse 1 quarantined', 'send 2']);
    say({ type: 'answered', id: 2, right: true });
    assert.deepEqual(arrive(3, { text: 'poison' }), ['refuse 3 quarantined']);
    assert.equal(state.counts.deaths, 3);
    pass(61 * 60_000);
    assert.deepEqual(arrive(4, { text: 'poison' }), ['send 4']);
  });

  it('deaths that somebody says are theirs are held against nobody, said before or after', () => {
    for (const death of ['next', 'last'] as const) {
      const { arrive, say, state } = hold();
      arrive(1);
      for (let i = 0; i < 5; i++) {
        if (death === 'next') say({ type: 'told', by: 'drill', death });
        say({ type: 'failed', id: 1, how: 'cut' });
        if (death === 'last') say({ type: 'told', by: 'kernel', death });
        assert.equal(state.ledger.entries.size, 0);
        assert.deepEqual(say({ type: 'canary', alive: true }), ['send 1']);
      }
    }
  });

  it('who sends a hundred at once waits behind who sends one; and gives up the last when the line is full', () => {
    const { arrive, say } = hold({ requestsMax: 20, inFlightFirst: 1, inFlightMax: 1 });
    for (let id = 1; id <= 20; id++) arrive(id, { client: 'greedy' });
    assert.deepEqual(arrive(21, { client: 'greedy' }), ['refuse 21 share-full']);
    assert.deepEqual(arrive(22, { client: 'modest' }), ['refuse 20 share-full']);
    assert.deepEqual(say({ type: 'answered', id: 1, right: true }), ['answer 1', 'send 22']);
  });

  it('held for as long as it may be, then an honest refusal; gone when the client is', () => {
    const { arrive, say, pass, state } = hold();
    arrive(1);
    say({ type: 'failed', id: 1, how: 'refused' });
    arrive(2);
    assert.deepEqual(say({ type: 'client-gone', id: 2 }), []);
    const said = pass(86_000).filter((command) => command !== 'canary');
    assert.deepEqual(said, ['refuse 1 hold-time']);
    assert.deepEqual(state.counts.ends, { answered: 0, replayed: 0, refused: 1, 'client-gone': 1 });
  });
});
