import type { ProbeOutcome } from '../core/types.js';
import type { Look } from './look.js';
import { judgeLook } from './verdict.js';

/**
 * A look at the public way, as the probe of the tunnel that carries it: seen from the box, with the local way in the place
 * of the LAN. It fails only when the tunnel is what is broken: the local way works, the outside world answers, the name
 * and the certificate are right. All else is unknown (I6), since to kill the tunnel for it would mend nothing. Pure.
 */
export function tunnelOutcome(look: Look): ProbeOutcome {
  const { public: seen } = look;
  const verdict = judgeLook(look);
  if (seen.reason === 'ok') return seen;
  if (verdict.kind === 'tunnel-broken') {
    // Silence, whatever the edge says in the tunnel's place: 502, 404, a closed port.
    return { ...seen, reason: 'timeout', detail: `the public way: ${seen.detail}; the local way works` };
  }
  return { ...seen, reason: 'blind', detail: `not the tunnel's fault: ${verdict.sentence}` };
}
