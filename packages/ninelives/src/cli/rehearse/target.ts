import type { ServiceConfig } from '../../config/service.js';
import { gatewayUrl } from '../../gateway/place.js';
import { isHeart } from '../../heartbeat/step.js';
import { lockOwner } from '../../host/lock.js';
import type { GuardRecord } from '../../record/record.js';
import { CliError, EXIT } from '../errors.js';

/** Whom the rehearsal asks, and who is harmed. */
export interface Target {
  url: string;
  /** Of the service that is guarded here; null: somewhere else, nothing of it can be harmed. */
  config: ServiceConfig | null;
}

/**
 * The service that a guard of this state folder looks after, and the way in that its clients use.
 * @throws CliError when it is not there, not ours, or sick: then nothing was done
 */
export function targetHere(
  record: GuardRecord,
  { stateDir, service, url }: { stateDir: string; service: string | undefined; url: string | undefined },
): Target & { config: ServiceConfig } {
  const services = record.services().filter((name) => !isHeart(name));
  const name = service ?? (services.length === 1 ? services[0] : undefined);
  if (name === undefined || !services.includes(name)) {
    const what =
      services.length === 0 ? 'nothing is guarded here yet' : `which service? ${services.join(', ')}`;
    throw new CliError(what, EXIT.usage, services.length === 0 ? 'ninelives up' : `--service ${services[0]}`);
  }
  const config = record.note(name, 'config') as ServiceConfig | null;
  if (!config || lockOwner(stateDir) === null) {
    throw new CliError(
      `nobody guards ${name} now, so nobody would heal it`,
      EXIT.environment,
      'ninelives up',
    );
  }
  const state = record.load(name)?.state;
  if (state?.desired === 'paused') {
    throw new CliError(`the guard of ${name} is paused`, EXIT.environment, `ninelives resume ${name}`);
  }
  if (!state || state.incident || state.verdict.kind !== 'serving') {
    const sentence = state?.incident?.sentence ?? state?.verdict.sentence ?? 'it was never seen';
    throw new CliError(
      `${name} is sick already, so a rehearsal would say nothing: ${sentence}`,
      EXIT.unhealthy,
      'ninelives status',
    );
  }
  return { url: url ?? publicUrl(config), config };
}

/** Where its clients come in: the gateway, where it has one. */
function publicUrl({ gateway, probe }: ServiceConfig): string {
  return gateway ? gatewayUrl(gateway) : new URL(probe.url).origin;
}
