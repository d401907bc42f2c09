import { readdirSync } from 'node:fs';
import { gatewayFolder, gatewaySocket } from '../../gateway/place.js';
import { createPrivateClient } from '../../gateway/status/client.js';
import type { TrafficEvidence } from '../../gateway/status/evidence.js';
import { span } from '../terminal.js';

const ANSWER_LIMIT_MS = 1_000;

/** What the gateways of a state folder say of themselves, by service; one that does not answer is null. */
export async function askGateways(stateDir: string): Promise<Map<string, TrafficEvidence | null>> {
  const asked = namesIn(gatewayFolder(stateDir)).map(async (service) => {
    const client = createPrivateClient(gatewaySocket(stateDir, service));
    return [service, await client.evidence(ANSWER_LIMIT_MS)] as const;
  });
  return new Map(await Promise.all(asked));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => /^(.+)\.sock$/.exec(name)?.[1] ?? []);
  } catch {
    return []; // there never was a gateway here
  }
}

/** `status --json`'s part of it. */
export function gatewayJson(seen: TrafficEvidence | null) {
  if (seen === null) return { answers: false };
  const { backend, queued, inFlight, completions, longestWaitMs, lastRefusal, quarantined } = seen;
  return {
    answers: true,
    backend,
    queued,
    inFlight,
    held: heldIn(seen),
    completions,
    longestWaitMs,
    lastRefusal,
    quarantined,
  };
}

/** The same in one line for people. */
export function gatewayWords(seen: TrafficEvidence | null): string {
  if (seen === null) return 'gateway: it does not answer';
  // An older gateway, adopted, does not tell of its quarantine.
  const { backend, queued, inFlight, longestWaitMs, lastRefusal, quarantined = [] } = seen;
  const held = heldIn(seen);
  const parts = [`${inFlight} in flight`, `${queued} queued`, `${held} held`];
  if (longestWaitMs !== null) parts.push(`the longest wait is ${span(longestWaitMs)} now`);
  const refused = lastRefusal ? `${lastRefusal.why}, ${span(lastRefusal.agoMs)} ago` : 'none';
  const [newest] = quarantined;
  const killers = newest
    ? `; quarantined: ${quarantined.length}, the last ${span(newest.agoMs)} ago (${newest.route}, sha256 ${newest.sha256}, ${newest.bytes} bytes)`
    : '';
  return `gateway: backend ${backend.readiness}; ${parts.join(', ')}; last refusal: ${refused}${killers}`;
}

/** Who waits because the server is away, not because it is at work. */
function heldIn({ backend, queued }: TrafficEvidence): number {
  return backend.readiness === 'down' || backend.readiness === 'suspect' ? queued : 0;
}
