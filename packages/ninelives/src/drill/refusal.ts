import type { UnitSnapshot } from '../core/types.js';
import type { Aim, Fault } from './faults/fault.js';
import type { DrillRefusal } from './report.js';

/** Whom to signal, or why this fault can't be done to this service. */
export function aimAt(fault: Fault, unit: UnitSnapshot, really: boolean): Aim | DrillRefusal {
  if (unit.supervisor === 'systemd' && fault.notOnSystemd) {
    return refuse('not-possible', [fault.notOnSystemd], 'ninelives drill crash');
  }
  if (unit.supervisor === 'systemd-user' && fault.notOnSystemd && !really) {
    const ours = 'this unit is yours, so the drill could start it again';
    return refuse('not-possible', [fault.notOnSystemd, ours], `ninelives drill ${fault.name} --really`);
  }
  if (unit.revivesAfterKill === false) {
    return refuse('not-possible', ['its supervisor would not revive it after SIGKILL'], 'ninelives doctor');
  }
  const aim = fault.aim(unit);
  return 'cannot' in aim ? refuse('not-possible', [aim.cannot], null) : aim;
}

const NO_GUARD = 'ninelives up; or name the service, and the drill brings its own guard: --config FILE';

export function noGuard(service: string): DrillRefusal {
  return refuse('no-guard', [`no guard is looking after ${service} in this state folder`], NO_GUARD);
}

export function refuse(refused: DrillRefusal['refused'], why: string[], hint: string | null): DrillRefusal {
  return { refused, why, hint };
}
