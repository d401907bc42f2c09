import type { Config, ServiceConfig } from '../../config/service.js';
import { performDrill } from '../../drill/drill.js';
import type { Fault } from '../../drill/faults/fault.js';
import { aliasesOf, FAULTS, faultNamed } from '../../drill/faults/table.js';
import { OUTER_DRILLS } from '../../drill/outer/table.js';
import type { DrillRefusal } from '../../drill/report.js';
import { lockOwner } from '../../host/lock.js';
import type { GuardRecord } from '../../record/record.js';
import { closingLines, newsLine } from '../drill/lines.js';
import { withOwnGuard } from '../drill/own-guard.js';
import { createDrillPorts } from '../drill/ports.js';
import { withUnitSettings } from '../drill/unit.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { guardedNames } from '../guarded.js';
import { withRecord } from '../state-dir.js';
import type { Terminal } from '../terminal.js';

export interface DrillCommandOptions {
  fault: string;
  stateDir: string;
  /** Which service; may be left out where the folder has one. */
  service: string | undefined;
  json: boolean;
  /** Go on although the service is sick or busy. */
  force: boolean;
  /** Do to a unit of one's own what is otherwise only explained. */
  really: boolean;
  /** How long to wait for what is expected; undefined: derived from the service's policy. */
  limitMs: number | undefined;
  /** Who asked, for the record. */
  by: string;
}

/** Where the service is named on the command line, so that no guard need be there. */
export interface NamedService {
  config: Config;
  stateDir: string;
  env: { [name: string]: string | undefined };
}

/** `drill FAULT --unit NAME …`: as below; the drill brings its own guard when none is resident. */
export async function runDrillOn(
  named: NamedService,
  options: DrillCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { config, stateDir } = named;
  faultOf(options.fault);
  const wanted = options.service ?? (config.services.length === 1 ? config.services[0]?.name : undefined);
  const service = config.services.find(({ name }) => name === wanted);
  if (!service) {
    const names = config.services.map(({ name }) => name).join(', ');
    throw new CliError(
      `which service? there are ${names}`,
      EXIT.usage,
      `--service ${config.services[0]?.name}`,
    );
  }
  const drill = (record: GuardRecord) =>
    runDrill(record, { ...options, service: service.name }, terminal, signal);
  if (lockOwner(stateDir) !== null) return withRecord(stateDir, drill);
  const onTrouble = (text: string) => terminal.err(`ninelives: ${text}`);
  return withOwnGuard({ ...named, service, onTrouble, signal }, drill);
}

/**
 * `drill FAULT`: proves recovery on the running service, beside its guard, and puts everything back.
 * Exit 0 passed, 1 not passed or not steady, 2 no such fault, 3 no guard here.
 * @throws CliError when no drill was done: nothing was touched then.
 */
export async function runDrill(
  record: GuardRecord,
  options: DrillCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const fault = faultOf(options.fault);
  const config = await withUnitSettings(serviceOf(record, options.stateDir, options.service));
  const ports = createDrillPorts(config, record, options);
  const { force, really, by, limitMs = null } = options;
  const report = await performDrill(
    fault,
    { config, force, ownTraffic: false, really, limitMs, by },
    ports,
    (news) => {
      if (!options.json) terminal.out(newsLine(news, terminal));
    },
    signal,
  );
  if ('refused' in report) throw refusalError(report, fault, config.name);
  if (options.json) terminal.out(JSON.stringify(report));
  else for (const line of closingLines(report, fault.expects, terminal)) terminal.out(line);
  return report.passed ? EXIT.fine : EXIT.unhealthy;
}

/** `drill --list` */
export function listFaults(json: boolean, terminal: Terminal): ExitCode {
  const faults: Fault[] = Object.values(FAULTS);
  const rows = [...faults, ...OUTER_DRILLS].map(({ name, summary, expects }) => ({
    name,
    aliases: aliasesOf(name),
    summary,
    expects,
  }));
  if (json) terminal.out(JSON.stringify(rows));
  else for (const row of rows) listFault(row, terminal);
  return EXIT.fine;
}

function listFault(
  row: { name: string; aliases: string[]; summary: string; expects: string },
  terminal: Terminal,
): void {
  const also = row.aliases.length > 0 ? ` (also: ${row.aliases.join(', ')})` : '';
  terminal.out(`${terminal.style('bold', row.name.padEnd(16))}${row.summary}${also}`);
  terminal.out(`${' '.repeat(16)}${terminal.style('dim', `expects: ${row.expects}`)}`);
}

function faultOf(name: string): Fault {
  const fault = faultNamed(name);
  if (fault) return fault;
  const known = [...Object.keys(FAULTS), ...OUTER_DRILLS.map((drill) => drill.name)].join(', ');
  throw new CliError(`there is no fault '${name}'; there are ${known}`, EXIT.usage, 'ninelives drill --list');
}

/** The service as its guard runs it: `up` and `guard` leave their settings in the record. */
function serviceOf(record: GuardRecord, stateDir: string, wanted: string | undefined): ServiceConfig {
  const services = guardedNames(record, lockOwner(stateDir));
  const name = wanted ?? (services.length === 1 ? services[0] : undefined);
  if (services.length === 0) {
    throw new CliError('nothing is guarded in this state folder yet', EXIT.environment, 'ninelives up');
  }
  if (name === undefined || !services.includes(name)) {
    const what =
      name === undefined ? 'several services are guarded here' : `no service '${name}' is guarded here`;
    throw new CliError(`${what}: ${services.join(', ')}`, EXIT.usage, `--service ${services[0]}`);
  }
  const config = record.note(name, 'config') as ServiceConfig | null;
  if (config) return config;
  throw new CliError(
    `no guard has left the settings of ${name} in this state folder`,
    EXIT.environment,
    'ninelives up',
  );
}

function refusalError({ refused, why, hint }: DrillRefusal, fault: Fault, service: string): CliError {
  if (refused === 'no-guard') return new CliError(why.join('; '), EXIT.environment, hint);
  const what = `drill ${fault.name} was not done, ${service} is untouched`;
  const exit = refused === 'not-steady' ? EXIT.unhealthy : EXIT.environment;
  return new CliError(`${what}: ${why.join('; ')}`, exit, hint);
}
