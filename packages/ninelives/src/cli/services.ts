import { existsSync } from 'node:fs';
import { configFromFlags, loadConfig } from '../config/load.js';
import type { Config } from '../config/service.js';

/** The flags by which every command names its services. */
export interface ServiceOptions {
  config?: string;
  name?: string;
  unit?: string;
  user?: boolean;
  port?: string;
  url?: string;
  kind?: string;
  model?: string;
}

/** Looked for in the working folder when no flag names a service. */
export const DEFAULT_CONFIG = 'ninelives.yaml';

/**
 * `--config FILE`, else the service that the flags name, else ./ninelives.yaml, else the built-in embedder.
 * `--port` goes with the embedder and a command; with a file it would be ambiguous and is refused there.
 * @throws ConfigError
 */
export function configOf(
  options: ServiceOptions,
  command: string[],
  env: { [name: string]: string | undefined },
): { config: Config; file: string | null } {
  const { config: file, ...flags } = options;
  if (file !== undefined) return { config: loadConfig(file, env), file };
  const named = command.length > 0 || Object.values(flags).some((value) => value !== undefined);
  if (!named && existsSync(DEFAULT_CONFIG)) {
    return { config: loadConfig(DEFAULT_CONFIG, env), file: DEFAULT_CONFIG };
  }
  return { config: configFromFlags({ ...flags, ...(command.length > 0 ? { command } : {}) }), file: null };
}
