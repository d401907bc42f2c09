import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/service.js';
import { watchTargets } from '../../daemon/watching.js';
import { cloudflareFolder } from '../../export/cloudflare.js';
import { ExportError, type FarLayer, farLayerOf } from '../../export/far-layer.js';
import { GITHUB_EVERY_MS, githubFolder } from '../../export/github.js';
import { scriptFolder } from '../../export/script.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import type { Terminal } from '../terminal.js';

const HOUR_MS = 60 * 60_000;

/** Each with the program that it is made of, its own pace where it has one, and how late is worth a page. */
const KINDS: {
  [kind: string]: {
    bundle: 'worker' | 'script';
    everyMs: number | null;
    lateAfterMs: (everyMs: number) => number;
    hears: boolean;
    folder: (far: FarLayer, bundle: string) => { [path: string]: string };
  };
} = {
  'cloudflare-worker': {
    bundle: 'worker',
    everyMs: null,
    lateAfterMs: (everyMs) => Math.max(HOUR_MS, 4 * everyMs),
    hears: true,
    folder: cloudflareFolder,
  },
  // Late by hours is how it is; a page about that would come every day.
  'github-actions': {
    bundle: 'script',
    everyMs: GITHUB_EVERY_MS,
    lateAfterMs: () => 24 * HOUR_MS,
    hears: false,
    folder: githubFolder,
  },
  script: {
    bundle: 'script',
    everyMs: null,
    lateAfterMs: (everyMs) => Math.max(HOUR_MS, 4 * everyMs),
    hears: false,
    folder: scriptFolder,
  },
};

export const EXPORT_KINDS = Object.keys(KINDS);

/** `export KIND DIR`: a folder that deploys as it is, with no secret in it. */
export function runExport(
  config: Config,
  options: { kind: string; dir: string; layer: string | null; force: boolean; json: boolean },
  terminal: Terminal,
): ExitCode {
  const kind = KINDS[options.kind];
  if (!kind) throw new CliError(`export writes ${EXPORT_KINDS.join(', ')}, not ${options.kind}`, EXIT.usage);
  const dir = resolve(options.dir);
  if (!options.force && existsSync(dir) && readdirSync(dir).length > 0) {
    throw new CliError(`${dir} is not empty`, EXIT.usage, 'name another folder, or add --force');
  }
  const { files, far } = explained(() => {
    const { folder, bundle, ...rest } = kind;
    const far = farLayerOf(config, watchTargets(config), { layer: options.layer, ...rest });
    return { far, files: folder(far, readBundle(bundle)) };
  });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  if (options.json) {
    terminal.out(
      JSON.stringify({
        dir,
        files: Object.keys(files),
        secrets: far.secrets,
        left: far.left,
        unheard: far.unheard,
      }),
    );
    return EXIT.fine;
  }
  for (const path of Object.keys(files))
    terminal.out(`${terminal.style('green', 'wrote')}  ${join(dir, path)}`);
  if (far.left.length > 0) terminal.out(`left behind, needs a machine: ${far.left.join(', ')}`);
  if (far.unheard.length > 0) {
    terminal.out(
      `can't hear ${far.unheard.join(', ')} from here: only a Worker takes beats; or heard_by: [healthchecks.io]`,
    );
  }
  if (far.secrets.length > 0) terminal.out(`secrets to set there: ${far.secrets.join(', ')}`);
  terminal.out(`  next: ${join(dir, 'README.md')}`);
  return EXIT.fine;
}

/** The program, with all that it needs, as the build of @ninelives/beacon made it. */
function readBundle(name: string): string {
  const home = dirname(createRequire(import.meta.url).resolve('@ninelives/beacon/package.json'));
  const file = join(home, 'dist', 'bundle', `${name}.js`);
  if (!existsSync(file)) throw new CliError(`${file} is missing`, EXIT.environment, 'npm run build');
  return readFileSync(file, 'utf8');
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExportError)
      throw new CliError(error.message, EXIT.usage, error.hint, { cause: error });
    throw error;
  }
}
