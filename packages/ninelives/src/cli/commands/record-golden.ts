import { writeFileSync } from 'node:fs';
import type { ServiceConfig } from '../../config/service.js';
import { askAll } from '../../discover/apis/answers.js';
import { modelsAt } from '../../discover/apis/shape.js';
import { systemClock } from '../../host/system-clock.js';
import { createGoldenStore } from '../../probe/golden.js';
import { runProbe } from '../../probe/run.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import type { Terminal } from '../terminal.js';

/** The probe rotates through its texts; this many attempts reach every one of any sensible list. */
const ATTEMPTS = 32;

/**
 * `probe --record-golden FILE`: keeps today's answers as the right ones, at a moment that the user approves. All
 * texts must be answered right twice, and alike; else nothing is written.
 */
export async function recordGolden(
  service: ServiceConfig,
  options: { file: string; signal: AbortSignal },
  terminal: Terminal,
): Promise<ExitCode> {
  if (service.probe.kind !== 'embeddings') {
    const what = `golden answers are vectors; ${service.name} is probed for ${service.probe.kind}`;
    throw new CliError(what, EXIT.usage, 'probe: {expect: …} in ninelives.yaml');
  }
  const golden = createGoldenStore();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const outcome = await runProbe(service.probe, {
      fetch: globalThis.fetch,
      nowMs: systemClock.monotonicMs,
      deadlineMs: service.policy.deadlineMaxMs,
      signal: options.signal,
      attempt,
      golden,
    });
    if (outcome.reason === 'ok') continue;
    const what = `${service.name} did not answer right (${outcome.detail}); nothing was written`;
    throw new CliError(what, EXIT.unhealthy, 'ninelives probe');
  }
  const { provisional } = golden.toJSON();
  const texts = Object.keys(provisional);
  const model = service.probe.model ?? (await modelOf(service.probe.url, options.signal));
  try {
    writeFileSync(options.file, `${JSON.stringify({ model, vectors: provisional })}\n`, {
      flag: 'wx',
      mode: 0o600,
    });
  } catch (cause) {
    const what = `${options.file} was left as it is: ${(cause as Error).message}`;
    throw new CliError(what, EXIT.usage, 'name a new file', { cause });
  }
  const whose = model === null ? '' : ` of ${model}`;
  terminal.out(`kept the answers${whose} to ${texts.length} texts in ${options.file}`);
  terminal.out(`  next: probe: { golden: ${options.file} } in ninelives.yaml`);
  return EXIT.fine;
}

/** The model that it says it serves: golden answers are of one model. */
async function modelOf(url: string, signal: AbortSignal): Promise<string | null> {
  const answers = await askAll(new URL(url).origin, { fetch: globalThis.fetch, signal });
  return answers === null ? null : (modelsAt(answers, '/v1/models')[0]?.id ?? null);
}
