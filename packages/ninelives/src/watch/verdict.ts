import type { VerdictKind } from '../core/decision.js';
import type { ProbeOutcome, ProbeResult } from '../core/types.js';
import type { Look } from './look.js';

/** What one look says: what is broken, in one sentence. Only a 'fail' counts; 'unknown' is never "down". */
export interface WatchVerdict {
  kind: VerdictKind;
  result: ProbeResult;
  /** `kind: why`, as in the core. */
  sentence: string;
}

/** An edge that is up says this of an origin that is not: RFC 9110 §15.6, and Cloudflare's 520-530. */
const EDGE_ALONE = (status: number | null) =>
  status === 502 || status === 504 || (status !== null && status >= 520 && status <= 530);

/** Codes in a probe's words that are this machine's own doing: nothing can be said about the service. */
const OUR_FAULT = /\((EMFILE|ENFILE|ENOBUFS|ENOMEM|EADDRNOTAVAIL|EACCES|EPERM)\)|was stopped before/;

/**
 * From what is seen to whose fault it is. Pure; the first match wins, from what rules everything else out to what
 * is only probable:
 *
 * | public way | control targets | else | verdict |
 * | --- | --- | --- | --- |
 * | works | | | serving |
 * | says 429, or another model | | | busy, drift: unknown |
 * | fails | none answers | | blind: unknown |
 * | fails | answer | the name does not resolve | dns-broken |
 * | fails | answer | clients would refuse the certificate | tls-broken |
 * | fails | answer | real work passes at the LAN address | tunnel-broken |
 * | fails | answer | LAN address silent | box-dead |
 * | fails | answer | the box answers on the LAN, no real work | model-broken |
 * | answers wrongly | answer | no LAN address | model-broken |
 * | fails otherwise | answer | | unreachable |
 */
export function judgeLook(look: Look): WatchVerdict {
  const { public: seen, controls } = look;
  if (seen.reason === 'ok')
    return { kind: 'serving', result: 'pass', sentence: 'serving: it does real work' };
  if (seen.reason === 'busy' || seen.reason === 'drift') {
    return { kind: seen.reason, result: 'unknown', sentence: `${seen.reason}: ${seen.detail}` };
  }
  if (OUR_FAULT.test(seen.detail)) return blind(`the fault is here: ${seen.detail}`);
  if (!controls.some(({ ok }) => ok)) return blind(whyBlind(look));
  return whatIsBroken(look, seen);
}

function whatIsBroken(look: Look, seen: ProbeOutcome): WatchVerdict {
  const { name, certificate, lan } = look;
  if (name === 'unknown') return fail('dns-broken', 'the name of the public URL does not resolve');
  if (name === 'no-answer') return fail('dns-broken', 'nobody answers for the name of the public URL');
  if (certificate?.problem) return fail('tls-broken', certificate.problem);
  if (lan?.work?.reason === 'ok') {
    return fail('tunnel-broken', `the public URL: ${seen.detail}; ${lan.address} does real work`);
  }
  // Refused by both: our request is at fault, or an API key; a person has to look.
  if (seen.reason === 'misconfigured') return fail('misconfigured', seen.detail);
  if (lan?.reach === 'silent')
    return fail('box-dead', `the public URL: ${seen.detail}; ${lan.address}: silence`);
  if (lan?.work && lan.reach !== 'unknown') {
    return fail('model-broken', `the box answers at ${lan.address}, the model does not: ${lan.work.detail}`);
  }
  if (isTheModels(seen)) return fail('model-broken', seen.detail);
  const up = lan && lan.reach !== 'unknown' ? `; the box itself is up (${lan.address})` : '';
  const edge = EDGE_ALONE(seen.status) ? ' (the edge is up, what is behind it does not answer)' : '';
  return fail('unreachable', `the public URL: ${seen.detail}${edge}${up}`);
}

/** An answer that only the model server itself can have given. */
function isTheModels({ reason, status }: ProbeOutcome): boolean {
  return reason === 'wrong' || ((reason === 'error' || reason === 'unavailable') && !EDGE_ALONE(status));
}

function whyBlind({ controls, lan }: Look): string {
  const names = controls.map(({ name }) => name).join(', ') || 'no control target';
  const beside = lan && (lan.reach === 'accepts' || lan.reach === 'refused');
  return beside
    ? `neither the service nor ${names} answers, the box beside us does: our own uplink`
    : `neither the service nor ${names} answers`;
}

function fail(kind: VerdictKind, why: string): WatchVerdict {
  return { kind, result: 'fail', sentence: `${kind}: ${why}` };
}

function blind(why: string): WatchVerdict {
  return { kind: 'blind', result: 'unknown', sentence: `blind: ${why}` };
}
