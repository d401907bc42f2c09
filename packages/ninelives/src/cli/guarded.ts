import { loadConfig } from '../config/load.js';
import type { Config, ServiceConfig } from '../config/service.js';
import { GUARD_NOTE, type GuardNote } from '../daemon/guard-note.js';
import { isHeart } from '../heartbeat/step.js';
import { lockOwner } from '../host/lock.js';
import type { GuardRecord } from '../record/record.js';
import { configOf, type ServiceOptions } from './services.js';
import { withRecord } from './state-dir.js';

type Env = { [name: string]: string | undefined };

/** The services that the running guard looks after; all on record where none runs. */
export function guardedNames(
  record: GuardRecord,
  guard: { pid: number; startTicks: number } | null,
): string[] {
  const names = record.services().filter((name) => !isHeart(name));
  const now = names.filter((name) => {
    const note = record.note(name, GUARD_NOTE) as GuardNote | null;
    return note?.pid === guard?.pid && note?.startTicks === guard?.startTicks;
  });
  return guard === null || now.length === 0 ? names : now;
}

/**
 * `configOf`, and where nothing names a service, neither a flag nor a config in the working folder, what the guard of
 * this state folder looks after: it may have been started with another port, or from another folder.
 * @throws ConfigError
 */
export function configHere(named: ServiceOptions, command: string[], stateDir: string, env: Env): Config {
  const byDefault = configOf(named, command, env);
  const isNamed = Object.keys(named).length > 0 || command.length > 0 || byDefault.file !== null;
  const guard = isNamed ? null : lockOwner(stateDir);
  if (guard === null) return byDefault.config;
  return withRecord(stateDir, (record) => {
    const names = guardedNames(record, guard);
    const notes = names.map((name) => record.note(name, GUARD_NOTE) as GuardNote | null);
    const file = notes.find((note) => note !== null)?.configFile ?? null;
    if (file !== null) return loadConfig(file, env);
    const services = names.flatMap((name) => (record.note(name, 'config') as ServiceConfig | null) ?? []);
    return services.length > 0 ? { ...byDefault.config, services } : byDefault.config;
  });
}
