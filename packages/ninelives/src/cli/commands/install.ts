import { existsSync, realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/service.js';
import { watchTargets } from '../../daemon/watching.js';
import { gatewayArgv, gatewayUrl } from '../../gateway/place.js';
import { applyPlan, diffOf, occupied, takeBack } from '../../install/apply.js';
import { InstallError } from '../../install/errors.js';
import type { GatewayUnit } from '../../install/gateway-unit.js';
import { cronPlan, type GuardCommand, type Plan, userUnitPlan } from '../../install/plan.js';
import { serviceUnit } from '../../install/service-unit.js';
import { BIN } from '../bin.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { withGatewayFlags } from '../gateway/settings.js';
import { offerDrill } from '../install/offer-drill.js';
import { findProgram } from '../program.js';
import { configOf, DEFAULT_CONFIG, type ServiceOptions } from '../services.js';
import type { Terminal } from '../terminal.js';

type Env = { [name: string]: string | undefined };

export interface InstallOptions {
  service: ServiceOptions;
  stateDir: string;
  /** The outer layer (`watch`) instead of the guard. */
  watch: boolean;
  cron: boolean;
  print: boolean;
  /** One object instead of words. */
  json: boolean;
  /** Undefined: the default, longer than the longest round. */
  watchdogMs: number | undefined;
  /** Prove the recovery at the end without asking. */
  drill: boolean;
  /** Asks whoever sits there; null where nobody does. */
  ask: ((question: string) => Promise<string>) | null;
  by: string;
  /** `--gateway-port`, `--no-gateway`. */
  front: { gateway?: boolean; gatewayPort?: string };
  env: Env;
  signal: AbortSignal;
}

const MANIFEST = 'install.json';
/** The public way, the controls, the LAN, the name and the certificate. */
const LOOK_DEADLINES = 5;

/**
 * `install`: the guard lives on after this shell. Shows every change first; `--print` stops there. At its end it
 * offers the drill that arms it.
 */
export async function runInstall(options: InstallOptions, to: Terminal): Promise<ExitCode> {
  const { stateDir, print } = options;
  const terminal = options.json ? silent(to) : to;
  const manifest = join(stateDir, MANIFEST);
  const { config, flags } = serviceOf(options);
  const plan = planOf(options, config, flags);
  if (!print) refuseTwice(manifest, plan);
  for (const step of plan.steps) for (const line of diffOf(step)) terminal.out(colour(line, terminal));
  terminal.out(`revived by: ${plan.revivedBy}`);
  const { steps, revivedBy } = plan;
  const tell = (more: { installed: boolean; unarmed: string[] }) => {
    if (options.json) to.out(JSON.stringify({ ...more, revivedBy, steps }));
  };
  if (print) {
    tell({ installed: false, unarmed: [] });
    return EXIT.fine;
  }
  explained(() =>
    applyPlan(plan, manifest, withManager(options.env), (line) => {
      terminal.out(`${terminal.style('green', 'done')}  ${line}`);
    }),
  );
  const { watch, drill, ask, by, env, signal } = options;
  if (watch) {
    terminal.out(`  next: ninelives status --state ${stateDir}`);
    tell({ installed: true, unarmed: [] });
    return EXIT.fine;
  }
  const unarmed = await offerDrill(
    { config, stateDir, flags, drill, ask, by, env: withManager(env), signal },
    terminal,
  );
  for (const { gateway } of options.cron ? [] : config.services) {
    if (gateway) terminal.out(`point clients and the tunnel at the gateway: ${gatewayUrl(gateway)}`);
  }
  tell({ installed: true, unarmed });
  return EXIT.fine;
}

/** `uninstall`: takes back exactly what `install` put there. */
export function runUninstall(
  options: { stateDir: string; json: boolean; env: Env },
  terminal: Terminal,
): ExitCode {
  const { stateDir, json, env } = options;
  const manifest = join(stateDir, MANIFEST);
  if (!existsSync(manifest)) {
    throw new CliError(
      `nothing was installed from ${stateDir}`,
      EXIT.usage,
      'name the state folder: --state DIR',
    );
  }
  const tookBack: string[] = [];
  const failures = explained(() =>
    takeBack(manifest, withManager(env), (line) => {
      tookBack.push(line.replace(/^took back: /, ''));
      if (!json) terminal.out(line);
    }),
  );
  if (failures.length > 0) {
    const what = `not everything could be taken back: ${failures.join('; ')}`;
    throw new CliError(
      what,
      EXIT.environment,
      `mend that, then again: ninelives uninstall --state ${stateDir}`,
    );
  }
  if (json) terminal.out(JSON.stringify({ tookBack, kept: stateDir }));
  else terminal.out(`the record in ${stateDir} was left as it is`);
  return EXIT.fine;
}

/** `install --service`: a unit for the service itself, to hand to an admin or for the user manager. */
export function runServiceUnit(
  options: { name: string; argv: string[]; user: boolean; env: Env },
  terminal: Terminal,
): ExitCode {
  const { argv, user, env } = options;
  const name = options.name.replace(/\.service$/, '');
  const [word, ...rest] = argv;
  if (word === undefined) {
    throw new CliError(
      'which command does the service run?',
      EXIT.usage,
      'ninelives install --service -- COMMAND …',
    );
  }
  // systemd knows neither this shell's PATH (an environment of conda or venv) nor its folder.
  const program = findProgram(word, env.PATH ?? '');
  if (program === null) {
    throw new CliError(`there is no program ${word} here`, EXIT.usage, `command -v ${word}`);
  }
  const command = [program, ...rest];
  terminal.out(
    serviceUnit({ name, argv: command, cwd: process.cwd(), user: user ? null : userInfo().username }),
  );
  const path = user ? `~/.config/systemd/user/${name}.service` : `/etc/systemd/system/${name}.service`;
  const manager = user ? 'systemctl --user' : 'sudo systemctl';
  const linger = user ? 'loginctl enable-linger && ' : '';
  terminal.err(
    `# save it as ${path}, then: ${linger}${manager} daemon-reload && ${manager} enable --now ${name}.service`,
  );
  return EXIT.fine;
}

/** The services, and the flags that name them from anywhere: cron and systemd start elsewhere. */
function serviceOf({ service, cron, front, env }: InstallOptions): { config: Config; flags: string[] } {
  const { config: given, user, ...named } = service;
  const isDefault = given === undefined && Object.keys(named).length === 0 && existsSync(DEFAULT_CONFIG);
  const file = given ?? (isDefault ? DEFAULT_CONFIG : undefined);
  if (file === undefined && named.unit === undefined) {
    const hint = 'ninelives init writes a ninelives.yaml; or: --unit NAME --url http://…';
    throw new CliError('which service? install needs a config file or a unit', EXIT.usage, hint);
  }
  // Neither cron nor a user manager has the variables of this shell; a `${NAME}` in the file would be refused there.
  const config = withGatewayFlags(configOf(service, [], cron ? {} : env).config, front);
  const flags = Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (file !== undefined) return { config, flags: ['--config', resolve(file)] };
  return { config, flags: user ? [...flags, '--user'] : flags };
}

function planOf(options: InstallOptions, config: Config, flags: string[]): Plan {
  const { stateDir, env, watch } = options;
  if (watch) watchTargets(config); // says what is missing, before anything is changed
  const ours = watch ? [] : config.services.filter(({ source }) => source.type !== 'unit');
  const command: GuardCommand = {
    node: process.execPath,
    bin: realpathSync(BIN),
    mode: watch ? 'watch' : ours.length > 0 ? 'up' : 'guard',
    // The gateway has a unit of its own, so that neither ends with the other.
    flags: ours.length > 0 ? [...flags, '--gateway-elsewhere'] : flags,
    stateDir,
  };
  if (options.cron) {
    if (ours.length > 0) {
      const why = `cron can't run ${ours[0]?.name}: a pass looks after what something else runs`;
      throw new CliError(why, EXIT.usage, 'ninelives install, without --cron');
    }
    return watch ? cronPlan(command, passMinutes(config)) : cronPlan(command);
  }
  // sd_booted(3)
  if (!existsSync('/run/systemd/system')) {
    throw new CliError('no systemd runs here', EXIT.environment, 'ninelives install --cron');
  }
  const { username } = userInfo();
  const unitDir = join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'systemd', 'user');
  const home = {
    unitDir,
    user: username,
    // systemd-logind keeps a file for each user that lingers (loginctl(1), enable-linger).
    lingers: existsSync(`/var/lib/systemd/linger/${username}`),
    cwd: process.cwd(),
    missingFolders: missingFolders(unitDir),
  };
  if (watch) return userUnitPlan(command, home, watchdogOf(options, config));
  return userUnitPlan(command, home, options.watchdogMs, gatewaysOf(config, command));
}

