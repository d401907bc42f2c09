import type { InboxRow } from '../../../src/record/record.js';
import type { Truth } from '../guard/truth.js';
import type { Disk } from './disk.js';
import type { Processes } from './processes.js';
import type { Server } from './server.js';
import type { Stage } from './stage.js';
import type { Supervisor } from './supervisor.js';

export const NOTIFIERS = ['phone'];

/** What the daemon's ports look at and act on. */
export interface Machine {
  stage: Stage;
  processes: Processes;
  server: Server;
  supervisor: Supervisor;
  disk: Disk;
  truth: Truth;
}

/** What a fault can do to one service and to the box as a whole. */
export interface Box extends Machine {
  daemon: { die(): void; stall(forMs: number): void; probeBlind: boolean; unitBlind: boolean };
  reboot(): void;
  /** From now on the wall clock is no measure of what has passed. */
  clockIsOdd: () => void;
  /** Every connection on the box is lost. */
  dropConnections: () => void;
  evictForeign(): void;
  /** A command from another process; false when even that could not be written. */
  post(command: InboxRow['command']): boolean;
}
