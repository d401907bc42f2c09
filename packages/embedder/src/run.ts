import { homedir } from 'node:os';
import path from 'node:path';
import { type CliOptions, parseCli, USAGE } from './cli.js';
import { defaultConfig, type EmbedderConfig } from './config/config.js';
import type { EngineProcess } from './engine/engine-process.js';
import { EmbedderError, EXIT } from './errors.js';
import { createLog } from './log.js';
import { serve } from './serve.js';

export interface RunOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Already starting; `undefined` where the arguments ask for something that needs none. */
  readonly engine: EngineProcess | undefined;
}

/** Does what the command line says; throws an EmbedderError for whatever the user can put right. */
export async function run({ args, env, engine }: RunOptions): Promise<void> {
  const cli = parseCli(args);
  if (cli.help) return void process.stdout.write(USAGE);
  if (cli.version) return void process.stdout.write(`${await packageVersion()}\n`);
  const config = await readConfig(cli);
  if (cli.fetchOnly || engine === undefined) return fetchOnly(config, sources(cli, env));
  const log = createLog({
    json: cli.jsonLog,
    write: (line) => process.stderr.write(line),
    now: () => new Date(),
  });
  await serve({ cli, config, engine, log, ...sources(cli, env) });
}

async function readConfig(cli: CliOptions): Promise<EmbedderConfig> {
  const config =
    cli.config === undefined
      ? defaultConfig()
      : (await import('./config/config-file.js')).readConfigFile(cli.config);
  return cli.model === undefined ? config : { ...config, model: cli.model };
}

/** Where models come from and are kept. */
function sources(cli: CliOptions, env: RunOptions['env']) {
  const cacheHome = env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const npmScript = env.npm_execpath;
  return {
    cacheDir: cli.cache === undefined ? path.join(cacheHome, 'ninelives') : path.resolve(cli.cache),
    hubUrl: env.HF_ENDPOINT || undefined,
    hubToken: env.HF_TOKEN || undefined,
    // Under `npm start` this is the very npm that the user runs, even if there is none in the PATH.
    npm: npmScript?.endsWith('.js') ? [process.execPath, npmScript] : ['npm'],
  };
}

async function fetchOnly(config: EmbedderConfig, from: ReturnType<typeof sources>): Promise<void> {
  const { ensureModel } = await import('./model/ensure.js');
  const { progressPrinter } = await import('./model/progress.js');
  const printer = progressPrinter(process.stderr);
  const model = await ensureModel({
    ...from,
    model: config.model,
    revision: config.revision,
    modelFile: config.model_file,
    verifyChecksums: true,
    onProgress: printer.onProgress,
    onNotice: printer.onNotice,
  });
  printer.done();
  process.stdout.write(`${model.id} is in ${model.dir}\n`);
}

async function packageVersion(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The last catch: what the user should know, and the exit status that scripts rely on. */
export function die(error: unknown): never {
  if (error instanceof EmbedderError) {
    process.stderr.write(`ninelives-embedder: ${error.message}\n  next: ${error.hint}\n`);
    process.exit(error.exitCode);
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`ninelives-embedder: this is a bug, please report it\n${trace}\n`);
  process.exit(EXIT.bug);
}
