import type { Config, ServiceConfig } from '../../config/service.js';
import { openHouse } from '../../daemon/house.js';
import { guardLayer, runDaemon } from '../../daemon/run.js';
import { sleep } from '../../host/clock.js';
import { notifiersOf } from '../../layers/telling.js';
import type { GuardRecord } from '../../record/record.js';
import { openRecord } from '../../record/sqlite.js';
import { recordFile } from '../state-dir.js';

/** A service that does not serve within this time is not steady, and the drill says so. */
const SERVING_WITHIN_MS = 30_000;

export interface OwnGuardOptions {
  config: Config;
  service: ServiceConfig;
  stateDir: string;
  env: { [name: string]: string | undefined };
  onTrouble: (text: string) => void;
  signal: AbortSignal;
}

/**
 * Where no guard is resident, the drill brings its own: the same daemon, for as long as the drill lasts. What it
 * learns stays on record, so a later guard knows that the recovery is proved.
 * @throws SetupError when another one has taken the folder meanwhile
 */
export async function withOwnGuard<T>(
  options: OwnGuardOptions,
  use: (record: GuardRecord) => Promise<T>,
): Promise<T> {
  const { config, service, stateDir, env } = options;
  const told = { ...config, notifiers: notifiersOf(config, guardLayer(config)) };
  const house = openHouse(stateDir, told, env);
  const ended = new AbortController();
  const serving = new AbortController();
  const daemon = runDaemon({
    config: { ...config, services: [service] },
    configFile: null, // it is gone before anybody asks
    stateDir,
    mode: 'guard',
    env,
    node: process.execPath,
    bin: null,
    house,
    onEvent() {},
    onState(_service, { verdict, life }) {
      if (verdict.kind === 'serving' && (life?.passes ?? 0) > 0) serving.abort();
    },
    onRound() {},
    onTrouble: options.onTrouble,
    signal: ended.signal,
  });
  try {
    const enough = AbortSignal.any([serving.signal, options.signal]);
    await Promise.race([daemon, sleep(SERVING_WITHIN_MS, enough)]);
    // As if it was another process: a connection of our own sees what the guard commits.
    const record = openRecord(recordFile(stateDir));
    try {
      return await use(record);
    } finally {
      record.close();
    }
  } finally {
    ended.abort();
    await daemon.finally(() => house.close());
  }
}
