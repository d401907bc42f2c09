import type { TrafficSight } from '../../core/types.js';
import type { PrivateClient } from '../../gateway/status/client.js';
import type { TrafficEvidence } from '../../gateway/status/evidence.js';
import type { GuardPorts } from '../ports.js';

/** Below this a wait is nothing special, however fast the service is. */
const PATIENCE_MIN_MS = 1_000;
/** Longer than ever seen, this many times over: the gateway's own measure. */
const LONGER_THAN_EVER = 3;
/** Whatever was sent later than this into a silence can't be its cause. */
const SAME_TIME_MS = 500;
/** Bytes of a streamed answer as recent as this show that it goes on. */
const STREAMING_MS = 3_000;
const ASK_LIMIT_MS = 1_000;

/** The guard's port to the gateway's evidence. */
export function createTrafficReader(client: PrivateClient): NonNullable<GuardPorts['traffic']> {
  let before: TrafficEvidence | null = null;
  return (done) => {
    void client.evidence(ASK_LIMIT_MS).then((now) => {
      // Of another life of the server, or of another gateway: a new beginning.
      const same = now !== null && before !== null && now.backend.deaths === before.backend.deaths;
      const completed = same && now.completions > (before as TrafficEvidence).completions;
      before = now;
      done(now && { completed, sight: sightOf(now) });
    });
  };
}

/**
 * What a silence towards clients means. Of all that waits, only what was sent when the silence began can be what the
 * server is working on: a batch that is long because it is large is expected to be, by its route and size.
 */
export function sightOf({ work, quietMs, streamedAgoMs }: TrafficEvidence): TrafficSight {
  if (streamedAgoMs !== null && streamedAgoMs < STREAMING_MS) {
    return { kind: 'expected', text: 'an answer is being streamed through the gateway' };
  }
  if (work.length === 0 || quietMs === null) return { kind: 'none', text: 'nothing is on its way' };
  const oldestMs = Math.max(...work.map(({ waitedMs }) => waitedMs));
  const causes = work.filter(({ waitedMs }) => waitedMs >= quietMs - SAME_TIME_MS);
  const waiting = `${work.length} ${work.length === 1 ? 'request' : 'requests'} of clients on the way`;
  for (const { waitedMs, longestMs } of causes) {
    if (longestMs === null || waitedMs > patienceMs(longestMs)) continue;
    const usual = `its like took up to ${seconds(longestMs)}`;
    return {
      kind: 'expected',
      text: `it works on a client's request, sent ${seconds(waitedMs)} ago; ${usual}`,
    };
  }
  if (causes.some(({ longestMs }) => longestMs === null)) {
    const text = `${waiting}, the oldest for ${seconds(oldestMs)}, and nothing like it was ever seen to end`;
    return { kind: 'unlearnt', text };
  }
  const longestMs = Math.max(0, ...causes.map((one) => one.longestMs ?? 0));
  const ever = `their like took ${seconds(longestMs)} at the most`;
  return {
    kind: 'standing',
    text: `${waiting}, the oldest for ${seconds(oldestMs)}, none completes; ${ever}`,
  };
}

function patienceMs(longestMs: number): number {
  return Math.max(PATIENCE_MIN_MS, LONGER_THAN_EVER * longestMs);
}

function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1_000).toFixed(ms < 100 ? 2 : 1)} s` : `${Math.round(ms / 1_000)} s`;
}