/** cron's grain; a confirmation takes place within the pass. */
function passMinutes({ outer }: Config): number {
  return Math.min(59, Math.max(1, Math.round(outer.policy.everyMs / 60_000)));
}

/** It is fed by each look that was committed: one interval apart, and a look may need each of its deadlines. */
function watchdogOf({ watchdogMs }: InstallOptions, { outer }: Config): number {
  const { everyMs, deadlineMs } = outer.policy;
  const leastMs = everyMs + LOOK_DEADLINES * deadlineMs;
  if (watchdogMs === undefined) return leastMs + 60_000;
  if (watchdogMs >= leastMs) return watchdogMs;
  const why = `a watchdog of ${watchdogMs / 1_000}s would end a watcher that only waits for its next look`;
  throw new CliError(why, EXIT.usage, `--watchdog ${Math.ceil(leastMs / 1_000)}s`);
}

function gatewaysOf({ services }: Config, command: GuardCommand): GatewayUnit[] {
  return services.flatMap((service) => {
    const { gateway } = service;
    if (!gateway) return [];
    const listen = `${gateway.host.includes(':') ? `[${gateway.host}]` : gateway.host}:${gateway.port}`;
    return [{ service: service.name, listen, argv: gatewayArgv(service, gateway, command) }];
  });
}

function missingFolders(path: string): string[] {
  return existsSync(path) ? [] : [...missingFolders(dirname(path)), path];
}

function refuseTwice(manifest: string, plan: Plan): void {
  const there = existsSync(manifest) ? manifest : explained(() => occupied(plan));
  if (there === null) return;
  const hint = 'ninelives uninstall (with the --state of that installation), then install again';
  throw new CliError(`installed already, see ${there}`, EXIT.usage, hint);
}

function silent(terminal: Terminal): Terminal {
  return { ...terminal, out() {} };
}

/** Under sudo -u, su and cron nothing says where the user manager is; its place is well known (pam_systemd(8)). */
function withManager(env: Env): Env {
  return { XDG_RUNTIME_DIR: `/run/user/${process.getuid?.()}`, ...env };
}

function explained<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof InstallError) throw new CliError(error.message, EXIT.environment, error.hint);
    throw error;
  }
}

function colour(line: string, terminal: Terminal): string {
  return line.startsWith('+ ') ? terminal.style('green', line) : line;
}
