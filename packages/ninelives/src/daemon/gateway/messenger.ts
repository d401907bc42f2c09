import type { Decision, GuardState, KillIntent, VerdictKind } from '../../core/decision.js';
import type { PrivateClient } from '../../gateway/status/client.js';
import type { Killer } from '../../gateway/types.js';

/** Verdicts whose cause may be a request: a kill for one of these is held against those that were on their way. */
const SILENCES: ReadonlySet<VerdictKind> = new Set([
  ...(['hung', 'frozen', 'stalled', 'busy', 'opaque', 'stuck-loading', 'suspect'] as const),
]);
/** Ends that somebody asked for (systemd.service(5), "clean" signals), and the kernel's own, as supervisors put them. */
const ASKED_FOR = /\bSIG(TERM|INT|HUP)\b|exit status 0\b/;
const OUT_OF_MEMORY = /\boom/i;
/** A gateway that does not listen must not hold up a kill. */
const TELL_LIMIT_MS = 300;

/** Tells a service's gateway whose a death is, so that no request is convicted for it. */
export interface Messenger {
  beforeKill(state: GuardState, intent: KillIntent): Promise<void>;
  seen(decision: Decision): void;
}

export function createMessenger(client: PrivateClient): Messenger {
  return {
    async beforeKill(state, { what }) {
      // What is left of a life that has ended serves nobody.
      if (what === 'incarnation') await client.tell(causeOf(state), 'next', TELL_LIMIT_MS);
    },
    seen({ state, events }) {
      const ended = events.findLast(({ type }) => type === 'ended');
      const by = ended && killerIn(ended.text);
      if (by && state.past?.killIntentId == null) void client.tell(by, 'last', TELL_LIMIT_MS);
    },
  };
}

export function causeOf({ drill, verdict }: Pick<GuardState, 'drill' | 'verdict'>): Killer {
  if (drill) return 'drill';
  return SILENCES.has(verdict.kind) ? 'hang' : 'guard';
}

function killerIn(text: string): Killer | null {
  if (OUT_OF_MEMORY.test(text)) return 'kernel';
  return ASKED_FOR.test(text) ? 'operator' : null;
}
