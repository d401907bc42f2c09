import { blame, type Entry, pardon } from '../learn/ledger.js';
import { onRecovery } from '../learn/window.js';
import type { Killer, Readiness } from '../types.js';
import type { Draft, Ghost, Held } from './state.js';

/** Names what is seen; only a change is a change. */
export function setReadiness({ state, atMs }: Draft, readiness: Readiness, why: string): void {
  const { backend } = state;
  if (backend.readiness !== readiness) {
    backend.sinceMs = atMs;
    backend.readiness = readiness;
  }
  backend.why = why;
}

/** It answers. After an outage the line is let in slowly. */
export function ready(draft: Draft, why: string): void {
  const { backend, window } = draft.state;
  if (backend.readiness === 'ready') return;
  // A suspect that answers after all was slow, not gone: nothing in it is cold.
  if (backend.readiness === 'down') onRecovery(window, draft.atMs);
  setReadiness(draft, 'ready', why);
  backend.canary.dueAtMs = Number.POSITIVE_INFINITY;
  backend.canary.waitMs = draft.limits.canaryFirstMs;
}

/** No traffic until a canary comes back. */
export function down(draft: Draft, why: string): void {
  const { backend } = draft.state;
  if (backend.readiness === 'down') return;
  setReadiness(draft, 'down', why);
  backend.canary.dueAtMs = draft.atMs + Math.min(backend.canary.waitMs, draft.limits.canaryMaxMs);
}

/** It does not answer although it should; nothing more is sent until it does. */
export function suspect(draft: Draft, why: string): void {
  setReadiness(draft, 'suspect', why);
  draft.state.backend.canary.dueAtMs = draft.atMs;
}

/** Somebody waits: the canary need not keep its leisurely pace. */
export function askSoon({ state, atMs, limits }: Draft): void {
  const { canary } = state.backend;
  canary.waitMs = Math.min(canary.waitMs, limits.canaryMaxMs);
  canary.dueAtMs = Math.min(canary.dueAtMs, atMs + canary.waitMs);
}

export function canaryCameBack(draft: Draft, alive: boolean): void {
  const { state, atMs, limits } = draft;
  const { canary, readiness } = state.backend;
  canary.asking = false;
  if (readiness !== 'down' && readiness !== 'suspect') return;
  // Doubled even when it comes back: a canary that lies (the work is refused right after) is asked ever less often.
  const longest = state.line.waiting.length > 0 ? limits.canaryMaxMs : limits.canaryIdleMs;
  canary.waitMs = Math.min(longest, canary.waitMs * 2);
  canary.dueAtMs = atMs + canary.waitMs;
  if (!alive) return;
  state.backend.lastCanaryAtMs = atMs;
  const { waitMs } = canary;
  ready(draft, 'it answers a small piece of real work');
  canary.waitMs = waitMs;
}

/** The life of the backend ends: everybody on their way is a suspect, unless the death is somebody's who said so. */
export function died(draft: Draft, why: string): void {
  const { state, atMs, limits, commands } = draft;
  const { backend, ledger, counts } = state;
  const life = backend.life;
  backend.life += 1;
  backend.look = null;
  backend.incarnation = null;
  counts.deaths += 1;
  const flying = [...state.flying].filter((held) => held.life === life);
  for (const held of flying) held.deaths += 1;
  const gone = state.ghosts.filter((ghost) => ghost.life === life && ghost.untilMs > atMs);
  const present = [...flying, ...gone];
  state.ghosts = [];
  backend.canary.waitMs = limits.canaryFirstMs;
  setReadiness(draft, 'down', why);
  backend.canary.dueAtMs = atMs; // it may have been one connection only
  ledger.last = null;
  const excused = atMs < backend.excusedUntilMs;
  backend.excusedUntilMs = Number.NEGATIVE_INFINITY; // one word, one death
  if (present.length === 0 || excused) return;
  const trial = present.every((one) => one.trial);
  const convict = blame(ledger, present.map(nameOf), trial, atMs, limits);
  if (!convict) return;
  counts.convictions += 1;
  commands.push({ type: 'convicted', ...nameOf(convict) });
}

function nameOf(one: Held | Ghost | Entry): { fingerprint: string; route: string; bytes: number } {
  const { fingerprint, route, bytes } = one;
  return { fingerprint: typeof fingerprint === 'string' ? fingerprint : fingerprint(), route, bytes };
}

/** Somebody says that a death is theirs, so nobody is held to have caused it. */
export function told(draft: Draft, by: Killer, death: 'next' | 'last'): void {
  if (by === 'hang') return;
  const { state, atMs, limits } = draft;
  if (death === 'next') state.backend.excusedUntilMs = atMs + limits.toldMs;
  else pardon(state.ledger, atMs, limits);
}
