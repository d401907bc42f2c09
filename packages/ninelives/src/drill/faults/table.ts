import { crash } from './crash.js';
import { crashLoop } from './crash-loop.js';
import type { Fault } from './fault.js';
import { freeze } from './freeze.js';
import { term } from './term.js';
import { wedge } from './wedge.js';

/** Every fault by its name on the command line, the likeliest first. A new one: its file, and one line here. */
export const FAULTS = {
  wedge,
  freeze,
  crash,
  term,
  'crash-loop': crashLoop,
} as const satisfies { [name: string]: Fault };

export function faultNamed(name: string): Fault | null {
  return Object.hasOwn(FAULTS, name) ? FAULTS[name as keyof typeof FAULTS] : null;
}
