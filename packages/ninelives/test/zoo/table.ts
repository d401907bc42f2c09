import { HANGS } from './classes/hangs.js';
import { REFUSALS } from './classes/refusals.js';
import { REVIVALS } from './classes/revivals.js';
import { WORK } from './classes/work.js';
import { WRONG } from './classes/wrong.js';
import type { ZooClass } from './zoo-class.js';

/** Every class, in the order of the table in docs/bench/verdict.md. The test and the bench both read it. */
export const ZOO: readonly ZooClass[] = [...HANGS, ...WRONG, ...WORK, ...REVIVALS, ...REFUSALS];
