import type { RestartSettings } from '../../config/service.js';
import type { ProcessId } from '../../core/types.js';
import type { Supervisor } from '../supervisor.js';

export interface EmbeddedOptions {
  /** Names the state and log files: letters, digits, `.`, `_` and `-`. */
  name: string;
  /** Program and arguments; looked up in `env.PATH`, never through a shell. */
  argv: string[];
  /** null: our own working folder. */
  cwd: string | null;
  /** The whole environment of the service; NINELIVES_INCARNATION is added. */
  env: { [name: string]: string | undefined };
  /** The port the service listens on; null when it has none here. */
  port: number | null;
  stateDir: string;
  restart: RestartSettings;
  /** The log is rotated (copied to `.1` and truncated) when it is larger. */
  logLimitBytes: number;
  /** Phase or main process changed: a good moment to inspect. */
  onChange(): void;
}

export type StartOutcome =
  | { outcome: 'started'; main: ProcessId }
  /** It runs already: started before, or adopted from a daemon that died. */
  | { outcome: 'running'; main: ProcessId; adopted: boolean }
  /** Somebody else listens on the port; nothing was spawned. `text` names it: "pid 1234 (python3), uid 1000". */
  | { outcome: 'port-taken'; text: string }
  /** StartLimitBurst starts within StartLimitIntervalSec; the unit is `failed`. */
  | { outcome: 'start-limit'; text: string }
  /** The command could not be started (no such file, not executable); retried by policy, as systemd does. */
  | { outcome: 'not-startable'; text: string };

/** The supervisor for machines without systemd, with systemd's own semantics. */
export interface EmbeddedSupervisor extends Supervisor {
  logFile: string;
  /**
   * `systemctl start`: ends leftovers of earlier incarnations first, refuses while a stranger owns the port.
   * `resetFailed` forgets earlier starts first, as `systemctl reset-failed` does.
   */
  start(options?: { resetFailed?: boolean }): Promise<StartOutcome>;
  /** `systemctl stop`: SIGTERM and SIGCONT to the tree, SIGKILL after `stopTimeoutMs`. Stays down. */
  stop(): Promise<void>;
  /** Lets go. With `keepRunning` the service lives on, for the next `createEmbeddedSupervisor` to adopt. */
  close(options: { keepRunning: boolean }): Promise<void>;
}
