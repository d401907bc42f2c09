import type { RestartSettings, ServiceConfig } from '../../config/service.js';
import { parseShow } from '../../host/systemd/show.js';
import { showUnit } from '../../host/systemd/systemctl.js';
import { parseUnit } from '../../host/systemd/unit.js';

/** The settings by which its supervisor starts it again: a unit's own, where the service is one. */
export async function withUnitSettings(config: ServiceConfig): Promise<ServiceConfig> {
  if (config.source.type !== 'unit') return config;
  const shown = await showUnit(config.source.unit, config.source);
  if ('unknown' in shown) return config; // the guard will say why it can't look
  const { restart, restartMs, startLimit, timeoutStopMs } = parseUnit(shown.text).settings;
  return {
    ...config,
    restart: {
      policy: restart as RestartSettings['policy'],
      restartMs,
      startLimitBurst: startLimit.burst,
      startLimitIntervalMs: startLimit.intervalMs,
      stopTimeoutMs: timeoutStopMs,
    },
  };
}

/** Should the drill go wrong, somebody must be able to start it: why nobody could, or null. */
export async function beyondRepair(source: { unit: string; user: boolean }): Promise<string | null> {
  const { unit, user } = source;
  const shown = await showUnit(unit, source, ['CanStart', 'LoadState', 'NeedDaemonReload']);
  if ('unknown' in shown) return shown.unknown;
  const properties = parseShow(shown.text);
  const state = properties.get('LoadState') ?? '';
  if (state !== 'loaded') return `${unit} is ${state}: if it stayed down, nobody could start it again`;
  if (properties.get('CanStart') === 'no') {
    return `${unit} refuses to be started by hand (RefuseManualStart=), so if it stayed down, no admin could repair it`;
  }
  if (properties.get('NeedDaemonReload') !== 'yes') return null;
  const reload = user ? 'systemctl --user daemon-reload' : 'sudo systemctl daemon-reload';
  return `${unit} was changed on disk since systemd read it, so nobody knows as what it would come back (${reload})`;
}
