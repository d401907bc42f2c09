import type { ServiceConfig } from '../config/service.js';
import type { Power } from '../core/decision.js';
import type { ProcessId, UnitSnapshot } from '../core/types.js';
import { createEmbeddedSupervisor, type EmbeddedSupervisor } from '../host/embedded/supervisor.js';
import type { Supervisor } from '../host/supervisor.js';
import { createSystemdSupervisor } from '../host/systemd/supervisor.js';
import { EMBEDDER_PACKAGE, embedderArgv, findEmbedder } from './embedder.js';
import { SetupError } from './errors.js';

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

/** A service with whoever supervises it. */
export interface Supervised {
  supervisor: Supervisor;
  power: Power;
  /** Starts it on an operator's word; null where that is not ours to do. */
  start: (() => void) | null;
  /** Is this process the unit's? Asked right before each signal; absent where pid and start ticks say so. */
  belongs?: (target: ProcessId) => boolean;
  /** Lets go of it: stopped, or left running for the next daemon. */
  end(stop: boolean): Promise<void>;
}

export interface SuperviseOptions {
  stateDir: string;
  env: { [name: string]: string | undefined };
  node: string;
  /** Start it now; otherwise only what runs already is looked after. */
  start: boolean;
  onChange: () => void;
  /** The unit as it was last seen on record. */
  known: UnitSnapshot | null;
}

/**
 * Finds or starts the service.
 * @throws SetupError before anything is spawned: no embedder installed, the port is somebody else's, …
 */
export async function superviseService(
  config: ServiceConfig,
  options: SuperviseOptions,
): Promise<Supervised> {
  if (config.source.type === 'unit') return superviseUnit(config, config.source, options);
  const { argv, cwd, env } = commandOf(config, options);
  const supervisor = await createEmbeddedSupervisor({
    name: config.name,
    argv,
    cwd,
    env: { ...withoutNotify(options.env), ...env },
    port: config.port,
    stateDir: options.stateDir,
    restart: config.restart,
    logLimitBytes: LOG_LIMIT_BYTES,
    onChange: options.onChange,
  });
  if (options.start) await startOrExplain(config, supervisor);
  return {
    supervisor,
    power: 'armed', // it is ours: that it revives after SIGKILL is a test of this project, not a hope
    start: () => void supervisor.start({ resetFailed: true }),
    async end(stop) {
      if (stop) await supervisor.stop();
      await supervisor.close({ keepRunning: !stop });
    },
  };
}

/** What systemd asks of us must not be answered by the service (sd_notify(3): NotifyAccess=all lets any child). */
function withoutNotify(env: SuperviseOptions['env']): SuperviseOptions['env'] {
  const { NOTIFY_SOCKET: _socket, WATCHDOG_USEC: _watchdog, WATCHDOG_PID: _pid, ...rest } = env;
  return rest;
}

/** A unit of systemd is only looked at: systemd starts it, and nobody here stops it. */
function superviseUnit(
  config: ServiceConfig,
  source: { unit: string; user: boolean },
  options: SuperviseOptions,
): Supervised {
  const { unit, user } = source;
  const supervisor = createSystemdSupervisor({ unit, user, port: config.port, known: options.known });
  return {
    supervisor,
    power: 'watch-only', // until this very unit was seen to come back (core/power.ts)
    start: null,
    belongs: (target) => supervisor.belongs(target),
    end: async () => {},
  };
}

function commandOf(config: ServiceConfig, options: SuperviseOptions) {
  const { source } = config;
  if (source.type === 'command') return source;
  if (source.type !== 'embedder') throw new Error('unreachable: a unit has no command');
  const bin = findEmbedder();
  if (bin === null) {
    throw new SetupError(
      'EMBEDDER_MISSING',
      `service ${config.name}: the built-in model needs the package ${EMBEDDER_PACKAGE}, which is not installed`,
      `npm install ${EMBEDDER_PACKAGE}   (or guard your own server: ninelives up -- COMMAND …)`,
    );
  }
  const { node, stateDir } = options;
  const { name, port } = config;
  const argv = embedderArgv({ bin, node, name, port: port ?? 8088, settings: source.settings, stateDir });
  return { argv, cwd: null, env: {} };
}

async function startOrExplain(config: ServiceConfig, supervisor: EmbeddedSupervisor): Promise<void> {
  const started = await supervisor.start({ resetFailed: true });
  if (started.outcome === 'started' || started.outcome === 'running') return;
  await supervisor.close({ keepRunning: true });
  if (started.outcome === 'port-taken') {
    throw new SetupError(
      'PORT_IN_USE',
      `service ${config.name}: port ${config.port} is in use by ${started.text}; nothing was started`,
      'end that process, or choose another port: --port N',
    );
  }
  throw new SetupError(
    'NOT_STARTABLE',
    `service ${config.name} could not be started: ${started.text}`,
    `look at its log: ${supervisor.logFile}`,
  );
}
