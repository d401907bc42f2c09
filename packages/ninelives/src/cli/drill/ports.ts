import { randomBytes } from 'node:crypto';
import type { ServiceConfig } from '../../config/service.js';
import { approvedOf } from '../../daemon/probing.js';
import type { DrillPorts } from '../../drill/ports.js';
import { gatewaySocket } from '../../gateway/place.js';
import { createPrivateClient } from '../../gateway/status/client.js';
import { monotonicMs, sleep, wallMs } from '../../host/clock.js';
import { lockOwner } from '../../host/lock.js';
import { restingSockets } from '../../host/look/resting.js';
import { foreignClients } from '../../host/procfs/connections.js';
import { hasEnded, readStat } from '../../host/procfs/processes.js';
import { signalIfSame } from '../../host/signal.js';
import { askCheap } from '../../probe/cheap.js';
import { createGoldenStore } from '../../probe/golden.js';
import { readCounter } from '../../probe/progress.js';
import { runProbe } from '../../probe/run.js';
import type { GuardRecord } from '../../record/record.js';
import { recordFile } from '../state-dir.js';
import { armStandby } from './standby.js';
import { startAgain } from './start-again.js';
import { beyondRepair } from './unit.js';

/** A gateway that does not listen must not hold up a drill. */
const ANNOUNCE_LIMIT_MS = 500;
/** Of one look at the connections; without it all of them are taken to be at work. */
const LOOK_LIMIT_MS = 2_000;

/** A drill on the real machine: /proc, signals, fetch, and the record of one state folder. */
export function createDrillPorts(
  config: ServiceConfig,
  record: GuardRecord,
  options: { stateDir: string; by: string },
): DrillPorts {
  const { probe, progress, port, source } = config;
  const { stateDir, by } = options;
  const gateway = createPrivateClient(gatewaySocket(stateDir, config.name));
  const world = { fetch: globalThis.fetch, nowMs: monotonicMs };
  const ended = {
    recordFile: recordFile(stateDir),
    service: config.name,
    unit: source.type === 'unit' ? source.unit : null,
  };
  return {
    clock: { monotonicMs, wallMs, sleep },
    record,
    signal: signalIfSame,
    async announce() {
      await gateway.tell('drill', 'next', ANNOUNCE_LIMIT_MS);
    },
    stateOf(id) {
      const stat = readStat(id.pid);
      return stat === null || stat.startTicks !== id.startTicks || hasEnded(stat) ? null : stat.state;
    },
    start: () => startAgain(ended, by),
    beyondRepair: async () => (source.type === 'unit' ? beyondRepair(source) : null),
    arm: (undo) => armStandby(undo, ended),
    prober() {
      const golden = createGoldenStore(approvedOf(probe));
      return (ask) => runProbe(probe, { ...world, ...ask, golden });
    },
    askCheap: (signal) => askCheap(probe, world, signal),
    completions: progress
      ? () => readCounter({ ...progress, fetch: world.fetch, signal: new AbortController().signal })
      : null,
    async foreignClients(restMs) {
      if (port === null) return null;
      const guard = lockOwner(stateDir);
      const clients = foreignClients(port, guard ? [process.pid, guard.pid] : [process.pid]);
      if (clients === null || clients.length === 0) return clients && { working: 0, resting: 0 };
      const look = { path: process.env.PATH ?? '', signal: AbortSignal.timeout(LOOK_LIMIT_MS) };
      const atRest = await restingSockets(port, restMs, look);
      const resting = clients.filter(({ inode }) => atRest.has(inode)).length;
      return { working: clients.length - resting, resting };
    },
    newId: () => randomBytes(4).toString('hex'),
  };
}
