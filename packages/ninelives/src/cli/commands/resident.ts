import type { Config, ServiceConfig } from '../../config/service.js';
import type { GuardState, RecordEvent } from '../../core/decision.js';
import { SetupError } from '../../daemon/errors.js';
import { beginPass } from '../../daemon/hearts.js';
import { type House, openHouse } from '../../daemon/house.js';
import { makeWay } from '../../daemon/make-way.js';
import { PASS_LIMIT_MS, passAnswer } from '../../daemon/pass.js';
import { guardLayer, runDaemon } from '../../daemon/run.js';
import { monotonicMs, wallMs } from '../../host/clock.js';
import { createSdNotify } from '../../host/sd-notify.js';
import { notifiersOf } from '../../layers/telling.js';
import type { GuardRecord } from '../../record/record.js';
import { BIN } from '../bin.js';
import { type OpenDashboard, openDashboard } from '../dashboard/open.js';
import { EXIT, type ExitCode } from '../errors.js';
import { eventEntry, troubleTeller } from '../log.js';
import { storyLine } from '../story.js';
import type { Terminal } from '../terminal.js';

export interface ResidentOptions {
  config: Config;
  /** Absolute path of the file it came from; null: from flags. */
  configFile: string | null;
  stateDir: string;
  mode: 'up' | 'guard';
  /** One pass: end as soon as every service has its answer. */
  once: boolean;
  /** The gateway is run by somebody else. */
  gatewayElsewhere: boolean;
  json: boolean;
  /** Let it kill on a unit whose recovery nobody has proved: recorded, and status keeps saying so. */
  armBy: string | null;
  env: { [name: string]: string | undefined };
  signal: AbortSignal;
  /** Who acts through the dashboard, for the record. */
  by: string;
  /** Printed once everything serves. */
  welcome: (
    service: ServiceConfig,
    seen: { armed: boolean; dashboard: string | null },
    terminal: Terminal,
  ) => void;
}

/** `up` and `guard`: the daemon in the foreground, its story on the terminal, quiet when all is well. */
export async function runResident(options: ResidentOptions, terminal: Terminal): Promise<ExitCode> {
  const { config, stateDir, mode } = options;
  const house = options.once
    ? await houseForPass(options)
    : openHouse(stateDir, ofGuard(config), options.env);
  if ('guardedBy' in house) {
    terminal.out(`nothing to do: ${house.guardedBy} guards here already`);
    return EXIT.fine;
  }
  const onTrouble = troubleTeller(terminal, options.json, wallMs);
  const dashboard = options.once ? null : await openBeside(options, house, onTrouble);
  if (options.armBy !== null) armEach(config, house.record, options.armBy);
  const systemd = createSdNotify(options.env);
  systemd.ready();
  const pass = new AbortController();
  const begunAtMs = monotonicMs();
  const beats = options.once ? beginPass(config.heartbeats, guardLayer(config)) : null;
  const answers = new Map<string, boolean>();
  const welcomed = new Set<string>();
  const several = config.services.length > 1;

  function onEvent(service: ServiceConfig, event: RecordEvent): void {
    dashboard?.event(service, event);
    if (options.json) return terminal.out(JSON.stringify(eventEntry(service.name, event)));
    const line = storyLine(event, terminal, several ? `${service.name}  ` : '');
    if (line) terminal.out(line);
  }

  function onState(service: ServiceConfig, state: GuardState): void {
    dashboard?.state(service, state);
    const serving =
      state.verdict.kind === 'serving' && state.incident === null && (state.life?.passes ?? 0) > 0;
    if (serving && !welcomed.has(service.name)) {
      welcomed.add(service.name);
      const seen = { armed: state.power === 'armed', dashboard: dashboard?.url ?? null };
      if (!options.json && !options.once) options.welcome(service, seen, terminal);
    }
    if (options.once) takeAnswer(service, state);
  }

  /** The pass is over once each service has its answer. */
  function takeAnswer(service: ServiceConfig, state: GuardState): void {
    const answer = passAnswer(state, begunAtMs);
    if (answer !== null) answers.set(service.name, answer);
    if (answers.size === config.services.length) pass.abort();
  }

  try {
    await runDaemon({
      config,
      configFile: options.configFile,
      stateDir,
      mode,
      env: options.env,
      node: process.execPath,
      bin: options.gatewayElsewhere ? null : BIN,
      house,
      hearts: !options.once,
      onEvent,
      onState,
      onRound(service, state) {
        systemd.alive();
        if (options.once) takeAnswer(service, state);
      },
      onTrouble,
      signal: AbortSignal.any([
        options.signal,
        ...(options.once ? [pass.signal, AbortSignal.timeout(PASS_LIMIT_MS)] : []),
      ]),
    });
  } finally {
    systemd.stop();
    await dashboard?.close();
    house.close();
  }
  if (!options.once) return EXIT.fine;
  await beats?.end(true);
  const healthy = config.services.every((service) => answers.get(service.name) === true);
  return healthy ? EXIT.fine : EXIT.unhealthy;
}

/** A guard tells with what its layer names. */
function ofGuard(config: Config): Config {
  return { ...config, notifiers: notifiersOf(config, guardLayer(config)) };
}

/** A dashboard that can't be opened as asked ends the command before anything is started. */
async function openBeside(
  { config, stateDir, by, env }: ResidentOptions,
  house: House,
  onTrouble: (text: string) => void,
): Promise<OpenDashboard> {
  try {
    return await openDashboard({ config, stateDir, by, env, onTrouble, record: house.record });
  } catch (error) {
    house.close();
    throw error;
  }
}

/** A pass that finds another guard at work leaves it to that one. */
async function houseForPass({
  stateDir,
  config,
  env,
}: ResidentOptions): Promise<House | { guardedBy: string }> {
  const other = await makeWay(stateDir, wallMs(), PASS_LIMIT_MS);
  if (other !== null) return { guardedBy: `${other.command} (pid ${other.pid})` };
  try {
    return openHouse(stateDir, ofGuard(config), env);
  } catch (error) {
    // It has taken the folder since, or has not yet written its name.
    if (error instanceof SetupError && error.code === 'STATE_IN_USE') return { guardedBy: 'another pass' };
    throw error;
  }
}

/** The guard takes it in after its first look at the unit, when it knows what it is armed for. */
function armEach(config: Config, record: GuardRecord, by: string): void {
  for (const { name } of config.services) {
    record.post({ service: name, wallMs: wallMs(), by, command: { type: 'arm' } });
  }
}
