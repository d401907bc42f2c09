import type { ServiceConfig } from '../../config/service.js';
import type { ProbeOutcome } from '../../core/types.js';
import { RESULT_OF } from '../../core/types.js';
import { approvedOf } from '../../daemon/probing.js';
import { systemClock } from '../../host/system-clock.js';
import { askCheap } from '../../probe/cheap.js';
import { createGoldenStore } from '../../probe/golden.js';
import { runProbe } from '../../probe/run.js';
import { EXIT, type ExitCode } from '../errors.js';
import type { Terminal } from '../terminal.js';

/** `probe`: one real-work probe now, beside the cheap endpoints, so that one sees which of them lie. */
export async function runProbeCommand(
  services: ServiceConfig[],
  options: { json: boolean; signal: AbortSignal },
  terminal: Terminal,
): Promise<ExitCode> {
  let worst: ExitCode = EXIT.fine;
  for (const service of services) {
    const world = { fetch: globalThis.fetch, nowMs: systemClock.monotonicMs, signal: options.signal };
    // Side by side, at the same moment: the probe itself asks the cheap ones only when the work fails.
    const [work, cheap] = await Promise.all([
      runProbe(service.probe, {
        ...world,
        deadlineMs: service.policy.deadlineMaxMs,
        attempt: 1,
        golden: createGoldenStore(approvedOf(service.probe)),
      }),
      askCheap(service.probe, world, options.signal),
    ]);
    const outcome = { ...work, cheap };
    const result = RESULT_OF[outcome.reason];
    if (options.json) {
      terminal.out(JSON.stringify({ service: service.name, url: service.probe.url, result, ...outcome }));
    } else print(service, outcome, terminal);
    if (result !== 'pass') worst = EXIT.unhealthy;
  }
  return worst;
}

function print(service: ServiceConfig, outcome: ProbeOutcome, terminal: Terminal): void {
  const result = RESULT_OF[outcome.reason];
  const style = result === 'pass' ? 'green' : result === 'fail' ? 'red' : 'yellow';
  const said = result === 'pass' ? `right answer in ${Math.round(outcome.tookMs)} ms` : outcome.detail;
  terminal.out(`${terminal.style('bold', service.name)}  ${service.probe.kind} at ${service.probe.url}`);
  terminal.out(`  ${'real work'.padEnd(12)} ${terminal.style(style, `${result}: ${said}`)}`);
  for (const cheap of outcome.cheap) {
    const lies = result === 'fail' && cheap.status !== null && cheap.status < 400;
    const answer =
      cheap.status === null ? 'no answer' : `${cheap.status} in ${Math.max(1, Math.round(cheap.tookMs))} ms`;
    terminal.out(
      `  ${cheap.path.padEnd(12)} ${answer}${lies ? terminal.style('yellow', '  (not believed)') : ''}`,
    );
  }
}
