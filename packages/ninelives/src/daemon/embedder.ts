import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';

/** The package that serves by default. Never a dependency: guarding an existing server needs no runtime. */
export const EMBEDDER_PACKAGE = '@ninelives/embedder';

/** Where the embedder's command is, or null when the package is not installed. */
export function findEmbedder(): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${EMBEDDER_PACKAGE}/package.json`);
    return join(dirname(manifest), 'bin', 'ninelives-embedder.js');
  } catch {
    return null;
  }
}

/**
 * The command that serves the built-in model, with its settings written beside the service's other state
 * (mode 0600: prompts may be private).
 */
export function embedderArgv(options: {
  bin: string;
  node: string;
  name: string;
  port: number;
  settings: { [key: string]: unknown };
  stateDir: string;
}): string[] {
  const argv = [options.node, options.bin, '--port', String(options.port)];
  if (Object.keys(options.settings).length === 0) return argv;
  const file = join(options.stateDir, `embedder-${options.name}.yaml`);
  writeFileSync(file, stringify(options.settings), { mode: 0o600 });
  return [...argv, '--config', file];
}
