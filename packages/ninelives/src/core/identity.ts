import type { Incarnation, ProcessId } from './types.js';

/** Same process of the same boot and the same start of the unit. */
export function sameIncarnation(a: Incarnation | null, b: Incarnation | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId && a.invocation === b.invocation
  );
}

/** The identity alone, without what was measured about the process. */
export function processId(process: ProcessId): ProcessId {
  return { pid: process.pid, startTicks: process.startTicks };
}
