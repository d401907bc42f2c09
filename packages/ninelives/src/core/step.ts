import { absorb } from './absorb.js';
import type { Decision, GuardState } from './decision.js';
import { keepIncident } from './incident.js';
import { assertInvariants } from './invariants.js';
import { watchLeaks } from './leak.js';
import type { Policy } from './policy.js';
import { keepPower } from './power.js';
import { forgetSeries, remedy } from './remedy.js';
import { scheduleProbe } from './schedule.js';
import { beginDraft, type Draft, note } from './state.js';
import type { Observation } from './types.js';
import { verdictOf } from './verdict.js';

/**
 * The decision. Pure, total, deterministic: the same state, observation and policy give the same Decision, and
 * nothing else in the program decides anything about this service.
 *
 *   absorb what was seen → power → verdict → incident → remedy → leaks → when to look next → the invariants, always
 *
 * @throws InvariantError on a bug of ours, never on any well-typed input.
 */
export function step(state: GuardState, observation: Observation, policy: Policy): Decision {
  const draft = beginDraft(state, observation, policy);
  absorb(draft, observation);
  keepPower(draft);
  judge(draft);
  keepIncident(draft);
  remedy(draft);
  forgetSeries(draft);
  watchLeaks(draft);
  scheduleProbe(draft);
  const decision = decisionOf(draft);
  assertInvariants(state, observation, decision, policy);
  return decision;
}

/** The draft without its tools; field by field, since this runs at every look. */
function decisionOf({ state, events, incidents, intent, closedIntent, pages, sample }: Draft): Decision {
  return { state, events, incidents, intent, closedIntent, pages, sample };
}

function judge(draft: Draft): void {
  const before = draft.state.verdict;
  draft.state.verdict = verdictOf(draft.state, draft.policy, draft.at);
  if (before.kind !== draft.state.verdict.kind) note(draft, 'verdict', draft.state.verdict.sentence);
}
