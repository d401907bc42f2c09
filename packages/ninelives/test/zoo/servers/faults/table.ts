import type { Fault } from '../fault.js';
import { ANSWER_FAULTS } from './answers.js';
import { ENGINE_FAULTS } from './engine.js';
import { LONG_WORK } from './long-work.js';
import { MAIN_FAULTS } from './main-process.js';
import { PORT_FAULTS } from './port.js';
import { START_FAULTS } from './start-up.js';

/** Healthy, and stays so. */
const NONE = { none: { begin() {} } } satisfies Record<string, Fault>;

export const FAULTS = {
  ...NONE,
  ...ENGINE_FAULTS,
  ...MAIN_FAULTS,
  ...START_FAULTS,
  ...LONG_WORK,
  ...ANSWER_FAULTS,
  ...PORT_FAULTS,
};

export type FaultName = keyof typeof FAULTS;

export function faultNamed(name: string): Fault {
  if (!Object.hasOwn(FAULTS, name))
    throw new Error(`no fault "${name}"; one of ${Object.keys(FAULTS).join(' ')}`);
  return FAULTS[name as FaultName];
}
