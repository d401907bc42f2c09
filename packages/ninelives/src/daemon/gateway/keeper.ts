import type { GatewaySettings, RestartSettings, ServiceConfig } from '../../config/service.js';
import type { ProcessId } from '../../core/types.js';
import { gatewayArgv, gatewayFolder, gatewaySocket } from '../../gateway/place.js';
import { createPrivateClient, type PrivateClient } from '../../gateway/status/client.js';
import { sleep } from '../../host/clock.js';
import { createEmbeddedSupervisor, type EmbeddedSupervisor } from '../../host/embedded/supervisor.js';
import { readArguments } from '../../host/procfs/processes.js';
import { signalIfSame } from '../../host/signal.js';
import { systemClock } from '../../host/system-clock.js';
import { SetupError } from '../errors.js';
import { freshPulse, pulseHeard, pulseMissed } from './pulse.js';

/** A service's gateway, run and looked after here. */
export interface GatewayKeeper {
  /** Resolves once it listens, or after a while in which it ought to: clients are then told where it is. */
  ready(): Promise<void>;
  /** Lets go of it: drained and stopped, or left running for the next daemon. */
  end(stop: boolean): Promise<void>;
}

export interface KeeperOptions {
  stateDir: string;
  env: { [name: string]: string | undefined };
  node: string;
  /** The command's own file. */
  bin: string;
  /** Something that people should hear of. */
  onTrouble: (text: string) => void;
  /** About to be killed; on record before it is. */
  onKill: (gateway: ProcessId, why: string) => void;
}

const READY_LIMIT_MS = 15_000;
const READY_LOOK_MS = 25;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
const ASK_EVERY_MS = 1_000;
const ANSWER_LIMIT_MS = 1_000;
/** After the start limit: one start each so often, for ever. */
const SLOW_START_MS = 30_000;

/** Always: whoever ends it, clients are left in the rain until it is back. */
const RESTART: RestartSettings = {
  policy: 'always',
  restartMs: 100,
  startLimitBurst: 5,
  startLimitIntervalMs: 10_000,
  stopTimeoutMs: 10_000,
};

/**
 * Starts the gateway as a process of its own, or adopts the one that a killed daemon left; guards it by a question to
 * its private socket once a second.
 * @throws SetupError when its port is somebody else's; nothing was started then.
 */
export async function keepGateway(
  service: ServiceConfig,
  gateway: GatewaySettings,
  options: KeeperOptions,
): Promise<GatewayKeeper> {
  const argv = gatewayArgv(service, gateway, options);
  const supervisor = await superviseGateway(service, options, argv, gateway.port);
  await startOrExplain(service, gateway, supervisor, argv);
  const over = new AbortController();
  const client = createPrivateClient(gatewaySocket(options.stateDir, service.name));
  const guarding = guard({ supervisor, client, service }, options, over.signal);
  return {
    async ready() {
      const untilMs = systemClock.monotonicMs() + READY_LIMIT_MS;
      while (systemClock.monotonicMs() < untilMs && !over.signal.aborted) {
        if ((await client.evidence(ANSWER_LIMIT_MS)) !== null) return;
        await sleep(READY_LOOK_MS, over.signal);
      }
    },
    async end(stop) {
      over.abort();
      await guarding;
      await supervisor.close({ keepRunning: !stop });
    },
  };
}

/** Ends the gateway that an earlier daemon left, where none is wanted now. */
export async function endLeftGateway(service: ServiceConfig, options: KeeperOptions): Promise<void> {
  const supervisor = await superviseGateway(service, options, [], null);
  await supervisor.close({ keepRunning: false });
}

function superviseGateway(
  service: ServiceConfig,
  { stateDir, env }: KeeperOptions,
  argv: string[],
  port: number | null,
): Promise<EmbeddedSupervisor> {
  // What systemd asks of us must not be answered by it, nor may it take sockets that are ours.
  const {
    NOTIFY_SOCKET: _s,
    WATCHDOG_USEC: _w,
    WATCHDOG_PID: _p,
    LISTEN_FDS: _l,
    LISTEN_PID: _i,
    ...rest
  } = env;
  return createEmbeddedSupervisor({
    ...{ name: service.name, argv, cwd: null, env: rest, port, restart: RESTART },
    ...{ stateDir: gatewayFolder(stateDir), logLimitBytes: LOG_LIMIT_BYTES, onChange: () => {} },
  });
}

async function startOrExplain(
  service: ServiceConfig,
  { port }: GatewaySettings,
  supervisor: EmbeddedSupervisor,
  argv: string[],
): Promise<void> {
  let started = await supervisor.start({ resetFailed: true });
  if (started.outcome === 'running') {
    const running = await readArguments(started.main.pid);
    if (running === null || running.join('\0') === argv.join('\0')) return;
    // Of other settings: it ends in good order, and the next one has the new ones.
    await supervisor.stop();
    started = await supervisor.start({ resetFailed: true });
  }
  if (started.outcome === 'started' || started.outcome === 'running') return;
  await supervisor.close({ keepRunning: true });
  const whose = `the gateway of service ${service.name}`;
  if (started.outcome === 'port-taken') {
    throw new SetupError(
      'PORT_IN_USE',
      `${whose}: port ${port} is in use by ${started.text}; nothing was started`,
      'end that process, or choose another port: --gateway-port N, or none: --no-gateway',
    );
  }
  throw new SetupError(
    'NOT_STARTABLE',
    `${whose} could not be started: ${started.text}`,
    `look at its log: ${supervisor.logFile}`,
  );
}

async function guard(
  kept: { supervisor: EmbeddedSupervisor; client: PrivateClient; service: ServiceConfig },
  { onTrouble, onKill }: KeeperOptions,
  signal: AbortSignal,
): Promise<void> {
  const { supervisor, client, service } = kept;
  const pulse = freshPulse();
  let slowStartMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    await sleep(ASK_EVERY_MS, signal);
    const evidence = await client.evidence(ANSWER_LIMIT_MS);
    if (signal.aborted) return;
    if (evidence !== null) {
      pulseHeard(pulse);
      continue; // nothing to look at
    }
    const unit = await supervisor.inspect();
    if (signal.aborted || 'unknown' in unit) continue;
    const atMs = systemClock.monotonicMs();
    const main = unit.processes.find((process) => process.main) ?? null;
    const why = pulseMissed(pulse, atMs, main);
    if (why !== null && main) {
      onKill({ pid: main.pid, startTicks: main.startTicks }, why);
      signalIfSame(main, 'SIGKILL');
    }
    if (unit.phase === 'failed' && atMs - slowStartMs >= SLOW_START_MS) {
      slowStartMs = atMs;
      onTrouble(`the gateway of ${service.name} keeps ending (${unit.lastExit}); see ${supervisor.logFile}`);
      await supervisor.start({ resetFailed: true });
    }
  }
}
