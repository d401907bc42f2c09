import { crash } from './crash.js';
import { crashLoop } from './crash-loop.js';
import type { Fault } from './fault.js';
import { freeze } from './freeze.js';
import { stubbornChild } from './stubborn-child.js';
import { term } from './term.js';
import { wedge } from './wedge.js';

/** Every fault by its name on the command line, the likeliest first. A new one: its file, and one line here. */
export const FAULTS = {
  wedge,
  freeze,
  crash,
  'stubborn-child': stubbornChild,
  term,
  'crash-loop': crashLoop,
} as const satisfies { [name: string]: Fault };

/** Other names that people look for. */
const ALIASES: { [name: string]: keyof typeof FAULTS } = { 'start-limit': 'crash-loop' };

/** What else this fault is called. */
export function aliasesOf(name: string): string[] {
  return Object.keys(ALIASES).filter((alias) => ALIASES[alias] === name);
}

export function faultNamed(given: string): Fault | null {
  const name = Object.hasOwn(ALIASES, given) ? (ALIASES[given] as string) : given;
  return Object.hasOwn(FAULTS, name) ? FAULTS[name as keyof typeof FAULTS] : null;
}
