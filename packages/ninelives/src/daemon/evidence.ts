import { secretsOf } from '../config/secrets.js';
import type { Config, ServiceConfig } from '../config/service.js';
import type { KillIntent } from '../core/decision.js';
import type { UnitSnapshot } from '../core/types.js';
import { collectEvidence } from '../evidence/collect.js';
import { isSecretName } from '../evidence/redact.js';
import { dropEvidence, readEvidence, writeEvidence } from '../evidence/store.js';
import { sleep } from '../host/clock.js';
import { RecordUnavailableError } from '../record/record.js';

/** Collecting and writing together: a kill waits no longer than this. */
const LIMIT_MS = 3_000;
const WRITING_MS = 300;

/** Keeps what an incarnation is doing before it is destroyed; says in a few words what became of that. */
export type KeepEvidence = (
  intent: KillIntent,
  unit: UnitSnapshot | null,
  signal: AbortSignal,
) => Promise<string>;

/** Never rejects, and settles within 3 s: the kill comes whatever happens here. */
export function createEvidenceKeeper(options: {
  service: ServiceConfig;
  config: Config;
  stateDir: string;
  logFile: string | null;
  env: { [name: string]: string | undefined };
}): KeepEvidence {
  const { service, stateDir, logFile, env } = options;
  const secrets = secretsIn(service, options.config);
  const path = env.PATH ?? '/usr/local/bin:/usr/bin:/bin';

  async function keep(intent: KillIntent, unit: UnitSnapshot | null, signal: AbortSignal): Promise<string> {
    // A guard that died between evidence and kill goes on with the kill.
    const known = readEvidence(stateDir, intent.incidentId).some(
      ({ bundle }) => bundle.intentId === intent.id,
    );
    if (known) return 'evidence was kept before';
    const limitMs = LIMIT_MS - WRITING_MS;
    const { port } = service;
    const bundle = await collectEvidence(intent, unit, { limitMs, signal, port, logFile, path, secrets });
    await writeEvidence(stateDir, bundle);
    return `evidence kept in ${(bundle.tookMs / 1_000).toFixed(1)} s`;
  }

  return async (intent, unit, signal) => {
    const over = new AbortController();
    const late = sleep(LIMIT_MS, over.signal).then(() => 'no evidence: it took too long to write');
    try {
      return await Promise.race([keep(intent, unit, signal), late]);
    } catch (error) {
      return `no evidence: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      over.abort();
    }
  };
}

/** A full disk: evidence goes before the reserve does (I5). True when that made room. */
export function giveUpEvidence(stateDir: string, error: unknown): boolean {
  return error instanceof RecordUnavailableError && error.reason === 'full' && dropEvidence(stateDir);
}

/** Values of the config that must not turn up in the evidence. */
function secretsIn(service: ServiceConfig, config: Config): string[] {
  const webhooks = config.notifiers.filter((notifier) => notifier.type === 'webhook');
  const headers = [service.probe.headers, ...webhooks.map((webhook) => webhook.headers)];
  const secret = headers.flatMap(Object.entries).filter(([name]) => isSecretName(name));
  return [
    // `Bearer X`: X may turn up alone.
    ...secret.flatMap(([, value]: [string, string]) => [value, value.split(/\s+/).at(-1) ?? '']),
    ...webhooks.map(({ url }) => url),
    ...config.notifiers.flatMap(secretsOf),
    ...config.heartbeats.send.map((target) => (target.type === 'ping' ? target.url : target.topic)),
    ...config.heartbeats.from.map(({ uuid }) => uuid),
  ];
}
