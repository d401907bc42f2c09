import type { Proof } from './decision.js';
import type { Life } from './life.js';
import { noticePage } from './page.js';
import { type Draft, note } from './state.js';
import type { Fingerprint } from './types.js';

/**
 * Proof before power. On somebody else's supervisor the guard only watches until this very unit was seen to come
 * back: by a drill, or by any crash that its supervisor mended and that ended in real work. The proof is of a
 * fingerprint, the properties that decide a revival; when one of them changes, the proof is void.
 * A unit without a fingerprint is our own supervisor's: armed from the start.
 */
export function keepPower(draft: Draft): void {
  const { state } = draft;
  if (!state.unit) return;
  const fingerprint = state.unit.fingerprint ?? null;
  if (fingerprint === null) {
    state.power = 'armed';
    return;
  }
  if (state.proof) disarmIfChanged(draft, state.proof, fingerprint);
  if (!state.proof && state.life) proveByRevival(draft, state.life, fingerprint);
  state.power = state.proof ? 'armed' : 'watch-only';
}

function disarmIfChanged(draft: Draft, proof: Proof, now: Fingerprint): void {
  const changes = changesOf(proof.fingerprint, now);
  if (changes.length === 0) return;
  const { state, at } = draft;
  state.proof = null;
  if (state.life) state.life.revived = false; // it was revived under the old settings
  const text = `disarmed: ${changes.join('; ')}; watching only until recovery is proved again`;
  note(draft, 'disarmed', text, { changes });
  const body = `${text}. Prove it: ninelives drill crash`;
  draft.pages.push(
    noticePage(state.service, `disarmed/${at.wallMs}`, 'watching only', body, at.wallMs, 'watching-only'),
  );
}

/** `Restart: on-failure → no`, for each property that differs. */
export function changesOf(before: Fingerprint, after: Fingerprint): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? '(none)'} → ${after[name] ?? '(none)'}`);
}

/**
 * Restarted by its supervisor, not by hand (NRestarts rose), and back to real work: that is the proof. Only where the unit was
 * seen since the answer was asked for (`passes`): else it may be that of a stranger, while the unit goes on dying.
 */
function proveByRevival(draft: Draft, life: Life, fingerprint: Fingerprint): void {
  if (!life.revived || life.servedAtMs === null || life.passes === 0) return;
  const by = draft.state.drill ? 'drill' : 'crash';
  prove(draft, { by, fingerprint, wallMs: draft.at.wallMs });
}

/** An operator's word instead of a proof: recorded, and `status` keeps saying so. */
export function armByWord(draft: Draft, operator: string): void {
  const fingerprint = draft.state.unit?.fingerprint ?? null;
  if (fingerprint === null) return;
  prove(draft, { by: 'word', operator, fingerprint, wallMs: draft.at.wallMs });
}

function prove(draft: Draft, proof: Proof): void {
  draft.state.proof = proof;
  const how = {
    drill: 'a drill was revived to real work',
    crash: 'a crash was revived to real work',
    word: `by ${proof.operator ?? 'an operator'}, without a drill`,
  };
  note(draft, 'armed', `armed: ${how[proof.by]}`, { by: proof.by });
}
