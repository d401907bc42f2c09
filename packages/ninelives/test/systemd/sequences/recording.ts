import type { UnitPhase } from '../../../src/core/types.js';

/** What `systemctl show` said from this moment on. */
export interface Scene {
  atMs: number;
  phase: UnitPhase;
  /** Is there a main process? */
  main: boolean;
  restarts: number;
  result: string;
}

/** A play as a real systemd played it. */
export interface Recording {
  name: string;
  scenes: Scene[];
}
