import type { Incarnation, ProcessId, UnitSnapshot } from './types.js';

/** Same process of the same boot and the same start of the unit. */
export function sameIncarnation(a: Incarnation | null, b: Incarnation | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId && a.invocation === b.invocation
  );
}

/** Same process: a pid that was used again has other start ticks. */
export function sameProcess(a: ProcessId, b: ProcessId): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks;
}

/** The identity alone, without what was measured about the process. */
export function processId(process: ProcessId): ProcessId {
  return { pid: process.pid, startTicks: process.startTicks };
}

/** Does somebody else answer on its port, a stranger or an orphan of an earlier incarnation? */
export function isMasked({ portOwner }: UnitSnapshot): boolean {
  return portOwner.who === 'foreign' || portOwner.who === 'leftover';
}
