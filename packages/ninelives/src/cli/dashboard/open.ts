import { readFileSync } from 'node:fs';
import type { Config, ServiceConfig } from '../../config/service.js';
import type { GuardState, RecordEvent } from '../../core/decision.js';
import { type ProbeOutcome, RESULT_OF } from '../../core/types.js';
import { SetupError } from '../../daemon/errors.js';
import type { ProbePoint } from '../../dashboard/history.js';
import { createRecent, type Recent } from '../../dashboard/recent.js';
import { type Dashboard, startDashboard } from '../../dashboard/server.js';
import { FAULTS } from '../../drill/faults/table.js';
import { createPortLookup } from '../../host/procfs/listeners.js';
import { systemClock } from '../../host/system-clock.js';
import { guardMetrics } from '../../metrics/guard.js';
import { freshTally, newOutcome, type Tally, tallyEvent, tallyState } from '../../metrics/tally.js';
import type { GuardRecord } from '../../record/record.js';
import { createPerformer } from './actions.js';
import { type Gateways, watchGateways } from './gateways.js';
import { noteLayers } from './layers-note.js';
import type { OpenOptions } from './options.js';
import { dashboardToken } from './token.js';

/** The dashboard of a resident guard: told of each event and state, it counts and shows. */
export interface OpenDashboard {
  /** null: none is open. */
  url: string | null;
  event(service: ServiceConfig, event: RecordEvent): void;
  state(service: ServiceConfig, state: GuardState): void;
  close(): Promise<void>;
}

interface Watched {
  tally: Tally;
  state: GuardState | null;
}

/**
 * Opens it beside the guard. A default port that is taken costs the dashboard and one line; one that was asked for is an error.
 * @throws SetupError
 */
export async function openDashboard(options: OpenOptions): Promise<OpenDashboard> {
  const { config, stateDir, record } = options;
  noteLayers(config, record);
  const watched = new Map(
    config.services.map(({ name }): [string, Watched] => [name, { tally: freshTally(), state: null }]),
  );
  let dashboard: Dashboard | null = null;
  const changed = () => dashboard?.changed();
  const recent = createRecent();
  const gateways = watchGateways({ config, stateDir, record, recent, clock: systemClock, changed });
  try {
    dashboard = await open(options, watched, gateways, recent);
  } catch (error) {
    gateways.close();
    throw error;
  }
  const host = config.dashboard?.host === '0.0.0.0' ? '127.0.0.1' : config.dashboard?.host;
  return {
    url: dashboard === null ? null : `http://${host?.includes(':') ? `[${host}]` : host}:${dashboard.port}/`,
    event({ name }, event) {
      const one = watched.get(name);
      if (one) tallyEvent(one.tally, event, one.state?.drill != null);
    },
    state({ name }, state) {
      const one = watched.get(name);
      if (!one) return;
      const wallMs = systemClock.wallMs();
      const outcome = newOutcome(one.state, state);
      if (outcome) recent.probed(name, pointOf(outcome, wallMs));
      gateways.incident(name, state.incident);
      tallyState(one.tally, one.state, state, wallMs);
      one.state = state;
      changed();
    },
    async close() {
      gateways.close();
      await dashboard?.close();
    },
  };
}

async function open(
  options: OpenOptions,
  watched: Map<string, Watched>,
  gateways: Gateways,
  recent: Recent,
): Promise<Dashboard | null> {
  const { config, stateDir, record, onTrouble } = options;
  const settings = config.dashboard;
  if (settings === null) return null;
  const { host, port, names, explicit } = settings;
  const startWallMs = systemClock.wallMs();
  try {
    return await startDashboard({
      ...{ host, port, names, record },
      token: dashboardToken(stateDir),
      ports: {
        ...systemClock,
        gateway: gateways.view,
        held: gateways.held,
        recent: recent.of,
        gatewayMetrics: gateways.metrics,
        metrics: () => scrape(config, record, watched, startWallMs),
        faults: Object.keys(FAULTS),
        perform: createPerformer(options),
        onBug: (error) => onTrouble(`the dashboard: ${error instanceof Error ? error.stack : String(error)}`),
      },
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why =
      code === 'EADDRINUSE' ? `port ${port} is in use by ${ownerOf(port)}` : `${host}:${port}: ${code}`;
    if (explicit) {
      throw new SetupError(
        'PORT_IN_USE',
        `the dashboard can't listen: ${why}`,
        '--dashboard-port N, or --no-dashboard',
      );
    }
    onTrouble(`no dashboard: ${why}; choose another port: --dashboard-port N`);
    return null;
  }
}

function pointOf({ reason, tookMs }: ProbeOutcome, wallMs: number): ProbePoint {
  const result = RESULT_OF[reason];
  const took = result === 'pass' ? tookMs : 0;
  const counts = {
    passed: +(result === 'pass'),
    failed: +(result === 'fail'),
    unknown: +(result === 'unknown'),
  };
  return { wallMs, ...counts, tookSumMs: took, tookMaxMs: took };
}

function ownerOf(port: number): string {
  const holder = createPortLookup(process.getuid?.() ?? -1, systemClock.monotonicMs).holders(port, [])?.[0];
  if (!holder) return 'a process that can’t be seen';
  return holder.process
    ? `pid ${holder.process.pid} (${holder.process.name})`
    : `a process of user ${holder.uid}`;
}

function scrape(
  config: Config,
  record: GuardRecord,
  watched: Map<string, Watched>,
  startWallMs: number,
): string {
  const nowWallMs = systemClock.wallMs();
  const pending = record.outboxPending();
  const services = config.services.flatMap(({ name, policy }) => {
    const { state, tally } = watched.get(name) ?? { state: null, tally: freshTally() };
    if (!state) return [];
    const killsUsed = state.kills.filter(({ wallMs }) => nowWallMs - wallMs < policy.windowMs).length;
    return [{ state, tally, killsMax: policy.killsMax, killsUsed }];
  });
  return guardMetrics({
    ...{ services, startWallMs, nowWallMs, version: version() },
    pagesPending: new Set(pending.map(({ page }) => page.id)).size,
    oldestPendingWallMs: pending[0]?.page.wallMs ?? null,
  });
}

function version(): string {
  const file = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
