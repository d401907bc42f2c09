import { existsSync } from 'node:fs';
import type { ServiceConfig } from '../../config/service.js';
import { gatewayFolder, gatewaySocket } from '../../gateway/place.js';
import { createPrivateClient } from '../../gateway/status/client.js';
import { wallMs } from '../../host/clock.js';
import { type GuardRecord, RecordUnavailableError } from '../../record/record.js';
import type { GuardPorts } from '../ports.js';
import { endLeftGateway, type KeeperOptions, keepGateway } from './keeper.js';
import { createMessenger, type Messenger } from './messenger.js';
import { createTrafficReader } from './traffic.js';

/** What stands in front of a service, as its guard sees it; run here or elsewhere, or not at all. */
export interface Front {
  messenger: Messenger;
  /** null: there is none to ask. */
  traffic: GuardPorts['traffic'] | null;
  ready(): Promise<void>;
  /** Ends it, or leaves it running for the next daemon. */
  end(stop: boolean): Promise<void>;
}

export interface OpenGatewayOptions extends Pick<KeeperOptions, 'stateDir' | 'node' | 'env' | 'onTrouble'> {
  mode: 'up' | 'guard';
  /** null: no gateway is run here. */
  bin: string | null;
  house: { record: GuardRecord };
}

/**
 * Runs the service's gateway where that is ours to do, and speaks to it.
 * @throws SetupError when it can't be run; nothing was started then.
 */
export async function openGateway(service: ServiceConfig, options: OpenGatewayOptions): Promise<Front> {
  const { stateDir, mode, bin, house } = options;
  const client = createPrivateClient(gatewaySocket(stateDir, service.name));
  const traffic = service.gateway ? createTrafficReader(client) : null;
  const elsewhere = {
    messenger: createMessenger(client),
    traffic,
    ready: async () => {},
    end: async () => {},
  };
  if (mode !== 'up' || bin === null) return elsewhere;
  const keeping: KeeperOptions = {
    ...{ stateDir, bin, node: options.node, env: options.env, onTrouble: options.onTrouble },
    onKill({ pid }, why) {
      noteKill(house.record, service.name, { pid, why, wallMs: wallMs() });
      options.onTrouble(`the gateway of ${service.name} is killed (pid ${pid}): ${why}`);
    },
  };
  if (service.gateway) return { ...elsewhere, ...(await keepGateway(service, service.gateway, keeping)) };
  if (existsSync(gatewayFolder(stateDir))) await endLeftGateway(service, keeping);
  return elsewhere;
}

const NOTE = 'gateway-kills';
const KILLS_KEPT = 20;

/** One kill of a gateway, as it is on record. */
interface GatewayKill {
  pid: number;
  why: string;
  wallMs: number;
}

function noteKill(record: GuardRecord, service: string, kill: GatewayKill): void {
  const before = (record.note(service, NOTE) as GatewayKill[] | null) ?? [];
  try {
    record.setNote(service, NOTE, [...before, kill].slice(-KILLS_KEPT));
  } catch (error) {
    // A full disk costs the note: a frozen gateway costs every client.
    if (!(error instanceof RecordUnavailableError)) throw error;
  }
}
