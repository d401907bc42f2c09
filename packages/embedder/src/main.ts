/** Composition root of the API process. Imports little at the top: the engine process is started before all else. */
import { homedir } from 'node:os';
import path from 'node:path';
import { type CliOptions, parseCli, USAGE } from './cli.js';
import { defaultConfig, type EmbedderConfig } from './config/config.js';
import { startEngine } from './engine/engine-process.js';
import { EmbedderError, EXIT } from './errors.js';
import { createLog } from './log.js';

async function main(args: readonly string[]): Promise<void> {
  const cli = parseCli(args);
  if (cli.help) return void process.stdout.write(USAGE);
  if (cli.version) return void process.stdout.write(`${await packageVersion()}\n`);
  const log = createLog({
    json: cli.jsonLog,
    write: (line) => process.stderr.write(line),
    now: () => new Date(),
  });
  if (cli.fetchOnly) return fetchOnly(cli, await readConfig(cli));
  const engine = startEngine(new URL('./engine/main.js', import.meta.url));
  process.once('exit', () => engine.kill());
  const { serve } = await import('./serve.js');
  await serve({ cli, config: await readConfig(cli), engine, log, ...environment(cli) });
}

async function readConfig(cli: CliOptions): Promise<EmbedderConfig> {
  const config =
    cli.config === undefined
      ? defaultConfig()
      : (await import('./config/config-file.js')).readConfigFile(cli.config);
  return cli.model === undefined ? config : { ...config, model: cli.model };
}

/** The only place that looks at the environment. */
function environment(cli: CliOptions) {
  const env = process.env;
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

async function fetchOnly(cli: CliOptions, config: EmbedderConfig): Promise<void> {
  const { ensureModel } = await import('./model/ensure.js');
  const { progressPrinter } = await import('./model/progress.js');
  const printer = progressPrinter(process.stderr);
  const model = await ensureModel({
    ...environment(cli),
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
function die(error: unknown): never {
  if (error instanceof EmbedderError) {
    process.stderr.write(`ninelives-embedder: ${error.message}\n  next: ${error.hint}\n`);
    process.exit(error.exitCode);
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`ninelives-embedder: this is a bug, please report it\n${trace}\n`);
  process.exit(EXIT.bug);
}

process.on('uncaughtException', die);
process.on('unhandledRejection', die);
await main(process.argv.slice(2)).catch(die);
