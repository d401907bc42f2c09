import { entryOf } from '../learn/ledger.js';
import { serve } from '../learn/line.js';
import { widthOf } from '../learn/window.js';
import { leaveLine } from './arrive.js';
import { type Draft, type Held, refuse } from './state.js';

/** Sends as many of those who wait as the backend may have, first come first. */
export function release(draft: Draft): void {
  const { state, atMs } = draft;
  const { backend, flying, line } = state;
  if (backend.readiness === 'down' || backend.readiness === 'suspect' || atMs < backend.pauseUntilMs) return;
  for (let first = line.waiting[0]; first; first = line.waiting[0]) {
    if (flying.size > 0 && inTrial(flying)) return;
    const standing = standingOf(draft, first);
    if (standing === 'convicted') {
      leaveLine(draft, first);
      refuse(draft, first, 'quarantined', draft.limits.convictionMs);
      continue;
    }
    if (flying.size >= widthOf(state.window)) return;
    const alone = standing === 'suspect' && flying.size === 0;
    if (standing === 'suspect' && !alone && waitsAlone(draft, first)) return;
    send(draft, first, alone);
  }
}

function send({ state, atMs, commands }: Draft, held: Held, trial: boolean): void {
  serve(state.line);
  state.queuedWorkMs = state.line.waiting.length === 0 ? 0 : state.queuedWorkMs - held.expectedMs;
  held.phase = 'sent';
  held.sentAtMs = atMs;
  held.life = state.backend.life;
  held.trial = trial;
  held.aloneSinceMs = null;
  held.copies += 1;
  state.flying.add(held);
  state.counts.copies += 1;
  commands.push({ type: 'send', id: held.id });
}

function standingOf({ state, atMs, limits }: Draft, held: Held): 'free' | 'suspect' | 'convicted' {
  if (state.ledger.entries.size === 0) return 'free';
  const entry = entryOf(state.ledger, held.fingerprint(), atMs, limits);
  if (!entry) return 'free';
  return entry.convicted ? 'convicted' : 'suspect';
}

function inTrial(flying: Iterable<Held>): boolean {
  for (const held of flying) return held.trial; // the first is the only one, if it is on trial
  return false;
}

/** A suspect lets the others finish first, but not for ever: a long stream must not stop the line. */
function waitsAlone({ atMs, limits }: Draft, held: Held): boolean {
  held.aloneSinceMs ??= atMs;
  return atMs - held.aloneSinceMs < limits.aloneWaitMs;
}
