import type { ServiceConfig } from '../config/service.js';
import type { DoctorRow } from './row.js';

/** What doctor reads of this machine for a service that the embedded supervisor runs. */
export interface EmbeddedFacts {
  nodeVersion: string;
  /** Can /proc be read as we need it? */
  procReadable: boolean;
  stateDir: string;
  stateWritable: boolean;
  /** The program of the service, and whether it was found. */
  program: { name: string; found: boolean };
  /** null: the service is not the built-in one. */
  embedderInstalled: boolean | null;
  port: number | null;
  /** Who listens on the port, in words; null when nobody does. */
  portHolder: { ours: boolean; text: string } | null;
  /** pid of the guard that holds the state folder; null when none runs. */
  guardPid: number | null;
  notifiers: number;
  /** Drills of this service on record, newest last. */
  lastDrill: { fault: string; passed: boolean; wallMs: number } | null;
  nowWallMs: number;
}

const REVIVES = new Set(['on-failure', 'always', 'on-abnormal', 'on-abort']);
const DRILL_FRESH_MS = 30 * 24 * 3_600_000;

/** Would a SIGKILL bring this service back, and would anybody hear of it? Pure: facts to rows. */
export function embeddedRows(service: ServiceConfig, facts: EmbeddedFacts): DoctorRow[] {
  return [
    row('node', facts.nodeVersion, true, 'Node 20.19 or newer is needed', null),
    row(
      'proc',
      facts.procReadable ? '/proc is readable' : '/proc is not readable',
      facts.procReadable,
      'processes are known by pid and start ticks, read from /proc',
      'mount /proc, or run outside that sandbox',
    ),
    row(
      'state',
      facts.stateDir,
      facts.stateWritable,
      'state, record and log are kept here',
      `chown or choose another: --state DIR`,
    ),
    programRow(facts),
    portRow(facts),
    policyRow(service),
    budgetRow(service),
    progressRow(service),
    guardRow(facts),
    drillRow(facts),
    facts.notifiers > 0
      ? row('pages', `${facts.notifiers} notifiers`, true, 'pages reach somebody', null)
      : {
          id: 'pages',
          level: 'warn',
          read: 'no notifier',
          means: 'nobody is told what needs a person',
          fix: 'add notify: to ninelives.yaml (ninelives init shows how)',
        },
  ];
}

function row(id: string, read: string, fine: boolean, means: string, fix: string | null): DoctorRow {
  return { id, level: fine ? 'ok' : 'fail', read, means, fix: fine ? null : fix };
}

function programRow(facts: EmbeddedFacts): DoctorRow {
  if (facts.embedderInstalled !== null) {
    return row(
      'program',
      facts.embedderInstalled ? '@ninelives/embedder' : 'not installed',
      facts.embedderInstalled,
      'the built-in model is served by this package',
      'npm install @ninelives/embedder',
    );
  }
  const { name, found } = facts.program;
  return row(
    'program',
    `${name}${found ? '' : ': not found'}`,
    found,
    'what up starts',
    'give its full path after --',
  );
}

function portRow(facts: EmbeddedFacts): DoctorRow {
  const { port, portHolder } = facts;
  if (port === null) return row('port', 'none', true, 'the service has no port here', null);
  if (portHolder === null) return row('port', `${port} is free`, true, 'up can start the service', null);
  return row(
    'port',
    `${port} is held by ${portHolder.text}`,
    portHolder.ours,
    portHolder.ours ? 'the service runs' : 'up would refuse, and a restart would fail with EADDRINUSE',
    'end that process, or choose another port: --port N',
  );
}

function policyRow(service: ServiceConfig): DoctorRow {
  const { policy } = service.restart;
  return row(
    'restart',
    `restart policy ${policy}`,
    REVIVES.has(policy),
    'SIGKILL counts as a failure: the supervisor starts the service again',
    'restart: {policy: on-failure} in ninelives.yaml',
  );
}

function budgetRow(service: ServiceConfig): DoctorRow {
  const { startLimitBurst, startLimitIntervalMs } = service.restart;
  const { killsMax } = service.policy;
  const limit = startLimitBurst > 0 && startLimitIntervalMs > 0;
  const room = !limit || startLimitBurst >= 2;
  return row(
    'budget',
    `${killsMax} kills; start limit ${startLimitBurst} in ${startLimitIntervalMs / 1000} s`,
    room,
    'each kill costs a start, and one more is always kept in hand',
    'restart: {start_limit_burst: 5}',
  );
}

function progressRow(service: ServiceConfig): DoctorRow {
  const { progress } = service;
  if (progress && !('server' in progress && progress.server === 'any')) {
    return row(
      'progress',
      'counter' in progress ? progress.counter : `the counters of ${progress.server}`,
      true,
      'a busy service is told from a hung one by this counter',
      null,
    );
  }
  return {
    id: 'progress',
    level: 'warn',
    read: 'no counter of finished work',
    means: 'a service that is busy for longer than three deadlines looks hung',
    fix: 'progress: {url: …/metrics, counter: NAME} in ninelives.yaml',
  };
}

function guardRow(facts: EmbeddedFacts): DoctorRow {
  if (facts.guardPid !== null)
    return row('guard', `running, pid ${facts.guardPid}`, true, 'somebody looks', null);
  return {
    id: 'guard',
    level: 'warn',
    read: 'not running',
    means: 'nobody looks at this service now',
    fix: 'ninelives up',
  };
}

function drillRow(facts: EmbeddedFacts): DoctorRow {
  const { lastDrill, nowWallMs } = facts;
  const fresh = lastDrill?.passed === true && nowWallMs - lastDrill.wallMs < DRILL_FRESH_MS;
  const read = lastDrill
    ? `${lastDrill.fault} ${lastDrill.passed ? 'passed' : 'failed'} ${new Date(lastDrill.wallMs).toISOString()}`
    : 'no drill on record';
  return {
    id: 'drill',
    level: fresh ? 'ok' : 'warn',
    read,
    means: fresh ? 'recovery is proved' : 'an untested remedy is worse than none',
    fix: fresh ? null : 'ninelives drill wedge',
  };
}
