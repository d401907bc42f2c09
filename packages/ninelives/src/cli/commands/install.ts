import { existsSync, realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyPlan, diffOf, InstallError, takeBack } from '../../install/apply.js';
import { cronPlan, type GuardCommand, type Plan, userUnitPlan } from '../../install/plan.js';
import { serviceUnit } from '../../install/service-unit.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import type { ServiceOptions } from '../services.js';
import { DEFAULT_CONFIG } from '../services.js';
import type { Terminal } from '../terminal.js';

type Env = { [name: string]: string | undefined };

export interface InstallOptions {
  service: ServiceOptions;
  stateDir: string;
  cron: boolean;
  print: boolean;
  env: Env;
}

const MANIFEST = 'install.json';
const BIN = fileURLToPath(new URL('../../../../bin/ninelives.js', import.meta.url));

/** `install`: the guard lives on after this shell. Shows every change first; `--print` stops there. */
export function runInstall(options: InstallOptions, terminal: Terminal): ExitCode {
  const manifest = join(options.stateDir, MANIFEST);
  if (existsSync(manifest) && !options.print) {
    throw new CliError(
      `installed already, see ${manifest}`,
      EXIT.usage,
      'ninelives uninstall, then install again',
    );
  }
  const plan = planOf(options);
  for (const step of plan.steps) for (const line of diffOf(step)) terminal.out(colour(line, terminal));
  terminal.out(`revived by: ${plan.revivedBy}`);
  if (options.print) return EXIT.fine;
  explained(() =>
    applyPlan(plan, manifest, (line) => terminal.out(`${terminal.style('green', 'done')}  ${line}`)),
  );
  const state = `--state ${options.stateDir}`;
  if (options.service.unit !== undefined) {
    const warning = 'NOT ARMED: it only watches until the recovery of this unit is proved';
    terminal.out(terminal.style('red', warning));
    terminal.out(
      `  next: ninelives drill crash ${state}   (kills and revives the service once, with you watching)`,
    );
  } else terminal.out(`  next: ninelives status ${state}`);
  return EXIT.fine;
}

/** `uninstall`: takes back exactly what `install` put there. */
export function runUninstall(stateDir: string, terminal: Terminal): ExitCode {
  const manifest = join(stateDir, MANIFEST);
  if (!existsSync(manifest)) {
    throw new CliError(
      `nothing was installed from ${stateDir}`,
      EXIT.usage,
      'name the state folder: --state DIR',
    );
  }
  explained(() => takeBack(manifest, (line) => terminal.out(line)));
  terminal.out(`the record in ${stateDir} was left as it is`);
  return EXIT.fine;
}

/** `install --service`: a unit for the service itself, to hand to an admin or for the user manager. */
export function runServiceUnit(
  options: { name: string; argv: string[]; user: boolean },
  terminal: Terminal,
): ExitCode {
  const { name, argv, user } = options;
  if (argv.length === 0) {
    throw new CliError(
      'which command does the service run?',
      EXIT.usage,
      'ninelives install --service -- COMMAND …',
    );
  }
  terminal.out(serviceUnit({ name, argv, cwd: process.cwd(), user: user ? null : userInfo().username }));
  const path = user ? `~/.config/systemd/user/${name}.service` : `/etc/systemd/system/${name}.service`;
  const manager = user ? 'systemctl --user' : 'sudo systemctl';
  terminal.err(
    `# save it as ${path}, then: ${manager} daemon-reload && ${manager} enable --now ${name}.service`,
  );
  return EXIT.fine;
}

function planOf(options: InstallOptions): Plan {
  const command: GuardCommand = {
    node: process.execPath,
    bin: realpathSync(BIN),
    flags: flagsOf(options.service),
    stateDir: options.stateDir,
  };
  if (options.cron) return cronPlan(command);
  const { username } = userInfo();
  const configHome = options.env.XDG_CONFIG_HOME ?? join(homedir(), '.config');
  return userUnitPlan(command, {
    unitDir: join(configHome, 'systemd', 'user'),
    user: username,
    // systemd-logind keeps a file for each user that lingers (loginctl(1), enable-linger).
    lingers: existsSync(`/var/lib/systemd/linger/${username}`),
  });
}

/** The same service, named by absolute paths, since cron and systemd start elsewhere. */
function flagsOf(service: ServiceOptions): string[] {
  const { config, user, ...named } = service;
  const file =
    config ?? (Object.keys(named).length === 0 && existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  if (file !== undefined) return ['--config', resolve(file)];
  if (named.unit === undefined) {
    const hint = 'ninelives init writes a ninelives.yaml; or: --unit NAME --url http://…';
    throw new CliError('which service? install needs a config file or a unit', EXIT.usage, hint);
  }
  const flags = Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return user ? [...flags, '--user'] : flags;
}

function explained(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof InstallError) throw new CliError(error.message, EXIT.environment, error.hint);
    throw error;
  }
}

function colour(line: string, terminal: Terminal): string {
  if (line.startsWith('+ ')) return terminal.style('green', line);
  return line.startsWith('- ') ? terminal.style('red', line) : line;
}
