import type { Policy } from '../../core/policy.js';
import type { UnitSnapshot } from '../../core/types.js';

/** `SuccessExitStatus=` and its kin; signals with the SIG prefix. */
interface ExitStatuses {
  codes: number[];
  signals: string[];
}

/** The unit's settings that the rows ask about: a part of `UnitSettings` of host/systemd. Durations in ms. */
export interface DoctoredSettings {
  loadState: string;
  type: string;
  exitType: string;
  restart: string;
  restartMs: number;
  restartSteps: number;
  restartMaxDelayMs: number;
  restartPrevent: ExitStatuses;
  restartForce: ExitStatuses;
  success: ExitStatuses;
  startLimit: { burst: number; intervalMs: number };
  startLimitAction: string;
  failureAction: string;
  killMode: string;
  killSignal: number;
  sendSigkill: boolean;
  timeoutStopMs: number;
  timeoutStartMs: number;
  runtimeMaxMs: number;
  oomPolicy: string;
  ignoresFailure: boolean;
  program: string;
  commandLine: string;
  needsReload: boolean;
}

/** Who has the guard look again and again. */
export interface GuardKeeper {
  /** A unit that revives a resident one; cron or a timer that runs a pass; nobody. */
  by: 'unit' | 'cron' | 'timer' | 'nobody';
  /** Does it do so now? */
  runs: boolean;
  /** What was found, in words. */
  read: string;
  /** Null where nothing is to be mended. */
  fix: string | null;
}

/** Everything that doctor reads of this machine for a unit of systemd. */
export interface SystemdFacts {
  /** With `.service`. */
  unit: string;
  /** Of my own user manager. */
  user: boolean;
  settings: DoctoredSettings;
  /** What systemd would do after a SIGKILL of the whole list, from `predictRevival`. */
  revival: { revives: boolean; because: string; fix: string | null };
  /** Major version; null when it could not be read. */
  systemdVersion: number | null;
  me: { uid: number; name: string };
  /** The main process now: who owns it, and the path of the program it is; null when there is none. */
  main: { pid: number; uid: number; program: string } | null;
  /** Its processes that ignore SIGTERM, in words: "pid 4718 (python3)". */
  ignoreTerm: string[];
  /** Does my user manager live without a login? null: could not tell. */
  linger: boolean | null;
  port: number | null;
  portOwner: UnitSnapshot['portOwner'];
  /** Where the probe's questions go. */
  probeUrl: string;
  /** Longest time from start to first right answer on record; null when none is. */
  loadMs: number | null;
  policy: Pick<Policy, 'killsMax' | 'windowMs'>;
  /** Null: nobody looks. */
  guard: GuardKeeper | null;
}
