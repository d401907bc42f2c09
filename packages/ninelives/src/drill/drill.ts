import { conduct } from './conduct.js';
import type { Fault } from './faults/fault.js';
import { recoverLimitMs } from './limits.js';
import type { DrillOptions, DrillPorts } from './ports.js';
import { tellGuard } from './post.js';
import { aimAt, noGuard, refuse } from './refusal.js';
import type { DrillNews, DrillRefusal, DrillReport } from './report.js';
import { judgeState, measureSteadyState, worthWaitingMs } from './steady/steady.js';

/**
 * Proves recovery: steady state → mark → standby → fault → the guard's story → undo, always → report, kept.
 * Runs beside a resident guard and talks to it only through the record. An abort ends it early, and in order.
 * @throws when the record can't be used, or the standby that would undo the fault can't be armed.
 */
export async function performDrill(
  fault: Fault,
  options: DrillOptions,
  ports: DrillPorts,
  tell: (news: DrillNews) => void,
  signal: AbortSignal,
): Promise<DrillReport | DrillRefusal> {
  const { config } = options;
  const service = config.name;
  const hint = 'wait until it is calm, or do it all the same: --force';
  const drillId = `${service}-drill-${ports.newId()}`;
  // The end of a drill that never began changes nothing; that it is taken shows that somebody guards, and the
  // state committed with it is as fresh as the guard's last look.
  if (!(await tellGuard(ports, service, { type: 'drill-ended', drillId }, options.by)))
    return noGuard(service);
  const state = ports.record.load(service)?.state;
  if (!state?.unit) return noGuard(service);
  const aim = aimAt(fault, state.unit, options.really);
  if ('refused' in aim) return aim;
  tell({ type: 'aimed', service, fault: fault.name, pid: state.unit.incarnation?.pid ?? 0, text: aim.text });
  const hopeless = options.force ? null : await ports.beyondRepair();
  if (hopeless !== null)
    return refuse('not-possible', [hopeless], 'mend that, or do it all the same: --force');
  const waitMs = options.force ? 0 : worthWaitingMs(fault, state, ports.clock.monotonicMs());
  if (waitMs > 0) tell({ type: 'waiting', forMs: waitMs, text: 'too many starts just now for another kill' });
  await ports.clock.sleep(waitMs, signal);
  const known = judgeState(fault, state, ports.clock.monotonicMs() + waitMs);
  if (known.length > 0 && !options.force) return refuse('not-steady', known, hint);
  const steady = await measureSteadyState(state, known, ports, { ownTraffic: options.ownTraffic, signal });
  tell({ type: 'steady', steady });
  if (signal.aborted) return refuse('not-steady', ['stopped before anything was done'], null);
  if (steady.objections.length > 0 && !options.force) return refuse('not-steady', steady.objections, hint);
  const past = ports.record.events({ service });
  return conduct({
    drillId,
    fault,
    options,
    ports,
    steady,
    recoverMs: recoverLimitMs(config, past),
    past,
    tell,
    signal,
  });
}
