import type { Collector } from '../evidence.js';
import { command } from './command.js';
import { gpu } from './gpu.js';
import { log } from './log.js';
import { machine } from './machine.js';
import { processes } from './processes.js';
import { sockets } from './sockets.js';
import { stacks } from './stacks.js';

/** Every collector by its name in the bundle, the most telling first: what is too large is dropped from the end. */
export const COLLECTORS = {
  processes,
  sockets,
  command,
  log,
  machine,
  stacks,
  gpu,
} satisfies { [name: string]: Collector };

export type CollectorName = keyof typeof COLLECTORS;
