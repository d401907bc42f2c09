import { assertNever } from '../../core/assert.js';
import type { HoldLimits } from '../limits.js';
import type { Command, HoldEvent } from '../types.js';
import { arrived } from './arrive.js';
import { canaryCameBack, told } from './backend.js';
import { answered, clientGone, failed, unavailable } from './copies.js';
import { assertHold } from './invariants.js';
import { looked, passed } from './passing.js';
import { release } from './release.js';
import type { Draft, Held, HoldState } from './state.js';

/**
 * The decision: what happens to each request, and nothing else in the gateway decides that. Deterministic and total:
 * no clock, no chance, no I/O; `state` is updated in place, the commands say what to do.
 *
 *   take in the event → what time has brought → send what may be sent → the invariants, always
 *
 * An event about a request that has ended is late news, and nothing happens.
 * @throws InvariantError on a bug of ours.
 */
export function step(state: HoldState, event: HoldEvent, limits: HoldLimits): Command[] {
  const draft: Draft = { state, atMs: event.atMs, limits, commands: [] };
  take(draft, event);
  release(draft);
  assertHold(state, limits);
  return draft.commands;
}

function take(draft: Draft, event: HoldEvent): void {
  switch (event.type) {
    case 'arrived':
      return arrived(draft, event.request);
    case 'streaming':
      return about(draft, event.id, (held) => {
        held.phase = 'streaming';
      });
    case 'answered':
      return about(draft, event.id, (held) => answered(draft, held, event.right));
    case 'unavailable':
      return about(draft, event.id, (held) => unavailable(draft, held, event.retryAfterMs));
    case 'failed':
      return about(draft, event.id, (held) => failed(draft, held, event.how));
    case 'client-gone': {
      const held = draft.state.requests.get(event.id);
      return held && clientGone(draft, held);
    }
    case 'canary':
      return canaryCameBack(draft, event.alive);
    case 'looked':
      return newProcess(draft, looked(draft, event));
    case 'told':
      return told(draft, event.by, event.death);
    case 'tick':
      return passed(draft);
    default:
      return assertNever(event);
  }
}

/** About a copy on its way. */
function about({ state }: Draft, id: number, then: (held: Held) => void): void {
  const held = state.requests.get(id);
  if (held && held.phase !== 'queued') then(held);
}

/** Another process listens: whatever was on its way to the former one has been lost, though the wire is silent. */
function newProcess(draft: Draft, another: boolean): void {
  if (!another) return;
  const { state, commands } = draft;
  const { life } = state.backend;
  for (const held of [...state.flying]) {
    if (held.life > life) continue;
    commands.push({ type: 'cancel', id: held.id });
    failed(draft, held, 'cut');
  }
}
